"""Fitted estimators as functions of bare arrays."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, softmax
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, QuantileRegressor, Ridge

from evergreen.answering.flat_trees import MANY_LEVELS, FlatTrees, WholeTrees, boosted_trees, forest_nodes
from evergreen.answering.off_list import off_list
from evergreen.models.candidates.catboost_trees import CatBoostClassifier, CatBoostRegressor
from evergreen.models.candidates.lightgbm_trees import LightGBMClassifier, LightGBMRegressor
from evergreen.models.candidates.network_layers import NetworkClassifier, NetworkRegressor

Floats = NDArray[np.float64]
Predict = Callable[[Floats], Floats]
Link = Callable[[Floats], Floats]

_FORESTS = (RandomForestClassifier, ExtraTreesClassifier, RandomForestRegressor, ExtraTreesRegressor)
# These ask nothing but arrays of themselves.
_TELL_SHARES = (NetworkClassifier, LightGBMClassifier, CatBoostClassifier)
_TELL_VALUES = (NetworkRegressor, LightGBMRegressor, CatBoostRegressor)
_BINARY = 2


def compile_estimator(estimator: Any) -> Predict:
    """Write a fitted estimator as a function.

    Args:
        estimator: of the closed list of candidates.

    Returns:
        From prepared features (n, q) to probabilities (n, k) or values (n,).

    Raises:
        OffListError: where it is another one.
    """
    kind = type(estimator)
    if kind in _TELL_SHARES:
        shares: Predict = estimator.predict_proba
        return shares
    if kind in _TELL_VALUES:
        values: Predict = estimator.predict
        return values
    if kind is LogisticRegression:
        return _logistic(estimator)
    if kind in (Ridge, QuantileRegressor):
        return Linear(np.reshape(estimator.coef_, (1, -1)), np.ravel(estimator.intercept_), lambda sums: sums[:, 0])
    if kind in _FORESTS:
        return _forest(estimator)
    if kind in (HistGradientBoostingClassifier, HistGradientBoostingRegressor):
        return _boosted(estimator)
    raise off_list(estimator)


class Linear:
    """A linear model: weighted sums, and what is made of them.

    Args:
        weights: shape (k, q).
        constants: shape (k,).
        link: from sums (n, k) to probabilities or values.
    """

    def __init__(self, weights: Floats, constants: Floats, link: Link) -> None:
        self.weights, self._constants, self._link = weights, constants, link

    def __call__(self, X: Floats) -> Floats:
        """Predict.

        Args:
            X: prepared features, shape (n, q).

        Returns:
            Probabilities or values.
        """
        return self.of_sums(_product(X, self.weights))

    def of_sums(self, sums: Floats) -> Floats:
        """Predict from weighted sums.

        Args:
            sums: without the constants, shape (n, k).

        Returns:
            Probabilities or values.
        """
        return self._link(sums + self._constants)


def _logistic(estimator: LogisticRegression) -> Linear:
    link = _both if len(estimator.classes_) <= _BINARY else partial(softmax, axis=1)
    return Linear(np.asarray(estimator.coef_), np.asarray(estimator.intercept_), link)


def _both(sums: Floats) -> Floats:
    second = expit(sums)
    return np.concatenate([1 - second, second], axis=1)


def _product(X: Floats, weights: Floats) -> Floats:
    """Weigh features, shape (n, k): row by row alike, and without the threads that BLAS wakes for a few thousand."""
    sums: Floats = np.einsum("nq,kq->nk", X, weights)
    return sums


def _forest(estimator: Any) -> Predict:
    trees = FlatTrees(forest_nodes(estimator.estimators_), estimator.n_features_in_)
    is_value = isinstance(estimator, RandomForestRegressor | ExtraTreesRegressor)

    def predict(X: Floats) -> Floats:
        # Forests compare numbers in single precision.
        shares: Floats = trees.leaves(X.astype(np.float32).astype(np.float64)).mean(axis=1)
        return shares[:, 0] if is_value else shares

    return predict


def _boosted(estimator: Any) -> Predict:
    rounds, loss, baseline = estimator._predictors, estimator._loss, np.ravel(estimator._baseline_prediction)
    reorder, codes = _categories(estimator)
    trees = [one for trees in rounds for one in trees]
    known = estimator._bin_mapper.make_known_categories_bitsets()
    flat = boosted_trees(trees, estimator.n_features_in_, codes, known)
    whole = WholeTrees(trees, codes, known)
    n_outputs = len(rounds[0])

    def raw(X: Floats) -> Floats:
        ordered = X if reorder is None else X[:, reorder]
        told = flat.leaves(ordered) if len(X) * flat.depth < MANY_LEVELS else whole.leaves(ordered)
        sums = np.broadcast_to(baseline, (len(X), 1, n_outputs)), told.reshape(len(X), -1, n_outputs)
        # One after the other, as scikit-learn adds them up: a row gets the same sum in any company.
        added: Floats = np.add.accumulate(np.concatenate(sums, axis=1), axis=1)[:, -1]
        return added

    if isinstance(estimator, HistGradientBoostingClassifier):
        return lambda X: np.asarray(loss.predict_proba(np.asfortranarray(raw(X))))
    return lambda X: np.asarray(loss.link.inverse(raw(X)[:, 0]))


def _categories(estimator: Any) -> tuple[NDArray[np.intp] | None, Sequence[NDArray[Any]]]:
    """The order in which boosting reads columns, categories first, and the codes that it tells apart."""
    if estimator._preprocessor is None:
        return None, ()
    is_category = np.asarray(estimator.is_categorical_)
    encoder = estimator._preprocessor.named_transformers_["encoder"]
    return np.concatenate([np.flatnonzero(is_category), np.flatnonzero(~is_category)]), encoder.categories_
