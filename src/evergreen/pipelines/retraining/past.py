"""Choose which past a challenger learns from."""

from collections.abc import Collection
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.models.decide import predict_rows
from evergreen.models.figures import score_predictions
from evergreen.models.fit_recipe import fit_recipe
from evergreen.models.recipe import Recipe
from evergreen.models.target import target_values
from evergreen.pipelines.retraining.params import RetrainingParams
from evergreen.problem import Problem

_ASKED = 1 / 3
# Rows of one moment are not parted, so it may be more or less: up to a half, which is as far from a third.
_LEAST_ASKED = 1 / 6
Rows = NDArray[np.bool_]


def choose_past(
    problem: Problem, params: RetrainingParams, recipe: Recipe, training: pd.DataFrame, days: Collection[date]
) -> date | None:
    """Say whether to learn from all the past, or from the rows since a day alone.

    All ways are fitted without the newest third of the rows since the last of the days, and the one that foresees
    these with the smallest loss is taken, of equal ones the longest. The rows that are held out play no part in it.

    A day is passed over where fewer rows have come since than the case asks for to learn from, where these stem from so
    few moments that they cannot be parted like that, or where a class is only among the newest third.

    Args:
        problem: the case.
        params: the seed.
        recipe: how models are made.
        training: the training rows.
        days: the first days of worlds that may have begun then.

    Returns:
        One of the days; None for all the past.
    """
    if problem.split.by != "time":
        return None
    times = training[str(problem.event_time)]
    thirds = {day: _newest_third(problem, training, day) for day in sorted(set(days))}
    tried = {day: third for day, third in thirds.items() if third is not None}
    if not tried:
        return None
    is_asked = tried[max(tried)]
    ways = [times.notna(), *(times >= pd.Timestamp(day) for day in tried)]
    asked = training[is_asked].reset_index(drop=True)
    losses = [
        _loss(problem, params, recipe, training[way.to_numpy() & ~is_asked].reset_index(drop=True), asked)
        for way in ways
    ]
    return [None, *tried][int(np.argmin(losses))]


def _newest_third(problem: Problem, training: pd.DataFrame, day: date) -> Rows | None:
    """Mark the newest third of the rows since a day; None where the day is passed over."""
    times = training[str(problem.event_time)]
    is_new = times >= pd.Timestamp(day)
    n_new = int(is_new.sum())
    if n_new < max(problem.limits.min_training_rows, 1):
        return None
    moment = times[is_new].sort_values().iloc[int((1 - _ASKED) * n_new)]
    is_asked = min((times > moment, times >= moment), key=lambda one: abs(one.sum() / n_new - _ASKED))
    is_left = is_new & ~is_asked
    if is_asked.sum() < _LEAST_ASKED * n_new or _lacks_a_class(problem, training, is_left):
        return None
    found: Rows = is_asked.to_numpy(dtype=bool)
    return found


def _lacks_a_class(problem: Problem, training: pd.DataFrame, is_left: "pd.Series[bool]") -> bool:
    outcomes = training[problem.target.column]
    return problem.is_classification and outcomes[is_left].nunique() < outcomes.nunique()


def _loss(problem: Problem, params: RetrainingParams, recipe: Recipe, rows: pd.DataFrame, asked: pd.DataFrame) -> float:
    model = fit_recipe(recipe, rows, problem, random_state=params.random_state)
    figures = score_predictions(
        problem, target_values(asked, problem), predict_rows(model, asked, problem), np.ones((1, len(asked)))
    )
    return float(figures["log_loss" if problem.is_classification else "rmse"][0])
