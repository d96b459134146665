"""What every candidate of the closed list can be asked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer

from evergreen.models.candidates.settings import CandidateName, Setting
from evergreen.problem import Problem

Floats = NDArray[np.float64]


class Choose(Protocol):
    """Where settings come from: a trial of Optuna has these methods."""

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        """Choose a number from a range, evenly or evenly in its logarithm."""

    def suggest_int(self, name: str, low: int, high: int, *, log: bool = False) -> int:
        """Choose a whole number from a range, both ends included."""

    def suggest_categorical(self, name: str, choices: Sequence[Setting]) -> Any:
        """Choose one of a few."""


@dataclass(frozen=True)
class TableSize:
    """What a search space may depend on.

    Attributes:
        n_rows: rows to learn from.
        n_features: columns of the contract that are features.
        n_classes: classes; 0 for a regression.
    """

    n_rows: int
    n_features: int
    n_classes: int


@dataclass(frozen=True)
class Judged:
    """Rows that a fit is watched on; nothing is learnt from them.

    Attributes:
        X: prepared features, shape (m, p).
        y: class numbers or values, shape (m,).
        n_classes: classes; 0 for a regression.
        quantile: the quantile that is learnt; None for the mean, or for classes.
    """

    X: Any
    y: NDArray[Any]
    n_classes: int
    quantile: float | None = None


@dataclass(frozen=True)
class Watched:
    """A fit and how it did on judged rows, round by round.

    Attributes:
        rounds: round numbers at which it was looked at, ascending; (0,) where the estimator counts none.
        losses: log-loss in nats, mean squared error, or ``rounds.loss_of`` a quantile, of the judged rows at each of
            them, same length.
        predict: from one of the round numbers to predictions of the judged rows: shape (m, k), or (m,) for values.
        is_cut: whether time ran out before the fit ended by itself.
    """

    rounds: NDArray[np.int64]
    losses: Floats
    predict: Callable[[int], Floats]
    is_cut: bool = False


class Watch(Protocol):
    """How a candidate that counts rounds is fitted under watch."""

    def __call__(
        self,
        estimator: Any,
        X: Any,
        y: NDArray[Any],
        sample_weight: Floats | None,
        judged: Judged,
        is_over: Callable[[], bool],
    ) -> Watched:
        """Fit, look at judged rows on the way, stop when more rounds do not help or time is over."""


@dataclass(frozen=True)
class Candidate:
    """One of the closed list.

    Attributes:
        name: its name.
        starts: sensible first settings for a table of some size, cheapest first; each is features and estimator
            settings together, by name.
        suggest: chooses settings, features and estimator together, by name.
        prepare: unfitted feature preparation for some columns of the case.
        build: unfitted estimator with ``fit(X, y, sample_weight=None)`` and ``predict_proba`` or ``predict``; what it
            stores is plain enough for a release.
        feature_settings: which of the settings ``prepare`` reads; two settings that agree in them share a preparation.
        package: what must be installed beside the core; None where nothing must.
        rounds_setting: the estimator's parameter that counts rounds; None where it counts none.
        watch: how it is fitted under watch; None where it counts no rounds.
        quantile_settings: from a quantile to what ``build`` is told besides, so that it is learnt in place of the mean;
            None where it cannot be.
        most_quantile_rows: from how many rows at most it learns a quantile in good time; None for any number.
    """

    name: CandidateName
    starts: Callable[[TableSize], Sequence[Mapping[str, Setting]]]
    suggest: Callable[[Choose, TableSize], dict[str, Setting]]
    prepare: Callable[[Problem, Sequence[str], Mapping[str, Setting], int], ColumnTransformer]
    build: Callable[[Problem, Sequence[str], Mapping[str, Setting], int], Any]
    feature_settings: frozenset[str] = field(default_factory=frozenset)
    package: str | None = None
    rounds_setting: str | None = None
    watch: Watch | None = None
    quantile_settings: Callable[[float], Mapping[str, Setting]] | None = None
    most_quantile_rows: int | None = None

    def learns_quantiles(self, n_rows: int) -> bool:
        """Say whether a quantile of the outcome can be learnt from so many rows in good time."""
        most = self.most_quantile_rows
        return self.quantile_settings is not None and (most is None or n_rows <= most)
