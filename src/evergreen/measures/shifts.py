"""Whether the mean of a window differs from that of a reference, for many signals and windows at once."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, bdtrc, chdtri, ndtri, stdtr

from evergreen.measures.arrays import Floats, ratio

# Below this expected count the tail of a share is taken from the binomial distribution and not from the normal one.
_FEW = 30.0
# Fewer rows than this say nothing by their mean.
_MIN_ROWS = 30.0
# Beyond this many standard errors tails are no longer told apart: float64 ends near 37.
_FARTHEST = 30.0
_MIN_PERIODS = 5
# How surely former windows must scatter by more than chance before their scatter is allowed for.
_PRETEST_LEVEL = 0.05


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
    177-188). One wild window must not excuse all later ones, so deviations beyond three robust standard deviations
    (from the median of their squares) are cut there. Where the windows scatter no more than chance allows (5 %), and
    under five windows, the variance is zero.

    Args:
        windows: sums of former windows, shape (k, signals).

    Returns:
        The variance between windows.
    """
    is_known = windows.n > 0
    n_periods = is_known.sum(axis=0)
    total = Sums(windows.n.sum(axis=0), windows.s.sum(axis=0), windows.q.sum(axis=0))
    within = _variance(total)
    squares = np.where(is_known, windows.n * (windows.mean - total.mean) ** 2, np.nan)
    standard = ratio(np.nan_to_num(squares), np.broadcast_to(within, squares.shape))
    deviations = np.nan_to_num(standard) * np.where(is_known, 1.0, 0.0)
    middle = np.median(deviations, axis=0) / _MEDIAN_OF_SQUARES if len(deviations) else np.zeros(total.n.shape)
    spread = np.minimum(deviations, 9 * np.maximum(1, middle)).sum(axis=0)
    freedom = np.maximum(n_periods - 1, 1)
    weight = total.n - np.nan_to_num(ratio((windows.n**2).sum(axis=0), total.n))
    between = np.nan_to_num(ratio((spread - freedom) * within, weight))
    is_beyond_chance = (spread > chdtri(freedom, _PRETEST_LEVEL)) & (n_periods >= _MIN_PERIODS)
    return Scatter(np.where(is_beyond_chance, np.maximum(between, 0), 0.0), len(windows.n))


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
        Normal scores in the shape of the window, -30 to 30; NaN where either has fewer than 30 rows, and where the
        figure is constant in both.
    """
    pooled = Sums(reference.n + window.n, reference.s + window.s, reference.q + window.q)
    each = np.nan_to_num(ratio(1.0, reference.n) + ratio(1.0, window.n))
    sampling = _variance(pooled) * each
    scores = ratio(window.mean - reference.mean, np.sqrt(sampling))
    scores = np.clip(scores, -_FARTHEST, _FARTHEST)
    if reference.c is not None and window.c is not None:
        scores = _unskew(scores, reference, window)
    scores = _count_exactly(scores, reference, window, is_share=is_share)
    scores = _allow_for(scatter, scores, sampling)
    return np.where((window.n >= _MIN_ROWS) & (reference.n >= _MIN_ROWS), scores, np.nan)


# The median of a squared standard normal variable.
_MEDIAN_OF_SQUARES = 0.4549


def _variance(sums: Sums) -> Floats:
    mean = np.nan_to_num(sums.mean)
    variance = np.nan_to_num(ratio(sums.q, sums.n)) - mean**2
    # What is left of a constant is rounding.
    return np.where(variance > 1e-12 * np.maximum(mean**2, 1e-300), variance, 0.0)


def _third_moment(sums: Sums) -> Floats:
    mean, cubes = sums.mean, ratio(sums.c if sums.c is not None else 0.0, sums.n)
    return np.asarray(np.nan_to_num(cubes - 3 * mean * ratio(sums.q, sums.n) + 2 * mean**3))


def _unskew(scores: Floats, reference: Sums, window: Sums) -> Floats:
    pooled = Sums(*(a + b for a, b in zip(reference, window, strict=True) if a is not None and b is not None))
    each = np.nan_to_num(ratio(1.0, window.n) + ratio(1.0, reference.n))
    twice = np.nan_to_num(ratio(1.0, window.n**2) - ratio(1.0, reference.n**2))
    skewness = np.nan_to_num(ratio(_third_moment(pooled) * twice, (_variance(pooled) * each) ** 1.5))
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
    part, both = n_here / (n_here + n_there), here + there
    is_above = here > both * part
    tail = np.where(is_above, bdtrc(np.maximum(here - 1, 0), both, part), bdtr(here, both, part))
    found = np.minimum(-ndtri(np.maximum(np.minimum(tail, 1 / 2), 1e-190)), _FARTHEST)
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
    tails = np.maximum(stdtr(np.clip(freedom, 1, 1e9), -np.abs(smaller)), 1e-190)
    found = np.sign(smaller) * np.minimum(-ndtri(tails), _FARTHEST)
    return np.asarray(np.where(is_scattered, found, scores))
