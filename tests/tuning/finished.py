"""The end of a search, made by hand: trials whose predictions of unseen rows a test says."""

from collections.abc import Sequence
from itertools import count

import numpy as np
import pandas as pd
from scipy.special import expit, softmax

from evergreen.models.candidates import CandidateName, first_settings
from evergreen.models.folds import make_folds
from evergreen.models.target import target_values
from evergreen.problem import Kind, Problem
from evergreen.tuning.arena import row_losses
from evergreen.tuning.budget import Cost
from evergreen.tuning.ground import Ground
from evergreen.tuning.meter import Meter
from evergreen.tuning.tuned import Tuned, Tuning
from tests.models.small import SEED, small_case, small_rows


def ground(kind: Kind = "binary", n_rows: int = 600, *, split: str = "random", **changes: object) -> Ground:
    """Small rows to stand on."""
    return Ground(small_rows(kind, n_rows), small_case(kind, split=split, **changes), (), SEED)


def signal(rows: pd.DataFrame) -> np.ndarray:
    """What the outcome of small rows hangs on."""
    return np.asarray(2 * rows["strength"] + (rows["colour"] == "red"))


def says(where: Ground, guess: np.ndarray) -> np.ndarray:
    """Predictions of the small outcome from a guess of its signal: probabilities or values of all rows."""
    kind = where.problem.kind
    if kind == "regression":
        return np.asarray(10 + guess)
    if kind == "binary":
        return np.stack([expit(0.5 - guess), expit(guess - 0.5)], axis=1)
    return np.asarray(softmax(np.stack([-guess, np.full(len(guess), 0.5), guess - 1], axis=1), axis=1))


def noisy(where: Ground, seed: int, scale: float = 1.0) -> np.ndarray:
    """What a model says that sees the signal through noise of its own."""
    guess = signal(where.rows)
    return says(where, guess + np.random.default_rng(seed).normal(scale=scale, size=len(guess)))


def trial(where: Ground, number: int, candidate: CandidateName, said: np.ndarray, **told: object) -> Tuned:
    """A trial that said something of every row."""
    folds, y = make_folds(where.rows, where.problem, random_state=SEED), target_values(where.rows, where.problem)
    unseen = tuple(said[judged] for _, judged in folds)
    losses = [row_losses(one, y[judged]).mean() for one, (_, judged) in zip(unseen, folds, strict=True)]
    settings = first_settings(candidate, where.problem).model_copy(update=told)
    return Tuned(number, settings, unseen, np.array(losses))


def best_first(trials: Sequence[Tuned]) -> list[Tuned]:
    """Trials in the order of a search."""
    return sorted(trials, key=lambda one: (one.losses.mean(), one.number))


def ended(trials: Sequence[Tuned]) -> Tuning:
    """A search that ended with these trials, each of which took ten seconds and eight of the processor."""
    ordered = best_first(trials)
    told = [(one.number, one.settings.candidate) for one in trials]
    history = pd.DataFrame(told, columns=["trial", "candidate"])
    costs = pd.DataFrame([(one.number, 10.0, 8.0) for one in trials], columns=["trial", "wall_seconds", "cpu_seconds"])
    return Tuning(tuple(ordered), history, costs)


def ticking(step_seconds: float = 0.001, size: int = 2_000_000) -> Meter:
    """A meter whose clock goes on by one step a look, for models that all weigh the same."""
    looks = count()
    return Meter(lambda: Cost(*([step_seconds * next(looks)] * 2)), lambda _: b"0" * size)


def problem_with(where: Ground, **limits: float) -> Ground:
    """The same ground, with limits of the case."""
    told = where.problem.model_dump(mode="json", exclude_none=True)
    problem = Problem.model_validate(told | {"limits": told["limits"] | limits})
    return Ground(where.rows, problem, where.movable, where.random_state)
