"""Search for good settings of all candidates inside the budget."""

import pandas as pd

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
) -> tuple[Tuning, pd.DataFrame, pd.DataFrame]:
    """Search for good settings of all candidates inside the budget.

    Args:
        problem: the case.
        params: which candidates, the seed and the budget.
        training: training rows.
        column_movement: columns that move in time; none is left out where it has no row.
        search: the way to the study, the clock and whoever watches.

    Returns:
        The trials that went all the way; one row a trial, see ``Tuning.history``; what each took, see
        ``Tuning.costs``.

    Raises:
        CaseError: where a candidate needs a package that is not installed.
        DataError: where no trial went all the way, or the study cannot be read.
    """
    task = Task(training, problem, params.candidates, params.random_state, column_movement)
    found = tune(task, search, params.budget, search.before)
    return found, found.history, found.costs
