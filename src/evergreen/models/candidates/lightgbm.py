"""LightGBM: fast boosted trees with categories of their own; the first to be tuned."""

from collections.abc import Mapping, Sequence
from typing import Any

from sklearn.compose import ColumnTransformer

from evergreen.models.candidates.base import Candidate, Choose, TableSize
from evergreen.models.candidates.lightgbm_trees import LightGBMClassifier, LightGBMRegressor, watch_lightgbm
from evergreen.models.candidates.settings import Setting
from evergreen.models.features import n_tree_categories, tree_features
from evergreen.problem import Problem

_ROUNDS = "num_iterations"
_USUAL_ROUNDS = 200
# Of rows in one leaf at least, where the table is small.
_SMALL_SHARE = 50


def _starts(size: TableSize) -> Sequence[Mapping[str, Setting]]:
    strong: dict[str, Setting] = {
        "category_means": False,
        "learning_rate": 0.1,
        "num_leaves": 7,
        "min_data_in_leaf": _leaf(size, 60),
        "lambda_l2": 20.0,
        "feature_fraction": 0.6,
        "bagging_fraction": 0.8,
        "cat_smooth": 50.0,
        "cat_l2": 50.0,
        "min_data_per_group": _leaf(size, 100),
    }
    usual = {**strong, "learning_rate": 0.05, "num_leaves": 15, "lambda_l2": 3.0, "min_data_in_leaf": _leaf(size, 40)}
    rich = {**usual, "num_leaves": 31, "lambda_l2": 1.0, "min_data_in_leaf": _leaf(size, 20), "cat_smooth": 10.0}
    return strong, usual, {**rich, "learning_rate": 0.03, "cat_l2": 10.0, "feature_fraction": 0.8}


def _leaf(size: TableSize, usual: int) -> int:
    return max(3, min(usual, size.n_rows // _SMALL_SHARE))


def _suggest(choose: Choose, size: TableSize) -> dict[str, Setting]:
    most_in_leaf = max(10, min(300, size.n_rows // 10))
    return {
        "category_means": choose.suggest_categorical("category_means", [False, True]),
        "learning_rate": choose.suggest_float("learning_rate", 0.02, 0.1, log=True),
        "num_leaves": choose.suggest_int("num_leaves", 3, max(15, min(127, size.n_rows // 50)), log=True),
        "min_data_in_leaf": choose.suggest_int("min_data_in_leaf", 3, most_in_leaf, log=True),
        "lambda_l2": choose.suggest_float("lambda_l2", 0.01, 100, log=True),
        "feature_fraction": choose.suggest_float("feature_fraction", 0.3, 1.0),
        "bagging_fraction": choose.suggest_float("bagging_fraction", 0.5, 1.0),
        "cat_smooth": choose.suggest_float("cat_smooth", 1, 200, log=True),
        "cat_l2": choose.suggest_float("cat_l2", 1, 200, log=True),
        "min_data_per_group": choose.suggest_int("min_data_per_group", 5, 300, log=True),
    }


def _prepare(
    problem: Problem, columns: Sequence[str], settings: Mapping[str, Setting], random_state: int
) -> ColumnTransformer:
    has_means = bool(settings.get("category_means"))
    return tree_features(problem, columns, random_state=random_state, has_means=has_means, fills_new_gaps=True)


def _build(problem: Problem, columns: Sequence[str], settings: Mapping[str, Setting], random_state: int) -> Any:
    told = {"bagging_freq": 1, **settings}
    rounds = told.pop(_ROUNDS, _USUAL_ROUNDS)
    estimator = LightGBMClassifier if problem.is_classification else LightGBMRegressor
    return estimator(told, n_tree_categories(problem, columns), int(rounds or 1), random_state)


LIGHTGBM = Candidate(
    "lightgbm",
    _starts,
    _suggest,
    _prepare,
    _build,
    feature_settings=frozenset({"category_means"}),
    package="lightgbm",
    rounds_setting=_ROUNDS,
    watch=watch_lightgbm,
    quantile_settings=lambda quantile: {"objective": "quantile", "alpha": quantile},
)
