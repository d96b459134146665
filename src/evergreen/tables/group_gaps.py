"""How far the groups of a ledger lie apart in one respect."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from evergreen.measures import wilson_interval
from evergreen.measures.arrays import ratio
from evergreen.measures.gaps import difference_interval, mean_interval
from evergreen.problem import Problem
from evergreen.problem.bias import BiasMeasure
from evergreen.tables.groupings import in_order, is_known, join_names

_FEWEST = 2  # groups that can be compared
# The stage that tells each respect: what the model learns from, but what training rows cannot tell by their nature.
_STAGE: dict[BiasMeasure, str] = {
    "small_group": "training",
    "missingness": "training",
    "base_rate": "training",
    "label": "repaired",
    "cleaning": "raw",
}


@dataclass(frozen=True)
class Side:
    """One of the two groups farthest apart.

    Attributes:
        group: its name.
        figure: its share or mean.
        n_rows: the rows that tell it.
        deviation: standard deviation of what is averaged, over rows.
    """

    group: str
    figure: float
    n_rows: int
    deviation: float


@dataclass(frozen=True)
class Gap:
    """The gap between the two groups farthest apart.

    Attributes:
        worst: the group that is worse off: with the lower base rate, or with more cells, outcomes or rows missing.
        other: the other one.
        low: lower bound of the gap.
        high: upper bound; both hold for all pairs of groups at once (Bonferroni), since the widest was picked.
    """

    worst: Side
    other: Side
    low: float
    high: float

    @property
    def size(self) -> float:
        """The gap, 0 or more."""
        return abs(self.worst.figure - self.other.figure)


def group_figures(
    group_ledger: pd.DataFrame, columns: Sequence[str], measure: BiasMeasure, problem: Problem
) -> pd.DataFrame:
    """Read off a ledger what a measure compares.

    Args:
        group_ledger: of ``measure_groups``.
        columns: the sensitive columns whose groups are compared.
        measure: in which respect.
        problem: the case.

    Returns:
        Columns ``group, figure, n_rows, deviation`` for the groups whose rows are known to belong to them. Group sizes,
        missingness and base rates are those of the training rows, the label gap that of all usable rows, and cleaning
        that of all raw rows. ``n_rows`` is how many rows tell the figure.
    """
    mine = group_ledger[group_ledger["columns"] == join_names(in_order(columns, problem))]
    mine = mine[mine["group"].map(is_known).astype(bool)]
    told = mine[mine["stage"] == _STAGE[measure]].reset_index(drop=True)
    n_rows, figure = told["n_rows"], told["share"]
    deviation = pd.Series(np.nan, index=told.index)
    if measure == "missingness":
        figure, deviation = told["missing_share"], told["missing_share_sd"]
    elif measure == "base_rate":
        n_rows, figure, deviation = told["n_labelled"], told["base_rate"], told["outcome_sd"]
    elif measure == "label":
        figure = told["unlabelled_share"]
    elif measure == "cleaning":
        bad = mine[mine["stage"] == "quarantined"].set_index("group")["n_rows"]
        figure = pd.Series(ratio(bad.reindex(told["group"]), n_rows), index=told.index)
    return pd.DataFrame({"group": told["group"], "figure": figure, "n_rows": n_rows, "deviation": deviation})


def side_with(figures: pd.DataFrame, end: Literal["least", "most"]) -> Side:
    """Take the group with the lowest or highest figure.

    Args:
        figures: of ``group_figures``, at least one of them known.
        end: which.

    Returns:
        The group; of several the first with the lowest and the last with the highest.
    """
    known = figures.dropna(subset="figure")
    order = np.argsort(known["figure"].to_numpy(), kind="stable")
    chosen = known.iloc[int(order[0 if end == "least" else -1])]
    return Side(
        group=str(chosen["group"]),
        figure=float(chosen["figure"]),
        n_rows=int(chosen["n_rows"]),
        deviation=float(chosen["deviation"]),
    )


def widest_gap(figures: pd.DataFrame, measure: BiasMeasure, problem: Problem, *, confidence: float) -> Gap | None:
    """Find the two groups farthest apart.

    Args:
        figures: of ``group_figures``, without groups too small to judge.
        measure: in which respect they are compared.
        problem: the case.
        confidence: of the gap's interval over all pairs, two-sided, above 0 and below 1.

    Returns:
        The gap; None where fewer than two groups have a figure.

    Raises:
        CaseError: where the confidence is no share.
    """
    known = figures.dropna(subset="figure")
    if len(known) < _FEWEST:
        return None
    least, most = side_with(known, "least"), side_with(known, "most")
    n_pairs = len(known) * (len(known) - 1) / 2
    level = 1 - (1 - confidence) / n_pairs
    is_mean = measure == "missingness" or (measure == "base_rate" and not problem.is_classification)
    low, high = difference_interval(_bounded(most, level, is_mean=is_mean), _bounded(least, level, is_mean=is_mean))
    worst, other = (least, most) if measure == "base_rate" else (most, least)
    return Gap(worst, other, low, high)


def _bounded(side: Side, level: float, *, is_mean: bool) -> tuple[float, float, float]:
    if is_mean:
        low, high = mean_interval(side.figure, side.deviation, side.n_rows, confidence=level)
    else:
        low, high = wilson_interval(np.rint(side.figure * side.n_rows), side.n_rows, confidence=level)
    return side.figure, float(low), float(high)
