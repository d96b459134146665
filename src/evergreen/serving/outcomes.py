"""What became of rows, read from a request."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from evergreen.errors import bounded, named
from evergreen.prediction_log import Outcome
from evergreen.prediction_log.cells import utc_text
from evergreen.problem import Column, Problem, canonical_text
from evergreen.serving.describe import takes
from evergreen.serving.faults import Fault, RefusedError
from evergreen.serving.keys import key_of

KNOWN_AT = "known_at"


def take_outcomes(items: Sequence[Any], problem: Problem, *, known_at: str) -> list[Outcome]:
    """Take outcomes: the key columns, the target, and since when it is known where that is told.

    Args:
        items: what JSON gave.
        problem: the case.
        known_at: since when an outcome is known that does not say so, ISO.

    Returns:
        The outcomes; null for one that is not known any more.

    Raises:
        RefusedError: 422 with all faults, where there is any.
    """
    faults: list[Fault] = []
    found = [_take(item, problem, known_at, place, faults) for place, item in enumerate(items)]
    if faults:
        raise RefusedError(HTTPStatus.UNPROCESSABLE_ENTITY, faults)
    return found


def _take(item: Any, problem: Problem, known_at: str, place: int, faults: list[Fault]) -> Outcome:
    told: Mapping[str, Any] = item if isinstance(item, dict) else {}
    target, wanted = problem.target.column, [*problem.key, problem.target.column]
    for name in told:
        if name not in (*wanted, KNOWN_AT):
            cure = f"Send {named([*wanted, KNOWN_AT])}."
            faults.append(Fault("is no part of an outcome", cure, place, bounded(name)))
    absent = (name for name in wanted if name not in told)
    faults.extend(Fault("is missing", "Send key and target.", place, name) for name in absent)
    for name in problem.key:
        if name in told and not _names_row(told[name], problem.columns[name]):
            faults.append(Fault("names no row", "Send text or a number.", place, name))
            return Outcome({}, None, known_at)
    value = _value(told.get(target), problem, place, faults)
    return Outcome(key_of(told, problem), value, _time(told.get(KNOWN_AT), known_at, place, faults))


def _names_row(cell: Any, column: Column) -> bool:
    if isinstance(cell, bool):
        return takes("boolean", column)
    if isinstance(cell, int | float):
        return takes("number", column) or (takes("integer", column) and float(cell).is_integer())
    return isinstance(cell, str)


def _value(cell: Any, problem: Problem, place: int, faults: list[Fault]) -> str | float | None:
    column = problem.columns[problem.target.column]
    if cell is None:
        return None
    if problem.is_classification:
        word = canonical_text(str(cell))
        word = column.canonical_synonyms.get(word, word)
        if word in problem.target.classes:
            return word
        cure = f"Send one of {named(problem.target.classes)}, or null."
    else:
        if isinstance(cell, int | float) and not isinstance(cell, bool):
            return float(cell)
        cure = "Send a number, or null."
    faults.append(Fault("is no outcome of this case", cure, place, problem.target.column))
    return None


def _time(cell: Any, known_at: str, place: int, faults: list[Fault]) -> str:
    if cell is None:
        return known_at
    try:
        return utc_text(cell)
    except (TypeError, ValueError, OverflowError):
        faults.append(Fault("is no time", "Send it as 2024-02-29T13:45:00Z.", place, KNOWN_AT))
        return known_at
