"""Fit the best of each candidate, and the challenger."""

from typing import Any

import pandas as pd

from evergreen.models.decide import Model
from evergreen.models.fit_recipe import fit_recipe, settings_key
from evergreen.models.recipe import Recipe
from evergreen.pipelines.modelling.ground import ground_of, meter_of
from evergreen.pipelines.modelling.params import ModellingParams
from evergreen.problem import Problem
from evergreen.tuning.finalists import Finalist, time_left
from evergreen.tuning.finalists import fit_finalists as fit_best
from evergreen.tuning.quantile import cost_kept_back
from evergreen.tuning.search import Search
from evergreen.tuning.tuned import Tuning


def fit_finalists(
    problem: Problem,
    params: ModellingParams,
    training: pd.DataFrame,
    column_movement: pd.DataFrame,
    tuning: Tuning,
    search: Search,
) -> dict[str, Finalist]:
    """Fit the best trial of each candidate on all rows and measure what it takes.

    Args:
        problem: the case.
        params: the seed and the budget.
        training: training rows.
        column_movement: columns that move in time.
        tuning: the end of the search.
        search: the clock.

    Returns:
        Candidate -> what was fitted, best first; where the budget is spent, the first few.
    """
    ground = ground_of(problem, params, training, column_movement)
    budget = params.budget.after(search.before + cost_kept_back(tuning, ground))
    affords = time_left(budget, tuning, len(ground.folds()), search.read)
    return fit_best(tuning.tuned, ground, meter_of(search), affords)


def fit_challenger(
    problem: Problem,
    params: ModellingParams,
    training: pd.DataFrame,
    recipe: dict[str, Any],
    fitted: dict[str, Finalist],
) -> Model:
    """Fit the challenger as its recipe says; a member that is fitted already is not fitted again.

    Args:
        problem: the case.
        params: the seed.
        training: training rows.
        recipe: the fields of ``Recipe``.
        fitted: the best of each candidate and the model of the quantile, fitted on the same rows.

    Returns:
        The challenger.
    """
    pipelines = {settings_key(one.tuned.settings): one.pipeline for one in fitted.values()}
    made = Recipe.model_validate(recipe)
    return fit_recipe(made, training, problem, random_state=params.random_state, fitted=pipelines)
