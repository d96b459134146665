"""How far the figures of groups lie apart."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from evergreen.errors import CaseError
from evergreen.measures.arrays import Floats, Integers, ratio


@dataclass(frozen=True)
class Moments:
    """The first moments of the cells of some groups, one entry a group.

    Attributes:
        n: cells that hold a value, shape (k,).
        mean: their mean; NaN without one.
        variance: their variance, divided by n - 1; NaN under two.
    """

    n: Floats
    mean: Floats
    variance: Floats


def pool_moments(parts: Moments, group: Integers, n_groups: int) -> Moments:
    """Put parts of groups together without their rows (Chan, Golub and LeVeque, 1983, Am. Stat. 37, 242-247).

    Args:
        parts: moments of p parts.
        group: which group each part belongs to, 0 to ``n_groups - 1``, shape (p,).
        n_groups: k.

    Returns:
        The moments of k groups; they do not depend on how the rows were divided.
    """

    def total(values: Floats) -> Floats:
        return np.asarray(np.bincount(group, weights=values, minlength=n_groups), dtype=np.float64)

    mean, variance = np.nan_to_num(parts.mean), np.nan_to_num(parts.variance)
    n = total(parts.n)
    pooled = ratio(total(parts.n * mean), n)
    away = np.where(parts.n > 0, mean - np.nan_to_num(pooled)[group], 0)
    squares = total(np.maximum(parts.n - 1, 0) * variance + parts.n * away**2)
    return Moments(n, pooled, ratio(squares, np.maximum(n - 1, 0)))


def mean_interval(mean: ArrayLike, deviation: ArrayLike, n: ArrayLike, *, confidence: float) -> tuple[Floats, Floats]:
    """Give the normal interval of a mean: mean -+ z * deviation / sqrt(n).

    Args:
        mean: means, any shape.
        deviation: standard deviations of the values, the same shape.
        n: how many values, the same shape.
        confidence: two-sided, above 0 and below 1.

    Returns:
        Lower and upper bounds; NaN under two values.

    Raises:
        CaseError: where the confidence is no share.
    """
    if not 0 < confidence < 1:
        raise CaseError("Confidence", f"is {confidence}", "Give a share above 0 and below 1, like 0.95.")
    middle = np.asarray(mean, dtype=np.float64)
    reach = ndtri((1 + confidence) / 2) * ratio(deviation, np.sqrt(np.asarray(n, dtype=np.float64)))
    return middle - reach, middle + reach


def difference_interval(high: tuple[float, float, float], low: tuple[float, float, float]) -> tuple[float, float]:
    """Give the interval of the difference of two independent figures from the interval of each.

    Square-and-add: of two shares with Wilson intervals this is method 10 of Newcombe (1998, Stat. Med. 17, 873-890), of
    two means with normal ones the unpooled normal interval; in general see Zou and Donner (2008, Stat. Med. 27,
    1693-1702).

    Args:
        high: the figure that is taken from, with its lower and upper bound.
        low: the figure that is taken away, with its bounds, at the same confidence.

    Returns:
        Lower and upper bound of ``high - low`` at that confidence; NaN where a bound is.
    """
    difference = high[0] - low[0]
    down = np.hypot(high[0] - high[1], low[2] - low[0])
    up = np.hypot(high[2] - high[0], low[0] - low[1])
    return float(difference - down), float(difference + up)
