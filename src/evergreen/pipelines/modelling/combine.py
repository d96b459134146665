"""Choose the best model or a combination, and how it is corrected."""

from typing import Any

import pandas as pd

from evergreen.pipelines.modelling.ground import ground_of
from evergreen.pipelines.modelling.params import ModellingParams
from evergreen.problem import Problem
from evergreen.tuning.combine import combine_tuned
from evergreen.tuning.finalists import Finalist, limits_of
from evergreen.tuning.tuned import Tuning


def combine_candidates(
    problem: Problem,
    params: ModellingParams,
    training: pd.DataFrame,
    column_movement: pd.DataFrame,
    tuning: Tuning,
    finalists: dict[str, Finalist],
) -> tuple[dict[str, Any], pd.DataFrame, pd.DataFrame]:
    """Choose among the candidates that keep the limits of the case.

    Args:
        problem: the case.
        params: the seed, and what a combination may take.
        training: training rows.
        column_movement: columns that move in time.
        tuning: the end of the search.
        finalists: the best of each candidate, fitted and measured.

    Returns:
        The fields of ``Recipe``, ready for JSON; validation before and after every correction, columns ``candidate,
        correction, fold, metric, score, fit_rows``, lower is better; the steps from the best model to the combination.

    Raises:
        DataError: where every candidate breaks a limit of the case.
    """
    ground = ground_of(problem, params, training, column_movement)
    limits = limits_of(finalists, problem.limits, max_latency_ratio=params.max_latency_ratio)
    found = combine_tuned(tuning.tuned, ground, limits)
    return found.recipe.model_dump(mode="json"), found.scores, found.steps
