"""How far figures of groups lie apart, with bounds that hold although the widest of many gaps was picked."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from evergreen.measures.arrays import Floats, Integers, ratio
from evergreen.measures.bounds import PLAIN, POSITIVE, Scale
from evergreen.measures.group_ratios import GroupRatio
from evergreen.measures.intervals import Estimate

Side = tuple[GroupRatio, NDArray[np.bool_]]
Pair = tuple[int, int]
_TWO = 2
_NOWHERE = -1
# Of more pairs only those are bounded whose bounds come out largest by standard deviations.
_MAX_PAIRS = 100
_SCREEN_LEVEL = 0.01


@dataclass(frozen=True)
class Gap:
    """The largest figure of all judged groups less the smallest, or the smallest divided by the largest.

    Attributes:
        value: the gap; NaN where fewer than two groups are judged.
        lower_bound: one-sided.
        upper_bound: one-sided.
        high: the place of the group with the largest figure; -1 where there is none.
        low: the place of the group with the smallest.
        n_groups: how many groups are judged.
    """

    value: float = math.nan
    lower_bound: float = math.nan
    upper_bound: float = math.nan
    high: int = _NOWHERE
    low: int = _NOWHERE
    n_groups: int = 0


@dataclass(frozen=True)
class Judging:
    """How gaps are judged.

    Attributes:
        confidence: of each one-sided bound, above 0 and below 1.
        min_units: with fewer independent rows or clusters in any judged group there are no bounds.
    """

    confidence: float
    min_units: int

    @property
    def level(self) -> float:
        """The chance that a bound is wrong."""
        return 1 - self.confidence


@dataclass(frozen=True)
class _Told:
    min_units: int
    is_share: bool


def widest_gap(found: GroupRatio, judged: NDArray[np.bool_], judging: Judging, *, is_share: bool) -> Gap:
    """Say how far the judged groups lie apart.

    The gap is a maximum over pairs of groups. Its upper bound is the largest of the upper bounds of all pairs'
    differences, each at the same level: the pair that is farthest apart in truth is one of them, so this holds without
    a correction for their number (intersection-union; Berger, 1982, Technometrics 24, 295-300). Where groups are alike
    it lies above what one pair would give, the more so the more and smaller the groups: the largest difference found is
    biased upward, and that errs on the cautious side. Taken from below it would not, so the lower bound is that of the
    two groups found farthest apart, at a level divided by the number of ordered pairs (Bonferroni), which holds
    whichever pair was picked.

    Where no resample of a group differs, as where nobody is selected, its draws say nothing: its share then reaches as
    far as the bound of Clopper and Pearson (1934) for no event among its rows, at a part of the level where the other
    group needs the rest. Figures other than shares have no bounds where no resample of a pair differs.

    Args:
        found: the figure of k groups.
        judged: which groups count, shape (k,).
        judging: the confidence.
        is_share: whether figures lie between 0 and 1.

    Returns:
        The gap.
    """
    return _bounded([(found, judged)], judging, is_share=is_share)


def larger_gap(first: Side, second: Side, judging: Judging) -> tuple[Gap, int]:
    """Take the larger of two gaps between shares, as equalized odds do; bounds hold as in ``widest_gap``.

    Args:
        first: a figure and the groups that count in it.
        second: another one.
        judging: the confidence.

    Returns:
        The gap, NaN where either is, and which of the two it is, 0 or 1.
    """
    sides = [first, second]
    if min(judged.sum() for _, judged in sides) < _TWO:
        return Gap(n_groups=min(int(judged.sum()) for _, judged in sides)), 0
    wider = int(np.argmax([np.ptp(found.value[judged]) for found, judged in sides]))
    return _bounded([sides[wider], sides[1 - wider]], judging, is_share=True), wider


def smallest_ratio(found: GroupRatio, judged: NDArray[np.bool_], judging: Judging) -> Gap:
    """Divide the smallest share of the judged groups by the largest, as the ratio of demographic parity does.

    Bounds are made as in ``widest_gap``, the other way round: the lower bound is the smallest of all pairs.

    Args:
        found: shares of k groups.
        judged: which groups count, shape (k,).
        judging: the confidence.

    Returns:
        The ratio; NaN where no judged group has a share above 0.
    """
    n_groups = int(judged.sum())
    if n_groups < _TWO or found.value[judged].max() == 0:
        return Gap(n_groups=n_groups)
    high, low = _ends(found, judged)
    level, n_pairs = judging.level, n_groups * (n_groups - 1)
    quotients = [_quotient(found, pair, judging) for pair in _pairs(found, judged, judging.min_units)]
    lower = np.min([one.lower_bound(1 - level) for one in quotients])
    upper = _quotient(found, (low, high), judging).upper_bound(1 - level / n_pairs)
    return Gap(float(found.value[low] / found.value[high]), float(lower), min(1.0, upper), high, low, n_groups)


def _bounded(sides: Sequence[Side], judging: Judging, *, is_share: bool) -> Gap:
    """Bound the gap of the first figure, which is the largest of them all."""
    found, judged = sides[0]
    n_groups = min(int(kept.sum()) for _, kept in sides)
    if n_groups < _TWO:
        return Gap(n_groups=n_groups)
    high, low = _ends(found, judged)
    level, told = judging.level, _Told(judging.min_units, is_share)
    uppers = [_upper(one, pair, level, told) for one, kept in sides for pair in _pairs(one, kept, told.min_units)]
    n_pairs = sum(int(kept.sum()) * (int(kept.sum()) - 1) for _, kept in sides)
    lower = -_upper(found, (low, high), level / n_pairs, told)
    value = float(found.value[high] - found.value[low])
    return Gap(value, float(np.maximum(0, lower)), float(np.max(uppers)), high, low, n_groups)


def _upper(found: GroupRatio, pair: Pair, level: float, told: _Told) -> float:
    """Bound the first figure of a pair less the second from above."""
    one, other = pair
    value, draws = float(found.value[one] - found.value[other]), found.draws[:, one] - found.draws[:, other]
    difference = _estimate(value, draws, found.n_units[list(pair)], told.min_units)
    if not told.is_share:
        return math.nan if difference.is_flat else difference.upper_bound(1 - level)
    unsure = _unsure(found, pair)
    each = level / max(1, len(unsure) + (not difference.is_flat))
    bound = value if difference.is_flat else difference.upper_bound(1 - each)
    return float(np.minimum(1, bound + sum(1 - each ** (1 / found.n_units[place]) for place in unsure)))


def _unsure(found: GroupRatio, pair: Pair) -> list[int]:
    """List groups whose share may be farther from the other than any draw says: none of their draws differs."""
    may_move = (found.value[pair[0]] < 1, found.value[pair[1]] > 0)
    return [
        place
        for place, is_open in zip(pair, may_move, strict=True)
        if is_open and Estimate(float(found.value[place]), found.draws[:, place]).is_flat
    ]


def _quotient(found: GroupRatio, pair: Pair, judging: Judging) -> Estimate:
    above, below = (np.stack([found.value[place], *found.draws[:, place]]) for place in pair)
    quotients = ratio(above, below)
    one = _estimate(float(quotients[0]), quotients[1:], found.n_units[list(pair)], judging.min_units, POSITIVE)
    return replace(one, draws=np.full_like(one.draws, np.nan)) if one.is_flat else one


def _estimate(value: float, draws: Floats, n_units: Integers, min_units: int, scale: Scale = PLAIN) -> Estimate:
    fewest = int(n_units.min())
    is_known = fewest >= min_units
    return Estimate(value, draws if is_known else np.full_like(draws, np.nan), max(fewest, _TWO), scale)


def _pairs(found: GroupRatio, judged: NDArray[np.bool_], min_units: int) -> list[Pair]:
    """List ordered pairs of judged groups; of very many those that have no bounds, or may have the largest."""
    places = np.flatnonzero(judged)
    pairs = [(one, other) for one in places.tolist() for other in places.tolist() if one != other]
    if len(pairs) <= _MAX_PAIRS:
        return pairs
    defined = found.draws[~np.isnan(found.draws[:, places]).any(axis=1)][:, places]
    covariance = np.cov(defined.T)
    variance = covariance.diagonal()
    error = np.sqrt(np.maximum(variance[:, None] + variance[None, :] - 2 * covariance, 0))
    fewest = np.minimum.outer(found.n_units[places], found.n_units[places])
    reach = -stdtrit(np.maximum(fewest - 1, 1), _SCREEN_LEVEL) * error
    far = found.value[places][:, None] - found.value[places][None, :] + reach
    far[fewest < min_units] = np.inf
    np.fill_diagonal(far, -np.inf)
    best = np.argsort(-far, axis=None, kind="stable")[:_MAX_PAIRS]
    return [
        (int(places[one]), int(places[other])) for one, other in zip(*np.unravel_index(best, far.shape), strict=True)
    ]


def _ends(found: GroupRatio, judged: NDArray[np.bool_]) -> Pair:
    """Where the largest and the smallest figure are: where all are equal the first and the last group."""
    high = int(np.argmax(np.where(judged, found.value, -np.inf)))
    return high, len(judged) - 1 - int(np.argmin(np.where(judged, found.value, np.inf)[::-1]))
