"""What the nodes after the search share."""

import pandas as pd

from evergreen.pipelines.modelling.params import ModellingParams
from evergreen.problem import Problem
from evergreen.releases import model_to_bytes
from evergreen.tuning.ground import Ground
from evergreen.tuning.meter import Meter
from evergreen.tuning.search import Search
from evergreen.tuning.space import movable_columns


def ground_of(
    problem: Problem, params: ModellingParams, training: pd.DataFrame, column_movement: pd.DataFrame
) -> Ground:
    """Put together what trials were judged on.

    Args:
        problem: the case.
        params: the seed.
        training: training rows.
        column_movement: columns that move in time.

    Returns:
        The ground of every step after the search.
    """
    return Ground(training, problem, movable_columns(column_movement), params.random_state)


def meter_of(search: Search) -> Meter:
    """Take the clock and the memory of the search, and the form of a release to weigh models in.

    Args:
        search: the way to the world outside.

    Returns:
        The meter.
    """
    return Meter(search.read, model_to_bytes, search.memory)
