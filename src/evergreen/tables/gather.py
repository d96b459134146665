"""One row per decision, with everything as it was known when the decision was made."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

import narwhals.stable.v2 as nw

from evergreen.errors import DataError
from evergreen.problem import Problem
from evergreen.tables.cells import timestamp_of
from evergreen.tables.join import EVENT_TIME, join_source
from evergreen.tables.sources import RawSource, read_source


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
    rows = happened if after is None else happened.filter((nw.col(EVENT_TIME) > after).fill_null(value=False))
    n_earlier = len(happened) - len(rows)
    for name, source in problem.sources.items():
        if not source.is_spine:
            rows = join_source(rows, read_source(sources[name], problem, name), problem, name)
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
    return rows.with_columns(event_time.alias(EVENT_TIME))


def _until(rows: nw.DataFrame[Any], problem: Problem, as_of: date) -> nw.DataFrame[Any]:
    if problem.event_time is None:
        return rows
    kept = rows.filter(~(nw.col(EVENT_TIME) > end_of(as_of)).fill_null(value=False))
    if kept[EVENT_TIME].is_null().all():
        times = rows[EVENT_TIME].drop_nulls()
        finding = f"is before the first decision ({times.min()})" if len(times) else "meets no readable event time"
        raise DataError(f"as_of {as_of}", finding, f"Choose a later as_of or check '{problem.event_time}'.")
    return kept


def _blank_unknown_outcomes(rows: nw.DataFrame[Any], problem: Problem, as_of: date) -> nw.DataFrame[Any]:
    if problem.event_time is None:
        return rows
    delay = nw.lit(problem.target.delay_days * 24 * 3600)
    waited = (nw.lit(end_of(as_of)) - nw.col(EVENT_TIME)).dt.total_seconds()
    is_known = (waited >= delay).fill_null(value=False)
    return rows.with_columns(nw.when(is_known).then(nw.col(name)).alias(name) for name in problem.outcome_columns)
