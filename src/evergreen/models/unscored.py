"""Rows that a model gives no number for."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.models.decide import Model, predict_features
from evergreen.models.features import feature_frame
from evergreen.models.quantile_decider import QuantileDecider
from evergreen.problem import Problem

# Times that a model may fail while single rows are looked for.
_MOST_FAILURES: Final = 200


def scored_rows(model: Model, rows: pd.DataFrame, problem: Problem) -> NDArray[np.bool_]:
    """Tell the rows that a model gives finite scores and quantities for.

    Where it fails on all rows together they are halved until those stand alone that it fails on.

    Args:
        model: a released or challenging model.
        rows: repaired rows, n of them.
        problem: the case.

    Returns:
        Whether it does, shape (n,).

    Raises:
        Exception: what the model raises, where it fails on every row or on many: no row is to blame then.
    """
    X, ask = feature_frame(rows, problem), partial(_gives_numbers, model, problem)
    try:
        return ask(X)
    except Exception:
        is_scored = _halve(ask, X, iter(range(_MOST_FAILURES)))
        if not is_scored.any():
            raise
        return is_scored


def _halve(ask: Callable[[pd.DataFrame], NDArray[np.bool_]], X: pd.DataFrame, left: Iterator[int]) -> NDArray[np.bool_]:
    try:
        return ask(X)
    except Exception:
        if next(left, None) is None:
            raise
        if len(X) == 1:
            return np.zeros(1, dtype=bool)
        middle = len(X) // 2
        return np.concatenate([_halve(ask, X.iloc[:middle], left), _halve(ask, X.iloc[middle:], left)])


def _gives_numbers(model: Model, problem: Problem, X: pd.DataFrame) -> NDArray[np.bool_]:
    is_scored: NDArray[np.bool_] = np.isfinite(predict_features(model, X, problem)).all(axis=1)
    if isinstance(model, QuantileDecider) and is_scored.any():
        is_scored[is_scored] = np.isfinite(model.decide_rows(X[is_scored]))
    return is_scored
