"""Search for good settings of all candidates inside the budget."""

from collections.abc import Callable

import pandas as pd
from pydantic import ValidationError

from evergreen.models.recipe import Recipe
from evergreen.pipelines.modelling.params import ModellingParams
from evergreen.problem import Problem
from evergreen.releases import Champion, NoChampion
from evergreen.tuning.search import Search
from evergreen.tuning.tune import Task, tune
from evergreen.tuning.tuned import Tuning


def tune_candidates(
    problem: Problem,
    params: ModellingParams,
    training: pd.DataFrame,
    column_movement: pd.DataFrame,
    search: Search,
    earlier_champion: Callable[[], Champion],
) -> tuple[Tuning, pd.DataFrame, pd.DataFrame]:
    """Search for good settings of all candidates inside the budget.

    Args:
        problem: the case.
        params: which candidates, the seed and the budget.
        training: training rows.
        column_movement: columns that move in time; none is left out where it has no row.
        search: the way to the study, the clock and whoever watches.
        earlier_champion: gives the live release; it is asked for only where the search is to begin at its recipe.

    Returns:
        The trials that went all the way; one row a trial, see ``Tuning.history``; what each took, see
        ``Tuning.costs``.

    Raises:
        CaseError: where a candidate needs a package that is not installed.
        DataError: where no trial went all the way, or the study cannot be read.
        ReleaseError: where the search is to begin at a champion that is damaged.
    """
    warm = _recipe_of(earlier_champion()) if params.warm_start else None
    task = Task(training, problem, params.candidates, params.random_state, column_movement, warm)
    found = tune(task, search, params.budget, search.before)
    return found, found.history, found.costs


def _recipe_of(champion: Champion) -> Recipe | None:
    """Read how a release is made; None where it does not say, or in another version's form: one can begin without."""
    if isinstance(champion, NoChampion):
        return None
    try:
        return Recipe.model_validate(champion.documents.get("recipe"))
    except ValidationError:
        return None
