"""What names a row in the log and says when it was decided, in one form however its cells were written."""

import re
from collections.abc import Mapping
from datetime import datetime
from math import isfinite
from typing import Any

from evergreen.problem import Column, Problem, canonical_text

_SHORT_DATE = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(.*)", re.DOTALL)


def key_of(row: Mapping[str, Any], problem: Problem) -> dict[str, Any]:
    """Name a row.

    Args:
        row: raw cells.
        problem: the case.

    Returns:
        The key columns: numbers as such where they can be read, words in canonical form.
    """
    return {name: _key_cell(row.get(name), problem.columns[name]) for name in problem.key}


def _key_cell(cell: Any, column: Column) -> Any:
    if isinstance(cell, bool) or cell is None:
        return cell
    number = _number(cell) if column.is_numeric or isinstance(cell, float) else None
    if number is not None:
        cell = int(number) if number.is_integer() else number
    if column.is_numeric:
        return cell
    return canonical_text(str(cell)) if column.type in ("category", "boolean") else str(cell).strip()


def _number(cell: Any) -> float | None:
    try:
        number = float(cell)
    except (ValueError, OverflowError):
        return None
    return number if isfinite(number) else None


def time_of(row: Mapping[str, Any], problem: Problem) -> str | None:
    """Read when the decision about a row is made.

    Args:
        row: raw cells.
        problem: the case.

    Returns:
        ISO text; None where the case knows no time, or the cell holds none.
    """
    if problem.event_time is None:
        return None
    cell, column = row.get(problem.event_time), problem.columns[problem.event_time]
    if not isinstance(cell, str):
        return None
    text = cell.strip()
    if column.time_format != "iso" and (found := _SHORT_DATE.fullmatch(text)):
        first, second, year, clock = found.groups()
        day, month = (first, second) if column.time_format == "day_first" else (second, first)
        text = f"{year}-{month:0>2}-{day:0>2}{clock}"
    try:
        return datetime.fromisoformat(text).isoformat()
    except ValueError:
        return None
