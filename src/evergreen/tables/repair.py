"""The one place where cells are repaired: training, batch scoring and requests all pass through here."""

from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw

from evergreen.problem import Problem
from evergreen.tables.repair_column import Cells, RepairedColumn, any_of, repair_column

REASONS = "reasons"
REASON_SEPARATOR = "; "


@dataclass(frozen=True)
class Repaired:
    """The result of repairing a table.

    Attributes:
        rows: rows that keep the contract; numbers are Float64 (required integers Int64), words String, times
            Datetime("us").
        quarantine: the raw rows that cannot be used, with all their ``reasons`` in one text.
        repairs: changed cells, columns ``column, rule, n_cells``.
    """

    rows: nw.DataFrame[Any]
    quarantine: nw.DataFrame[Any]
    repairs: nw.DataFrame[Any]


def repair_rows(table: nw.DataFrame[Any], problem: Problem) -> Repaired:
    """Repair every cell by its column's rules and set aside the rows that cannot be used.

    Each row is treated by itself: no other row changes what happens to it, and repairing the result again
    changes nothing.

    Args:
        table: raw rows with the contract's columns.
        problem: the case.

    Returns:
        Usable rows, quarantined rows and the count of repaired cells.
    """
    columns = {
        name: repair_column(table[name], column, is_required=name in problem.required_columns)
        for name, column in problem.columns.items()
    }
    faults = {f"{name} {what}": where for name, done in columns.items() for what, where in done.faults.items()}
    found = {reason: where for reason, where in faults.items() if where.any()}
    rows = table.select(done.cells.alias(name) for name, done in columns.items())
    is_usable = ~any_of(list(found.values())) if found else None
    usable = rows if is_usable is None else rows.filter(is_usable)
    return Repaired(
        rows=usable.with_columns(nw.col(name).cast(nw.Int64) for name in _whole_columns(problem)),
        quarantine=_set_aside(table, found),
        repairs=_list_repairs(table, columns),
    )


def _whole_columns(problem: Problem) -> list[str]:
    """The whole numbers that are never missing, and so can be stored as such."""
    return [name for name in problem.required_columns if problem.columns[name].type == "integer"]


def _set_aside(table: nw.DataFrame[Any], faults: dict[str, Cells]) -> nw.DataFrame[Any]:
    if not faults:
        return table.head(0).with_columns(nw.lit("").cast(nw.String).alias(REASONS))
    marks = [f"_fault_{position}" for position in range(len(faults))]
    marked = table.with_columns(where.alias(mark) for mark, where in zip(marks, faults.values(), strict=True))
    bad = marked.filter(nw.any_horizontal(*marks, ignore_nulls=True))
    told = [nw.when(nw.col(mark)).then(nw.lit(reason)) for mark, reason in zip(marks, faults, strict=True)]
    return bad.with_columns(nw.concat_str(told, separator=REASON_SEPARATOR, ignore_nulls=True).alias(REASONS)).drop(
        marks
    )


def _list_repairs(table: nw.DataFrame[Any], columns: dict[str, RepairedColumn]) -> nw.DataFrame[Any]:
    found = [(name, rule, n) for name, done in columns.items() for rule, n in done.changed.items() if n > 0]
    data = {
        "column": [name for name, _, _ in found],
        "rule": [rule for _, rule, _ in found],
        "n_cells": [n for _, _, n in found],
    }
    schema = {"column": nw.String(), "rule": nw.String(), "n_cells": nw.Int64()}
    return nw.from_dict(data, schema=schema, backend=table.implementation)
