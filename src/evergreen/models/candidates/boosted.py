"""scikit-learn's histogram boosting: always there, and the measure of latency."""

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from evergreen.models.candidates.base import Candidate, Choose, Floats, Judged, TableSize, Watched
from evergreen.models.candidates.rounds import MAX_ROUNDS, Losses, loss_of, spread_classes
from evergreen.models.candidates.settings import Setting
from evergreen.models.features import n_tree_categories, tree_features
from evergreen.problem import Problem

_ROUNDS = "max_iter"
# A small step with many rounds and small leaves: the setting that tuning most often ends at on tables of
# a few thousand to a few hundred thousand rows.
_START: dict[str, Setting] = {
    "category_means": False,
    "learning_rate": 0.05,
    _ROUNDS: 150,
    "max_leaf_nodes": 15,
    "min_samples_leaf": 40,
    "l2_regularization": 1.0,
}
# Rounds are added in chunks, for each chunk bins all rows and goes through all trees anew: on 25,000 rows 400 rounds in
# six growing chunks take 2.9 s, in sixteen equal ones 6.6 s, at once 1.9 s (2.3 s with scikit-learn's own watch, which
# no clock can stop).
_FIRST_CHUNK = 50
_MAX_CHUNK = 400


def _starts(size: TableSize) -> Sequence[Mapping[str, Setting]]:
    strong = {**_START, "max_leaf_nodes": 6, "l2_regularization": 30.0}
    return _START, {**strong, "min_samples_leaf": max(5, min(60, size.n_rows // 50))}


def _suggest(choose: Choose, size: TableSize) -> dict[str, Setting]:
    most_in_leaf = max(10, min(300, size.n_rows // 10))
    return {
        "category_means": choose.suggest_categorical("category_means", [False, True]),
        "learning_rate": choose.suggest_float("learning_rate", 0.03, 0.15, log=True),
        "max_leaf_nodes": choose.suggest_int("max_leaf_nodes", 3, max(15, min(63, size.n_rows // 50)), log=True),
        "min_samples_leaf": choose.suggest_int("min_samples_leaf", 5, most_in_leaf, log=True),
        "l2_regularization": choose.suggest_float("l2_regularization", 1e-3, 100, log=True),
    }


def _prepare(
    problem: Problem, columns: Sequence[str], settings: Mapping[str, Setting], random_state: int
) -> ColumnTransformer:
    has_means = bool(settings.get("category_means"))
    return tree_features(problem, columns, random_state=random_state, has_means=has_means)


def _build(problem: Problem, columns: Sequence[str], settings: Mapping[str, Setting], random_state: int) -> Any:
    is_category = list(range(n_tree_categories(problem, columns)))
    estimator = HistGradientBoostingClassifier if problem.is_classification else HistGradientBoostingRegressor
    return estimator(**settings, categorical_features=is_category, early_stopping=False, random_state=random_state)


def watch_boosted(
    estimator: Any,
    X: Any,
    y: NDArray[Any],
    sample_weight: Floats | None,
    judged: Judged,
    is_over: Callable[[], bool],
) -> Watched:
    """Fit under watch; see ``base.Watch``."""
    growing, losses, done, is_cut = clone(estimator).set_params(warm_start=True), Losses(), 0, False
    while done < MAX_ROUNDS and not is_cut and not losses.is_hopeless:
        before, done = done, min(done + _chunk(done), MAX_ROUNDS)
        growing.set_params(**{_ROUNDS: done}).fit(X, y, sample_weight=sample_weight)
        for number, predicted in enumerate(islice(_stages(growing, judged), before, None), start=before + 1):
            losses.add(number, loss_of(predicted, judged))
        is_cut = is_over()
    return losses.watched(lambda rounds: next(islice(_stages(growing, judged), rounds - 1, None)), is_cut=is_cut)


def _chunk(done: int) -> int:
    return min(max(_FIRST_CHUNK, done // 2), _MAX_CHUNK)


def _stages(fitted: Any, judged: Judged) -> Any:
    if judged.n_classes == 0:
        return (np.asarray(values) for values in fitted.staged_predict(judged.X))
    staged = fitted.staged_predict_proba(judged.X)
    return (spread_classes(shares, fitted.classes_, judged.n_classes) for shares in staged)


BOOSTED = Candidate(
    "boosted",
    _starts,
    _suggest,
    _prepare,
    _build,
    feature_settings=frozenset({"category_means"}),
    rounds_setting=_ROUNDS,
    watch=watch_boosted,
    quantile_settings=lambda quantile: {"loss": "quantile", "quantile": quantile},
)
