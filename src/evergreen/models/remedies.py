"""Balance outcome and group in what a model learns from, as the plan for biases or the section on fairness asks."""

from collections.abc import Sequence

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.models.target import target_values
from evergreen.problem import Problem
from evergreen.tables.groupings import find_levels

Weights = NDArray[np.float64]


def training_weights(rows: pd.DataFrame, problem: Problem) -> Weights | None:
    """Weigh rows as the case asks: by the balancing clause of its plan for biases, or by its remedy for fairness.

    Args:
        rows: labelled training rows, any order.
        problem: the case.

    Returns:
        One weight a row, shape (n,), see ``balance_weights``; None where the case balances nothing.
    """
    clause, fairness = problem.bias_plan.balancing_clause, problem.fairness
    if clause is not None:
        return balance_weights(rows, problem, clause.columns, is_whole=clause.remedy == "resample")
    if fairness is not None and fairness.remedy in ("reweigh", "resample"):
        return balance_weights(rows, problem, fairness.columns, is_whole=fairness.remedy == "resample")
    return None


def balance_weights(rows: pd.DataFrame, problem: Problem, columns: Sequence[str], *, is_whole: bool) -> Weights:
    """Weigh rows so that outcome and group are independent (Kamiran and Calders, 2012, Knowl. Inf. Syst. 33, 1-33).

    "reweigh" gives a row of group g and class y the weight P(g) P(y) / P(g, y), so that the weights of group g and
    class y add up to n P(g) P(y). "resample" brings as many rows of each group and class, by leaving rows out and
    repeating others. Their uniform sampling draws these rows; here they are taken at equal steps in the order of time
    and key, so that nothing is left to chance, and each weight says how often its row is taken.

    A group that lacks a class cannot be balanced in it: weights create no rows. Rows whose group is missing are a
    group. Numbers and times fall into quarters of these rows.

    Args:
        rows: labelled training rows, any order.
        problem: the case.
        columns: the sensitive columns that tell the groups.
        is_whole: whether to resample, which gives whole weights; to reweigh where not.

    Returns:
        One weight a row, shape (n,), 0 or more.
    """
    group = _group_codes(rows, columns, problem)
    outcome = pd.factorize(target_values(rows, problem))[0]
    cell = pd.factorize(group * (outcome.max(initial=0) + 1) + outcome)[0]
    n_cell = np.bincount(cell)[cell]
    weights = np.bincount(group)[group] * np.bincount(outcome)[outcome] / (len(rows) * n_cell)
    return _whole(weights, cell, rows, problem) if is_whole else weights


def _group_codes(rows: pd.DataFrame, columns: Sequence[str], problem: Problem) -> NDArray[np.int64]:
    levels = find_levels(columns, table=rows, training=rows, problem=problem)
    table = nw.from_native(rows, eager_only=True)
    keys = table.select(levels[name].key().alias(name) for name in columns).to_native()
    codes = keys.groupby(list(columns), dropna=False, sort=False).ngroup()
    return np.asarray(codes, dtype=np.int64)


def _whole(weights: Weights, cell: NDArray[np.int64], rows: pd.DataFrame, problem: Problem) -> Weights:
    """Turn weights that are equal within cells into whole numbers, evenly spread over each cell."""
    order = [name for name in (problem.event_time, *problem.key) if name is not None]
    sorted_rows = rows[order].reset_index(drop=True).sort_values(order, kind="stable").index.to_numpy()
    place = np.empty(len(rows), dtype=np.int64)
    place[sorted_rows] = pd.Series(cell[sorted_rows]).groupby(cell[sorted_rows]).cumcount().to_numpy()
    before, after = np.floor(place * weights + 0.5), np.floor((place + 1) * weights + 0.5)
    return after - before
