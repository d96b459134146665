"""CatBoost: boosted trees that learn words best; beside the core, for its package is large."""

from collections.abc import Mapping, Sequence
from typing import Any

from sklearn.compose import ColumnTransformer

from evergreen.models.candidates.base import Candidate, Choose, TableSize
from evergreen.models.candidates.catboost_trees import CatBoostClassifier, CatBoostRegressor, watch_catboost
from evergreen.models.candidates.settings import Setting
from evergreen.models.features import n_tree_categories, tree_features
from evergreen.problem import Problem

_ROUNDS = "iterations"
_USUAL_ROUNDS = 300
_MAX_WORDS = 5000
# Ordered boosting takes several times as long, and tells more where rows are few.
_FEW_ROWS = 20_000


def _starts(size: TableSize) -> Sequence[Mapping[str, Setting]]:
    del size
    strong: dict[str, Setting] = {
        "learning_rate": 0.1,
        "depth": 4,
        "l2_leaf_reg": 10.0,
        "random_strength": 1.0,
        "rsm": 0.8,
    }
    usual = {**strong, "learning_rate": 0.06, "depth": 6, "l2_leaf_reg": 3.0}
    plain: dict[str, Setting] = {"one_hot_max_size": 2, "boosting_type": "Plain"}
    return ({**strong, **plain}, {**usual, **plain})


def _suggest(choose: Choose, size: TableSize) -> dict[str, Setting]:
    types = ["Plain", "Ordered"] if size.n_rows < _FEW_ROWS else ["Plain"]
    return {
        "learning_rate": choose.suggest_float("learning_rate", 0.02, 0.1, log=True),
        "depth": choose.suggest_int("depth", 2, 8),
        "l2_leaf_reg": choose.suggest_float("l2_leaf_reg", 1, 100, log=True),
        "random_strength": choose.suggest_float("random_strength", 0.1, 10, log=True),
        "rsm": choose.suggest_float("rsm", 0.4, 1.0),
        "max_ctr_complexity": choose.suggest_categorical("max_ctr_complexity", [1, 2, 4]),
        "one_hot_max_size": choose.suggest_categorical("one_hot_max_size", [2, 8, 30]),
        "boosting_type": choose.suggest_categorical("boosting_type", types),
    }


def _prepare(
    problem: Problem, columns: Sequence[str], settings: Mapping[str, Setting], random_state: int
) -> ColumnTransformer:
    del settings
    return tree_features(problem, columns, random_state=random_state, max_words=_MAX_WORDS, fills_new_gaps=True)


def _build(problem: Problem, columns: Sequence[str], settings: Mapping[str, Setting], random_state: int) -> Any:
    told = dict(settings)
    rounds = told.pop(_ROUNDS, _USUAL_ROUNDS)
    estimator = CatBoostClassifier if problem.is_classification else CatBoostRegressor
    return estimator(told, n_tree_categories(problem, columns), int(rounds or 1), random_state)


CATBOOST = Candidate(
    "catboost",
    _starts,
    _suggest,
    _prepare,
    _build,
    package="catboost",
    rounds_setting=_ROUNDS,
    watch=watch_catboost,
)
