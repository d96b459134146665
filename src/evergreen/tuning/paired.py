"""What one way gains over another on the same rows, and how sure that is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.measures.clustered import MIN_CLUSTERS


@dataclass(frozen=True)
class Gain:
    """A mean of paired differences.

    Attributes:
        mean: what is gained a row; above 0 is better.
        se: its standard error; NaN where too few rows, days or groups are there to tell.
    """

    mean: float
    se: float

    def is_beyond(self, n_errors: float) -> bool:
        """Say whether the gain is larger than so many standard errors; never where they are unknown."""
        return self.mean > 0 and self.mean > n_errors * self.se


def paired_gain(gains: NDArray[np.float64], clusters: NDArray[Any] | None) -> Gain:
    """Average paired differences; rows of one cluster resemble each other and count together.

    The error is that of a mean of clusters of unequal size (Cameron and Miller, 2015, Journal of Human Resources 50,
    317-372).

    Args:
        gains: what each row gains, shape (n,), n > 0.
        clusters: one label a row, shape (n,); rows are independent where not given.

    Returns:
        The mean and its standard error.
    """
    codes = np.arange(len(gains)) if clusters is None else pd.factorize(clusters)[0]
    n_clusters, mean = int(codes.max()) + 1, float(gains.mean())
    if n_clusters < MIN_CLUSTERS:
        return Gain(mean, float("nan"))
    sums = np.bincount(codes, weights=gains - mean, minlength=n_clusters)
    return Gain(mean, float(np.sqrt((sums**2).sum() * n_clusters / (n_clusters - 1)) / len(gains)))


def mean_gain(gains: Sequence[Gain]) -> Gain:
    """Average gains over folds.

    Args:
        gains: one a fold, at least one.

    Returns:
        Their mean. Folds that disagree with each other widen its error; it is NaN where that of a fold is.
    """
    means = np.array([one.mean for one in gains])
    error = float(np.sqrt(np.sum([one.se**2 for one in gains])) / len(means))
    if len(means) > 1:
        error = float(np.maximum(error, means.std(ddof=1) / np.sqrt(len(means))))
    return Gain(float(means.mean()), error)
