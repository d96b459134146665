"""Many signals tested together: the newest window alone, and the latest stretches of windows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evergreen.measures.arrays import Floats
from evergreen.measures.shifts import Scatter, Sums, learn_scatter, no_scatter, shift_scores
from evergreen.watching.bins import WatchBins
from evergreen.watching.budget import AlarmBudget
from evergreen.watching.profile import WindowRecord
from evergreen.watching.signals import Signal, input_signals, input_sums, outcome_signals, outcome_sums, weights_of


@dataclass(frozen=True)
class Panel:
    """Signals with what was normal for them.

    Attributes:
        signals: what is watched.
        reference: their sums in the reference, shape (signals,).
        scatter: how much quiet windows differ beyond chance.
        lengths: how many of the latest windows are put together.
        limits: normal score from which an alarm is raised, shape (lengths, signals).
    """

    signals: tuple[Signal, ...]
    reference: Sums
    scatter: Scatter
    lengths: tuple[int, ...]
    limits: Floats

    def scores(self, window: Sums) -> Floats:
        """Test windows, or stretches of windows.

        Args:
            window: sums of shape (..., signals).

        Returns:
            Normal scores of the same shape.
        """
        is_share = np.array([signal.is_share for signal in self.signals], dtype=bool)
        return shift_scores(self.reference, window, self.scatter, is_share=is_share)

    def stretch_scores(self, windows: Sums, *, starts: NDArray[np.int64]) -> Floats:
        """Test the latest stretches of each length.

        Args:
            windows: sums of former windows and the newest one, shape (k, signals), k >= 1.
            starts: position of the first window that counts, one a signal.

        Returns:
            Normal scores, shape (lengths, signals).
        """
        return self.scores(self.stretches(windows, starts=starts))

    def stretches(self, windows: Sums, *, starts: NDArray[np.int64]) -> Sums:
        """Put the latest windows together.

        Args:
            windows: as in ``stretch_scores``.
            starts: as there.

        Returns:
            Sums of shape (lengths, signals).
        """
        counts = np.arange(len(windows.n))[:, None] >= starts
        counted = windows.each(lambda part: part * counts)
        return counted.each(lambda part: np.stack([part[-n:].sum(axis=0) for n in self.lengths]))

    def trace(self, windows: Sums, position: int, *, start: int) -> Floats:
        """Test every stretch that ends with the newest window, for one signal.

        Args:
            windows: as in ``stretch_scores``.
            position: the signal.
            start: position of the first window that counts.

        Returns:
            Normal scores of the stretches that begin at ``start`` and later ones, shape (k - start,).
        """
        backwards = windows.each(lambda part: np.cumsum(part[start:][::-1], axis=0)[::-1])
        scores: Floats = self.scores(backwards)[:, position]
        return scores


@dataclass(frozen=True)
class Watch:
    """What a live release is held against.

    Attributes:
        bins: the bins of its reference.
        reference: the record of its reference.
        budget: how often it may raise false alarms.
        inputs: what is watched without outcomes.
        outcomes: what is watched with them; None where the reference has none.
    """

    bins: WatchBins
    reference: WindowRecord
    budget: AlarmBudget
    inputs: Panel
    outcomes: Panel | None


def make_watch(
    bins: WatchBins, reference: WindowRecord, periods: Sequence[WindowRecord] = (), *, budget: AlarmBudget | None = None
) -> Watch:
    """Prepare to watch a release.

    Args:
        bins: the bins of its reference.
        reference: the record of its reference, with outcomes where it has them.
        periods: records of quiet windows of the usual size, such as the days of the reference: how much they differ
            beyond chance is allowed for. With fewer than five nothing is.
        budget: how often it may raise false alarms.

    Returns:
        What windows are held against.
    """
    plan = budget or AlarmBudget()
    share = 1 - plan.outcome_share if reference.outcomes is not None else 1.0
    signals = input_signals(bins)
    read = input_sums(bins, reference, [reference, *periods])
    inputs = _panel(plan, signals, read, share=share)
    if reference.outcomes is None:
        return Watch(bins, reference, plan, inputs, None)
    judged = outcome_signals(bins, reference.outcomes)
    came = outcome_sums(judged, [reference.outcomes, *(one.outcomes for one in periods)])
    return Watch(bins, reference, plan, inputs, _panel(plan, judged, came, share=plan.outcome_share))


def _panel(budget: AlarmBudget, signals: tuple[Signal, ...], read: Sums, *, share: float) -> Panel:
    reference, periods = read.each(lambda part: part[0]), read.each(lambda part: part[1:])
    return Panel(
        signals=signals,
        reference=reference,
        scatter=learn_scatter(periods) if len(periods.n) else no_scatter(len(signals)),
        lengths=budget.lengths,
        limits=budget.limits(weights_of(signals, reference), share=share),
    )
