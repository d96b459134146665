"""Rows that a model gives no number for."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.models.decide import Model, predict_features
from evergreen.models.features import feature_frame
from evergreen.models.quantile_decider import QuantileDecider
from evergreen.problem import Problem


def scored_rows(model: Model, rows: pd.DataFrame, problem: Problem) -> NDArray[np.bool_]:
    """Tell the rows that a model gives finite scores and quantities for.

    Args:
        model: a released or challenging model.
        rows: repaired rows, n of them.
        problem: the case.

    Returns:
        Whether it does, shape (n,).
    """
    X = feature_frame(rows, problem)
    is_scored: NDArray[np.bool_] = np.isfinite(predict_features(model, X, problem)).all(axis=1)
    if isinstance(model, QuantileDecider) and is_scored.any():
        is_scored[is_scored] = np.isfinite(model.decide_rows(X[is_scored]))
    return is_scored
