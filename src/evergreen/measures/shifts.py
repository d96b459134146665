"""Whether the mean of a window differs from that of a reference, for many signals and windows at once."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, bdtrc, chdtri, ndtri, stdtr

from evergreen.measures.arrays import Floats, Integers, ratio

# Below this expected count the tail of a share is taken from the binomial distribution and not from the normal one.
_FEW = 30.0
# Fewer rows than this say nothing by their mean.
_MIN_ROWS = 30.0
# Tails below this are too thin for float64: the score is then left as it is.
_THINNEST = 1e-190
_ROUNDING = 1e-12
# Robust standard deviations beyond which a window is wild.
_WILD = 4.0
_USUAL = 0.9
_MIN_PERIODS = 5
# How surely former windows must scatter by more than chance before their scatter is allowed for.
_PRETEST_LEVEL = 0.05
# From this share of signals on scatter beyond chance is no longer chance.
_MANY = 1 / 7
# The median of a squared standard normal variable.
_MEDIAN_OF_SQUARES = 0.4549


class Sums(NamedTuple):
    """What adds up of a figure per row: the last axis is the signal, those before it windows or streams.

    Attributes:
        n: rows.
        s: sum of the figure.
        q: sum of its squares.
        c: sum of its cubes, or None where the figure is a share or bounded and its skewness is left out.
    """

    n: Floats
    s: Floats
    q: Floats
    c: Floats | None = None

    @property
    def mean(self) -> Floats:
        """The mean of each signal; NaN without rows."""
        return ratio(self.s, self.n)

    @property
    def variance(self) -> Floats:
        """The variance of the figure from row to row; 0 without rows."""
        mean = np.nan_to_num(self.mean)
        variance = np.nan_to_num(ratio(self.q, self.n)) - mean**2
        # What is left of a constant is rounding.
        return np.where(variance > _ROUNDING * mean**2, variance, 0.0)

    def each(self, change: Callable[[Floats], Floats]) -> "Sums":
        """Change every sum in the same way.

        Args:
            change: such as a sum over windows.

        Returns:
            The changed sums.
        """
        return Sums(change(self.n), change(self.s), change(self.q), None if self.c is None else change(self.c))

    def plus(self, other: "Sums") -> "Sums":
        """Add the sums of other rows.

        Args:
            other: sums of the same signals.

        Returns:
            Those of all rows; cubes only where both have them.
        """
        cubes = None if self.c is None or other.c is None else self.c + other.c
        return Sums(self.n + other.n, self.s + other.s, self.q + other.q, cubes)


class Scatter(NamedTuple):
    """How much quiet windows differ by more than their rows explain.

    Attributes:
        between: variance between windows, >= 0, one a signal.
        n_windows: windows it was learnt from.
    """

    between: Floats
    n_windows: int


def no_scatter(n_signals: int) -> Scatter:
    """Take windows to differ by chance alone.

    Args:
        n_signals: how many signals there are.

    Returns:
        No variance between windows.
    """
    return Scatter(np.zeros(n_signals), 0)


def learn_scatter(windows: Sums) -> Scatter:
    """Estimate the variance between quiet windows, signal by signal.

    The estimate is the moment estimate of random effects (DerSimonian and Laird, 1986, Controlled Clinical Trials 7,
    177-188). One wild window must not excuse all later ones, so deviations beyond four robust standard deviations
    (from the median of their squares) are cut there, unless one window in ten is like that. Where a signal scatters no
    more than chance allows (5 %), and under five windows, its variance is zero; but where one signal in seven scatters
    beyond chance all are taken to, at least as much as the middle one: ten windows alone would pass over a scatter as
    large as that of the rows.

    Args:
        windows: sums of former windows, shape (k, signals).

    Returns:
        The variance between windows.
    """
    total = windows.each(lambda part: part.sum(axis=0))
    n_known = (windows.n > 0).sum(axis=0)
    freedom = np.maximum(n_known - 1, 1)
    excess, is_beyond_chance = _excess(_spread(windows, total.variance), freedom)
    weight = total.n - np.nan_to_num(ratio((windows.n**2).sum(axis=0), total.n))
    between = np.nan_to_num(ratio(excess * freedom * total.variance, weight))
    return Scatter(np.where(is_beyond_chance & (n_known >= _MIN_PERIODS), between, 0.0), len(windows.n))


def _excess(spread: Floats, freedom: Integers) -> tuple[Floats, NDArray[np.bool_]]:
    excess = np.maximum(spread / freedom - 1, 0)
    is_beyond_chance = np.asarray(spread > chdtri(freedom, _PRETEST_LEVEL))
    if not len(spread) or is_beyond_chance.mean() < _MANY:
        return excess, is_beyond_chance
    # Windows differ: what few of them leave open for one signal is told by the others.
    excess = np.maximum(excess, np.median(excess))
    return excess, excess > 0


def _spread(windows: Sums, within: Floats) -> Floats:
    """Sum the squared standard deviations of windows from their mean, each cut at four robust ones."""
    if not len(windows.n):
        return np.zeros(within.shape)
    means = np.where(windows.n > 0, windows.mean, _median(windows.mean))
    scale = np.sqrt(np.nan_to_num(ratio(windows.n, np.broadcast_to(within, windows.n.shape))))
    middle = _median(windows.mean)
    standard = scale * (means - middle)
    most = _WILD * np.maximum(1, np.sqrt(np.median(standard**2, axis=0) / _MEDIAN_OF_SQUARES))
    # What every tenth window does is no accident: a share may be nought on most days and all on some.
    most = np.maximum(most, np.quantile(np.abs(standard), _USUAL, axis=0, method="lower"))
    cut = np.clip(standard, -most, most)
    centre = np.nan_to_num(ratio((scale * cut).sum(axis=0), (scale**2).sum(axis=0)))
    return np.asarray(((cut - scale * centre) ** 2).sum(axis=0))


def _median(means: Floats) -> Floats:
    is_known = ~np.isnan(means)
    return np.asarray(np.nan_to_num(np.nanmedian(np.where(is_known.any(axis=0), means, 0.0), axis=0)))


def shift_scores(reference: Sums, window: Sums, scatter: Scatter, *, is_share: NDArray[np.bool_]) -> Floats:
    """Say by how many standard errors each mean of a window lies above that of the reference.

    The reference is a sample, too: its error is part of the standard error. A share that expects few rows is judged by
    the binomial distribution of its count given both counts (exact for rare events: Przyborowski and Wilenski, 1940,
    Biometrika 31, 313-323), and a mean with known cubes is corrected for skewness (Cornish and Fisher, 1938). Variance
    between windows is added to that of the rows, does not shrink where windows are put together (neighbouring days
    are alike), and is known from a few windows only: the score is then that of Student's distribution with the degrees
    of freedom of Satterthwaite (1946, Biometrics Bulletin 2, 110-114), put on the normal scale.

    Args:
        reference: sums of what was normal; the last axis is the signal.
        window: sums of the window, or of many windows.
        scatter: variance between windows.
        is_share: for each signal whether the figure is 0 or 1.

    Returns:
        Normal scores in the shape of the window; NaN where either has fewer than 30 rows, and where the
        figure is constant in both.
    """
    pooled = reference.plus(window)
    each = np.nan_to_num(ratio(1.0, reference.n) + ratio(1.0, window.n))
    sampling = pooled.variance * each
    scores = ratio(window.mean - reference.mean, np.sqrt(sampling))
    if reference.c is not None and window.c is not None:
        scores = _unskew(scores, reference, window)
    scores = _count_exactly(scores, reference, window, is_share=is_share)
    scores = _allow_for(scatter, scores, sampling)
    return np.where((window.n >= _MIN_ROWS) & (reference.n >= _MIN_ROWS), scores, np.nan)


def _third_moment(sums: Sums) -> Floats:
    mean, cubes = sums.mean, ratio(sums.c if sums.c is not None else 0.0, sums.n)
    return np.asarray(np.nan_to_num(cubes - 3 * mean * ratio(sums.q, sums.n) + 2 * mean**3))


def _unskew(scores: Floats, reference: Sums, window: Sums) -> Floats:
    pooled = reference.plus(window)
    each = np.nan_to_num(ratio(1.0, window.n) + ratio(1.0, reference.n))
    twice = np.nan_to_num(ratio(1.0, window.n**2) - ratio(1.0, reference.n**2))
    skewness = np.nan_to_num(ratio(_third_moment(pooled) * twice, (pooled.variance * each) ** 1.5))
    correction = skewness * (scores**2 - 1) / 6
    # The expansion holds for small corrections only; beyond a third of the score it would turn back.
    most = np.abs(scores) / 3
    return np.asarray(scores - np.clip(correction, -most, most))


def _count_exactly(scores: Floats, reference: Sums, window: Sums, *, is_share: NDArray[np.bool_]) -> Floats:
    share = np.nan_to_num(ratio(reference.s + window.s, reference.n + window.n))
    rarer = np.minimum(share, 1 - share) * window.n
    is_exact = is_share & (rarer < _FEW) & ~np.isnan(scores)
    if not is_exact.any():
        return scores
    shape = scores.shape
    sides = [np.broadcast_to(part, shape)[is_exact] for part in (window.s, window.n, reference.s, reference.n, share)]
    here, n_here, there, n_there, pooled = sides
    is_common = pooled > 1 / 2
    here, there = np.where(is_common, n_here - here, here), np.where(is_common, n_there - there, there)
    part, both = n_here / (n_here + n_there), np.rint(here + there).astype(np.int64)
    is_above = here > both * part
    tail = np.where(is_above, bdtrc(np.maximum(here - 1, 0), both, part), bdtr(here, both, part))
    found = _normal_score(np.minimum(tail, 1 / 2), scores[is_exact])
    exact = scores.copy()
    exact[is_exact] = np.where(is_above != is_common, found, -found)
    return exact


def _allow_for(scatter: Scatter, scores: Floats, sampling: Floats) -> Floats:
    is_scattered = scatter.between > 0
    if not is_scattered.any():
        return scores
    extra = scatter.between * (1 + 1 / scatter.n_windows)
    total = sampling + extra
    smaller = scores * np.sqrt(np.nan_to_num(ratio(sampling, total)))
    freedom = (scatter.n_windows - 1) * np.nan_to_num(ratio(total, np.broadcast_to(extra, total.shape)), nan=1e9) ** 2
    found = np.sign(smaller) * _normal_score(stdtr(np.clip(freedom, 1, 1e9), -np.abs(smaller)), smaller)
    return np.asarray(np.where(is_scattered, found, scores))


def normal_score(score: float, freedom: float) -> float:
    """Turn a score of Student's t distribution into the normal score that is as rare.

    Args:
        score: the score.
        freedom: its degrees of freedom, > 0.

    Returns:
        The normal score, of the same sign.
    """
    tail = max(float(stdtr(freedom, -abs(score))), _THINNEST)
    return float(np.sign(score) * -ndtri(min(tail, 0.5)))


def _normal_score(tail: Floats, otherwise: Floats) -> Floats:
    return np.asarray(np.where(tail > _THINNEST, -ndtri(np.maximum(tail, _THINNEST)), np.abs(otherwise)))
