"""The Open Inference Protocol, version 2: the same answers for clients that speak it (KServe, Triton and others)."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from math import prod
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from evergreen import __version__
from evergreen.errors import bounded, named
from evergreen.models.scores import score_columns
from evergreen.problem import Column, Problem
from evergreen.serving.desk import Done
from evergreen.serving.faults import Fault, RefusedError, refused
from evergreen.serving.intake import in_request, refuse_many
from evergreen.serving.routes import Endpoint, live, read_json, ready, service_of
from evergreen.serving.told import json_response, refuse_hopeless

_WHOLE = tuple(f"{sign}INT{bits}" for sign in ("", "U") for bits in (8, 16, 32, 64))
_KINDS: Mapping[str, tuple[type, ...]] = {
    "BYTES": (str,),
    "BOOL": (bool,),
    **dict.fromkeys(_WHOLE, (int, float)),
    **dict.fromkeys(("FP16", "FP32", "FP64"), (int, float)),
}
_DATATYPES = {"integer": "INT64", "number": "FP64", "boolean": "BOOL"}
_INPUT_KEYS = {"name", "shape", "datatype", "data", "parameters"}


def take_inputs(body: Any, *, max_rows: int) -> list[dict[str, Any]]:
    """Read rows from inputs that come column by column.

    Args:
        body: what JSON gave: ``inputs`` of ``name, shape, datatype, data``, each of shape [n] or [n, 1]; null in the
            data is a missing cell.
        max_rows: that it may hold.

    Returns:
        The rows.

    Raises:
        RefusedError: 422 where the form is another, or the inputs differ in length.
    """
    inputs = body.get("inputs") if isinstance(body, dict) else None
    if not isinstance(inputs, list) or not inputs:
        cure = 'Send {"inputs": [{"name": ..., "shape": [n], "datatype": ..., "data": [...]}]}.'
        raise refused(HTTPStatus.UNPROCESSABLE_ENTITY, "The body holds no list 'inputs'", cure)
    columns: dict[str, list[Any]] = {}
    for one in inputs:
        name, data = _take_input(one, max_rows)
        if name in columns:
            raise _wrong(name, "is given twice", "Send each input once.")
        columns[name] = data
    lengths = {len(data) for data in columns.values()}
    if len(lengths) > 1:
        name = next(iter(columns))
        raise _wrong(name, "has another length than other inputs", "Send as many cells of each.")
    return [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]


def _take_input(one: Any, max_rows: int) -> tuple[str, list[Any]]:
    if not isinstance(one, dict) or not isinstance(one.get("name"), str) or not one.keys() <= _INPUT_KEYS:
        cure = "Send name, shape, datatype and data of each."
        raise refused(HTTPStatus.UNPROCESSABLE_ENTITY, "An input has another form", cure)
    name, shape, kind, data = one["name"], one.get("shape"), one.get("datatype"), one.get("data")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise _wrong(name, "has an unknown datatype", f"It is one of {', '.join(_KINDS)}.")
    if not isinstance(data, list) or not data:
        raise _wrong(name, "has no list of data", "Send data, one cell a row.")
    refuse_many(len(data), max_rows=max_rows)
    if all(isinstance(cell, list) and len(cell) == 1 for cell in data):
        data = [cell[0] for cell in data]
    if not _is_shape(shape, len(data)):
        raise _wrong(name, "has a shape that is not its data's", f"Send [{len(data)}] or [{len(data)}, 1].")
    for place, cell in enumerate(data):
        is_other = isinstance(cell, bool) and kind != "BOOL"
        if cell is not None and (is_other or not isinstance(cell, _KINDS[kind])):
            raise _wrong(name, f"holds a cell that is no {kind}", "Send cells of one datatype, or null.", row=place)
    return name, data


def _is_shape(shape: Any, n_rows: int) -> bool:
    is_list = isinstance(shape, list) and all(type(size) is int for size in shape)
    return is_list and len(shape) in (1, 2) and shape[0] == n_rows and prod(shape) == n_rows


def _wrong(name: str, finding: str, cure: str, row: int | None = None) -> RefusedError:
    return RefusedError(HTTPStatus.UNPROCESSABLE_ENTITY, [Fault(finding, cure, row, bounded(name))])


def tell_outputs(done: Done, problem: Problem, asked: Sequence[str]) -> list[dict[str, Any]]:
    """Write answers column by column.

    Args:
        done: the answers.
        problem: the case.
        asked: names of outputs; all where none is named.

    Returns:
        Scores, ``action``, ``expected_payoff`` where the case has one, and ``error``, which is empty for a row that was
        answered; what a row lacks is null.
    """
    n_rows = len(done.answers)
    cells: dict[str, tuple[str, list[Any]]] = {}
    for place, name in enumerate(score_columns(problem)):
        cells[name] = ("FP64", [answer.scores[place] if answer.scores else None for answer in done.answers])
    cells["action"] = (action_datatype(problem), [answer.action for answer in done.answers])
    if has_payoff(problem):
        cells["expected_payoff"] = ("FP64", [answer.expected_payoff for answer in done.answers])
    cells["error"] = ("BYTES", [answer.reasons for answer in done.answers])
    wanted = asked or tuple(cells)
    return [
        {"name": name, "datatype": cells[name][0], "shape": [n_rows], "data": cells[name][1]}
        for name in cells
        if name in wanted
    ]


def output_datatypes(problem: Problem) -> dict[str, str]:
    """Name the outputs.

    Args:
        problem: the case.

    Returns:
        Name -> datatype.
    """
    money = {"expected_payoff": "FP64"} if has_payoff(problem) else {}
    scores = dict.fromkeys(score_columns(problem), "FP64")
    return {**scores, "action": action_datatype(problem), **money, "error": "BYTES"}


def has_payoff(problem: Problem) -> bool:
    """Say whether actions have an expected payoff.

    Args:
        problem: the case.

    Returns:
        Whether they do.
    """
    return problem.payoff is not None and bool(problem.payoff.actions)


def action_datatype(problem: Problem) -> str:
    """Say what an action is.

    Args:
        problem: the case.

    Returns:
        BYTES for the name of an action or class, FP64 for a quantity.
    """
    return "BYTES" if problem.is_classification else "FP64"


def datatype_of(column: Column) -> str:
    """Say how a column is best sent.

    Args:
        column: of the contract.

    Returns:
        The datatype.
    """
    return _DATATYPES.get(column.type, "BYTES")


async def server(request: Request) -> Response:
    """Tell of the server."""
    del request
    return json_response({"name": "evergreen", "version": __version__, "extensions": []})


async def model(request: Request) -> Response:
    """Tell of the model."""
    _refuse_others(request)
    served = service_of(request).duty.champion
    problem = served.problem
    inputs = {name: datatype_of(problem.columns[name]) for name in in_request(problem)}
    told: dict[str, Any] = {"name": problem.name, "versions": [served.release_id], "platform": "evergreen"}
    for name, cells in (("inputs", inputs), ("outputs", output_datatypes(problem))):
        told[name] = [{"name": one, "datatype": kind, "shape": [-1]} for one, kind in cells.items()]
    return json_response(told)


async def model_ready(request: Request) -> Response:
    """Say whether the model can be asked."""
    _refuse_others(request)
    return await ready(request)


async def infer(request: Request) -> Response:
    """Answer rows that come column by column."""
    _refuse_others(request)
    if "inference-header-content-length" in request.headers:
        finding, cure = "The request holds binary tensors", "Send the data as JSON."
        raise refused(HTTPStatus.BAD_REQUEST, finding, cure, ends_connection=True)
    service, body = service_of(request), await read_json(request)
    items = take_inputs(body, max_rows=service.params.max_rows)
    duty = service.duty
    asked = _asked(body, duty.champion.problem)
    name = _name_of(body, request.state.request_id)
    done = await service.ask(duty, items, request.state.request_id, request.state.begun)
    request.state.told.update(n_rows=len(items), release_id=duty.champion.release_id)
    refuse_hopeless(done)
    told = {"model_name": duty.champion.problem.name, "model_version": duty.champion.release_id, "id": name}
    return json_response({**told, "outputs": tell_outputs(done, duty.champion.problem, asked)})


def _name_of(body: Mapping[str, Any], request_id: str) -> str:
    name = body.get("id", request_id)
    if not isinstance(name, str):
        raise _wrong("id", "is no text", "Send text, or leave it out.")
    return name


def _asked(body: Mapping[str, Any], problem: Problem) -> list[str]:
    wanted, known = body.get("outputs", []), output_datatypes(problem)
    is_list = isinstance(wanted, list) and all(isinstance(one, dict) for one in wanted)
    names = [one.get("name") for one in wanted] if is_list else [None]
    if not all(isinstance(name, str) and name in known for name in names):
        raise _wrong("outputs", "names what there is not", f"Known are {named(known)}.")
    return [str(name) for name in names]


def _refuse_others(request: Request) -> None:
    case, name = service_of(request).given.case, request.path_params["name"]
    if name != case:
        finding = f"There is no model '{bounded(name)}'"
        raise refused(HTTPStatus.NOT_FOUND, finding, f"The one that is served is '{case}'.")


ROUTES: tuple[tuple[str, str, Endpoint], ...] = (
    ("/v2", "GET", server),
    ("/v2/health/live", "GET", live),
    ("/v2/health/ready", "GET", ready),
    ("/v2/models/{name}", "GET", model),
    ("/v2/models/{name}/ready", "GET", model_ready),
    ("/v2/models/{name}/infer", "POST", infer),
)
