"""Measure the biases of the data and hold them against the plan of the case."""

from typing import Any

import pandas as pd

from evergreen.preparing.params import DataProcessingParams
from evergreen.problem import Problem
from evergreen.tables.bias_plan import check_bias_plan
from evergreen.tables.groups import measure_groups


def measure_groups_of_decisions(
    problem: Problem,
    params: DataProcessingParams,
    marked: Any,
    repaired: Any,
    training: pd.DataFrame,
    holdout: pd.DataFrame,
) -> pd.DataFrame:
    """Count, for every group of the sensitive columns, what becomes of it from stage to stage.

    Args:
        problem: the case.
        params: the confidence of the intervals.
        marked: every gathered row once, repaired, with ``reasons`` where it cannot be used.
        repaired: usable rows.
        training: training rows.
        holdout: holdout rows.

    Returns:
        The group ledger, see ``tables.groups.measure_groups``.
    """
    return measure_groups(marked, repaired, training, holdout, problem=problem, confidence=params.confidence)


def check_plan(problem: Problem, group_ledger: pd.DataFrame) -> pd.DataFrame:
    """Hold every clause of the plan for biases against the data, and name what the plan passes over.

    Args:
        problem: the case.
        group_ledger: of ``measure_groups_of_decisions``.

    Returns:
        The check, see ``tables.bias_plan.check_bias_plan``.
    """
    return check_bias_plan(group_ledger, problem)
