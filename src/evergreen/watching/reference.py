"""What a release keeps of its holdout, so that its life can be watched."""

from collections.abc import Callable, Sequence
from typing import Annotated

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field, FiniteFloat

from evergreen.measures.shifts import Scatter, Sums, learn_scatter, no_scatter
from evergreen.problem import CaseModel, Problem
from evergreen.watching.bins import WatchBins, choose_bins
from evergreen.watching.budget import AlarmBudget
from evergreen.watching.panel import Panel, Watch
from evergreen.watching.periods import WIDTHS, Width, finer_widths, n_days, name_windows, whole_windows
from evergreen.watching.profile import WindowRecord
from evergreen.watching.scored import columns_to_watch, record_rows
from evergreen.watching.signals import Signal, input_signals, input_sums, outcome_signals, outcome_sums, weights_of

# The name under which a release keeps it.
REFERENCE_WINDOWS = "reference_windows"
MIN_ROWS = 30
_MIN_WINDOWS = 10
Places = NDArray[np.intp]
_MOST_WINDOWS = 64


class WindowScatter(CaseModel):
    """How much windows of one width differ by more than their rows explain.

    Attributes:
        n_windows: windows it was learnt from.
        inputs: variance between windows by signal, in the order of ``input_signals``.
        outcomes: the same by signal of ``outcome_signals``.
    """

    n_windows: Annotated[int, Field(ge=0)]
    inputs: tuple[FiniteFloat, ...]
    outcomes: tuple[FiniteFloat, ...]


class ReferenceWindows(CaseModel):
    """What windows of a release are held against.

    Attributes:
        bins: where rows are counted.
        record: the holdout, with its outcomes.
        scatter: width -> how much the holdout's own windows differ; none where it has no time.
        volumes: width -> rows and days of the holdout's whole windows, the newest last.
    """

    bins: WatchBins
    record: WindowRecord
    scatter: dict[Width, WindowScatter] = {}
    volumes: dict[Width, tuple[tuple[int, int], ...]] = {}


def make_reference_windows(
    rows: pd.DataFrame, predictions: pd.DataFrame, problem: Problem, unseen: pd.DataFrame | None = None
) -> ReferenceWindows:
    """Count the holdout, as a whole and window by window.

    Args:
        rows: holdout rows with outcomes.
        predictions: their predictions, in the same order.
        problem: the case.
        unseen: predictions to hold the outcomes against, where the model has learnt from these rows.

    Returns:
        What windows are held against.
    """
    bins = choose_bins(columns_to_watch(rows, predictions, problem))

    def count(places: Places, window: str) -> WindowRecord:
        taken = rows.iloc[places]
        record = record_rows(bins, taken, predictions.iloc[places], problem, window=window)
        if unseen is None:
            return record
        came = record_rows(bins, taken, unseen.iloc[places], problem, window=window).outcomes
        return record.model_copy(update={"outcomes": came})

    record = count(np.arange(len(rows)), "reference")
    if problem.event_time is None or problem.split.by != "time":
        return ReferenceWindows(bins=bins, record=record)
    times = rows[problem.event_time]
    names = {width: name_windows(times, width) for width in WIDTHS}
    # Windows too small to be tested alone tell nothing of how windows differ.
    full = [width for width, one in names.items() if len(one) >= MIN_ROWS * one.nunique()]
    return ReferenceWindows(
        bins=bins,
        record=record,
        scatter={width: _scatter(bins, record, count, names[width]) for width in full},
        volumes={width: _volumes(names[width], times, width) for width in WIDTHS},
    )


def _scatter(
    bins: WatchBins, reference: WindowRecord, count: Callable[[Places, str], WindowRecord], names: "pd.Series[str]"
) -> WindowScatter:
    windows = sorted(names.groupby(names).indices.items())[-_MOST_WINDOWS:]
    found = [count(np.asarray(places), str(name)) for name, places in windows]
    inputs = learn_scatter(input_sums(bins, reference, found))
    between: tuple[float, ...] = ()
    if reference.outcomes is not None:
        signals = outcome_signals(bins, reference.outcomes)
        between = _told(learn_scatter(outcome_sums(signals, [one.outcomes for one in found])))
    return WindowScatter(n_windows=len(found), inputs=_told(inputs), outcomes=between)


def _told(scatter: Scatter) -> tuple[float, ...]:
    return tuple(np.nan_to_num(scatter.between).tolist())


def _volumes(names: "pd.Series[str]", times: "pd.Series[pd.Timestamp]", width: Width) -> tuple[tuple[int, int], ...]:
    if times.empty:
        return ()
    counts = names.value_counts()
    whole = whole_windows(times.min().date(), times.max().date(), width)
    return tuple((int(counts.get(name, 0)), n_days(name, width)) for name in whole[-_MOST_WINDOWS:])


def watch_release(
    told: ReferenceWindows, budget: AlarmBudget, *, width: Width | None = None, quarantined_share: float = 0.0
) -> Watch:
    """Prepare to watch a release.

    The scatter is that of the widest windows, no wider than those that are watched, of which the holdout has ten: ten
    weeks say more of weeks than three months do of months. Between finer windows means differ no less.

    Args:
        told: what the release keeps.
        budget: how often false alarms may be raised.
        width: of the windows; None where the case knows no time.
        quarantined_share: share of raw rows that could not be used before the release, 0 to 1.

    Returns:
        What windows are held against.
    """
    n_bad = round(told.record.n_rows * quarantined_share / max(1 - quarantined_share, 1e-9))
    reference = told.record.model_copy(update={"n_quarantined": n_bad})
    scatter = _choose_scatter(told, width)
    share = 1 - budget.outcome_share if reference.outcomes is not None else 1.0
    read = input_sums(told.bins, reference, [reference])
    between = None if scatter is None else scatter.inputs
    inputs = _panel(budget, input_signals(told.bins), read, between, scatter, share=share)
    if reference.outcomes is None:
        return Watch(told.bins, reference, budget, inputs, None)
    signals = outcome_signals(told.bins, reference.outcomes)
    came = outcome_sums(signals, [reference.outcomes])
    between = None if scatter is None else scatter.outcomes
    outcomes = _panel(budget, signals, came, between, scatter, share=budget.outcome_share)
    return Watch(told.bins, reference, budget, inputs, outcomes)


def _choose_scatter(told: ReferenceWindows, width: Width | None) -> WindowScatter | None:
    if width is None or not told.scatter:
        return None
    fit = [told.scatter[one] for one in finer_widths(width) if one in told.scatter]
    if not fit:
        return next(told.scatter[one] for one in WIDTHS if one in told.scatter)
    enough = [one for one in fit if one.n_windows >= _MIN_WINDOWS]
    return enough[0] if enough else max(fit, key=lambda one: one.n_windows)


def _panel(
    budget: AlarmBudget,
    signals: Sequence[Signal],
    read: Sums,
    between: tuple[float, ...] | None,
    scatter: WindowScatter | None,
    *,
    share: float,
) -> Panel:
    reference = read.each(lambda part: part[0])
    known = no_scatter(len(signals))
    if between is not None and scatter is not None and scatter.n_windows:
        known = Scatter(np.array(between), scatter.n_windows)
    return Panel(
        signals=tuple(signals),
        reference=reference,
        scatter=known,
        lengths=budget.lengths,
        limits=budget.limits(weights_of(signals, reference), share=share),
    )
