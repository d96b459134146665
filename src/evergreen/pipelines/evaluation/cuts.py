"""What other cuts through the scores would have found and paid."""

import pandas as pd

from evergreen.judging.params import EvaluationParams
from evergreen.models.curves import gain_curve, payoff_by_threshold
from evergreen.problem import Problem


def tabulate_gains(
    problem: Problem, params: EvaluationParams, holdout: pd.DataFrame, holdout_predictions: pd.DataFrame
) -> pd.DataFrame:
    """Tell what share of the positive class is among the rows with the highest scores.

    Args:
        problem: the case.
        params: the confidence.
        holdout: holdout rows.
        holdout_predictions: their predictions.

    Returns:
        Columns ``share, caught, low, high, lift``; no row unless the problem is binary.
    """
    return gain_curve(problem, holdout, holdout_predictions, confidence=params.confidence)


def tabulate_thresholds(
    problem: Problem, params: EvaluationParams, holdout: pd.DataFrame, holdout_predictions: pd.DataFrame
) -> pd.DataFrame:
    """Tell what acting from a certain score on would have paid.

    Args:
        problem: the case.
        params: the confidence.
        holdout: holdout rows.
        holdout_predictions: their predictions.

    Returns:
        Columns ``threshold, acted_share, payoff, low, high, is_break_even``; no row unless the problem is binary with
        a payoff.
    """
    return payoff_by_threshold(problem, holdout, holdout_predictions, confidence=params.confidence)
