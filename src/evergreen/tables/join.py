"""Join a source onto the decisions as it stood when each was made."""

from datetime import datetime
from typing import Any

import narwhals.stable.v2 as nw

from evergreen.errors import DataError
from evergreen.problem import Problem
from evergreen.tables.cells import text_of, timestamp_of
from evergreen.tables.sources import contract_names

EVENT_TIME = "_event_time"
_SINCE = "_known_since"
_BEFORE_ALL = datetime(1, 1, 1)

Table = nw.DataFrame[Any]


def join_source(rows: Table, table: Table, problem: Problem, name: str) -> Table:
    """Give every decision the facts of one source that were known then: the newest row of its key, or none.

    Ids of different types meet as text, so that 7, 7.0 and "7" are one id. A row without an id, or without
    a time where the source has one, is about no decision.

    Args:
        rows: decisions, with ``EVENT_TIME`` (Datetime("us")) where the source has ``known_since``; n of them.
        table: the source as ``read_source`` gives it.
        problem: the case; it says how the source is joined.
        name: the name of the source.

    Returns:
        The decisions with the contract's columns of the source; n rows, in any order.

    Raises:
        DataError: where rows of the source contradict each other, or no time of it can be read.
    """
    source, brought = problem.sources[name], contract_names(problem, name)
    keys = {f"_key_{column}": column for column in source.join_on}
    left, right = _with_keys(rows, table, keys), _with_keys(table, rows, keys)
    if source.known_since is None:
        right = _one_row_each(right.select(*brought, *keys), keys, name)
        return left.join(right, on=list(keys), how="left").drop(list(keys))
    right = _with_since(right, source.known_since, name).select(*brought, *keys, _SINCE)
    right = _one_row_each(right, {**keys, _SINCE: source.known_since}, name)
    return _join_as_of(left, right, list(keys)).drop([*keys, _SINCE])


def _with_keys(table: Table, other: Table, keys: dict[str, str]) -> Table:
    mine, theirs = table.schema, other.schema
    cells = {
        key: nw.col(column) if mine[column] == theirs[column] else text_of(nw.col(column), mine[column])
        for key, column in keys.items()
    }
    return table.with_columns(cell.alias(key) for key, cell in cells.items())


def _with_since(table: Table, column: str, name: str) -> Table:
    timed = table.with_columns(timestamp_of(nw.col(column), table.schema[column]).alias(_SINCE))
    known = timed.filter(~nw.col(_SINCE).is_null())
    if len(known) == 0:
        finding = f"has no date or time in '{column}' (first: {table[column].to_list()[0]!r})"
        raise DataError(f"Source '{name}'", finding, "Write times as 2009-02-28 or 2009-02-28T23:59:59.")
    return known


def _join_as_of(rows: Table, table: Table, keys: list[str]) -> Table:
    # An as-of join needs a time in every row: a decision without one stands before every fact.
    timed = rows.with_columns(nw.col(EVENT_TIME).fill_null(_BEFORE_ALL).alias("_moment")).sort("_moment")
    facts = table.sort(_SINCE)
    joined = timed.join_asof(facts, left_on="_moment", right_on=_SINCE, by=keys or None, strategy="backward")
    return joined.drop("_moment")


def _one_row_each(table: Table, keys: dict[str, str], name: str) -> Table:
    named = table.filter(~nw.col(key).is_null() for key in keys).unique(maintain_order=True)
    repeated = named.filter(named.select(list(keys)).is_duplicated())
    if len(repeated) > 0:
        first = repeated.select(list(keys)).rows()[0]
        shown = ", ".join(f"{column}={value}" for column, value in zip(keys.values(), first, strict=True))
        raise DataError(
            f"Source '{name}'",
            f"has {len(repeated)} rows that contradict each other (first: {shown})",
            "Keep one row for each key, or name the column that says since when a row was known (known_since).",
        )
    return named
