"""From a model to scores and actions; evaluation, batch scoring and requests all decide here."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.errors import DataError
from evergreen.models.calibrated import CalibratedClassifier, OffsetRegressor
from evergreen.models.fair_classifier import FairClassifier
from evergreen.models.fair_thresholds import decide_by_group
from evergreen.models.features import feature_frame
from evergreen.models.quantile_decider import QuantileDecider
from evergreen.models.reduced_classifier import ReducedClassifier
from evergreen.models.scores import ACTION, choose_actions, score_columns
from evergreen.problem import Problem

Model = CalibratedClassifier | OffsetRegressor


def predict_rows(
    model: Model, rows: pd.DataFrame, problem: Problem, *, taken: NDArray[np.object_] | None = None
) -> pd.DataFrame:
    """Score rows and choose the action with the highest expected payoff.

    Args:
        model: a released or challenging model.
        rows: repaired rows, n of them; none is fine.
        problem: the case.
        taken: actions that were decided before and stay where an action is scarce, None elsewhere, shape (n,).

    Returns:
        Shape (n, keys + scores + 1): the key, the score columns and ``action``, in the order of the rows.

    Raises:
        DataError: where the model gives a score or a quantity that is not a number.
    """
    keys = rows[list(problem.key)].reset_index(drop=True)
    known = predict_features(model, feature_frame(rows, problem), problem)
    _refuse_no_number(known)
    action = _decide(model, known, rows, problem, taken)
    scores = known[:, [1]] if problem.kind == "binary" else known
    table = pd.DataFrame(scores, columns=list(score_columns(problem)))
    return pd.concat([keys, table, pd.Series(action, name=ACTION)], axis=1)


def _decide(
    model: Model, known: NDArray[Any], rows: pd.DataFrame, problem: Problem, taken: NDArray[np.object_] | None
) -> NDArray[Any]:
    if isinstance(model, QuantileDecider) and len(rows):
        quantities = model.decide_rows(feature_frame(rows, problem))
        _refuse_no_number(quantities.reshape(-1, 1))
        return quantities
    if isinstance(model, OffsetRegressor):
        return model.decide(known[:, 0])
    if isinstance(model, FairClassifier):
        return decide_by_group(known, rows, model.group_cuts, problem)
    if isinstance(model, ReducedClassifier):
        return model.decide(feature_frame(rows, problem), known, problem)
    return choose_actions(known, problem, rows, taken=taken)


def _refuse_no_number(told: NDArray[Any]) -> None:
    is_bad = ~np.isfinite(told).all(axis=1)
    if is_bad.any():
        finding = f"gives no number for {int(is_bad.sum())} of {len(told)} rows"
        raise DataError("The model", finding, "Do not use it; train again.")


def predict_features(model: Model, X: pd.DataFrame, problem: Problem) -> NDArray[Any]:
    """Ask a model about prepared columns.

    Args:
        model: a released or challenging model.
        X: of ``feature_frame``, n rows; none is fine, though estimators refuse to be asked about no rows.
        problem: the case.

    Returns:
        Probabilities, shape (n, k), or values, shape (n, 1).
    """
    if not len(X):
        return np.empty((0, len(problem.target.classes) or 1))
    if isinstance(model, OffsetRegressor):
        return model.predict(X).reshape(-1, 1)
    return model.predict_proba(X)
