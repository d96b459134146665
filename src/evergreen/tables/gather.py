"""One row per decision, with everything as it was known when the decision was made."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import narwhals.stable.v2 as nw
import pandas as pd

from evergreen.errors import DataError
from evergreen.problem import Problem
from evergreen.tables.cells import time_steps
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
    n_spine, n_happened, n_kept = _count_rows(spine, problem, as_of, after)
    rows = spine if problem.event_time is None else spine.filter(_has_happened(as_of), _is_after(after))
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
    dtype, form = rows.collect_schema()[problem.event_time], problem.columns[problem.event_time].time_format
    rows = rows.with_columns(nw.col(problem.event_time).alias(EVENT_TIME))
    for step in time_steps(dtype, form):
        rows = rows.with_columns(step(nw.col(EVENT_TIME)).alias(EVENT_TIME))
    return rows


def _count_rows(spine: Frame, problem: Problem, as_of: date, after: datetime | None) -> tuple[int, int, int]:
    """Count all rows, those that have happened, and of these those that are kept."""
    if problem.event_time is None:
        n_rows = count(spine)
        return n_rows, n_rows, n_rows
    has_happened, time = _has_happened(as_of), nw.col(EVENT_TIME)
    counts = {
        "spine": nw.len(),
        "happened": has_happened.cast(nw.Int64).sum(),
        "kept": (has_happened & _is_after(after)).cast(nw.Int64).sum(),
        "timed": (has_happened & ~time.is_null()).cast(nw.Int64).sum(),
        "first": time.min(),
    }
    found = as_pandas(spine.select(expr.alias(name) for name, expr in counts.items())).iloc[0]
    if found["timed"] == 0:
        first = found["first"]
        finding = f"is before the first decision ({first})" if pd.notna(first) else "meets no readable event time"
        raise DataError(f"as_of {as_of}", finding, f"Choose a later as_of or check '{problem.event_time}'.")
    return int(found["spine"]), int(found["happened"]), int(found["kept"])


def _has_happened(as_of: date) -> nw.Expr:
    return ~where(nw.col(EVENT_TIME) > end_of(as_of))


def _is_after(after: datetime | None) -> nw.Expr:
    return nw.lit(value=True) if after is None else where(nw.col(EVENT_TIME) > after)


def _blank_unknown_outcomes(rows: Frame, problem: Problem, as_of: date) -> Frame:
    if problem.event_time is None:
        return rows
    known_until = end_of(as_of) - timedelta(days=problem.target.delay_days)
    is_known = where(nw.col(EVENT_TIME) <= known_until)
    return rows.with_columns(nw.when(is_known).then(nw.col(name)).alias(name) for name in problem.outcome_columns)
