"""Draw up what candidates and challenger cost and are worth."""

from typing import Any

import pandas as pd

from evergreen.models.decide import Model
from evergreen.models.recipe import Recipe
from evergreen.pipelines.modelling.ground import ground_of, meter_of
from evergreen.pipelines.modelling.params import ModellingParams
from evergreen.problem import Problem
from evergreen.tuning.candidate_costs import Challenger, tabulate_costs
from evergreen.tuning.finalists import Finalist
from evergreen.tuning.search import Search
from evergreen.tuning.tuned import Tuning


def measure_candidates(  # noqa: PLR0913, PLR0917 - one input each
    problem: Problem,
    params: ModellingParams,
    training: pd.DataFrame,
    column_movement: pd.DataFrame,
    tuning: Tuning,
    fitted: dict[str, Finalist],
    recipe: dict[str, Any],
    challenger: Model,
    search: Search,
) -> pd.DataFrame:
    """Draw up the ledger of candidates.

    Args:
        problem: the case.
        params: the seed.
        training: training rows.
        column_movement: columns that move in time.
        tuning: the end of the search.
        fitted: the best of each candidate and the model of the quantile, fitted and measured.
        recipe: the fields of ``Recipe``.
        challenger: the model that was made by it.
        search: the clock.

    Returns:
        See ``tabulate_costs``.
    """
    ground = ground_of(problem, params, training, column_movement)
    chosen = Challenger(Recipe.model_validate(recipe), challenger)
    return tabulate_costs(tuning, fitted, chosen, ground, meter_of(search))
