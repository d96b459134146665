"""Two models on the same rows: what one gains over the other, how sure that is, and whether it may replace it."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri, stdtrit

from evergreen.errors import CaseError
from evergreen.measures.arrays import Floats
from evergreen.measures.bounds import spread_of
from evergreen.measures.clustered import MIN_CLUSTERS
from evergreen.measures.intervals import unit_codes

Result = Literal["passed", "failed", "undecided"]
POWER: Final = 0.8
"""The chance with which a difference is to be found."""

# Left out one after another; more would cost more and tell the spread hardly better.
_MAX_GROUPS = 200
_CHUNK_CELLS = 20_000_000


@dataclass(frozen=True)
class PairedDifference:
    """A figure of one model less that of another, on the same rows.

    Attributes:
        value: the difference; NaN where the rows do not define it.
        error: its standard error; 0 where both models do the same everywhere, NaN where the spread cannot be told.
        n_units: how many groups of rows the error rests on.
        n_rows: how many rows.
    """

    value: float
    error: float
    n_units: int
    n_rows: int

    @property
    def is_flat(self) -> bool:
        """Whether both models have the same figure on whatever part of the rows."""
        return self.error == 0

    def lower_bound(self, confidence: float = 0.95) -> float:
        """Give the one-sided lower bound.

        Args:
            confidence: share of samples whose bound lies below the truth, above 0 and below 1.

        Returns:
            The bound by the t distribution; NaN where undefined.

        Raises:
            CaseError: where the confidence is no share.
        """
        return self.value - self._reach(confidence)

    def upper_bound(self, confidence: float = 0.95) -> float:
        """Give the one-sided upper bound.

        Args:
            confidence: share of samples whose bound lies above the truth, above 0 and below 1.

        Returns:
            The bound by the t distribution; NaN where undefined.

        Raises:
            CaseError: where the confidence is no share.
        """
        return self.value + self._reach(confidence)

    def detectable(self, confidence: float, *, power: float = POWER) -> float:
        """Give the smallest true difference that rows like these would have told from none.

        It is (t of the confidence + z of the power) times the error (Bloom, 1995, Evaluation Review 19, 547-556).

        Args:
            confidence: of the one-sided bound that is judged by.
            power: the chance that it is told.

        Returns:
            The difference, 0 or more; NaN where undefined.
        """
        return self._reach(confidence) + float(ndtri(power)) * self.error

    def rows_needed(self, confidence: float, *, gain: float, power: float = POWER) -> int | None:
        """Say how many rows would tell a gain of this size, since errors shrink with the root of the rows.

        Args:
            confidence: of the one-sided bound that is judged by.
            gain: how far the truth is taken to lie above the limit.
            power: the chance that it is told.

        Returns:
            The number of rows; None where there is no gain, or no error to go by.
        """
        effect = self.detectable(confidence, power=power)
        if not gain > 0 or not math.isfinite(effect):
            return None
        return math.ceil(self.n_rows * (effect / gain) ** 2)

    def negated(self) -> "PairedDifference":
        """Give the difference the other way round."""
        return PairedDifference(-self.value, self.error, self.n_units, self.n_rows)

    def _reach(self, confidence: float) -> float:
        if not 0 < confidence < 1:
            raise CaseError("Confidence", f"is {confidence}", "Give a share above 0 and below 1, like 0.95.")
        return float(stdtrit(max(1, self.n_units - 1), confidence)) * self.error


def paired_differences(
    differences: Callable[[Floats], dict[str, Floats]],
    n_rows: int,
    *,
    clusters: ArrayLike | None = None,
    max_groups: int = _MAX_GROUPS,
) -> dict[str, PairedDifference]:
    """Measure differences of two models with their errors by the jackknife over groups of rows.

    One group of rows after another is left out, and the difference is taken anew each time. With G groups the error is
    sqrt((G - 1) / G) times the root of the sum of squared deviations from the mean of these (Efron and Tibshirani,
    1993, An Introduction to the Bootstrap, section 11.5; of groups: Shao and Tu, 1995, The Jackknife and Bootstrap,
    section 2.3; of clusters: MacKinnon, Nielsen and Webb, 2023, Journal of Econometrics 232, 272-299). Both models
    lose the same rows, so what they share falls out. It serves every smooth figure alike: of means it is the error of
    the mean paired difference, of the ROC AUC that of DeLong, DeLong and Clarke-Pearson (1988, Biometrics 44, 837-845)
    but for the size of the groups.

    Args:
        differences: weights of shape (b, n) -> name -> figure of one model less that of the other, shape (b,).
        n_rows: n.
        clusters: one label a row, shape (n,), where rows of a label resemble each other: they are left out together.
            Rows are independent where not given.
        max_groups: rows or clusters are dealt to so many groups where there are more, in turn and not by chance.

    Returns:
        Name -> difference. Errors are NaN for fewer than 10 groups, or where leaving one out leaves it undefined.

    Raises:
        DataError: where clusters do not fit the rows.
    """
    groups = unit_codes(n_rows, clusters) % max_groups
    n_groups = int(groups.max(initial=-1)) + 1
    whole = {name: float(figures[0]) for name, figures in differences(np.ones((1, n_rows))).items()}
    if n_groups < MIN_CLUSTERS:
        return {name: PairedDifference(value, math.nan, n_groups, n_rows) for name, value in whole.items()}
    size = max(1, _CHUNK_CELLS // n_rows)
    parts = [
        differences((groups != np.arange(start, min(start + size, n_groups))[:, None]).astype(np.float64))
        for start in range(0, n_groups, size)
    ]
    left = {name: np.concatenate([part[name] for part in parts]) for name in whole}
    return {name: PairedDifference(value, _error(left[name]), n_groups, n_rows) for name, value in whole.items()}


def judge_gain(gain: PairedDifference, *, margin: float, confidence: float) -> Result:
    """Judge whether a challenger may replace the champion.

    Args:
        gain: what the challenger is better by; above 0 is better.
        margin: how much worse it may be; 0 asks it to be better.
        confidence: of both one-sided bounds.

    Returns:
        "passed" where the lower bound lies above -margin, "failed" where not even the upper one does, else "undecided".
    """
    if gain.lower_bound(confidence) > -margin:
        return "passed"
    return "failed" if gain.upper_bound(confidence) <= -margin else "undecided"


def _error(left: Floats) -> float:
    return spread_of(left) * (len(left) - 1) / math.sqrt(len(left))
