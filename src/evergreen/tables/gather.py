"""One row per decision, with everything as it was known when the decision was made."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

import narwhals.stable.v2 as nw

from evergreen.errors import DataError
from evergreen.problem import Problem, Source
from evergreen.tables.cells import timestamp_of
from evergreen.tables.sources import RawSource, contract_names, read_source

_TIME = "_event_time"
_SINCE = "_known_since"
_BEFORE_ALL = datetime(1700, 1, 1)


@dataclass(frozen=True)
class Gathered:
    """The result of gathering.

    Attributes:
        rows: a table with exactly the contract's columns, in raw form, one row per row of the spine that was kept.
        n_spine: rows of the spine.
        n_later: rows of the spine that have not happened yet at ``as_of``.
        n_earlier: rows that were left out because they are not after the moment asked for.
    """

    rows: nw.DataFrame[Any]
    n_spine: int
    n_later: int
    n_earlier: int


def gather_rows(
    problem: Problem, as_of: date, sources: dict[str, RawSource], *, after: datetime | None = None
) -> Gathered:
    """Join all sources onto the spine as of each decision, and forget what ``as_of`` cannot know yet.

    Args:
        problem: the case.
        as_of: the logical date; later rows are left out, outcomes that were not known by then are blanked.
        sources: what the catalog loaded, by name of source.
        after: leave out decisions up to this moment; with time only.

    Returns:
        The gathered rows and where the others went.

    Raises:
        DataError: where a source is empty or lacks columns, its key is ambiguous, or ``as_of`` is before the first row.
    """
    spine = _with_event_time(read_source(sources[problem.spine], problem, problem.spine), problem)
    happened = _until(spine, problem, as_of)
    rows = happened if after is None else happened.filter((nw.col(_TIME) > after).fill_null(value=False))
    n_earlier = len(happened) - len(rows)
    for name, source in problem.sources.items():
        if not source.is_spine:
            rows = _join(rows, read_source(sources[name], problem, name), problem, name)
    rows = _blank_unknown_outcomes(rows, problem, as_of).select(list(problem.columns))
    return Gathered(rows, len(spine), len(spine) - len(happened), n_earlier)


def end_of(day: date) -> datetime:
    """The last moment of a day.

    Args:
        day: the day.

    Returns:
        Its end, without a zone.
    """
    return datetime.combine(day, time.max)


def _with_event_time(rows: nw.DataFrame[Any], problem: Problem) -> nw.DataFrame[Any]:
    if problem.event_time is None:
        return rows
    event_time = timestamp_of(nw.col(problem.event_time), rows.schema[problem.event_time])
    return rows.with_columns(event_time.alias(_TIME))


def _until(rows: nw.DataFrame[Any], problem: Problem, as_of: date) -> nw.DataFrame[Any]:
    if problem.event_time is None:
        return rows
    kept = rows.filter(~(nw.col(_TIME) > end_of(as_of)).fill_null(value=False))
    if kept.select((~nw.col(_TIME).is_null()).sum().alias("n"))["n"].item() == 0:
        first = rows.select(nw.col(_TIME).min().alias("first"))["first"].item()
        finding = f"is before the first decision ({first})" if first else "meets no readable event time"
        raise DataError(f"as_of {as_of}", finding, f"Choose a later as_of or check '{problem.event_time}'.")
    return kept


def _blank_unknown_outcomes(rows: nw.DataFrame[Any], problem: Problem, as_of: date) -> nw.DataFrame[Any]:
    if problem.event_time is None:
        return rows
    delay = nw.lit(problem.target.delay_days * 24 * 3600)
    waited = (nw.lit(end_of(as_of)) - nw.col(_TIME)).dt.total_seconds()
    is_known = (waited >= delay).fill_null(value=False)
    return rows.with_columns(nw.when(is_known).then(nw.col(name)).alias(name) for name in problem.outcome_columns)


def _join(rows: nw.DataFrame[Any], table: nw.DataFrame[Any], problem: Problem, name: str) -> nw.DataFrame[Any]:
    source = problem.sources[name]
    brought = [column for column in contract_names(problem, name) if column not in source.join_on]
    if source.known_since is None:
        table = _one_row_each(table, list(source.join_on), name)
        return rows.join(table, on=list(source.join_on), how="left")
    return _join_as_of(rows, table, source, brought, name)


def _join_as_of(
    rows: nw.DataFrame[Any], table: nw.DataFrame[Any], source: Source, brought: list[str], name: str
) -> nw.DataFrame[Any]:
    since = str(source.known_since)
    table = table.with_columns(timestamp_of(nw.col(since), table.schema[since]).alias(_SINCE))
    table = table.select(*source.join_on, *brought, _SINCE).filter(~nw.col(_SINCE).is_null())
    table = _one_row_each(table, [*source.join_on, _SINCE], name).sort(_SINCE)
    by = list(source.join_on) or None
    rows = rows.with_columns(nw.col(_TIME).fill_null(_BEFORE_ALL)).sort(_TIME)
    joined = rows.join_asof(table, left_on=_TIME, right_on=_SINCE, by=by, strategy="backward")
    return joined.with_columns(nw.when(nw.col(_TIME) != _BEFORE_ALL).then(nw.col(_TIME)).alias(_TIME))


def _one_row_each(table: nw.DataFrame[Any], key: list[str], name: str) -> nw.DataFrame[Any]:
    table = table.unique(maintain_order=True)
    repeated = table.filter(table.select(key).is_duplicated())
    if len(repeated) > 0:
        first = repeated.select(key).rows()[0]
        shown = ", ".join(f"{column}={value}" for column, value in zip(key, first, strict=True) if column != _SINCE)
        raise DataError(
            f"Source '{name}'",
            f"has {len(repeated)} rows that contradict each other (first: {shown or 'same moment'})",
            "Keep one row for each key, or name the column that says since when a row was known (known_since).",
        )
    return table
