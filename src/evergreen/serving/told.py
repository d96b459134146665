"""Answers as JSON."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
from starlette.responses import Response

from evergreen.answering import Answer
from evergreen.prediction_log import FAILED
from evergreen.problem import Problem
from evergreen.serving.describe import way_out
from evergreen.serving.desk import Done
from evergreen.serving.faults import Fault, RefusedError
from evergreen.serving.router import Duty
from evergreen.tables.repair import REASON_SEPARATOR


def json_response(content: Any, status: int = HTTPStatus.OK, headers: Mapping[str, str] | None = None) -> Response:
    """Write JSON.

    Args:
        content: what JSON can hold; numbers of numpy too.
        status: of HTTP.
        headers: that the answer carries besides.

    Returns:
        The response.
    """
    body = orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY)
    return Response(body, status, dict(headers or {}), media_type="application/json")


def tell_answers(
    done: Done, duty: Duty, explanations: Sequence[Mapping[str, Any] | None] | None = None
) -> dict[str, Any]:
    """Write what was answered.

    Args:
        done: the answers.
        duty: who was on duty.
        explanations: of the rows, where they were asked for.

    Returns:
        ``predictions`` and ``release_id``; a row that another release answered names it.
    """
    champion = duty.champion.release_id
    told = []
    for served, answer in zip(done.job.served, done.answers, strict=True):
        one = _tell_answer(answer, served.problem)
        told.append(one if served.release_id == champion else {**one, "release_id": served.release_id})
    for one, explanation in zip(told, explanations or (), strict=False):
        one["explanation"] = explanation
    return {"predictions": told, "release_id": champion}


def _tell_answer(answer: Answer, problem: Problem) -> dict[str, Any]:
    repairs = [{"column": column, "rule": rule} for column, rule in answer.repairs]
    if answer.reasons:
        return {"error": answer.reasons, "repairs": repairs}
    scores: dict[str, Any] = {"score": answer.scores[0]}
    if problem.kind == "multiclass":
        scores = {"scores": dict(zip(problem.target.classes, answer.scores, strict=True))}
    return {**scores, "action": answer.action, "expected_payoff": answer.expected_payoff, "repairs": repairs}


def refuse_hopeless(done: Done) -> None:
    """Refuse a request of which no row can be used.

    Args:
        done: its answers.

    Raises:
        RefusedError: 422 with every reason; 500 where the release failed on a row.
    """
    if not all(answer.reasons for answer in done.answers):
        return
    faults = [
        fault
        for place, (answer, served) in enumerate(zip(done.answers, done.job.served, strict=True))
        for fault in _faults_of(answer, served.problem, place)
    ]
    has_failed = any(answer.reasons == FAILED for answer in done.answers)
    raise RefusedError(HTTPStatus.INTERNAL_SERVER_ERROR if has_failed else HTTPStatus.UNPROCESSABLE_ENTITY, faults)


def _faults_of(answer: Answer, problem: Problem, place: int) -> list[Fault]:
    if answer.reasons == FAILED:
        return [Fault(f"cannot be answered: {FAILED}", "Tell those who run the service.", row=place)]
    found = []
    for reason in answer.reasons.split(REASON_SEPARATOR):
        name, _, finding = reason.partition(" ")
        column = problem.columns.get(name)
        if column is None:
            found.append(Fault(reason, "Mend the row.", row=place))
        else:
            found.append(Fault(finding, way_out(column), place, name))
    return found
