"""How alike groups are decided about: rates of the favourable decision, and the gaps between groups."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evergreen.errors import DataError
from evergreen.measures.arrays import Floats, Integers, as_codes, as_weights, check_same_length, ratio

RATES = ("selection_rate", "true_positive_rate", "false_positive_rate")
GAPS = (*RATES, "equalized_odds")
_ODDS = ("true_positive_rate", "false_positive_rate")
_CELLS = 4  # of a group: with and without the favourable outcome, selected and not
_TWO = 2


@dataclass(frozen=True, eq=False)
class Decided:
    """Decisions about rows of groups.

    Attributes:
        is_selected: who got the favourable decision, shape (n,).
        is_positive: whose outcome is the favourable one, shape (n,).
        group: the group of each row, 0 to ``len(names) - 1``, shape (n,).
        names: the groups.
    """

    is_selected: NDArray[np.bool_]
    is_positive: NDArray[np.bool_]
    group: Integers
    names: tuple[str, ...]


def decided_rows(is_selected: ArrayLike, is_positive: ArrayLike, group: ArrayLike, names: tuple[str, ...]) -> Decided:
    """Check decisions at the door.

    Args:
        is_selected: who got the favourable decision: booleans, or 0 and 1, shape (n,).
        is_positive: whose outcome is the favourable one: booleans, or 0 and 1, shape (n,).
        group: the group of each row as its place among the names, shape (n,).
        names: the groups; one may have no rows.

    Returns:
        The decisions.

    Raises:
        DataError: where lengths differ, or a value is none of those.
    """
    chosen, good = as_codes(is_selected, "is_selected", 2), as_codes(is_positive, "is_positive", 2)
    codes = as_codes(group, "group", len(names))
    check_same_length(is_selected=chosen, is_positive=good, group=codes)
    return Decided(chosen.astype(bool), good.astype(bool), codes, names)


def group_rates(decided: Decided, *, sample_weight: ArrayLike | None = None) -> dict[str, Floats]:
    """Say how often each group gets the favourable decision.

    Args:
        decided: n rows of k groups.
        sample_weight: shape (b, n); None stands for one row of ones.

    Returns:
        For each of ``RATES`` the rates, shape (b, k): of all rows, of those with the favourable outcome, and of those
        without it. NaN where a group has no such row.
    """
    selected, all_rows = _counts(decided, as_weights(sample_weight, len(decided.group)))
    return {name: ratio(selected[name], all_rows[name]) for name in RATES}


def judged_groups(
    decided: Decided, *, min_rows: int, is_known: ArrayLike | None = None
) -> dict[str, NDArray[np.bool_]]:
    """Say which groups count in which rate.

    Args:
        decided: n rows of k groups.
        min_rows: a group counts in a rate that is of so many of its rows or more.
        is_known: whether a group is one: those whose name says "missing" are none, shape (k,); all are where not said.

    Returns:
        For each of ``RATES`` whether a group counts, shape (k,).
    """
    known = np.ones(len(decided.names), dtype=bool) if is_known is None else np.asarray(is_known, dtype=bool)
    _, all_rows = _counts(decided, np.ones((1, len(decided.group))))
    return {name: known & (all_rows[name][0] >= min_rows) for name in RATES}


def rate_gaps(rates: Mapping[str, Floats], judged: Mapping[str, NDArray[np.bool_]] | None = None) -> dict[str, Floats]:
    """Say how far the rates of groups lie apart.

    The first three are fairlearn's differences of ``MetricFrame``, the last its ``equalized_odds_difference``, but a
    group without a row that a rate is of has no rate here, where fairlearn calls it 0.

    Args:
        rates: of ``group_rates``, shape (b, k) each.
        judged: of ``judged_groups``; all count where not said.

    Returns:
        For each of ``GAPS`` the largest rate less the smallest, shape (b,); "equalized_odds" is the larger gap of the
        true and the false positive rate. NaN where fewer than two groups count.
    """
    gaps = {}
    for name in RATES:
        kept = rates[name] if judged is None else rates[name][:, judged[name]]
        gaps[name] = _spread(kept)
    return gaps | {"equalized_odds": np.maximum(*(gaps[name] for name in _ODDS))}


def _counts(decided: Decided, weights: Floats) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Count selected rows and all rows that each rate is of, shape (b, k)."""
    n_groups = len(decided.names)
    if not n_groups:
        raise DataError("Groups", "are none", "Name at least one.")
    cell = decided.group * _CELLS + decided.is_positive * 2 + decided.is_selected
    is_cell = np.zeros((len(cell), n_groups * _CELLS))
    is_cell[np.arange(len(cell)), cell] = 1.0
    counts = (weights @ is_cell).reshape(len(weights), n_groups, 2, 2)
    selected, everyone = counts[..., 1], counts.sum(axis=3)
    return (
        {RATES[0]: selected.sum(axis=2), RATES[1]: selected[..., 1], RATES[2]: selected[..., 0]},
        {RATES[0]: everyone.sum(axis=2), RATES[1]: everyone[..., 1], RATES[2]: everyone[..., 0]},
    )


def _spread(rates: Floats) -> Floats:
    is_there = ~np.isnan(rates)
    high = np.where(is_there, rates, -np.inf).max(axis=1, initial=-np.inf)
    low = np.where(is_there, rates, np.inf).min(axis=1, initial=np.inf)
    spread = np.full(len(rates), np.nan)
    np.subtract(high, low, out=spread, where=is_there.sum(axis=1) >= _TWO)
    return spread
