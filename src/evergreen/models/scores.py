"""What a prediction looks like, and the action that follows from it."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.measures import best_actions, payoff_matrix
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


def choose_actions(probabilities: NDArray[Any], problem: Problem) -> NDArray[np.object_]:
    """Choose the action with the highest expected payoff; without a payoff, the most probable class.

    Args:
        probabilities: shape (n, k), in the order of the classes.
        problem: the case.

    Returns:
        Names of actions (or classes), shape (n,).
    """
    if problem.payoff is None:
        names, chosen = list(problem.target.classes), probabilities.argmax(axis=1)
    else:
        names = list(problem.payoff.actions)
        chosen = best_actions(probabilities, payoff_matrix(problem.payoff, problem.target.classes))
    actions: NDArray[np.object_] = np.asarray(names, dtype=object)[chosen]
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
