"""Find the columns that move in time."""

import numpy as np
import pandas as pd

from evergreen.errors import DataError, named
from evergreen.pipelines.modelling.params import ModellingParams
from evergreen.problem import Problem
from evergreen.tuning.movement import NO_MOVEMENT, find_movement
from evergreen.tuning.search import Search


def find_moving_columns(
    problem: Problem, params: ModellingParams, training: pd.DataFrame, search: Search
) -> pd.DataFrame:
    """Order the features by how much they move in time.

    Args:
        problem: the case.
        params: the seed, and whether anything may be left out.
        training: training rows.
        search: the clock; what this takes counts as a part of the search.

    Returns:
        See ``find_movement``; no row where the case is not split by time, or nothing may be left out.

    Raises:
        DataError: where a class is missing from the training rows, or a value to predict is none.
    """
    _refuse_no_numbers(problem, training)
    missing = [name for name in problem.target.classes if not (training[problem.target.column] == name).any()]
    if missing:
        finding = f"hold no row of class {named(missing)}"
        raise DataError("The training rows", finding, "Bring a longer history, or take the class out of the case.")
    began = search.read()
    movement = NO_MOVEMENT
    if params.leave_out_moving:
        movement = find_movement(training, problem, random_state=params.random_state)
    search.before = search.read() - began
    return movement


def _refuse_no_numbers(problem: Problem, training: pd.DataFrame) -> None:
    if problem.is_classification:
        return
    column = problem.target.column
    values = training[column].to_numpy(dtype=float)
    is_bad = ~np.isfinite(values)
    if is_bad.any():
        first = training.iloc[int(is_bad.argmax())]
        place = ", ".join(f"{name} {first[name]}" for name in problem.key)
        finding = f"is infinite or missing in {int(is_bad.sum())} training rows (first: {place})"
        raise DataError(
            f"The target '{column}'", finding, "Mend the source, or give the column a range in the contract."
        )
