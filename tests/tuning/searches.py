"""Searches on small tables: with a clock that a test moves, with candidates that fail or take their time."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evergreen.datasets.search_dataset import SearchDataset
from evergreen.models.candidates import CANDIDATES, CandidateName, Settings
from evergreen.models.candidates.base import Watched
from evergreen.models.folds import make_folds
from evergreen.problem import Kind
from evergreen.tuning.arena import Arena
from evergreen.tuning.budget import Budget, Cost
from evergreen.tuning.search import Search
from evergreen.tuning.tune import Task, tune
from evergreen.tuning.tuned import Tuning
from tests.models.small import SEED, small_case, small_rows

N_ROWS = 240
MOVEMENT = pd.DataFrame(
    {
        "column": ["since", "noise"],
        "order": [1, 2],
        "is_movable": [True, True],
        "nested_gain": [0.3, 0.1],
        "nested_gain_se": [0.01, 0.01],
    }
)


@dataclass
class FakeClock:
    """Time passes only when a test says so."""

    now: Cost = field(default_factory=Cost)

    def read(self) -> Cost:
        return self.now

    def pass_by(self, seconds: float, cpu_seconds: float | None = None) -> None:
        self.now += Cost(seconds, seconds if cpu_seconds is None else cpu_seconds)


def task(kind: Kind = "binary", *candidates: CandidateName, **changes: Any) -> Task:
    """What is to be tuned: small rows, linear models alone where nothing else is said."""
    told = {"movement": MOVEMENT, **changes}
    return Task(small_rows(kind, N_ROWS), small_case(kind), candidates or ("linear",), SEED, **told)


def search_in(folder: Path, clock: FakeClock | None = None) -> Search:
    """A search with its study in a folder."""
    return replace(SearchDataset(path=str(folder)).load(), read=(clock or FakeClock()).read)


def tuned_in(folder: Path, n_trials: int, *candidates: CandidateName, clock: FakeClock | None = None) -> Tuning:
    """A search with a budget in trials."""
    return tune(task("binary", *candidates), search_in(folder, clock), Budget("trials", n_trials))


def arena(kind: Kind = "binary", *, split: str = "time", n_rows: int = N_ROWS, **changes: Any) -> Arena:
    """Rows and folds of a small case."""
    rows, problem = small_rows(kind, n_rows), small_case(kind, split=split)
    folds = make_folds(rows, problem, random_state=SEED)
    return Arena(rows, problem, folds, movable=("strength", "colour"), random_state=SEED, **changes)


def linear(**told: Any) -> Settings:
    """Settings of a linear model."""
    return Settings(candidate="linear", estimator={"C": told.pop("C", 0.1)}, **told)


def slow(monkeypatch: pytest.MonkeyPatch, clock: FakeClock, seconds_a_row: float, name: CandidateName) -> None:
    """Have every fit of a candidate take so long by the clock of the test; it counts no rounds."""
    candidate = CANDIDATES[name]

    def build(*told: Any) -> Any:
        estimator = candidate.build(*told)
        fit = estimator.fit

        def slowly(X: Any, y: Any, **more: Any) -> Any:
            clock.pass_by(seconds_a_row * len(y))
            return fit(X, y, **more)

        estimator.fit = slowly
        return estimator

    monkeypatch.setitem(CANDIDATES, name, replace(candidate, build=build, watch=None))


def failing(monkeypatch: pytest.MonkeyPatch, name: CandidateName, error: Exception) -> None:
    """Have every fit of a candidate fail."""

    def build(*_: Any) -> Any:
        raise error

    monkeypatch.setitem(CANDIDATES, name, replace(CANDIDATES[name], build=build))


def watched_as(
    monkeypatch: pytest.MonkeyPatch, name: CandidateName, curve: Callable[[int], list[float]], *, is_cut: bool = False
) -> None:
    """Have a candidate count rounds, with losses that a test says; its predictions tell the round."""

    def watch(_estimator: Any, _X: Any, y: Any, _weights: Any, judged: Any, _is_over: Any) -> Watched:
        losses = np.array(curve(len(y)))
        rounds = np.arange(1, len(losses) + 1)
        return Watched(rounds, losses, lambda n: np.full((len(judged.y), judged.n_classes), n / 100), is_cut)

    monkeypatch.setitem(CANDIDATES, name, replace(CANDIDATES[name], watch=watch))
