"""Whether columns have drifted away from a reference, with few false alarms."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import chdtrc

from evergreen.errors import CaseError, DataError, named
from evergreen.measures.arrays import Floats, ratio
from evergreen.measures.profiles import ColumnProfile, check_same_bins

# A "small" effect (Cohen, 1988, Statistical Power Analysis for the Behavioral Sciences, section 7.2).
SMALL_EFFECT = 0.1
# Below this expected count the chi-square approximation is poor (Cochran, 1954, Biometrics 10, 417-451).
_MIN_EXPECTED = 5
_MIN_CELLS = 2
_COLUMNS = [
    "column",
    "n_reference",
    "n_current",
    "missing_share_reference",
    "missing_share_current",
    "population_stability_index",
    "p_value",
    "p_value_adjusted",
    "effect_size",
    "is_drifted",
]


def compare_profiles(
    reference: Mapping[str, ColumnProfile],
    current: Mapping[str, ColumnProfile],
    *,
    false_alarm_rate: float = 0.01,
    min_effect: float = SMALL_EFFECT,
) -> pd.DataFrame:
    """Test every column for drift.

    **Test.** Two-sample chi-square test of homogeneity over the bins and one bin for missing values. Neighbouring
    bins are joined until each is expected to hold 5 rows in the smaller sample; the last ones join those before
    them. P-values are adjusted over all tested columns (Holm, 1979), so ``false_alarm_rate`` is the chance that a
    quiet window raises any alarm at all. Rows must be independent: clustered rows raise more.

    **Effect.** With many rows the least change is significant, so a column must also have changed enough to
    matter: ``sqrt(sum((p1 - p0)^2 / p))`` over the joined bins, with p the mean of the two shares. This is Cohen's w
    with p in place of p0, which keeps a bin that the reference never saw finite. It does not grow with the
    number of rows. The default 0.1 is what Cohen calls small: a normal column moved by 0.1 standard deviations, or
    0.5 % of the rows in a place never seen before. Under some 3,000 rows the test is the stricter of the two.

    **Tiny windows.** Where fewer than two joined bins remain (always so under 10 rows in either sample, and for a
    column that is constant in both), nothing can be tested: p-values and effect are NaN, the column is not drifted,
    and it does not count in Holm's adjustment.

    The population stability index (Siddiqi, 2006, Credit Risk Scorecards) is for the reader and decides nothing: in
    quiet windows it is about (bins - 1) (1 / n_reference + 1 / n_current) (Yurdakul, 2018), so no fixed limit fits.
    Half a row is added to every bin, which keeps empty bins finite; it is NaN where a sample has no rows.

    Args:
        reference: column -> profile.
        current: the same columns -> profiles with the same bins.
        false_alarm_rate: chance of any false alarm in a quiet window, above 0 and below 1.
        min_effect: the least effect that counts as drift, >= 0.

    Returns:
        One row per column, in the order of the reference: ``column``, ``n_reference``, ``n_current``,
        ``missing_share_reference``, ``missing_share_current``, ``population_stability_index``, ``p_value``,
        ``p_value_adjusted``, ``effect_size``, ``is_drifted``.

    Raises:
        DataError: where columns or bins differ.
        CaseError: where the rate is no share or the effect is negative.
    """
    if not 0 < false_alarm_rate < 1 or not min_effect >= 0:
        found = f"are {false_alarm_rate} and {min_effect}"
        raise CaseError(
            "false_alarm_rate and min_effect", found, "Give a share above 0 and below 1, and an effect >= 0."
        )
    odd = sorted(set(reference) ^ set(current))
    if odd:
        raise DataError("Profiles", f"have {named(odd)} on one side only", "Profile the same columns on both sides.")
    rows = [_compare(name, profile, current[name]) for name, profile in reference.items()]
    frame = pd.DataFrame(rows, columns=_COLUMNS)
    frame["p_value_adjusted"] = adjust_p_values(frame["p_value"].to_numpy(dtype=np.float64))
    frame["is_drifted"] = (frame["p_value_adjusted"] < false_alarm_rate) & (frame["effect_size"] >= min_effect)
    return frame


def adjust_p_values(p_values: ArrayLike) -> Floats:
    """Adjust p-values for their number, step down (Holm, 1979, Scandinavian Journal of Statistics 6, 65-70).

    Args:
        p_values: 0 to 1, shape (m,); NaN stands for a test that was not made and does not count.

    Returns:
        Adjusted p-values, shape (m,): rejecting those below a rate makes any false rejection at most that likely.
    """
    values = np.asarray(p_values, dtype=np.float64)
    tested = np.flatnonzero(~np.isnan(values))
    order = tested[np.argsort(values[tested], kind="stable")]
    adjusted = np.full(values.shape, np.nan)
    adjusted[order] = np.minimum(1, np.maximum.accumulate(values[order] * np.arange(len(order), 0, -1)))
    return adjusted


def _compare(name: str, reference: ColumnProfile, current: ColumnProfile) -> dict[str, object]:
    check_same_bins(reference, current, f"Profiles of column '{name}'")
    counts = np.array([(*p.counts, p.n_missing) for p in (reference, current)], dtype=np.float64)
    p_value, effect_size = _test(_join_bins(counts))
    missing_shares = ratio(counts[:, -1], counts.sum(axis=1))
    return {
        "column": name,
        "n_reference": reference.n_rows,
        "n_current": current.n_rows,
        "missing_share_reference": missing_shares[0],
        "missing_share_current": missing_shares[1],
        "population_stability_index": _stability_index(counts),
        "p_value": p_value,
        "effect_size": effect_size,
    }


def _join_bins(counts: Floats) -> Floats:
    totals = counts.sum(axis=1)
    expected = np.nan_to_num(ratio(counts.sum(axis=0) * totals.min(), totals.sum()))
    starts, held = [0], 0.0
    for position, rows in enumerate(expected):
        if held >= _MIN_EXPECTED:
            starts.append(position)
            held = 0.0
        held += rows
    if held < _MIN_EXPECTED and len(starts) > 1:
        starts.pop()
    return np.add.reduceat(counts, starts, axis=1)


def _test(counts: Floats) -> tuple[float, float]:
    n_cells, totals = counts.shape[1], counts.sum(axis=1)
    if n_cells < _MIN_CELLS:
        return np.nan, np.nan
    expected = np.outer(totals, counts.sum(axis=0)) / totals.sum()
    statistic = float(((counts - expected) ** 2 / expected).sum())
    before, now = counts / totals[:, None]
    effect_size = float(np.sqrt(((now - before) ** 2 / ((now + before) / 2)).sum()))
    return float(chdtrc(n_cells - 1, statistic)), effect_size


def _stability_index(counts: Floats) -> float:
    if not counts.sum(axis=1).all():
        return np.nan
    smoothed = counts + 0.5
    before, now = smoothed / smoothed.sum(axis=1, keepdims=True)
    return float(((now - before) * np.log(now / before)).sum())
