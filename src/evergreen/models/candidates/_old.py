"""The closed list of models that may compete."""

from typing import Literal

from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline, make_pipeline

from evergreen.models.features import linear_features, n_tree_categories, tree_features
from evergreen.problem import Problem

CandidateName = Literal["linear", "boosted"]

# A small step with many rounds and small leaves: the setting that tuning most often ends at on tables of
# a few thousand to a few hundred thousand rows.
_BOOSTING = {
    "learning_rate": 0.05,
    "max_iter": 150,
    "max_leaf_nodes": 15,
    "min_samples_leaf": 40,
    "l2_regularization": 1.0,
    "early_stopping": False,
}
_LOGISTIC_C = 0.1
_RIDGE_ALPHA = 1.0


def build_candidate(name: CandidateName, problem: Problem, *, random_state: int) -> Pipeline:
    """Build one unfitted candidate: feature preparation and estimator in one pipeline.

    Args:
        name: which one.
        problem: the case.
        random_state: seed of everything random in it.

    Returns:
        A scikit-learn pipeline that takes a ``feature_frame``.
    """
    if name == "linear":
        estimator = _linear(problem)
        return make_pipeline(linear_features(problem, random_state=random_state), estimator)
    return make_pipeline(tree_features(problem, random_state=random_state), _boosted(problem, random_state))


def _linear(problem: Problem) -> LogisticRegression | Ridge:
    if problem.is_classification:
        return LogisticRegression(C=_LOGISTIC_C, max_iter=2000)
    return Ridge(alpha=_RIDGE_ALPHA)


def _boosted(problem: Problem, random_state: int) -> HistGradientBoostingClassifier | HistGradientBoostingRegressor:
    is_category = list(range(n_tree_categories(problem)))
    estimator = HistGradientBoostingClassifier if problem.is_classification else HistGradientBoostingRegressor
    return estimator(**_BOOSTING, categorical_features=is_category, random_state=random_state)
