"""Measure slices, and look for those on which the model does worst."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from evergreen.judging.params import EvaluationParams
from evergreen.models.no_model import NoModel
from evergreen.models.slice_search import Search, find_worst_slices
from evergreen.models.slices import SliceFigures, measure_named_slices, tabulate_named_slices
from evergreen.problem import Problem


def measure_slices(
    problem: Problem,
    params: EvaluationParams,
    no_model: dict[str, Any],
    holdout: pd.DataFrame,
    holdout_predictions: pd.DataFrame,
) -> dict[str, SliceFigures]:
    """Measure the challenger and every way to do without it on each slice of the case.

    Args:
        problem: the case.
        params: how intervals are made.
        no_model: what the training target alone tells.
        holdout: holdout rows.
        holdout_predictions: their predictions.

    Returns:
        Slice -> its figures and those of the rest.
    """
    knowledge = NoModel.model_validate(no_model)
    return measure_named_slices(problem, knowledge, holdout, holdout_predictions, params.resampling)


def tabulate_slices(
    problem: Problem,
    params: EvaluationParams,
    slice_figures: Mapping[str, SliceFigures],
    holdout: pd.DataFrame,
    holdout_predictions: pd.DataFrame,
) -> pd.DataFrame:
    """Lay out the slices of the case, and below them the worst that a search finds.

    Args:
        problem: the case.
        params: the confidence and the smallest slice that is judged.
        slice_figures: the measured slices.
        holdout: holdout rows.
        holdout_predictions: their predictions.

    Returns:
        Columns ``source, slice, metric, n_rows, value, low, high, difference, p_value, is_judged, word``.
    """
    least = params.min_slice_rows
    named = tabulate_named_slices(slice_figures, confidence=params.confidence, min_rows=least)
    search = Search(min_rows=least, alpha=1 - params.confidence, random_state=params.random_state)
    found = find_worst_slices(problem, holdout, holdout_predictions, search)
    return pd.concat([named, found], ignore_index=True)
