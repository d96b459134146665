"""Bins that hold about equally many rows, and never divide rows with the same value."""

import numpy as np

from evergreen.errors import CaseError
from evergreen.measures.arrays import Floats, Integers


def equal_mass_edges(values: Floats, *, n_bins: int) -> Floats:
    """Find the inner edges of bins of about equal mass.

    An edge is always a value that occurs (the inverse of the empirical distribution, without interpolation), and it
    belongs to the bin on its left.

    Args:
        values: finite numbers, shape (n,).
        n_bins: how many bins are wanted, >= 1. Ties give fewer.

    Returns:
        Strictly increasing edges, at most ``n_bins - 1``; none for no values.

    Raises:
        CaseError: where ``n_bins`` is below 1.
    """
    if n_bins < 1:
        raise CaseError("n_bins", f"is {n_bins}", "Ask for one bin or more.")
    if not len(values):
        return np.empty(0)
    ranks = -(-np.arange(1, n_bins) * len(values) // n_bins) - 1
    return np.unique(np.sort(values)[np.maximum(ranks, 0)])


def bins_of(values: Floats, edges: Floats) -> Integers:
    """Tell in which bin each value lies.

    Args:
        values: numbers without NaN, shape (n,); infinities lie in the outer bins.
        edges: inner edges, increasing, shape (m - 1,).

    Returns:
        Positions 0 to m - 1, shape (n,); bin i holds ``edges[i - 1] < value <= edges[i]``.
    """
    return np.searchsorted(edges, values, side="left").astype(np.int64)


def equal_mass_bins(values: Floats, *, n_bins: int) -> Integers:
    """Put values into non-empty bins of about equal mass; rows with the same value share a bin.

    Args:
        values: finite numbers, shape (n,).
        n_bins: how many bins are wanted, >= 1. Ties give fewer.

    Returns:
        The bin of each value, counted from 0 without gaps in the order of the values, shape (n,).

    Raises:
        CaseError: where ``n_bins`` is below 1.
    """
    bins = bins_of(values, equal_mass_edges(values, n_bins=n_bins))
    return np.unique(bins, return_inverse=True)[1].astype(np.int64)
