"""The cut points of groups that bring the most money under a limit on the gap between their rates."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evergreen.measures.arrays import Floats

# A rate and a limit that are equal but for rounding are equal.
_SLACK = 1e-9
NOBODY = 2.0
EVERYBODY = 0.0


@dataclass(frozen=True, eq=False)
class Ladder:
    """All that a cut point can do in one group, from selecting nobody to selecting everybody.

    Attributes:
        cuts: rows with this score or more are selected, falling, shape (m,).
        rates: the rate that is limited, rising, shape (m,).
        money: what selecting brings in sum, shape (m,).
    """

    cuts: Floats
    rates: Floats
    money: Floats


def build_ladder(scores: Floats, gains: Floats, is_counted: NDArray[np.bool_]) -> Ladder:
    """List all cut points of one group. Rows with equal scores are selected together.

    Args:
        scores: probabilities, shape (n,).
        gains: what selecting each row brings, shape (n,).
        is_counted: whether a row is one that the rate is of; at least one is, shape (n,).

    Returns:
        The ladder; a cut lies midway between neighbouring scores.
    """
    order = np.argsort(-scores, kind="stable")
    falling = scores[order]
    ends = np.append(np.flatnonzero(np.diff(falling)), len(falling) - 1)
    between = (falling[ends[:-1]] + falling[ends[:-1] + 1]) / 2
    rates = np.cumsum(is_counted[order])[ends] / is_counted.sum()
    return Ladder(
        np.concatenate([[NOBODY], between, [EVERYBODY]]),
        np.concatenate([[0.0], rates]),
        np.concatenate([[0.0], np.cumsum(gains[order])[ends]]),
    )


def search_cuts(ladders: Sequence[Ladder], limit: float) -> list[float]:
    """Find one cut point a group with the most money, where the rates of no two groups lie further apart than a limit.

    Exact: some group has the lowest rate, so the rates of all lie in a window that begins at a rate of one of the
    ladders. For each window every group takes the best of its cut points there, which is one look-up in a table of
    maxima over ranges whose lengths are powers of two. For n rows this takes n log n.

    Args:
        ladders: one a group.
        limit: the largest gap, 0 to 1.

    Returns:
        Cut points; of equally good ones those that select fewer rows.
    """
    starts = np.unique(np.concatenate([ladder.rates for ladder in ladders]))
    best, total = [], np.zeros(len(starts))
    for ladder in ladders:
        low = np.searchsorted(ladder.rates, starts - _SLACK, side="left")
        high = np.searchsorted(ladder.rates, starts + limit + _SLACK, side="right")
        places = _range_argmax(ladder.money, low, high)
        best.append(places)
        total += np.where(places >= 0, ladder.money[places], -np.inf)
    window = int(total.argmax())
    return [float(ladder.cuts[places[window]]) for ladder, places in zip(ladders, best, strict=True)]


def _range_argmax(values: Floats, low: NDArray[np.intp], high: NDArray[np.intp]) -> NDArray[np.intp]:
    """Find the place of the first largest value in each range; -1 where a range is empty."""
    table = [np.arange(len(values))]
    for step in 2 ** np.arange(int(np.log2(len(values)))):
        table.append(_better(values, table[-1][:-step], table[-1][step:]))
    length = high - low
    found = np.full(len(low), -1, dtype=np.intp)
    levels = np.where(length > 0, np.log2(np.maximum(length, 1)).astype(int), -1)
    for level, places in enumerate(table):
        is_now = levels == level
        found[is_now] = _better(values, places[low[is_now]], places[high[is_now] - 2**level])
    return found


def _better(values: Floats, first: NDArray[np.intp], second: NDArray[np.intp]) -> NDArray[np.intp]:
    return np.where(values[second] > values[first], second, first)
