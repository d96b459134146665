"""Search for good settings of all candidates inside the budget."""

from collections.abc import Callable
from typing import Any

import pandas as pd
from pydantic import ValidationError

from evergreen.models.recipe import Recipe
from evergreen.pipelines.modelling.params import ModellingParams
from evergreen.problem import Problem
from evergreen.tuning.search import Search
from evergreen.tuning.tune import Task, tune
from evergreen.tuning.tuned import Tuning


def tune_candidates(
    problem: Problem,
    params: ModellingParams,
    training: pd.DataFrame,
    column_movement: pd.DataFrame,
    search: Search,
    champion_recipe: Callable[[], dict[str, Any] | None],
) -> tuple[Tuning, pd.DataFrame, pd.DataFrame]:
    """Search for good settings of all candidates inside the budget.

    Args:
        problem: the case.
        params: which candidates, the seed and the budget.
        training: training rows.
        column_movement: columns that move in time; none is left out where it has no row.
        search: the way to the study, the clock and whoever watches.
        champion_recipe: the way to the champion's recipe; it is taken only where the search is to begin there.

    Returns:
        The trials that went all the way; one row a trial, see ``Tuning.history``; what each took, see
        ``Tuning.costs``.

    Raises:
        CaseError: where a candidate needs a package that is not installed.
        DataError: where no trial went all the way, or the study cannot be read.
        ReleaseError: where the search is to begin at a champion that is damaged.
    """
    warm = _recipe_of(champion_recipe()) if params.warm_start else None
    task = Task(training, problem, params.candidates, params.random_state, column_movement, warm)
    found = tune(task, search, params.budget, search.before)
    return found, found.history, found.costs


def _recipe_of(fields: dict[str, Any] | None) -> Recipe | None:
    """Read a recipe; None where there is none, or it is of another version's form: a search can begin without."""
    try:
        return None if fields is None else Recipe.model_validate(fields)
    except ValidationError:
        return None
