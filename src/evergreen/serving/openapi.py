"""The OpenAPI document of a service, made from the contract of the release on duty."""

from typing import Any

from evergreen import __version__
from evergreen.problem import Problem
from evergreen.serving.describe import key_schema, row_schema
from evergreen.serving.open_inference import datatype_of, output_datatypes
from evergreen.serving.outcomes import KNOWN_AT
from evergreen.serving.params import ServingParams
from evergreen.serving.router import Duty
from evergreen.serving.served import ServedRelease

_Json = dict[str, Any]
_NUMBER, _TEXT, _WHOLE = {"type": "number"}, {"type": "string"}, {"type": "integer", "minimum": 0}
_FAULTS = {
    "400": "The body is no JSON.",
    "401": "The request shows no API key, or a wrong one.",
    "408": "The body has not come in time.",
    "413": "The body is too long.",
    "415": "The body is of another type.",
    "422": "The form is wrong, or no row can be used.",
    "429": "Too many requests are worked on.",
    "500": "The service failed.",
    "503": "No release is on duty, or the log does not work.",
}


def write_openapi(case: str, params: ServingParams, duty: Duty | None) -> _Json:
    """Write the document.

    Args:
        case: the name of the case.
        params: of the service.
        duty: who is on duty; without anybody the document has no rows.

    Returns:
        OpenAPI 3.1, ready for JSON.
    """
    served = duty.champion if duty else None
    schemas = _common() | (_of_case(served, params) if served else {})
    described = f"{served.problem.goal} {served.problem.decision}" if served else "Nothing has been released yet."
    return {
        "openapi": "3.1.0",
        "info": {"title": f"{case}: predictions", "version": __version__, "description": described},
        "paths": _paths(case, served),
        "components": {
            "schemas": schemas,
            "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-API-Key"}},
        },
    }


def _paths(case: str, served: ServedRelease | None) -> _Json:
    model = f"/v2/models/{case}"
    health = {"get": _asked("Whether the process runs.", "Live", faults=())}
    ready = {"get": _asked("Whether requests can be answered.", "Ready", faults=(), others={"503": "Ready"})}
    paths: _Json = {
        "/health/live": health,
        "/health/ready": ready,
        "/metrics": {"get": _asked("Figures for Prometheus.", None, faults=("401",))},
        "/v2": {"get": _asked("The server.", "Anything", faults=("401",))},
        "/v2/health/live": health,
        "/v2/health/ready": ready,
        model: {"get": _asked("The model: inputs and outputs.", "Anything", faults=("401", "503"))},
        f"{model}/ready": {"get": _asked("See /health/ready.", "Ready", faults=("401",), others={"503": "Ready"})},
    }
    if served is None:
        return paths
    explain = {
        "name": "explain",
        "in": "query",
        "description": "Divide the score of each row among its columns.",
        "schema": {"type": "boolean", "default": False},
    }
    cells = {name: served.example.get(name) for name in served.example}
    problem = served.problem
    outcome = {name: cells.get(name) for name in problem.key} | {problem.target.column: _outcome(problem)}
    inputs = [
        {"name": name, "shape": [1], "datatype": datatype_of(problem.columns[name]), "data": [cell]}
        for name, cell in cells.items()
    ]
    sent = {"/predict": {"rows": [cells]}, "/outcomes": {"outcomes": [outcome]}, f"{model}/infer": {"inputs": inputs}}
    told = {
        "/predict": ("Score rows and decide.", "Predictions", "PredictRequest"),
        "/outcomes": ("Tell what became of rows.", "Receipt", "OutcomesRequest"),
        f"{model}/infer": ("The same as /predict, column by column.", "InferAnswer", "InferRequest"),
    }
    for path, (summary, answer, schema) in told.items():
        post = _asked(summary, answer, faults=tuple(_FAULTS))
        post["requestBody"] = {"required": True, "content": _content(schema, sent[path])}
        paths[path] = {"post": post | ({"parameters": [explain]} if path == "/predict" else {})}
    return paths


def _asked(summary: str, answer: str | None, *, faults: tuple[str, ...], others: _Json | None = None) -> _Json:
    content = _content(answer) if answer else {"text/plain": {"schema": _TEXT}}
    responses: _Json = {"200": {"description": "The answer.", "content": content}}
    for status, schema in (others or {}).items():
        responses[status] = {"description": _FAULTS[status], "content": _content(schema)}
    for status in faults:
        responses[status] = {"description": _FAULTS[status], "content": _content("Refusal")}
    guarded: _Json = {} if others is not None or answer == "Live" else {"security": [{"key": []}, {}]}
    return {"summary": summary, "responses": responses, **guarded}


def _content(schema: str, example: Any = None) -> _Json:
    found: _Json = {"schema": {"$ref": f"#/components/schemas/{schema}"}}
    return {"application/json": found | ({"example": example} if example is not None else {})}


def _object(required: tuple[str, ...] = (), **properties: Any) -> _Json:
    return {"type": "object", "properties": properties, "required": [*required]}


def _list(items: Any, **more: Any) -> _Json:
    return {"type": "array", "items": items, **more}


def _common() -> _Json:
    fault = _object(("finding", "way_out"), row=_WHOLE, field=_TEXT, finding=_TEXT, way_out=_TEXT)
    return {
        "Anything": {"type": "object"},
        "Live": _object(("live",), live={"type": "boolean"}),
        "Ready": _object(("ready",), ready={"type": "boolean"}, reason=_TEXT),
        "Refusal": _object(
            ("error", "errors", "n_errors", "request_id"),
            error=_TEXT,
            errors=_list(fault),
            n_errors=_WHOLE,
            request_id=_TEXT,
        ),
        "Receipt": _object(
            ("new", "repeated", "changed", "unknown", "request_id"),
            **dict.fromkeys(("new", "repeated", "changed", "unknown"), _WHOLE),
            request_id=_TEXT,
        ),
    }


def _of_case(served: ServedRelease, params: ServingParams) -> _Json:
    problem, limit = served.problem, {"minItems": 1, "maxItems": params.max_rows}
    row = row_schema(problem, has_others=params.unknown_fields == "ignore")
    outcome = _object(
        (*problem.key, problem.target.column),
        **key_schema(problem),
        **{problem.target.column: _outcome_schema(problem)},
        **{KNOWN_AT: {"type": ["string", "null"], "format": "date-time"}},
    )
    tensor = _object(("name", "shape", "datatype", "data"), name=_TEXT, datatype=_TEXT)
    tensor["properties"] |= {"shape": _list(_WHOLE), "data": _list({})}
    asked = _object(("inputs",), id=_TEXT, inputs=_list(tensor, minItems=1))
    asked["properties"]["outputs"] = _list(_object(("name",), name={"enum": [*output_datatypes(problem)]}))
    told = _object(("model_name", "model_version", "id", "outputs"), outputs=_list(tensor))
    told["properties"] |= dict.fromkeys(("model_name", "model_version", "id"), _TEXT)
    refused = {"additionalProperties": False}
    return {
        "Row": row,
        "Prediction": _prediction_schema(problem),
        "PredictRequest": _object(("rows",), rows=_list({"$ref": "#/components/schemas/Row"}, **limit)) | refused,
        "Predictions": _object(
            ("predictions", "release_id", "request_id"),
            predictions=_list({"$ref": "#/components/schemas/Prediction"}),
            release_id=_TEXT,
            request_id=_TEXT,
        ),
        "Outcome": outcome | refused,
        "OutcomesRequest": _object(("outcomes",), outcomes=_list({"$ref": "#/components/schemas/Outcome"}, **limit))
        | refused,
        "InferRequest": asked,
        "InferAnswer": told,
    }


def _prediction_schema(problem: Problem) -> _Json:
    score: _Json = {"score": _NUMBER}
    if problem.kind == "multiclass":
        score = {"scores": _object(problem.target.classes, **dict.fromkeys(problem.target.classes, _NUMBER))}
    action: _Json = _NUMBER
    if problem.is_classification:
        action = {"enum": [*(problem.payoff.actions if problem.payoff else problem.target.classes)]}
    return _object(
        ("repairs",),
        **score,
        action=action,
        expected_payoff={
            "type": ["number", "null"],
            "description": f"In {problem.payoff.unit}." if problem.payoff else "Always null.",
        },
        repairs=_list(_object(("column", "rule"), column=_TEXT, rule=_TEXT)),
        error={**_TEXT, "description": "Why the row cannot be used; it then has no score."},
        release_id={**_TEXT, "description": "Who answered this row, where it is another than the one named below."},
        explanation={"type": ["object", "null"]},
    )


def _outcome_schema(problem: Problem) -> _Json:
    if problem.is_classification:
        return {"enum": [*problem.target.classes, None]}
    return {"type": ["number", "null"]}


def _outcome(problem: Problem) -> str | float:
    return problem.target.classes[-1] if problem.is_classification else 1.0
