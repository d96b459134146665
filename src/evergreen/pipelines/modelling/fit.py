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
    affords = time_left(params.budget.after(search.before), tuning, len(ground.folds()), search.read)
    return fit_best(tuning.tuned, ground, meter_of(search), affords)


def fit_challenger(
    problem: Problem,
    params: ModellingParams,
    training: pd.DataFrame,
    recipe: dict[str, Any],
    finalists: dict[str, Finalist],
) -> Model:
    """Fit the challenger as its recipe says; a member that is fitted already is not fitted again.

    Args:
        problem: the case.
        params: the seed.
        training: training rows.
        recipe: the fields of ``Recipe``.
        finalists: the best of each candidate, fitted on the same rows.

    Returns:
        The challenger.
    """
    fitted = {settings_key(one.tuned.settings): one.pipeline for one in finalists.values()}
    made = Recipe.model_validate(recipe)
    return fit_recipe(made, training, problem, random_state=params.random_state, fitted=fitted)
