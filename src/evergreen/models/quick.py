"""One fold of training rows, on which quick models tell what any features are worth."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.compose import ColumnTransformer

from evergreen.models.alone import smooth_means
from evergreen.models.candidates import build_candidate
from evergreen.models.features import feature_frame
from evergreen.models.folds import Fold
from evergreen.models.performance import payoff_of
from evergreen.models.scores import choose_actions
from evergreen.models.target import target_values
from evergreen.problem import Problem

# A quarter of the candidate's rounds with three times its step: the same log loss on the demonstration (0.315). Words
# are ordered numbers to it, which halves the time of a prediction.
_QUICK = {"max_iter": 40, "learning_rate": 0.15, "categorical_features": None}
_TINY = 1e-12

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class _Fitted:
    """A quick model on some features.

    Attributes:
        estimator: the model; None where there is no feature to learn from.
        predicted: what it says of the judged rows, shape (m, k), or (m, 1) for a regression.
        offset: what is added to a predicted quantity to decide on it.
    """

    estimator: Any
    predicted: Floats
    offset: float


class QuickFold:
    """Rows to learn from and rows to judge on, prepared once.

    Args:
        rows: labelled training rows.
        fold: positions of those that are learnt from and of those that are judged.
        problem: the case.
        random_state: seed of models and permutations.
    """

    def __init__(self, rows: pd.DataFrame, fold: Fold, problem: Problem, *, random_state: int) -> None:
        self._problem, self._random_state = problem, random_state
        self._learnt, self._judged = fold
        self._y = target_values(rows, problem)
        self._outcomes = np.eye(len(problem.target.classes))[self._y] if problem.is_classification else self._y[:, None]
        pipeline = build_candidate("boosted", problem, random_state=random_state)
        prepare, X = pipeline.steps[0][1], feature_frame(rows, problem)
        with np.errstate(invalid="ignore"):  # as in training: prose that is the same in all rows
            self._X = np.asarray(prepare.fit_transform(X.iloc[self._learnt]), dtype=float)
        self._X_judged = np.asarray(prepare.transform(X.iloc[self._judged]), dtype=float)
        self._places = _places(prepare)
        self._estimator = pipeline.steps[-1][1].set_params(**_QUICK)
        payoff = problem.payoff
        self._judged_rows = rows.iloc[self._judged] if payoff is not None and payoff.needs_rows else None
        self._fitted: dict[frozenset[str], _Fitted] = {}

    @property
    def n_judged(self) -> int:
        """How many rows are judged, m."""
        return len(self._judged)

    @property
    def features(self) -> frozenset[str]:
        """All features."""
        return frozenset(self._places)

    def is_wide(self, feature: str) -> bool:
        """Say whether a model sees a feature as several numbers, as it does prose and pictures."""
        return len(self._places[feature]) > 1

    def predict_constant(self) -> Floats:
        """Predict the mean outcome of the learnt rows, shape (m, k)."""
        return np.tile(self._outcomes[self._learnt].mean(axis=0), (len(self._judged), 1))

    def predict_by_level(self, codes: NDArray[np.int64]) -> Floats:
        """Predict the mean outcome of the learnt rows of the same level.

        Args:
            codes: of ``alone.code_cells`` for all rows, shape (n,).

        Returns:
            Predictions, shape (m, k).
        """
        told, levels, size = self._outcomes[self._learnt], codes[self._learnt], int(codes.max(initial=0)) + 1
        sums: Floats = np.stack([np.bincount(levels, share, size) for share in told.T], axis=1).astype(np.float64)
        n_rows = np.bincount(levels, minlength=size)[:, None]
        return smooth_means(sums, n_rows, told.mean(axis=0))[codes[self._judged]]

    def predict_from(self, features: frozenset[str]) -> Floats:
        """Predict by a quick model of some features; of none, the constant. Shape (m, k)."""
        return self._fit(features).predicted

    def predict_shuffled(self, feature: str) -> Floats:
        """Predict by the model of all features, with one feature's cells given to other rows. Shape (m, k)."""
        order = np.random.default_rng(self._random_state).permutation(len(self._judged))
        shuffled = self._X_judged.copy()
        shuffled[:, self._places[feature]] = shuffled[order][:, self._places[feature]]
        return self._predict(self._fit(self.features).estimator, shuffled)

    def losses(self, predicted: Floats) -> Floats:
        """Score predictions of the judged rows.

        Args:
            predicted: shape (m, k).

        Returns:
            Log loss in nats, or squared error, shape (m,).
        """
        told = self._outcomes[self._judged]
        if not self._problem.is_classification:
            squared: Floats = ((predicted - told) ** 2)[:, 0]
            return squared
        surprise: Floats = -np.log(np.clip((predicted * told).sum(axis=1), _TINY, 1))
        return surprise

    def payoffs_from(self, features: frozenset[str]) -> Floats:
        """Say what the judged decisions pay where a quick model of some features decides. Shape (m,)."""
        assert self._problem.payoff is not None  # noqa: S101 - asked only of a case with a payoff
        model = self._fit(features)
        decided: Any = model.predicted[:, 0] + model.offset
        if self._problem.is_classification:
            decided = choose_actions(model.predicted, self._problem, self._judged_rows)
        return payoff_of(self._problem.payoff, self._problem, decided, self._y[self._judged], self._judged_rows)

    def _fit(self, features: frozenset[str]) -> _Fitted:
        if features not in self._fitted:
            self._fitted[features] = self._fit_on(sorted(place for name in features for place in self._places[name]))
        return self._fitted[features]

    def _fit_on(self, places: list[int]) -> _Fitted:
        y = self._y[self._learnt]
        if not places:
            return _Fitted(None, self.predict_constant(), self._offset(y - y.mean()))
        estimator = clone(self._estimator).fit(self._X[:, places], y)
        fitted = self._offset(y - estimator.predict(self._X[:, places]))
        return _Fitted(estimator, self._predict(estimator, self._X_judged[:, places]), fitted)

    def _predict(self, estimator: Any, X: Floats) -> Floats:
        if self._problem.is_classification:
            shares: Floats = estimator.predict_proba(X)
            return shares
        values: Floats = estimator.predict(X).reshape(-1, 1)
        return values

    def _offset(self, misses: Floats) -> float:
        payoff = self._problem.payoff
        if self._problem.is_classification or payoff is None:
            return 0.0
        return float(np.quantile(misses, payoff.cost_quantile))


def _places(prepare: ColumnTransformer) -> dict[str, list[int]]:
    """Say which numbers each feature became: one a column of a list, all of the steps for a single name."""
    places: dict[str, list[int]] = {}
    for step, _, columns in prepare.transformers_:
        made = prepare.output_indices_[step]
        if isinstance(columns, str):
            places.setdefault(columns, []).extend(range(made.start, made.stop))
        elif step != "remainder":
            places |= {name: [made.start + i] for i, name in enumerate(columns)}
    return places
