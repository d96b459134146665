"""Whether probabilities mean what they say."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import ndtri

from evergreen.errors import CaseError
from evergreen.measures.arrays import Floats, as_codes, as_finite, as_probabilities, check_same_length, ratio
from evergreen.measures.bins import equal_mass_bins


def calibration_curve(y_true: ArrayLike, y_score: ArrayLike, *, n_bins: int = 10) -> pd.DataFrame:
    """Compare predicted with observed shares in bins of about equal mass.

    Args:
        y_true: whether it happened (booleans, or 0 and 1), shape (n,).
        y_score: predicted probabilities, 0 to 1, shape (n,).
        n_bins: how many bins are wanted, >= 1. Rows with the same score are never divided, so ties give fewer.

    Returns:
        One row per bin, in the order of the scores: ``n_rows``, ``mean_score``, ``observed_share``, and ``low`` and
        ``high``, the 95 % Wilson interval of the observed share. No row for no data.

    Raises:
        DataError: where lengths differ, an outcome is neither 0 nor 1, or a score is no probability.
        CaseError: where ``n_bins`` is below 1.
    """
    happened, score = as_codes(y_true, "y_true", 2), as_finite(y_score, "y_score")
    check_same_length(y_true=happened, y_score=score)
    as_probabilities(np.stack([1 - score, score], axis=1))
    bins = equal_mass_bins(score, n_bins=n_bins)
    n_rows, n_happened = np.bincount(bins), np.bincount(bins, weights=happened)
    low, high = wilson_interval(n_happened, n_rows)
    return pd.DataFrame(
        {
            "n_rows": n_rows,
            "mean_score": ratio(np.bincount(bins, weights=score), n_rows),
            "observed_share": ratio(n_happened, n_rows),
            "low": low,
            "high": high,
        }
    )


def wilson_interval(n_happened: ArrayLike, n_rows: ArrayLike, *, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Give the score interval of a share (Wilson, 1927, JASA 22, 209-212).

    It stays inside 0 to 1 and has width even where nothing or everything happened.

    Args:
        n_happened: how often it happened, any shape.
        n_rows: out of how many, the same shape.
        confidence: two-sided, above 0 and below 1.

    Returns:
        Lower and upper bounds, the same shape; NaN where there are no rows.

    Raises:
        CaseError: where the confidence is no share.
    """
    if not 0 < confidence < 1:
        raise CaseError("Confidence", f"is {confidence}", "Give a share above 0 and below 1, like 0.95.")
    z = ndtri((1 + confidence) / 2)
    rows = np.asarray(n_rows, dtype=np.float64)
    share, noise = ratio(n_happened, rows), ratio(np.full(rows.shape, z**2), rows)
    centre = (share + noise / 2) / (1 + noise)
    reach = np.sqrt(noise * share * (1 - share) + noise**2 / 4) / (1 + noise)
    return np.clip(centre - reach, 0, 1), np.clip(centre + reach, 0, 1)
