"""One-sided bounds from bootstrap draws, at ordinary levels and at very small ones."""

import math
from typing import Final, Literal

import numpy as np
from scipy.special import expit, logit, ndtr, ndtri, stdtrit

from evergreen.measures.arrays import Floats

Scale = Literal["plain", "share", "positive", "loss", "root"]
"""What a figure is: anything, a share, 0 and more, the mean of losses, or the root of such a mean.

Tails are taken plain, of a share by log-odds, of the others by logarithms; of losses also for a skewed mean."""
PLAIN: Final[Scale] = "plain"
SHARE: Final[Scale] = "share"
POSITIVE: Final[Scale] = "positive"
LOSS: Final[Scale] = "loss"
ROOT: Final[Scale] = "root"

# A quantile that fewer draws than this lie beyond is mostly chance.
_MIN_BEYOND = 10
_MANY_UNITS = 1_000
# Draws that differ by less than this share of their size differ by rounding.
_ROUNDING = 1e-12
# Nearer to none, skewness moves a bound by less than rounding does.
_LEAST_SKEW = 1e-6


def draw_quantile(value: float, draws: Floats, share: float, n_units: int | None, scale: Scale = PLAIN) -> float:
    """Give a quantile of what the figure might be.

    Where ten draws or more lie beyond, it is a quantile of the draws (the percentile method; Efron and Tibshirani,
    1993, An Introduction to the Bootstrap, chapter 13), at a share that makes up for few units: resampling G of them
    spreads by sqrt((G - 1) / G) too little, and a normal quantile stands where one of the t distribution with G - 1
    degrees of freedom should (the expanded percentile interval of Hesterberg, 2015, The American Statistician 69).

    Beyond that draws cannot tell. There it is the value less or plus that quantile of t times the standard deviation of
    the draws, both on the scale of the figure, and never nearer to the value than the outermost quantile of the draws
    that can be told. With fewer than 1,000 units, too, it is whichever of both reaches farther: quantiles alone then
    fall short where a few clusters make most of a figure. Of losses the farthest of three is taken, see
    ``_skewed_tail``.

    Args:
        value: the figure on the data as they are.
        draws: defined draws, shape (b,).
        share: above 0 and below 1; below one half it is a lower bound.
        n_units: G; None for many.
        scale: of the figure.

    Returns:
        The bound.
    """
    level = min(share, 1 - share)
    wide, least = _widened(level, n_units), _MIN_BEYOND / draws.size
    is_lower = share < 1 / 2
    if wide >= least and (n_units is None or n_units >= _MANY_UNITS):
        return float(np.quantile(draws, wide if is_lower else 1 - wide))
    outermost = min(max(least, wide), 1 / 2)
    edge = float(np.quantile(draws, outermost if is_lower else 1 - outermost))
    tail = _tail(value, draws, -_reach(level, n_units) if is_lower else _reach(level, n_units), scale)
    return min(edge, tail) if is_lower else max(edge, tail)


def detectable_effect(draws: Floats, n_units: int | None, level: float, power: float) -> float:
    """Give the minimal detectable effect: (z_{1 - level} + z_power) times the standard error.

    A true distance from the limit of this size keeps the bound on the right side of the limit with this chance (Bloom,
    1995, Evaluation Review 19, 547-556).

    Args:
        draws: defined draws, shape (b,).
        n_units: how many independent units; None for many.
        level: of the one-sided bound.
        power: the chance.

    Returns:
        The effect in the unit of the figure.
    """
    return float((_reach(level, n_units) + ndtri(power) * _inflation(n_units)) * spread_of(draws))


def spread_of(draws: Floats) -> float:
    """Give the standard deviation of draws; exactly 0 where they differ by rounding alone.

    Args:
        draws: defined draws, shape (b,).

    Returns:
        The deviation.
    """
    is_flat = np.ptp(draws) <= _ROUNDING * np.abs(draws).max()
    return 0.0 if is_flat or draws.size == 1 else float(draws.std(ddof=1))


def _inflation(n_units: int | None) -> float:
    return 1.0 if n_units is None else math.sqrt(n_units / (n_units - 1))


def _reach(level: float, n_units: int | None) -> float:
    """How many standard deviations of the draws a bound lies from the value."""
    quantile = -ndtri(level) if n_units is None else -stdtrit(n_units - 1, level)
    return float(quantile * _inflation(n_units))


def _widened(level: float, n_units: int | None) -> float:
    return level if n_units is None else float(ndtr(-_reach(level, n_units)))


def _tail(value: float, draws: Floats, reach: float, scale: Scale) -> float:
    """Go so many standard deviations from the value; a figure at the end of its scale stays on the plain one."""
    low, high = min(value, float(draws.min())), max(value, float(draws.max()))
    if scale == SHARE and low > 0 and high < 1:
        return float(expit(logit(value) + reach * spread_of(logit(draws))))
    if scale not in (PLAIN, SHARE) and low > 0:
        tail = float(value * np.exp(reach * spread_of(np.log(draws))))
        if scale == POSITIVE:
            return tail
        skewed = _skewed_tail(value, draws, reach, power=2 if scale == ROOT else 1)
        return min(tail, skewed) if reach < 0 else max(tail, skewed)
    plain = value + reach * spread_of(draws)
    if scale == PLAIN:
        return plain
    return float(np.clip(plain, 0, 1 if scale == SHARE else math.inf))


def _skewed_tail(value: float, draws: Floats, reach: float, *, power: int) -> float:
    """Go so many standard deviations from a mean whose t statistic is skewed.

    A mean of losses that happens to be small is also found to vary little: the t statistic leans the other way, and
    the upper bound falls short. The cubic transformation of Hall (1992, Journal of the Royal Statistical Society B 54,
    221-228) takes that out: g(t) = t + k t^2 / 3 + k^2 t^3 / 27 + k / 6, where k is the skewness of the draws, is
    symmetric but for terms of higher order, and rises everywhere.

    Args:
        value: the figure, above 0.
        draws: of it, shape (b,).
        reach: how far to go on the scale of g, below 0 for a lower bound.
        power: of the figure that makes it a mean.

    Returns:
        The bound of the figure, 0 or more.
    """
    mean, drawn = value**power, draws**power
    spread = spread_of(drawn)
    if spread == 0:
        return value
    skew = float((((drawn - drawn.mean()) / drawn.std()) ** 3).mean())
    turned = -reach
    if abs(skew) > _LEAST_SKEW:
        turned = float(3 / skew * (np.cbrt(1 + skew * (turned - skew / 6)) - 1))
    return float(max(0.0, mean - spread * turned) ** (1 / power))
