"""Whether two ways of answering say the same: on rows as they come, and on rows with every kind of odd cell."""

from collections.abc import Mapping, Sequence
from math import isclose
from typing import Any, Final

from evergreen.answering.answer import Answer, Answerer
from evergreen.answering.odd_cells import other_kinds, planted_rows, sample, typical_row
from evergreen.errors import bounded
from evergreen.models.threads import threads_for
from evergreen.problem import Problem
from evergreen.tables.outliers import OutlierLimits

Row = Mapping[str, Any]

RELATIVE_TOLERANCE: Final = 1e-9
# Sums whose parts cancel out have no digits left to compare: those of parts as large as 1 are 0 by then.
_ABSOLUTE_TOLERANCE = 1e-12
_MOST_ROWS = 100


def first_difference(
    plain: Answerer, other: Answerer, rows: Sequence[Row], problem: Problem, limits: OutlierLimits
) -> str | None:
    """Look for a row of which two answerers say different things.

    Args:
        plain: the one that is right.
        other: the one that is held against it.
        rows: raw rows as they come.
        problem: the case.
        limits: the fences of outliers.

    Returns:
        The first difference in a sentence; None where there is none.
    """
    with threads_for(1):
        try:
            return _first_difference(plain, other, sample(rows, _MOST_ROWS), problem, limits)
        except Exception as error:
            return f"Rows of all kinds could not be answered in both ways: {bounded(str(error))}"


def _first_difference(
    plain: Answerer, other: Answerer, rows: Sequence[Row], problem: Problem, limits: OutlierLimits
) -> str | None:
    typical = typical_row(problem, limits)
    batch: list[tuple[str, Row]] = [("", row) for row in (*rows, typical)]
    right = plain.answer([row for _, row in batch])
    usable = [row for (_, row), answer in zip(batch, right, strict=True) if not answer.reasons]
    base = usable[0] if usable else typical
    found = _compare(batch, right, other)
    if found is not None:
        return found
    batches = [planted_rows(base, problem, limits), *([("", row) for row in one] for one in other_kinds(base, problem))]
    for made in batches:
        found = _compare(made, plain.answer([row for _, row in made]), other)
        if found is not None:
            return found
    return None


def _compare(batch: Sequence[tuple[str, Row]], right: Sequence[Answer], other: Answerer) -> str | None:
    told = other.answer([row for _, row in batch])
    for (column, row), wanted, found in zip(batch, right, told, strict=True):
        difference = describe_difference(wanted, found)
        if difference:
            where = f"With {bounded(repr(row.get(column)))} in column '{column}'" if column else "For a row"
            return f"{where} {difference}"
    return _compare_alone(batch, told, other)


def _compare_alone(batch: Sequence[tuple[str, Row]], told: Sequence[Answer], other: Answerer) -> str | None:
    """A row must be answered alone as it is among others; where an action is scarce, it need not.

    Cells of a column may go another way where all of them are usual; among others, an odd one never comes there.
    """
    for (_, row), together in zip(batch, told, strict=True):
        (alone,) = other.answer([row])
        if alone.repairs != together.repairs or alone.reasons != together.reasons:
            return "A row that is asked about alone is repaired in another way than among others."
        if not _same_numbers(alone.scores, together.scores):
            return f"A row has the scores {alone.scores} alone and {together.scores} among others."
    return None


def describe_difference(plain: Answer, other: Answer) -> str:
    """Say what differs between two answers.

    Args:
        plain: the right one.
        other: the one that is held against it.

    Returns:
        The difference in words; empty where there is none but by rounding.
    """
    pairs = {
        "reasons": (plain.reasons, other.reasons, plain.reasons == other.reasons),
        "repairs": (plain.repairs, other.repairs, plain.repairs == other.repairs),
        "scores": (plain.scores, other.scores, _same_numbers(plain.scores, other.scores)),
        "action": (plain.action, other.action, _is_same(plain.action, other.action)),
        "expected_payoff": (
            plain.expected_payoff,
            other.expected_payoff,
            _is_same(plain.expected_payoff, other.expected_payoff),
        ),
    }
    for name, (right, told, is_same) in pairs.items():
        if not is_same:
            return f"{name} by tables are {bounded(repr(right))}, compiled {bounded(repr(told))}."
    return ""


def _same_numbers(left: Sequence[float], right: Sequence[float]) -> bool:
    return len(left) == len(right) and all(map(_is_same, left, right))


def _is_same(left: str | float | None, right: str | float | None) -> bool:
    if isinstance(left, float) and isinstance(right, float):
        return isclose(left, right, rel_tol=RELATIVE_TOLERANCE, abs_tol=_ABSOLUTE_TOLERANCE)
    return left == right
