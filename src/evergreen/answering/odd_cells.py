"""Rows with every kind of odd cell, to hold two ways of answering against each other."""

from collections.abc import Iterator, Mapping, Sequence
from math import inf, nan, nextafter
from typing import Any

from evergreen.answering.plain import cell_kind
from evergreen.problem import Column, Problem
from evergreen.tables.outliers import Fence, OutlierLimits

Row = Mapping[str, Any]
Planted = tuple[str, dict[str, Any]]

_NUMBERS = (
    0,
    -0.0,
    1,
    1.5,
    -1,
    2**53 - 1,
    2**53,
    2**53 + 1,
    10**400,
    -(10**400),
    1e308,
    -1e308,
    5e-324,
    inf,
    -inf,
    nan,
)
_WORDS = (
    "",
    "   ",
    "a word that nobody has seen",
    " Two  Words ",
    "\u00dcBER",
    "\u0130",
    "\u03a3\u0391\u03a3",
    "true",
    "1",
    "x" * 300,
)
_TIMES = (
    "2020-02-29",
    " 2020-01-01 ",
    "2020-02-30",
    "0000-01-01",
    "0001-01-01",
    "9999-12-31 23:59:59",
    "2020-02-29T23:59",
    "2020-02-29T23:59:59.75Z",
    "2020-02-29 10:00:00+00:00",
    "2020-02-29T10:00:00+02:00",
    "2020-02-29t10:00",
    "01/02/2020",
    "28.2.2020",
)
_TEXTS = ("5", "5.0", " 7 ", "-3", "1e5", "1,5", "1.234,5", "inf", "nan", "no number", "", "1e400")
_LONG_PROSE = "Asked twice, and  again. " * 40
_MOST_OF_A_LIST = 25


def typical_row(problem: Problem, limits: OutlierLimits) -> dict[str, Any]:
    """Write a row that its contract has nothing against, as far as that can be told.

    Args:
        problem: the case.
        limits: the fences of outliers.

    Returns:
        A raw cell for every column that is known at the decision.
    """
    known = set(problem.columns) - set(problem.outcome_columns)
    return {name: _typical(column, limits.root.get(name)) for name, column in problem.columns.items() if name in known}


def _typical(column: Column, fence: Fence | None) -> Any:
    if column.is_numeric:
        low, high = (fence.low, fence.high) if fence else (column.range or (None, None))
        middle = 1.0 if low is None and high is None else float(high if low is None else low)  # type: ignore[arg-type]
        return float(int(middle)) if column.type == "integer" else middle
    if column.type == "timestamp":
        return {"iso": "2020-03-14", "day_first": "14/03/2020", "month_first": "03/14/2020"}[column.time_format]
    if column.type == "image":
        return None
    return "true" if column.type == "boolean" else (column.values or ("a word",))[0]


def planted_rows(base: Row, problem: Problem, limits: OutlierLimits) -> list[Planted]:
    """Put every odd cell into a row, one at a time; cells keep the kind that the column has in the row.

    Args:
        base: a usable row.
        problem: the case.
        limits: the fences of outliers.

    Returns:
        (column, row) of each.
    """
    planted: list[Planted] = []
    for name, column in problem.columns.items():
        if name in problem.outcome_columns:
            continue
        kind = cell_kind(base.get(name))
        cells = [cell for cell in _odd_cells(column, limits.root.get(name)) if kind in (cell_kind(cell), "nothing")]
        if kind == "nothing":
            wanted = "number" if column.is_numeric else "text"
            cells = [cell for cell in cells if cell_kind(cell) == wanted]
        planted += [(name, {**base, name: cell}) for cell in (None, *cells)]
    return planted


def _odd_cells(column: Column, fence: Fence | None) -> Iterator[Any]:
    yield from column.sentinels[:_MOST_OF_A_LIST]
    if column.is_numeric:
        yield from _NUMBERS
        ends = [*(column.range or ()), *((fence.low, fence.high) if fence else ())]
        for end in (float(one) for one in ends if one is not None):
            yield from (end, nextafter(end, inf), nextafter(end, -inf), end + 1, end - 1, end + 0.5)
        return
    yield from (True, False, *_WORDS)
    yield from (str(one).upper() + " " for one in column.sentinels[:_MOST_OF_A_LIST])
    if column.type == "timestamp":
        yield from _TIMES
    elif column.type in ("text", "image"):
        yield from (_LONG_PROSE, "\u00e4rger \U0001f600 " * 3, "not an image: too large")
    yield from (column.values or ())[:_MOST_OF_A_LIST]
    yield from (f" {word.upper()}" for word in (column.values or ())[:2])
    yield from list(column.synonyms)[:_MOST_OF_A_LIST]
    yield from (0, 1, 2.5, 1e16)


def other_kinds(base: Row, problem: Problem) -> list[list[dict[str, Any]]]:
    """Write rows whose cells are all text, all numbers and all Booleans, whatever their columns hold.

    Args:
        base: a usable row.
        problem: the case.

    Returns:
        Three batches; within each, all cells are of one kind.
    """
    names = [name for name in problem.columns if name not in problem.outcome_columns]
    texts = [{name: _as_text(base.get(name)) for name in names}]
    for text in _TEXTS:
        own = {name: text for name in names if problem.columns[name].is_numeric}
        texts.append({**texts[0], **own})
    numbers = [
        dict.fromkeys(names, number) for number in (0, 1, 1.0, 2.5, -3, 1e16, 1e300, 1_577_836_800, 20200131, nan)
    ]
    flags = [dict.fromkeys(names, flag) for flag in (True, False, None)]
    flags.append({name: None if place % 2 else True for place, name in enumerate(names)})
    return [texts, numbers, flags]


def _as_text(cell: Any) -> str | None:
    return None if cell is None else str(cell)


def sample(rows: Sequence[Row], most: int) -> Sequence[Row]:
    """Take rows at even steps.

    Args:
        rows: any number.
        most: how many are taken.

    Returns:
        At most so many.
    """
    return rows if len(rows) <= most else [rows[place * len(rows) // most] for place in range(most)]
