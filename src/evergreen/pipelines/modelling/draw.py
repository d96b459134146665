"""Draw how the search got on."""

import pandas as pd

from evergreen.problem import Problem
from evergreen.reporting.figures import Figure, draw_tuning


def draw_search(problem: Problem, tuning_history: pd.DataFrame) -> Figure:
    """Draw the loss of every trial.

    Args:
        problem: the case.
        tuning_history: one row a trial, see ``Tuning.history``.

    Returns:
        The figure.
    """
    name = "Log loss (nat)" if problem.is_classification else "Mean squared error"
    return draw_tuning(tuning_history, loss_name=name)
