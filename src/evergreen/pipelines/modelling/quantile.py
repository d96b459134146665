"""Try models of the quantile that the costs imply."""

from typing import Any

import pandas as pd

from evergreen.models.recipe import Recipe
from evergreen.pipelines.modelling.ground import ground_of, meter_of
from evergreen.pipelines.modelling.params import ModellingParams
from evergreen.problem import Problem
from evergreen.tuning.budget import Cost, Spending
from evergreen.tuning.finalists import Finalist
from evergreen.tuning.quantile import choose_quantile
from evergreen.tuning.search import Search
from evergreen.tuning.tuned import Tuning


def try_quantile(  # noqa: PLR0913, PLR0917 - one input each
    problem: Problem,
    params: ModellingParams,
    training: pd.DataFrame,
    column_movement: pd.DataFrame,
    tuning: Tuning,
    finalists: dict[str, Finalist],
    combined: dict[str, Any],
    search: Search,
) -> tuple[dict[str, Any], pd.DataFrame, dict[str, Finalist]]:
    """Let a model of the quantile decide on a value where that clearly costs less.

    Args:
        problem: the case.
        params: the seed and the budget.
        training: training rows.
        column_movement: columns that move in time.
        tuning: the end of the search.
        finalists: the best of each candidate, fitted and measured.
        combined: the fields of the ``Recipe`` without a model of the quantile.
        search: the clock.

    Returns:
        The fields of ``Recipe``, ready for JSON; one row a candidate, see ``Chosen.trials``; the finalists, and the
        model of the quantile where it was fitted on all rows.
    """
    ground, began = ground_of(problem, params, training, column_movement), search.read()
    spending = Spending(params.budget, lambda: search.read() - began, _spent(tuning, finalists) + search.before)
    found = choose_quantile(Recipe.model_validate(combined), tuning, finalists, ground, meter_of(search), spending)
    return found.recipe.model_dump(mode="json"), found.trials, found.fitted


def _spent(tuning: Tuning, finalists: dict[str, Finalist]) -> Cost:
    trials = Cost(float(tuning.costs["wall_seconds"].sum()), float(tuning.costs["cpu_seconds"].sum()))
    return sum((one.fit.cost for one in finalists.values()), trials)
