"""What actions pay in each row, and who gets an action that is scarce."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.errors import DataError, named
from evergreen.measures import best_actions, expected_payoffs, payoff_matrix
from evergreen.measures.arrays import Floats, Integers
from evergreen.measures.capacity import first_of_windows, gains_of, window_limits
from evergreen.problem import Payoff, Problem

# Monday, 29 December 1969 lies three days before the day that days are counted from.
_DAYS_FROM_MONDAY = 3
_DAYS_OF_A_WEEK = 7


def row_matrix(payoff: Payoff, problem: Problem, rows: pd.DataFrame | None) -> Floats:
    """Write what each action pays in each class.

    Args:
        payoff: with actions.
        problem: the case.
        rows: n repaired rows; needed only where money differs by row.

    Returns:
        Money, shape (a, k), or (n, a, k) where it differs by row.

    Raises:
        DataError: where a column is absent that money depends on, or a cell is missing that may not be.
    """
    if not payoff.row_money or rows is None:
        return payoff_matrix(payoff, problem.target.classes)
    _refuse_absent(rows, payoff.columns)
    columns = {name: rows[name].astype("float64").to_numpy() for name in payoff.columns}
    return payoff_matrix(payoff, problem.target.classes, columns)


def ration_by_gain(
    probabilities: NDArray[Any],
    matrix: Floats,
    rows: pd.DataFrame,
    problem: Problem,
    *,
    taken: NDArray[np.object_] | None = None,
) -> Integers:
    """Choose actions where one is scarce: in each window it goes to the rows that gain most by it.

    No other choice within the limits has a higher expected payoff: rows do not depend on each other but by the limit,
    so the largest gains over the next best action are the best sum. Equal gains go by the key, whatever the order of
    the rows.

    Args:
        probabilities: shape (n, k), in the order of the classes.
        matrix: of ``row_matrix``.
        rows: the same rows, with key and event time.
        problem: the case; its payoff has a capacity.
        taken: actions that were decided before, None where there is none, shape (n,). They stay, and use up the
            capacity of a calendar window; a batch that was decided before had a capacity of its own.

    Returns:
        Positions of actions, shape (n,).
    """
    assert problem.payoff is not None  # noqa: S101 - see choose_actions
    scarce, names = _scarce(problem.payoff), list(problem.payoff.actions)
    chosen, gains = best_actions(probabilities, matrix), gains_of(expected_payoffs(probabilities, matrix), scarce)
    is_open = np.ones(len(rows), dtype=bool)
    if taken is not None:
        is_open = np.array([action is None for action in taken], dtype=bool)
        chosen[~is_open] = [names.index(action) for action in taken[~is_open]]
    windows, left = _windows(rows, problem, is_open, is_used=~is_open & (chosen == scarce))
    order = _order(rows, list(problem.key))
    order = order[np.argsort(-gains[order], kind="stable")]
    is_wanted = is_open & (chosen == scarce)
    kept = first_of_windows(order[is_wanted[order]], windows, left)
    is_wanted[kept] = False
    return np.where(is_wanted, _best_others(probabilities, matrix, scarce), chosen)


def ration_in_turn(
    actions: NDArray[Any], instead: str | None, shares: tuple[float, ...], rows: pd.DataFrame, problem: Problem
) -> NDArray[Any]:
    """Let a rule take a scarce action for the first rows of each window that it wants it for, in order of time.

    Args:
        actions: what the rule would do, shape (n,).
        instead: what it does else where the scarce action has run out; the best other action at the shares of the
            classes where not said.
        shares: of the classes among training rows.
        rows: the same rows, with key and event time.
        problem: the case.

    Returns:
        Names of actions, shape (n,); ``actions`` themselves where no action is scarce.
    """
    payoff = problem.payoff
    if payoff is None or payoff.capacity is None:
        return actions
    is_wanted = actions == payoff.capacity.action
    every = np.ones(len(rows), dtype=bool)
    windows, left = _windows(rows, problem, every, is_used=~every)
    order = _order(rows, [name for name in (problem.event_time, *problem.key) if name is not None])
    is_wanted[first_of_windows(order[is_wanted[order]], windows, left)] = False
    if instead is not None:
        return np.where(is_wanted, instead, actions)
    told = np.tile(shares, (len(rows), 1))
    others = _best_others(told, row_matrix(payoff, problem, rows), _scarce(payoff))
    return np.where(is_wanted, np.asarray(list(payoff.actions), dtype=object)[others], actions)


def _scarce(payoff: Payoff) -> int:
    assert payoff.capacity is not None  # noqa: S101 - asked where an action is scarce
    return list(payoff.actions).index(payoff.capacity.action)


def _best_others(probabilities: NDArray[Any], matrix: Floats, scarce: int) -> Integers:
    others = best_actions(probabilities, np.delete(matrix, scarce, axis=-2))
    return np.where(others >= scarce, others + 1, others)


def _windows(
    rows: pd.DataFrame, problem: Problem, is_open: NDArray[np.bool_], *, is_used: NDArray[np.bool_]
) -> tuple[Integers, Integers]:
    """Give the window of each row, and how many open rows of each window may have the scarce action."""
    assert problem.payoff is not None  # noqa: S101 - see the callers
    capacity = problem.payoff.capacity
    assert capacity is not None  # noqa: S101 - see the callers
    if capacity.per == "batch":
        return np.zeros(len(rows), dtype=np.int64), window_limits(capacity, np.array([is_open.sum()]))
    _refuse_absent(rows, [str(problem.event_time)])
    days = rows[str(problem.event_time)].to_numpy(dtype="datetime64[D]")
    starts = days.astype("datetime64[M]") if capacity.per == "month" else days
    numbers = starts.astype(np.int64)
    if capacity.per == "week":
        numbers = (numbers + _DAYS_FROM_MONDAY) // _DAYS_OF_A_WEEK
    codes, windows = pd.factorize(numbers, sort=True)
    limits = window_limits(capacity, np.bincount(codes, minlength=len(windows)))
    used = np.bincount(codes[is_used], minlength=len(windows))
    return codes.astype(np.int64), np.maximum(limits - used, 0)


def _order(rows: pd.DataFrame, names: list[str]) -> Integers:
    """Give the places of rows in the order of some columns."""
    _refuse_absent(rows, names)
    order = rows[names].reset_index(drop=True).sort_values(names, kind="stable").index
    return order.to_numpy(dtype=np.int64)


def _refuse_absent(rows: pd.DataFrame, names: list[str] | tuple[str, ...]) -> None:
    absent = [name for name in names if name not in rows.columns]
    if absent:
        raise DataError("Rows", f"lack {named(absent)}, by which the payoff decides", "Bring these columns.")
