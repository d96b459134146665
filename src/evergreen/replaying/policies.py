"""Policies of retraining: which model serves each batch, decided from the outcomes that were known by then."""

from abc import ABC, abstractmethod
from typing import Literal, assert_never

import numpy as np
from pydantic import Field

from evergreen.measures.arrays import ratio
from evergreen.measures.promotion import PairedDifference, judge_gain, paired_differences
from evergreen.problem import CaseModel
from evergreen.replaying.stream import Window
from evergreen.replaying.workshop import Values, Workshop

# Rows of a short time resemble each other: so many stretches of the judged time count as one each.
_N_STRETCHES = 20
_FIRST_REFERENCE = 2
Kind = Literal["never", "every", "alarm", "gated", "guarded"]


class Policy(CaseModel):
    """When to retrain.

    Attributes:
        kind: "never"; "every" so many batches of outcomes; on an "alarm": what decisions are worth fell; "gated": a
            challenger must surely be better on rows that neither has seen, then it is refitted with them; "guarded":
            every so many batches, but back to the one before where the last retrain has surely done harm, and from the
            newest batches alone where that is surely better.
        every: how many new batches of outcomes are waited for.
        newest: what a guarded policy may learn from in place of all the past: so many of the newest batches.
        trials: at which of its retrains, counted from 1, a guarded policy tries the other window beside.
        confidence: of every one-sided bound it judges by.
    """

    kind: Kind
    every: int = Field(default=1, ge=1)
    newest: int = Field(default=4, ge=1)
    trials: tuple[int, ...] = (1, 5)
    confidence: float = Field(default=0.95, gt=0.5, lt=1)


class Bench:
    """What one policy sees: the models it has asked for, and the rows whose outcomes are known.

    Args:
        workshop: makes the models.
    """

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self.fitted: dict[Window, float] = {}

    def values(self, window: Window) -> Values:
        """Give what a model's decisions were worth; it counts as fitted by this policy.

        Args:
            window: what it learns from.

        Returns:
            See ``Made.values``.
        """
        made = self._workshop.make(window)
        if window != self._workshop.stream.first:
            self.fitted[window] = made.cpu_seconds
        return made.values

    def gain(self, one: Window, other: Window, known: int) -> PairedDifference | None:
        """Compare two models on the known rows that neither has learnt from.

        Args:
            one: its gain is told.
            other: what it is compared with.
            known: so many batches have their outcomes.

        Returns:
            The gain a decision; None where there is no such row.
        """
        since = max(one.until, other.until)
        places = self._workshop.stream.places(since, known)
        found = self.values(one)[places] - self.values(other)[places]
        return mean_gain(found) if len(found) else None

    def surely_gains(self, one: Window, other: Window, known: int, confidence: float) -> bool:
        """Say whether one model is surely better than another on the known rows that neither has learnt from.

        Args:
            one: the model that would have to be better.
            other: the other.
            known: so many batches have their outcomes.
            confidence: of the one-sided bound.

        Returns:
            Whether the lower bound lies above 0.
        """
        gain = self.gain(one, other, known)
        return gain is not None and judge_gain(gain, margin=0.0, confidence=confidence) == "passed"

    def batch_values(self, window: Window, since: int, until: int) -> Values:
        """Give what a model's decisions on some batches were worth."""
        return self.values(window)[self._workshop.stream.places(since, until)]


def mean_gain(found: Values) -> PairedDifference:
    """Measure the mean of differences that stand in order of time.

    Args:
        found: one a row, shape (n,).

    Returns:
        The mean with its error; twenty stretches of time count as one each.
    """
    stretches = np.arange(len(found)) * _N_STRETCHES // len(found)
    return paired_differences(
        lambda weights: {"gain": ratio(weights @ found, weights.sum(axis=1))}, len(found), clusters=stretches
    )["gain"]


class Course(ABC):
    """The course of one policy through a stream.

    Args:
        policy: what it follows.
        bench: what it sees.
        first: what serves first.
    """

    def __init__(self, policy: Policy, bench: Bench, first: Window) -> None:
        self.policy, self.bench, self.serving = policy, bench, first
        self._acted = first.until

    def serve(self, known: int) -> Window:
        """Say which model serves the next batch.

        Args:
            known: so many batches have their outcomes.

        Returns:
            What it has learnt from.
        """
        if known - self._acted >= self.policy.every:
            self._acted = known
            self.serving = self.act(known)
        return self.serving

    @abstractmethod
    def act(self, known: int) -> Window:
        """Say which model serves from now on, given outcomes that have just come."""


class Never(Course):
    """Keeps the first model."""

    def act(self, known: int) -> Window:  # noqa: ARG002 - whatever comes
        """Stay."""
        return self.serving


class Every(Course):
    """Retrains on all the past."""

    def act(self, known: int) -> Window:
        """Retrain."""
        return Window(known)


class Alarm(Course):
    """Retrains where the newest decisions were surely worth less than the first ones of the model."""

    def act(self, known: int) -> Window:
        """Retrain on an alarm; the decisions of two stretches of time are independent, so their errors add up."""
        until = self.serving.until + _FIRST_REFERENCE
        if known <= until:
            return self.serving
        usual = mean_gain(self.bench.batch_values(self.serving, self.serving.until, until))
        newest = mean_gain(self.bench.batch_values(self.serving, max(until, known - self.policy.every), known))
        units = min(usual.n_units, newest.n_units)
        error = float(np.hypot(usual.error, newest.error))
        fall = PairedDifference(usual.value - newest.value, error, units, newest.n_rows)
        is_alarm = judge_gain(fall, margin=0.0, confidence=self.policy.confidence) == "passed"
        return Window(known) if is_alarm else self.serving


class Gated(Course):
    """Promotes a challenger that is surely better on the newest outcomes, and refits it with them."""

    def act(self, known: int) -> Window:
        """Try a challenger that has not learnt from the newest outcomes."""
        challenger = Window(known - self.policy.every)
        if challenger.until <= self.serving.until:
            return self.serving
        is_better = self.bench.surely_gains(challenger, self.serving, known, self.policy.confidence)
        return Window(known) if is_better else self.serving


class Guarded(Course):
    """Retrains as outcomes come, unless the last retrain has surely done harm.

    Of two lengths of the past it takes the one that did surely better where both were tried.
    """

    def __init__(self, policy: Policy, bench: Bench, first: Window) -> None:
        super().__init__(policy, bench, first)
        self._n_retrains = 0
        self._is_newest = False
        self._last, self._before = first, first
        self._rival: Window | None = None

    def act(self, known: int) -> Window:
        """Judge the last retrain and its rival, then retrain."""
        sure = self.policy.confidence
        if self._rival is not None and self.bench.surely_gains(self._rival, self._last, known, sure):
            self._is_newest = not self._is_newest
        is_harm = self._last != self._before and self.bench.surely_gains(self._before, self._last, known, sure)
        kept = self._before if is_harm else self._last
        self._last, self._before = self._window(known, is_newest=self._is_newest), kept
        self._n_retrains += 1
        other = self._window(known, is_newest=not self._is_newest)
        self._rival = other if self._n_retrains in self.policy.trials and other != self._last else None
        self.bench.values(self._last)
        return kept if is_harm else self._last

    def _window(self, known: int, *, is_newest: bool) -> Window:
        return Window(known, max(0, known - self.policy.newest) if is_newest else 0)


def start_course(policy: Policy, bench: Bench, first: Window) -> Course:
    """Start the course of a policy.

    Args:
        policy: what it follows.
        bench: what it sees.
        first: what serves first.

    Returns:
        The course, at its beginning.
    """
    match policy.kind:
        case "never":
            return Never(policy, bench, first)
        case "every":
            return Every(policy, bench, first)
        case "alarm":
            return Alarm(policy, bench, first)
        case "gated":
            return Gated(policy, bench, first)
        case "guarded":
            return Guarded(policy, bench, first)
        case _:
            assert_never(policy.kind)
