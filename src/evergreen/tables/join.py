"""Join a source onto the decisions as it stood when each was made."""

from datetime import datetime

import narwhals.stable.v2 as nw

from evergreen.errors import DataError, bounded, named
from evergreen.problem import Problem, Source
from evergreen.tables.cells import (
    blank_to_null,
    is_in_other_zone,
    is_nan,
    is_time_type,
    stripped,
    text_of,
    timestamp_of,
)
from evergreen.tables.engines import Frame, as_pandas, same_engine, where
from evergreen.tables.sources import contract_names

EVENT_TIME = "_event_time"
_SINCE = "_known_since"
_ABOUT = "_effective_since"
_MOMENT = "_moment"
_BEFORE_ALL = datetime(1, 1, 1)
_MIDNIGHT = "[ T]00:00(:00)?$"


def join_source(rows: Frame, table: Frame, problem: Problem, name: str) -> Frame:
    """Give every decision the facts of one source that were known then: the newest row of its key, or none.

    Ids of different types meet as text, so that 7, 7.0 and "7" are one id, and a day is its midnight. A row without
    an id, be it null or an empty text, or without a time where the source has one, is about no decision. Of facts that
    were revised, each decision gets the version that stood when it was made.

    Args:
        rows: decisions, with ``EVENT_TIME`` (Datetime("us")) where the source has ``known_since``; n of them.
        table: the source as ``read_source`` gives it, on any engine.
        problem: the case; it says how the source is joined.
        name: the name of the source.

    Returns:
        The decisions with the contract's columns of the source; n rows, in any order.

    Raises:
        DataError: where rows of the source contradict each other, none names an id, no time of it can be read, or one
            is written in another zone than UTC.
    """
    source, brought = problem.sources[name], contract_names(problem, name)
    keys = {f"_key_{column}": column for column in source.join_on}
    left, right = _with_keys(rows, table, keys), _with_keys(table, rows, keys)
    right = right if source.known_since is None else _with_moments(right, source, name)
    right = right.filter(~nw.col(key).is_null() for key in keys) if keys else right
    if source.known_since is None:
        right = _one_row_each(right.select(*brought, *keys), keys, name)
        return left.join(same_engine(right, rows), on=list(keys), how="left").drop(list(keys))
    right = _newest_facts(right, list(keys), source)
    right = _one_row_each(right.select(*brought, *keys, _SINCE), {**keys, _SINCE: source.known_since}, name)
    # Moved as late as can be: what is checked before is checked where the source lies.
    return _join_as_of(left, same_engine(right, rows), list(keys)).drop([*keys, _SINCE, _MOMENT])


def _with_keys(table: Frame, other: Frame, keys: dict[str, str]) -> Frame:
    mine, theirs = table.collect_schema(), other.collect_schema()
    cells = {
        key: _id_of(nw.col(column), mine[column])
        if mine[column] == theirs[column]
        else _text_id_of(nw.col(column), mine[column], theirs[column])
        for key, column in keys.items()
    }
    return table.with_columns(cell.alias(key) for key, cell in cells.items())


def _text_id_of(cell: nw.Expr, mine: nw.dtypes.DType, theirs: nw.dtypes.DType) -> nw.Expr:
    text = blank_to_null(stripped(text_of(cell, mine)))
    # A reader decides whether a day comes as a day or as its midnight.
    return text.str.replace_all(_MIDNIGHT, "") if is_time_type(mine) or is_time_type(theirs) else text


def _id_of(cell: nw.Expr, dtype: nw.dtypes.DType) -> nw.Expr:
    """An id as it is; not-a-number and the empty text are none, though engines find them equal to themselves."""
    if dtype == nw.String:
        return blank_to_null(stripped(cell))
    return nw.when(~is_nan(cell)).then(cell) if dtype.is_float() else cell


def _with_moments(table: Frame, source: Source, name: str) -> Frame:
    schema, moments = table.collect_schema(), {_SINCE: source.known_since, _ABOUT: source.effective_since}
    read = {moment: column for moment, column in moments.items() if column is not None}
    for column in read.values():
        _refuse_other_zone(table, column, schema[column], name)
    timed = table.with_columns(timestamp_of(nw.col(column), schema[column]).alias(m) for m, column in read.items())
    known = timed.filter(~nw.col(moment).is_null() for moment in read)
    if len(known.head(1).collect()) == 0:
        shown = as_pandas(table.select(list(dict.fromkeys(read.values()))).head(1)).iloc[0].to_dict()
        finding = " or ".join(
            f"has no date or time in '{column}' (first: {bounded(repr(cell))})" for column, cell in shown.items()
        )
        raise DataError(f"Source '{name}'", finding, "Write times as 2009-02-28 or 2009-02-28T23:59:59.")
    return known


def _refuse_other_zone(table: Frame, column: str, dtype: nw.dtypes.DType, name: str) -> None:
    """A time that is not read is no time, and its fact would be missed without a word."""
    if is_time_type(dtype):
        return
    text = stripped(text_of(nw.col(column), dtype))
    other = as_pandas(table.select(text.alias(column)).filter(where(is_in_other_zone(nw.col(column)))).head(1))
    if len(other):
        finding = f"has times in another zone than UTC in '{column}' (such as {bounded(repr(other[column].iloc[0]))})"
        raise DataError(f"Source '{name}'", finding, "Write them in UTC, or have the reader type them with their zone.")


def _newest_facts(facts: Frame, keys: list[str], source: Source) -> Frame:
    """Leave out what was superseded before it was known: a late revision of an old fact is not the newest fact."""
    if source.effective_since is None:
        return facts
    latest = nw.col(_ABOUT).max().over(_SINCE, *keys)
    facts = facts.with_columns(latest.alias("_latest")).filter(nw.col(_ABOUT) == nw.col("_latest"))
    so_far = nw.col(_ABOUT).cum_max()
    order = [_SINCE, _ABOUT]
    so_far = so_far.over(*keys, order_by=order) if keys else so_far.over(order_by=order)
    return facts.with_columns(so_far.alias("_latest")).filter(nw.col(_ABOUT) >= nw.col("_latest"))


def _join_as_of(rows: Frame, table: Frame, keys: list[str]) -> Frame:
    # An as-of join needs a time in every row: a decision without one stands before every fact.
    timed = rows.with_columns(nw.col(EVENT_TIME).fill_null(_BEFORE_ALL).alias(_MOMENT))
    if rows.implementation.is_spark_like():
        return _join_by_window(timed, table, keys)
    if not rows.implementation.is_ibis():
        timed, table = timed.sort(_MOMENT), table.sort(_SINCE)
    return timed.join_asof(table, left_on=_MOMENT, right_on=_SINCE, by=keys or None, strategy="backward")


def _join_by_window(rows: Frame, table: Frame, keys: list[str]) -> Frame:
    """Join as of a moment where the engine cannot: each fact holds from its moment to that of the next of its key."""
    facts = table.with_row_index("_fact", order_by=[*keys, _SINCE])
    moments = facts.select(*keys, nw.col(_SINCE).alias(_MOMENT), "_fact", nw.lit(0).alias("_is_decision"))
    decisions = rows.with_columns(nw.lit(None).cast(nw.Int64).alias("_fact"), nw.lit(1).alias("_is_decision"))
    events = nw.concat([decisions, moments.with_columns(nw.col("_fact").cast(nw.Int64))], how="diagonal")
    # A fact that becomes known in the same moment counts as known: it stands before the decision.
    newest = nw.col("_fact").fill_null(strategy="forward")
    order = [_MOMENT, "_is_decision"]
    newest = newest.over(*keys, order_by=order) if keys else newest.over(order_by=order)
    found = events.with_columns(newest.alias("_fact")).filter(nw.col("_is_decision") == 1).drop("_is_decision")
    told = facts.with_columns(nw.col("_fact").cast(nw.Int64)).drop(keys)
    return found.join(told, on="_fact", how="left").drop("_fact")


def _one_row_each(table: Frame, keys: dict[str, str], name: str) -> Frame:
    names = list(keys)
    n_rows, n_repeated = _count_rows(table, names)
    if n_rows == 0:
        cure = "Check the column it is joined on."
        raise DataError(f"Source '{name}'", f"has no row with a value in {named(keys.values())}", cure)
    if n_repeated == 0:
        return table
    once = table.unique()
    _, n_repeated = _count_rows(once, names)
    if n_repeated > 0:
        counted = once.group_by(names).agg(nw.len().alias("_n_rows")).filter(where(nw.col("_n_rows") > 1))
        first = as_pandas(counted.sort(names).head(1)).iloc[0]
        shown = ", ".join(f"{column}={bounded(str(first[key]))}" for key, column in keys.items())
        raise DataError(
            f"Source '{name}'",
            f"has {n_repeated} rows that contradict each other (first: {shown})",
            "Keep one row for each key, or name the column that says since when a row was known (known_since).",
        )
    return once


def _count_rows(table: Frame, keys: list[str]) -> tuple[int, int]:
    """Count all rows, and those that share their key."""
    counted = table.group_by(keys).agg(nw.len().alias("_n_rows"))
    n_rows = nw.col("_n_rows")
    sums = counted.select(n_rows.sum().alias("all"), nw.when(n_rows > 1).then(n_rows).sum().alias("repeated"))
    found = as_pandas(sums).fillna(0).iloc[0]
    return int(found["all"]), int(found["repeated"])
