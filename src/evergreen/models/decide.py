"""From a model to scores and actions; evaluation, batch scoring and requests all decide here."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.errors import DataError
from evergreen.models.calibrated import CalibratedClassifier, OffsetRegressor
from evergreen.models.features import feature_frame
from evergreen.models.scores import ACTION, choose_actions, score_columns
from evergreen.problem import Problem

Model = CalibratedClassifier | OffsetRegressor


def predict_rows(model: Model, rows: pd.DataFrame, problem: Problem) -> pd.DataFrame:
    """Score rows and choose the action with the highest expected payoff.

    Args:
        model: a released or challenging model.
        rows: repaired rows, n of them; none is fine.
        problem: the case.

    Returns:
        Shape (n, keys + scores + 1): the key, the score columns and ``action``, in the order of the rows.

    Raises:
        DataError: where the model gives a score that is not a number.
    """
    keys = rows[list(problem.key)].reset_index(drop=True)
    scores, action = _decide(model, feature_frame(rows, problem), problem)
    if not np.isfinite(scores).all():
        n_bad = int((~np.isfinite(scores)).any(axis=1).sum())
        raise DataError("The model", f"gives no number for {n_bad} of {len(rows)} rows", "Do not use it; train again.")
    table = pd.DataFrame(scores, columns=list(score_columns(problem)))
    return pd.concat([keys, table, pd.Series(action, name=ACTION)], axis=1)


def _decide(model: Model, X: pd.DataFrame, problem: Problem) -> tuple[NDArray[Any], NDArray[Any]]:
    n_classes = len(problem.target.classes)
    if isinstance(model, OffsetRegressor):
        value = model.predict(X) if len(X) else np.empty(0)
        return value.reshape(-1, 1), value + model.offset
    probabilities = model.predict_proba(X) if len(X) else np.empty((0, n_classes))
    scores = probabilities if problem.kind == "multiclass" else probabilities[:, [1]]
    return scores, choose_actions(probabilities, problem)
