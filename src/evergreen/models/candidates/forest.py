"""Many trees that each see the rows differently; seldom the best, and wrong in other places than boosting."""

from collections.abc import Mapping, Sequence
from typing import Any

from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)

from evergreen.models.candidates.base import Candidate, Choose, TableSize
from evergreen.models.candidates.settings import Setting
from evergreen.models.features import tree_features
from evergreen.problem import Problem

# 100 trees of 1,000 leaves are 14 MB before they are packed, and one row takes them milliseconds.
N_TREES = 100
_MAX_LEAVES = 1000
_ESTIMATORS = {
    ("random", True): RandomForestClassifier,
    ("random", False): RandomForestRegressor,
    ("extra", True): ExtraTreesClassifier,
    ("extra", False): ExtraTreesRegressor,
}


def _starts(size: TableSize) -> Sequence[Mapping[str, Setting]]:
    leaf = max(3, min(5, size.n_rows // 200))
    usual: dict[str, Setting] = {
        "category_means": True,
        "kind": "random",
        "max_features": 0.4,
        "min_samples_leaf": leaf,
    }
    return (
        {**usual, "max_leaf_nodes": 300},
        {**usual, "kind": "extra", "max_features": 0.7, "max_leaf_nodes": _MAX_LEAVES},
    )


def _suggest(choose: Choose, size: TableSize) -> dict[str, Setting]:
    return {
        "category_means": choose.suggest_categorical("category_means", [False, True]),
        "kind": choose.suggest_categorical("kind", ["random", "extra"]),
        "max_features": choose.suggest_float("max_features", 0.1, 1.0),
        "min_samples_leaf": choose.suggest_int("min_samples_leaf", 1, max(10, min(100, size.n_rows // 50)), log=True),
        "max_leaf_nodes": choose.suggest_int("max_leaf_nodes", 16, _MAX_LEAVES, log=True),
    }


def _prepare(
    problem: Problem, columns: Sequence[str], settings: Mapping[str, Setting], random_state: int
) -> ColumnTransformer:
    has_means = bool(settings.get("category_means"))
    return tree_features(problem, columns, random_state=random_state, has_means=has_means, fills_new_gaps=True)


def _build(problem: Problem, columns: Sequence[str], settings: Mapping[str, Setting], random_state: int) -> Any:
    del columns
    told = dict(settings)
    estimator = _ESTIMATORS[str(told.pop("kind", "random")), problem.is_classification]
    return estimator(n_estimators=N_TREES, **told, random_state=random_state)


FOREST = Candidate("forest", _starts, _suggest, _prepare, _build, feature_settings=frozenset({"category_means"}))
