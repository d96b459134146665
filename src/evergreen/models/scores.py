"""What a prediction looks like, and the action that follows from it."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.errors import DataError
from evergreen.measures import best_actions
from evergreen.models.row_payoffs import ration_by_gain, row_matrix
from evergreen.problem import Problem

ACTION = "action"


def score_columns(problem: Problem) -> tuple[str, ...]:
    """Name the score columns of a prediction.

    Args:
        problem: the case.

    Returns:
        ``score`` (probability of the positive class, or the predicted value), or ``score_<class>`` for each of
        more than two classes.
    """
    if problem.kind == "multiclass":
        return tuple(f"score_{name}" for name in problem.target.classes)
    return ("score",)


def choose_actions(
    probabilities: NDArray[Any],
    problem: Problem,
    rows: pd.DataFrame | None = None,
    *,
    taken: NDArray[np.object_] | None = None,
) -> NDArray[np.object_]:
    """Choose the action with the highest expected payoff; without a payoff, the most probable class.

    Args:
        probabilities: shape (n, k), in the order of the classes.
        problem: the case.
        rows: the same rows; needed where money differs by row or an action is scarce.
        taken: actions that were decided before, see ``ration_by_gain``; for a case with a capacity.

    Returns:
        Names of actions (or classes), shape (n,).

    Raises:
        DataError: where the payoff needs rows and there are none.
    """
    payoff = problem.payoff
    if payoff is None:
        return _names(problem.target.classes, probabilities.argmax(axis=1))
    if payoff.needs_rows and rows is None:
        raise DataError("Probabilities", "come alone, but the payoff needs the rows, too", "Give the rows.")
    matrix = row_matrix(payoff, problem, rows)
    if payoff.capacity is None or rows is None:
        return _names(payoff.actions, best_actions(probabilities, matrix))
    return _names(payoff.actions, ration_by_gain(probabilities, matrix, rows, problem, taken=taken))


def _names(names: Iterable[str], chosen: NDArray[Any]) -> NDArray[np.object_]:
    actions: NDArray[np.object_] = np.asarray(list(names), dtype=object)[chosen]
    return actions


def probabilities_of(predictions: pd.DataFrame, problem: Problem) -> NDArray[Any]:
    """Read class probabilities back from predictions.

    Args:
        predictions: what ``predict_rows`` gave, n rows.
        problem: the case; a classification.

    Returns:
        Shape (n, k).
    """
    scores = predictions[list(score_columns(problem))].to_numpy(dtype=float)
    return scores if problem.kind == "multiclass" else np.hstack([1 - scores, scores])
