"""One row per decision, with everything as it was known when the decision was made."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import narwhals.stable.v2 as nw
import pandas as pd

from evergreen.errors import DataError
from evergreen.problem import Problem
from evergreen.tables.cells import timestamp_of
from evergreen.tables.engines import Frame, as_pandas, count, where
from evergreen.tables.join import EVENT_TIME, join_source
from evergreen.tables.sources import RawSource, read_source


@dataclass(frozen=True)
class Gathered:
    """The result of gathering.

    Attributes:
        rows: a table with exactly the contract's columns, in raw form, one row per row of the spine that was kept.
        n_spine: rows of the spine.
        n_gathered: rows that were kept.
        n_later: rows of the spine that have not happened yet at ``as_of``.
        n_earlier: rows that were left out because they are not after the moment asked for.
    """

    rows: Frame
    n_spine: int
    n_gathered: int
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
    rows = happened if after is None else happened.filter(where(nw.col(EVENT_TIME) > after))
    n_spine, n_happened, n_kept = (count(frame) for frame in (spine, happened, rows))
    for name, source in problem.sources.items():
        if not source.is_spine:
            rows = join_source(rows, read_source(sources[name], problem, name), problem, name)
    rows = _blank_unknown_outcomes(rows, problem, as_of).select(list(problem.columns))
    return Gathered(rows, n_spine, n_kept, n_spine - n_happened, n_happened - n_kept)


def end_of(day: date) -> datetime:
    """The last moment of a day.

    Args:
        day: the day.

    Returns:
        Its end, without a zone.
    """
    return datetime.combine(day, time.max)


def _with_event_time(rows: Frame, problem: Problem) -> Frame:
    if problem.event_time is None:
        return rows
    form = problem.columns[problem.event_time].time_format
    cells = timestamp_of(nw.col(problem.event_time), rows.collect_schema()[problem.event_time], form)
    return rows.with_columns(cells.alias(EVENT_TIME))


def _until(rows: Frame, problem: Problem, as_of: date) -> Frame:
    if problem.event_time is None:
        return rows
    kept = rows.filter(~where(nw.col(EVENT_TIME) > end_of(as_of)))
    if len(kept.filter(~nw.col(EVENT_TIME).is_null()).head(1).collect()) == 0:
        first = as_pandas(rows.select(nw.col(EVENT_TIME).min()))[EVENT_TIME].iloc[0]
        finding = f"is before the first decision ({first})" if pd.notna(first) else "meets no readable event time"
        raise DataError(f"as_of {as_of}", finding, f"Choose a later as_of or check '{problem.event_time}'.")
    return kept


def _blank_unknown_outcomes(rows: Frame, problem: Problem, as_of: date) -> Frame:
    if problem.event_time is None:
        return rows
    known_until = end_of(as_of) - timedelta(days=problem.target.delay_days)
    is_known = where(nw.col(EVENT_TIME) <= known_until)
    return rows.with_columns(nw.when(is_known).then(nw.col(name)).alias(name) for name in problem.outcome_columns)
