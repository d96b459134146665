"""One trial from rung to rung: stopped as soon as it is hopeless, kept where it is not."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from math import fsum, isnan, nan
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from evergreen.models.candidates import Settings, Watched
from evergreen.tuning.arena import Arena, Rung, RungFit, UnfitError
from evergreen.tuning.budget import Cost
from evergreen.tuning.paired import Gain, mean_gain, paired_gain

Floats = NDArray[np.float64]
State = Literal["done", "stopped", "failed"]

# Successive halving keeps a third (Li et al., 2020, MLSys, "A system for massively parallel hyperparameter tuning").
_KEPT_SHARE = 3
# Among fewer, being behind says little.
_LEAST_OTHERS = 5
_STANDARD_ERRORS = 2.0
_MAX_WORD = 200
_LEAST_SHARE = 0.2


@dataclass(frozen=True, eq=False)
class Outcome:
    """How a trial ended.

    Attributes:
        state: "done" where it was judged on all folds.
        settings: what was tried; of a trial that is done, with its rounds.
        fold_losses: mean loss of each fold it was judged on, in the order of the folds' rungs.
        word: why it ended as it did; empty where there is nothing to say.
        cost: what it took.
        final: what one fit on all rows would take.
        pace: rows that were learnt from, and what that took, all rungs together.
        unseen: predictions of the judged rows, one array a fold, oldest first; empty where it is not done.
    """

    state: State
    settings: Settings
    fold_losses: tuple[float, ...] = ()
    word: str = ""
    cost: Cost = field(default_factory=Cost)
    final: Cost = field(default_factory=Cost)
    pace: tuple[int, Cost] = (0, Cost())
    unseen: tuple[Floats, ...] = ()

    @property
    def loss(self) -> float:
        """The mean over its folds; NaN where there is none."""
        return fsum(self.fold_losses) / len(self.fold_losses) if self.fold_losses else nan


@dataclass(frozen=True, eq=False)
class Rivals:
    """What a trial must hold its own against.

    Attributes:
        first_losses: of other trials on the first rung.
        best: the number and the predictions of the best trial, one array a fold, oldest first; None before one is done.
        spared: up to how many times the best loss the trial is not stopped: the first of its candidate goes further
            than others, since a combination may want it. 0 spares none, infinity whatever it shows.
    """

    first_losses: Sequence[float] = ()
    best: tuple[int, tuple[Floats, ...]] | None = None
    spared: float = 0.0


@dataclass(frozen=True)
class Clock:
    """What time has to say; with a budget in trials, nothing.

    Attributes:
        is_over: whether a fit under way must be cut.
        affords: whether a fit may begin that learns from so many rows, given how many were learnt from so far in this
            trial and what that took.
    """

    is_over: Callable[[], bool] = lambda: False
    affords: Callable[[int, int, Cost], bool] = lambda _rows, _n_learnt, _cost: True


def is_behind(loss: float, others: Sequence[float]) -> bool:
    """Tell whether a trial is not among the best third on the first rung.

    Args:
        loss: its own.
        others: of the trials before it.

    Returns:
        False as long as there are too few to tell.
    """
    n_kept = -(-(len(others) + 1) // _KEPT_SHARE)
    return len(others) >= _LEAST_OTHERS and sum(other < loss for other in others) >= n_kept


def is_hopeless(shortfalls: Sequence[Gain]) -> bool:
    """Tell whether losses are worse than those of the best trial by more than two standard errors.

    Args:
        shortfalls: own loss less that of the best, one a fold that both were judged on.

    Returns:
        Whether the mean over folds is that far above zero. Folds that disagree with each other widen the error; where
        rows are too few to tell, it is never.
    """
    found = mean_gain(shortfalls)
    return not isnan(found.se) and found.is_beyond(_STANDARD_ERRORS)


class Race:
    """Takes one trial from rung to rung.

    Args:
        arena: rows and folds.
        rivals: what it must hold its own against.
        clock: what time has to say.
        report: is told the number of each rung that is passed, and the mean loss so far.
    """

    def __init__(self, arena: Arena, rivals: Rivals, clock: Clock, report: Callable[[int, float], None]) -> None:
        self._arena = arena
        self._rivals = rivals
        self._clock = clock
        self._report = report

    def run(self, settings: Settings) -> Outcome:
        """Judge settings.

        Args:
            settings: what is tried; rounds are chosen here, unless they are said.

        Returns:
            How it ended; an error of the candidate is an outcome too.
        """
        course = _Course(self._arena)
        try:
            word = self._run_rungs(settings, course)
            if word is not None:
                return course.outcome("stopped", settings, word)
            return course.end(settings)
        # A candidate may fail in any way its library knows; the search goes on with the others.
        except Exception as error:
            return course.outcome("failed", settings, error_word(error))

    def _run_rungs(self, settings: Settings, course: "_Course") -> str | None:
        """Go from rung to rung; give the word that stops it, None where it went all the way."""
        rungs = self._arena.rungs
        for step, rung in enumerate(rungs):
            if not self._clock.affords(int(settings.window * len(rung.learnt)), *course.pace):
                return "Time ran out before it was judged on all folds."
            fitted = self._arena.fit(settings, rung, self._clock.is_over)
            if fitted.watched.is_cut and step + 1 < len(rungs):
                return "Time ran out in the middle of a fit."
            loss = course.add(rung, fitted)
            self._report(step, loss)
            if word := self._stop_word(step, loss, course):
                return word
        return None

    def _stop_word(self, step: int, loss: float, course: "_Course") -> str:
        others, spared = self._rivals.first_losses, self._rivals.spared
        if step == 0 and is_behind(loss, others) and loss > spared * min(others):
            return "Behind two thirds of the trials at the first look."
        if self._rivals.best is None or not course.fits or step + 1 == len(self._arena.rungs):
            return ""
        number, unseen = self._rivals.best
        shortfalls = course.shortfalls(unseen)
        of_best = loss - float(np.mean([one.mean for one in shortfalls]))
        if loss > spared * of_best and is_hopeless(shortfalls):
            return f"Worse than trial {number} by more than two standard errors."
        return ""


class _Course:
    """What a trial has shown so far."""

    def __init__(self, arena: Arena) -> None:
        self._arena = arena
        self.fits: list[tuple[Rung, RungFit]] = []
        self.pace: tuple[int, Cost] = (0, Cost())

    def add(self, rung: Rung, fitted: RungFit) -> float:
        n_learnt, cost = self.pace
        self.pace = (n_learnt + fitted.n_learnt, cost + fitted.cost)
        if rung.fold is None:
            return float(np.nanmin(fitted.watched.losses))
        self.fits.append((rung, fitted))
        return float(np.mean(self.losses(self.best_round())))

    def best_round(self) -> int:
        """Choose one number of rounds for all folds together, the fewest of the best."""
        rounds, curve = _mean_curve([fitted.watched for _, fitted in self.fits])
        return int(rounds[np.nanargmin(curve)])

    def losses(self, n_rounds: int) -> tuple[float, ...]:
        return tuple(float(fit.watched.losses[fit.watched.rounds == n_rounds][0]) for _, fit in self.fits)

    def shortfalls(self, unseen: tuple[Floats, ...]) -> list[Gain]:
        n_rounds, found = self.best_round(), []
        for rung, fit in self.fits:
            own = self._arena.row_losses(fit.watched.predict(n_rounds), rung.judged)
            of_best = self._arena.row_losses(unseen[_number(rung)], rung.judged)
            found.append(paired_gain(own - of_best, self._arena.clusters_of(rung.judged)))
        return found

    def outcome(self, state: State, settings: Settings, word: str = "") -> Outcome:
        losses = self.losses(self.best_round()) if self.fits else ()
        n_learnt, cost = self.pace
        share = settings.window * self._arena.n_rows / n_learnt if n_learnt else 0.0
        final = cost.times(share * self._share_of_rounds(settings.rounds))
        return Outcome(state, settings, losses, word, final=final, pace=self.pace)

    def _share_of_rounds(self, n_rounds: int | None) -> float:
        """Say how much of the rounds that were looked at is needed; preparing and binning is never saved."""
        looked_at = [int(fit.watched.rounds[-1]) for _, fit in self.fits]
        return 1.0 if n_rounds is None else max(_LEAST_SHARE, min(1.0, n_rounds / float(np.mean(looked_at))))

    def end(self, settings: Settings) -> Outcome:
        n_rounds = settings.rounds if settings.rounds is not None else self.best_round()
        if not all((fit.watched.rounds == n_rounds).any() for _, fit in self.fits):
            n_rounds = self.best_round()
        unseen = {_number(rung): fit.watched.predict(n_rounds) for rung, fit in self.fits}
        if not all(np.isfinite(one).all() for one in unseen.values()):
            raise UnfitError("Its predictions are not finite.")
        chosen = settings.model_copy(update={"rounds": n_rounds or None})
        done = self.outcome("done", chosen)
        return replace(done, fold_losses=self.losses(n_rounds), unseen=tuple(unseen[k] for k in sorted(unseen)))


def error_word(error: Exception) -> str:
    """Say in one bounded line why a trial failed.

    Args:
        error: what was raised.

    Returns:
        The kind of error, unless it is this project's own, and the first line of its text.
    """
    text = (str(error).strip().splitlines() or [""])[0]
    word = text if isinstance(error, UnfitError) else f"{type(error).__name__}: {text}"
    return word if len(word) <= _MAX_WORD else f"{word[:_MAX_WORD]}..."


def _number(rung: Rung) -> int:
    return -1 if rung.fold is None else rung.fold


def _mean_curve(watched: Sequence[Watched]) -> tuple[NDArray[Any], Floats]:
    """Average losses over folds at the rounds that all of them were looked at."""
    rounds = reduce(np.intersect1d, [one.rounds for one in watched])
    if len(rounds) == 0:
        raise UnfitError("Its folds were looked at after different rounds.")
    curves = [one.losses[np.isin(one.rounds, rounds)] for one in watched]
    return rounds, np.asarray(np.mean(curves, axis=0))
