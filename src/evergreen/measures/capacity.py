"""An action that only so many rows of a window may get."""

from collections.abc import Sequence

import numpy as np

from evergreen.measures.arrays import Floats, Integers
from evergreen.problem import Capacity

# A share times a number of rows that should be whole may fall short of it by rounding.
_ROUNDING = 1e-9


def window_limits(capacity: Capacity, n_rows: Integers) -> Integers:
    """Say how many rows of each window may get the scarce action.

    Args:
        capacity: the case's capacity.
        n_rows: rows of each window, shape (w,).

    Returns:
        Rows, shape (w,); a share is rounded down.
    """
    if capacity.share is None:
        return np.full(len(n_rows), capacity.at_most, dtype=np.int64)
    limits: Integers = np.floor(n_rows * capacity.share + _ROUNDING).astype(np.int64)
    return limits


def first_of_windows(order: Sequence[int] | Integers, windows: Integers, limits: Integers) -> Integers:
    """Keep the first rows of each window.

    Args:
        order: places of the rows that want something, from first to last.
        windows: the window of each row, 0 to w - 1, shape (n,).
        limits: how many are kept of each window, shape (w,).

    Returns:
        Places of the rows that are kept.
    """
    places = np.asarray(order, dtype=np.int64)
    own = windows[places]
    by_window = np.argsort(own, kind="stable")
    sizes = np.bincount(own, minlength=len(limits))
    place_in_window = np.arange(len(places)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return places[by_window[place_in_window < np.repeat(limits, sizes)]]


def gains_of(expected: Floats, action: int) -> Floats:
    """Say what an action is expected to pay more than the best of the others.

    Args:
        expected: expected money, shape (n, a), a >= 2.
        action: its position.

    Returns:
        Money, shape (n,).
    """
    others = np.delete(expected, action, axis=1)
    gains: Floats = expected[:, action] - others.max(axis=1)
    return gains
