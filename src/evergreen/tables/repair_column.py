"""The rules that repair the cells of one column, each run once and counted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import or_
from typing import Any

import narwhals.stable.v2 as nw

from evergreen.problem import Column
from evergreen.problem.columns import FALSE_WORDS, TRUE_WORDS
from evergreen.tables.cells import (
    blank_to_null,
    canonical_words,
    is_number_type,
    is_time_type,
    number_of,
    stripped,
    text_of,
    timestamp_of,
)

Cells = nw.Series[Any]
Rule = Callable[[nw.Expr], nw.Expr]

_BOOLEAN_WORDS = dict.fromkeys(TRUE_WORDS, "true") | dict.fromkeys(FALSE_WORDS, "false")
# A Float64 keeps whole numbers up to here exactly; beyond, two ids could become one.
_LARGEST_EXACT = 2**53


@dataclass(frozen=True)
class RepairedColumn:
    """One column on its way through its rules.

    Attributes:
        cells: the cells as they are now.
        changed: rule -> how many cells it changed.
        faults: reason -> where it makes the row unusable; Boolean cells, never null.
    """

    cells: Cells
    changed: Mapping[str, int] = field(default_factory=dict)
    faults: Mapping[str, Cells] = field(default_factory=dict)

    def apply(self, rule: Rule, name: str | None = None) -> "RepairedColumn":
        """Run a rule on every cell, and count what it changed where it has a name."""
        cells = _apply(self.cells, rule)
        if name is None:
            return replace(self, cells=cells)
        n_changed = self.changed.get(name, 0) + _count_changed(self.cells, cells)
        return replace(self, cells=cells, changed={**self.changed, name: n_changed})


def repair_column(raw: Cells, column: Column, *, is_required: bool) -> RepairedColumn:
    """Repair one column by its contract.

    Args:
        raw: its cells, of any type; n of them.
        column: its contract.
        is_required: whether a row without it cannot be used.

    Returns:
        The repaired cells, n of them; what was changed, and which rows are unusable because of it.
    """
    if column.type == "timestamp":
        done = _repair_times(raw, column)
    elif column.is_numeric:
        done = _repair_numbers(raw, column)
    else:
        done = _repair_words(raw, column)
    if column.when_invalid == "blank":
        done = _blank_faults(done)
    if not is_required:
        return done
    is_missing = done.cells.is_null()
    for where in done.faults.values():
        is_missing = is_missing & ~where
    return replace(done, faults={**done.faults, "is missing": is_missing})


def any_of(conditions: list[Cells]) -> Cells:
    """Say where at least one condition holds.

    Args:
        conditions: Boolean cells without null, each of shape (n,); at least one condition.

    Returns:
        Boolean cells, shape (n,).
    """
    return reduce(or_, conditions)


def _repair_words(raw: Cells, column: Column) -> RepairedColumn:
    text = RepairedColumn(_apply(raw, lambda cell: text_of(cell, raw.dtype)))
    done = text.apply(stripped if column.type == "text" else canonical_words).apply(blank_to_null)
    done = replace(done, changed={"canonical_text": _count_changed(text.cells, done.cells)})
    if column.canonical_synonyms:
        done = done.apply(_replacing(column.canonical_synonyms), "synonym")
    if column.type == "boolean":
        done = done.apply(_replacing(_BOOLEAN_WORDS))
    if column.text_sentinels:
        done = done.apply(_blanking_words(column), "sentinel")
    allowed = ("true", "false") if column.type == "boolean" else column.values
    if allowed is None:
        return done
    return replace(done, faults={"is not an allowed value": ~done.cells.is_in(list(allowed)) & ~done.cells.is_null()})


def _repair_times(raw: Cells, column: Column) -> RepairedColumn:
    done = _read(raw, column, timestamp_of, is_typed=is_time_type(raw.dtype), what="is no date or time")
    return done.apply(_blanking(column.time_sentinels), "sentinel") if column.time_sentinels else done


def _repair_numbers(raw: Cells, column: Column) -> RepairedColumn:
    done = _read(raw, column, number_of, is_typed=is_number_type(raw.dtype), what="is no number")
    if column.number_sentinels:
        done = done.apply(_blanking(column.number_sentinels), "sentinel")
    cells, (low, high) = done.cells, column.range or (None, None)
    faults = {"is not finite": cells.is_in([float("inf"), float("-inf")])}
    if column.type == "integer":
        faults["is no whole number"] = (cells != cells.floor()) & ~cells.is_null()
        faults["is too large to be exact"] = (cells.abs() > _LARGEST_EXACT) & ~faults["is not finite"]
    if low is not None:
        faults[f"is below {low:.15g}"] = cells < low
    if high is not None:
        faults[f"is above {high:.15g}"] = cells > high
    found = {what: where.fill_null(value=False) for what, where in faults.items()}
    return replace(done, faults={**done.faults, **found})


def _read(
    raw: Cells,
    column: Column,
    parse: Callable[[nw.Expr, nw.dtypes.DType], nw.Expr],
    *,
    is_typed: bool,
    what: str,
) -> RepairedColumn:
    """Parse cells; a word that is neither a sentinel nor parses is at fault."""
    if is_typed:
        return RepairedColumn(_apply(raw, lambda cell: parse(cell, raw.dtype)))
    words = RepairedColumn(_apply(raw, lambda cell: stripped(cell.cast(nw.String)))).apply(blank_to_null)
    if column.text_sentinels:
        words = words.apply(_blanking_words(column), "sentinel")
    cells = _apply(words.cells, lambda cell: parse(cell, nw.String()))
    return replace(words, cells=cells, faults={what: cells.is_null() & ~words.cells.is_null()})


def _blank_faults(column: RepairedColumn) -> RepairedColumn:
    changed = {f"blanked: {what}": int(where.sum()) for what, where in column.faults.items()}
    if not any(changed.values()):
        return replace(column, faults={})
    where = any_of(list(column.faults.values()))
    table = column.cells.to_frame().with_columns(where.alias("_where"))
    cells = table.select(nw.when(~nw.col("_where")).then(nw.col(column.cells.name)))[column.cells.name]
    return RepairedColumn(cells, {**column.changed, **changed})


def _replacing(words: Mapping[str, str]) -> Rule:
    return lambda cell: cell.replace_strict(words, default=cell, return_dtype=nw.String)


def _blanking(values: tuple[Any, ...]) -> Rule:
    return lambda cell: nw.when(~cell.is_in(list(values))).then(cell)


def _blanking_words(column: Column) -> Rule:
    return lambda cell: nw.when(~canonical_words(cell).is_in(list(column.text_sentinels))).then(cell)


def _apply(cells: Cells, rule: Rule) -> Cells:
    return cells.to_frame().select(rule(nw.col(cells.name)).alias(cells.name))[cells.name]


def _count_changed(before: Cells, after: Cells) -> int:
    is_same = (before == after).fill_null(value=False) | (before.is_null() & after.is_null())
    return len(before) - int(is_same.sum())
