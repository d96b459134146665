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
    known, action = predict_and_decide(model, feature_frame(rows, problem), rows, problem, taken=taken)
    scores = known[:, [1]] if problem.kind == "binary" else known
    table = pd.DataFrame(scores, columns=list(score_columns(problem)))
    return pd.concat([keys, table, pd.Series(action, name=ACTION)], axis=1)


def predict_and_decide(
    model: Model, X: Any, rows: pd.DataFrame, problem: Problem, *, taken: NDArray[np.object_] | None = None
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Score prepared columns and decide.

    Args:
        model: a released or challenging model.
        X: what its pipelines take, n rows: of ``feature_frame`` for those that were fitted.
        rows: the same rows, repaired; of their columns those are read by which the case or the model decides.
        problem: the case.
        taken: see ``predict_rows``.

    Returns:
        Probabilities, shape (n, k), or values, shape (n, 1); and actions, classes or quantities, shape (n,).

    Raises:
        DataError: where the model gives a score or a quantity that is not a number.
    """
    known = predict_features(model, X, problem)
    _refuse_no_number(known)
    return known, _decide(model, known, X, rows, problem, taken)


def _decide(
    model: Model,
    known: NDArray[Any],
    X: Any,
    rows: pd.DataFrame,
    problem: Problem,
    taken: NDArray[np.object_] | None,
) -> NDArray[Any]:
    if isinstance(model, QuantileDecider) and len(X):
        quantities = model.decide_rows(X)
        _refuse_no_number(quantities.reshape(-1, 1))
        return quantities
    if isinstance(model, OffsetRegressor):
        return model.decide(known[:, 0])
    if isinstance(model, FairClassifier):
        return decide_by_group(known, rows, model.group_cuts, problem)
    if isinstance(model, ReducedClassifier):
        return model.decide(X, known, problem)
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
