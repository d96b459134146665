"""Means and shares of many columns at once with their intervals, where rows come in clusters."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from evergreen.errors import DataError
from evergreen.measures.arrays import Floats, ratio
from evergreen.measures.intervals import Estimate, Interval

# Fewer clusters say next to nothing about their spread (Cameron, Gelbach and Miller 2008); taking their rows for
# independent instead would claim far too much.
MIN_CLUSTERS = 10


@dataclass(frozen=True, eq=False)
class Shares:
    """Figures with their two-sided bounds, each of shape (p,); NaN where they cannot be told."""

    value: Floats
    low: Floats
    high: Floats

    def at(self, place: int) -> Interval:
        """Give one of them."""
        return Interval(float(self.value[place]), float(self.low[place]), float(self.high[place]))


def clustered_shares(
    parts: ArrayLike, whole: ArrayLike, clusters: ArrayLike | None = None, *, confidence: float = 0.95
) -> Shares:
    """Divide sums of many columns by the sum of one: what share of the whole each part is.

    The error is that of a ratio of two sums over clusters, by its linear part (Cochran, 1977, Sampling Techniques,
    section 6.3; Cameron and Miller, 2015, Journal of Human Resources 50, 317-372), with the t distribution of as many
    degrees of freedom as there are clusters but one. With a whole of ones the shares are means.

    Args:
        parts: one row a row, shape (n, p).
        whole: the same rows, shape (n,); its sum is above 0.
        clusters: one label a row, shape (n,), where rows of a label resemble each other; rows are independent where
            not given.
        confidence: of the two-sided bounds, above 0 and below 1.

    Returns:
        The shares. Bounds are NaN for fewer than 10 clusters, or fewer than 10 rows.

    Raises:
        DataError: where the numbers of rows differ.
    """
    tops, bottom = np.asarray(parts, dtype=np.float64), np.asarray(whole, dtype=np.float64)
    codes = np.arange(len(bottom)) if clusters is None else pd.factorize(np.asarray(clusters))[0]
    if not len(tops) == len(bottom) == len(codes):
        found = f"are {len(tops)} of the parts, {len(bottom)} of the whole and {len(codes)} labels"
        raise DataError("Rows", found, "Give one of each a row.")
    value = ratio(tops.sum(axis=0), np.full(tops.shape[1], bottom.sum()))
    n_clusters = int(codes.max(initial=-1)) + 1
    if n_clusters < MIN_CLUSTERS:
        unknown = np.full(len(value), np.nan)
        return Shares(value, unknown, unknown)
    misses = np.zeros((n_clusters, tops.shape[1]))
    np.add.at(misses, codes, tops - value * bottom[:, None])
    spread = np.sqrt((misses**2).sum(axis=0) * n_clusters / (n_clusters - 1)) / bottom.sum()
    reach = stdtrit(n_clusters - 1, (1 + confidence) / 2) * spread
    return Shares(value, value - reach, value + reach)


def blur_few_clusters(found: Mapping[str, Estimate], clusters: NDArray[Any] | None) -> dict[str, Estimate]:
    """Leave figures without bounds where too few clusters are there to tell how much they differ.

    Args:
        found: estimates by name.
        clusters: the label of each row that was resampled, shape (n,); None where rows were.

    Returns:
        The same values; below ``MIN_CLUSTERS`` clusters all draws are NaN.
    """
    if clusters is None or len(pd.unique(clusters)) >= MIN_CLUSTERS:
        return dict(found)
    return {name: replace(one, draws=np.full_like(one.draws, np.nan)) for name, one in found.items()}
