"""Price the remedies for unequal decisions about groups."""

from typing import Any

import pandas as pd

from evergreen.models.fair_remedies import tabulate_remedies
from evergreen.models.recipe import Recipe
from evergreen.pipelines.modelling.params import ModellingParams
from evergreen.problem import Problem


def price_remedies(
    problem: Problem, params: ModellingParams, training: pd.DataFrame, recipe: dict[str, Any]
) -> pd.DataFrame:
    """Try every remedy that the case allows on rows it has not learnt from.

    Args:
        problem: the case.
        params: the seed.
        training: training rows.
        recipe: the fields of ``Recipe``.

    Returns:
        See ``tabulate_remedies``; no row where the case has no section on fairness.
    """
    return tabulate_remedies(Recipe.model_validate(recipe), training, problem, random_state=params.random_state)
