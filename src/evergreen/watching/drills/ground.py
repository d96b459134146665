"""The windows a fire drill is held on: rows whose outcomes are known, as the live release answers them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from evergreen.errors import DataError
from evergreen.measures.arrays import Integers
from evergreen.models.decide import Model, predict_rows
from evergreen.models.unscored import scored_rows
from evergreen.problem import Problem
from evergreen.tables.engines import as_frame, as_pandas
from evergreen.tables.outliers import OutlierLimits
from evergreen.tables.repair import REASONS, mark_rows, usable_rows
from evergreen.watching.bins import Columns, WatchBins, choose_bins
from evergreen.watching.drills.faults import Fault, break_feed, break_outcomes, break_rows, is_of_cells
from evergreen.watching.outcomes import Judged, count_outcomes
from evergreen.watching.periods import Width, finer_widths, n_days, name_windows, whole_windows
from evergreen.watching.profile import WindowRecord, count_window, with_outcomes
from evergreen.watching.scored import columns_to_watch, judge_rows

_FEWEST = 5
# As monitoring takes the scatter between windows from the widest ones of which there are ten.
_ENOUGH = 10
# Windows with fewer rows are tested only together with others.
_MIN_ROWS = 30
Names = NDArray[np.str_]
# Rows that are answered together.
_CHUNK = 60_000


@dataclass(frozen=True)
class Cut:
    """How rows are cut into windows.

    Attributes:
        width: of the windows of monitoring; where the rows have fewer than ten of them, finer ones are taken.
        batch_rows: rows of a window where the case is not split by time.
        max_rows: how many rows at most; the oldest windows are left out.
    """

    width: Width
    batch_rows: int
    max_rows: int


@dataclass(frozen=True)
class Answered:
    """Rows that came through the contract and got an answer.

    Attributes:
        positions: where they stand among those that were asked, shape (m,).
        rows: their repaired cells.
        predictions: what the release said.
    """

    positions: Integers
    rows: pd.DataFrame
    predictions: pd.DataFrame


@dataclass(frozen=True)
class Ground:
    """What drills are held on.

    Attributes:
        problem: the case of the live release.
        model: its model.
        limits: its fences of outliers.
        width: of the windows; None where the case knows no time.
        rows: labelled rows in the order of time, n of them.
        windows: names of windows, in order.
        places: the window of each row, shape (n,).
        bins: bins of the rows as they are.
        answered: the rows as they are, answered.
        records: one record a window of them.
    """

    problem: Problem
    model: Model
    limits: OutlierLimits
    width: Width | None
    rows: pd.DataFrame
    windows: tuple[str, ...]
    places: Integers
    bins: WatchBins
    answered: Answered
    records: tuple[WindowRecord, ...]

    @property
    def days(self) -> tuple[int, ...]:
        """The days of each window; 1 where the case knows no time."""
        return tuple(1 if self.width is None else n_days(name, self.width) for name in self.windows)


def lay_ground(problem: Problem, model: Model, limits: OutlierLimits, rows: pd.DataFrame, cut: Cut) -> Ground:
    """Cut the newest labelled rows into windows.

    Args:
        problem: the case of the live release.
        model: its model.
        limits: its fences of outliers.
        rows: repaired rows with outcomes.
        cut: how.

    Returns:
        The ground; of time whole windows only.

    Raises:
        DataError: where there are fewer than five windows.
    """
    is_timed = problem.event_time is not None and problem.split.by == "time"
    labelled = rows[rows[problem.target.column].notna()]
    labelled = labelled.sort_values([*([str(problem.event_time)] if is_timed else []), *problem.key])
    width, names, windows = _cut(labelled, problem, cut, is_timed=is_timed)
    if len(windows) < _FEWEST:
        cure = f"Let drills take more rows (drills.max_rows), or wait until outcomes of {_FEWEST} windows are known."
        raise DataError("The drills", f"have rows of {len(windows)} windows", cure)
    is_kept = np.isin(names, windows)
    kept = labelled[is_kept].reset_index(drop=True)
    places = np.searchsorted(windows, names[is_kept]).astype(np.int64)
    (answered,) = _answer(problem, model, limits, [kept])
    bins = choose_bins(columns_to_watch(answered.rows, answered.predictions, problem))
    records = _record_windows(bins, problem, windows, places, answered, None)
    return Ground(problem, model, limits, width, kept, windows, places, bins, answered, records)


def _cut(
    rows: pd.DataFrame, problem: Problem, cut: Cut, *, is_timed: bool
) -> tuple[Width | None, Names, tuple[str, ...]]:
    """Cut into the widest windows, no wider than those of monitoring, of which there are ten."""
    if not is_timed:
        names = _number(len(rows), cut.batch_rows)
        return None, names, _newest(names, rows, problem, None, cut.max_rows)
    cuts: list[tuple[Width | None, Names, tuple[str, ...]]] = []
    for width in finer_widths(cut.width):
        names = _name(rows, problem, width)
        windows = _newest(names, rows, problem, width, cut.max_rows)
        if not cuts or np.isin(names, windows).sum() >= _MIN_ROWS * len(windows):
            cuts.append((width, names, windows))
    enough = [one for one in cuts if len(one[2]) >= _ENOUGH]
    return enough[0] if enough else max(cuts, key=lambda one: len(one[2]))


def _name(rows: pd.DataFrame, problem: Problem, width: Width) -> Names:
    return name_windows(rows[str(problem.event_time)], width).to_numpy(dtype=str)


def _number(n_rows: int, batch_rows: int) -> Names:
    """Number batches; rows of a last batch that is not full have no name."""
    n_batches = n_rows // batch_rows
    return np.array([f"{i // batch_rows:06d}" if i < n_batches * batch_rows else "" for i in range(n_rows)], dtype=str)


def _newest(
    names: Names,
    rows: pd.DataFrame,
    problem: Problem,
    width: Width | None,
    max_rows: int,
) -> tuple[str, ...]:
    """Name the newest whole windows that together have no more than so many rows."""
    found, counts = np.unique(names, return_counts=True)
    whole = set(found.tolist()) - {""}
    if width is not None and len(rows):
        times = rows[str(problem.event_time)]
        whole &= set(whole_windows(times.min().date(), times.max().date(), width))
    sizes = {str(name): int(n) for name, n in zip(found, counts, strict=True) if str(name) in whole}
    newest = sorted(sizes, reverse=True)
    total = np.cumsum([sizes[name] for name in newest])
    return tuple(sorted(newest[: int((total <= max_rows).sum())]))


def record_faults(ground: Ground, faults: Sequence[Fault], draw: Generator) -> Iterator[tuple[WindowRecord, ...]]:
    """Let the release answer the rows with each fault, and keep one record a window.

    The rows pass through the contract once more, so a fault that it catches is blanked or set aside as in life.

    Args:
        ground: the rows.
        faults: what goes wrong in all windows, one at a time.
        draw: random numbers.

    Yields:
        One record a window of the ground, in order; for each fault.
    """
    in_cells = [fault for fault in faults if is_of_cells(fault)]
    answers = _answer_broken(ground, in_cells, draw)
    for fault in faults:
        answered = next(answers) if is_of_cells(fault) else ground.answered
        yield _record_windows(ground.bins, ground.problem, ground.windows, ground.places, answered, fault)


def _answer_broken(ground: Ground, faults: Sequence[Fault], draw: Generator) -> Iterator[Answered]:
    at_once = max(_CHUNK // len(ground.rows), 1)
    for first in range(0, len(faults), at_once):
        broken = [break_rows(fault, ground.rows, ground.problem, draw) for fault in faults[first : first + at_once]]
        yield from _answer(ground.problem, ground.model, ground.limits, broken)


def _answer(problem: Problem, model: Model, limits: OutlierLimits, parts: Sequence[pd.DataFrame]) -> list[Answered]:
    """Answer several copies of the rows; together, for each call of the contract and of a model costs time."""
    together = pd.concat(parts, ignore_index=True)
    marked = mark_rows(as_frame(together), problem, limits)
    is_usable = as_pandas(marked.select(REASONS))[REASONS].isna().to_numpy()
    usable = as_pandas(usable_rows(marked, problem)).reset_index(drop=True)
    positions = np.flatnonzero(is_usable)
    ends = np.cumsum([0, *map(len, parts)])
    bounds = np.searchsorted(positions, ends)
    slices = [slice(*bounds[place : place + 2]) for place in range(len(parts))]
    if problem.is_rationed:
        # A scarce action is given out among the rows of one feed.
        return [
            _predict(problem, model, usable[one], positions[one] - end)
            for one, end in zip(slices, ends[:-1], strict=True)
        ]
    whole = _predict(problem, model, usable, positions)
    cuts = np.searchsorted(whole.positions, ends)
    return [
        Answered(
            whole.positions[low:high] - end,
            whole.rows.iloc[low:high].reset_index(drop=True),
            whole.predictions.iloc[low:high].reset_index(drop=True),
        )
        for low, high, end in zip(cuts[:-1], cuts[1:], ends[:-1], strict=True)
    ]


def _predict(problem: Problem, model: Model, rows: pd.DataFrame, positions: Integers) -> Answered:
    """Predict; rows that get no number are left out."""
    try:
        return Answered(positions, rows.reset_index(drop=True), predict_rows(model, rows, problem))
    except DataError:
        is_scored = scored_rows(model, rows, problem)
        kept = rows[is_scored].reset_index(drop=True)
        return Answered(positions[is_scored], kept, predict_rows(model, kept, problem))


def _record_windows(
    bins: WatchBins,
    problem: Problem,
    windows: Sequence[str],
    places: Integers,
    answered: Answered,
    fault: Fault | None,
) -> tuple[WindowRecord, ...]:
    columns = columns_to_watch(answered.rows, answered.predictions, problem)
    here = places[answered.positions]
    n_lost = np.bincount(places, minlength=len(windows)) - np.bincount(here, minlength=len(windows))
    labelled = answered.rows if fault is None else break_outcomes(fault, answered.rows, problem)
    feed = np.arange(len(labelled)) if fault is None else break_feed(fault, labelled, problem)
    has_outcomes = bool(labelled[problem.target.column].notna().all())
    judged = judge_rows(labelled, answered.predictions, problem) if has_outcomes and len(labelled) else None
    return tuple(
        _record(bins, columns, judged, feed[here[feed] == place], name, int(n_lost[place]))
        for place, name in enumerate(windows)
    )


def _record(
    bins: WatchBins, columns: Columns, judged: Judged | None, taken: Integers, name: str, n_lost: int
) -> WindowRecord:
    here: Columns = {
        column: (cells.iloc[taken].reset_index(drop=True), kind) for column, (cells, kind) in columns.items()
    }
    record = count_window(bins, here, window=name, n_quarantined=n_lost)
    if judged is None or not len(taken):
        return record
    money = None if judged.money is None else judged.money[taken]
    part = Judged(judged.expected[taken], judged.happened[taken], judged.is_probability, money=money)
    return with_outcomes(record, count_outcomes(bins, here, part))
