"""Columns whose use by a finished model looks wrong on rows it has not seen."""

import math
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.measures import Interval
from evergreen.measures.clustered import Shares, clustered_shares
from evergreen.models.alone import code_cells, judge_alone
from evergreen.models.clusters import row_clusters
from evergreen.models.explain_importance import Shuffled
from evergreen.problem import Problem

Floats = NDArray[np.float64]


class _Found(NamedTuple):
    """One suspicion of a column."""

    column: str
    suspicion: Literal["too good", "turns round", "in one period only"]
    finding: str


# Of what a constant prediction leaves open. An honest column that ranks 93 of 100 pairs rightly takes away half of the
# log loss; the hour of day, the strongest honest driver of a quantity at hand, 63 % of the variance.
_MUCH_OF_CLASSES, _MUCH_OF_VALUES = 0.6, 0.8
_MOST = 0.7
_N_FOLDS = 5
_MAX_PERIODS = 4
# Fewer days make bounds of a period too narrow: with 10 days 5 % of honest columns were named.
_MIN_DAYS = 20
# Chance that any column of an honest model is named at all, for each of the two suspicions that compare periods.
_FALSE_RATE = 0.05
_ELSEWHERE = 0.1


@dataclass(frozen=True, eq=False)
class _Period:
    """Rows of one stretch of time.

    Attributes:
        words: when it was.
        is_in: which rows belong to it, shape (n,).
    """

    words: str
    is_in: NDArray[np.bool_]


def find_model_suspicions(shuffled: Shuffled, problem: Problem) -> pd.DataFrame:
    """Name columns that are too good, turn round, or matter in one period only.

    Args:
        shuffled: of ``explain_importance.shuffle_columns``.
        problem: the case.

    Returns:
        Columns ``column, suspicion, finding``: a column too good is listed first. Periods are the quarters of the rows
        by time, days undivided; without an event time all rows are one period, and none can matter in one only.
    """
    periods, clusters = _periods(shuffled.rows, problem), row_clusters(shuffled.rows, problem)
    n_tests = max(len(periods) * int(shuffled.increases.any(axis=0).sum()), 1)
    confidence = 1 - 2 * _FALSE_RATE / n_tests
    found = [
        *_too_good(shuffled, problem),
        *_turning(shuffled, periods, clusters, confidence),
        *_in_one_period(shuffled, periods, clusters, confidence),
    ]
    return pd.DataFrame(found, columns=list(_Found._fields), dtype="str")


def _too_good(shuffled: Shuffled, problem: Problem) -> list[_Found]:
    """Name columns that alone take away most of what the model does, and most of what there is to know."""
    open_loss = _constant_loss(shuffled.truth, problem)
    if not open_loss > 0:
        return []
    known = 1 - shuffled.losses.mean() / open_loss
    much = _MUCH_OF_CLASSES if problem.is_classification else _MUCH_OF_VALUES
    used = [name for name, gain in zip(shuffled.columns, shuffled.increases.mean(axis=0), strict=True) if gain > 0]
    alone = {name: _known_alone(shuffled, name, problem) for name in used}
    named = [name for name in used if alone[name] >= max(much, _MOST * known)]
    return [
        _Found(
            name,
            "too good",
            f"Alone it takes away {alone[name]:.0%} of what a constant prediction leaves open, the whole model "
            f"{known:.0%}; suspected from {much:.0%}, and {_MOST:.0%} of the model's.",
        )
        for name in sorted(named, key=lambda name: -alone[name])
    ]


def _known_alone(shuffled: Shuffled, name: str, problem: Problem) -> float:
    codes = code_cells(shuffled.rows[name], problem.columns[name])
    return judge_alone(codes, shuffled.truth, np.arange(len(codes)) % _N_FOLDS).explained


def _turning(
    shuffled: Shuffled, periods: list[_Period], clusters: NDArray[Any] | None, confidence: float
) -> list[_Found]:
    """Name columns whose outcomes in a period go against what the model makes of them."""
    found: list[_Found] = []
    everything = np.ones(len(shuffled.rows), dtype=bool)
    for place, name in enumerate(shuffled.columns):
        slopes = [(one, _slope(shuffled, place, one.is_in, clusters, confidence)) for one in periods]
        turned = [(one, slope) for one, slope in slopes if slope.high < 0]
        if not turned:
            continue
        period, slope = min(turned, key=lambda one: one[1].high)
        is_else = everything if period.is_in.all() else ~period.is_in
        elsewhere = _slope(shuffled, place, is_else, clusters, confidence)
        if elsewhere.low > 0 or _slope(shuffled, place, everything, clusters, confidence).high < 0:
            finding = (
                f"{period.words} outcomes go against what the model makes of it: slope {slope.value:.2f}, upper bound "
                f"{slope.high:.2f}, elsewhere {elsewhere.value:.2f}; 1 is as it was learnt, suspected is below 0."
            )
            found.append(_Found(name, "turns round", finding))
    return found


def _slope(
    shuffled: Shuffled, place: int, is_in: NDArray[np.bool_], clusters: NDArray[Any] | None, confidence: float
) -> Interval:
    """Regress outcomes on how the column moves predictions, both within these rows; 1 is as it was learnt."""
    gone_along, whole = _products(shuffled, place, is_in)
    if not whole.sum() > 0:
        return Interval(math.nan, math.nan, math.nan)
    labels = None if clusters is None else clusters[is_in]
    beside = clustered_shares(gone_along[:, None], whole, labels, confidence=confidence).at(0)
    return Interval(1 + beside.value, 1 + beside.low, 1 + beside.high)


def _products(shuffled: Shuffled, place: int, is_in: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Multiply what a column moved with what the model missed, and with itself, all around their means in these rows.

    A single move holds the chance of which cell was put in. Its square would count that as the column's; products of
    different repeats do not.

    Returns:
        Both by row, shape (n,).
    """
    moved, missed = shuffled.moves[:, place, is_in], (shuffled.truth - shuffled.known)[is_in]
    moved, missed = moved - moved.mean(axis=1, keepdims=True), missed - missed.mean(axis=0)
    gone_along: Floats = (moved.mean(axis=0) * missed).sum(axis=1)
    n_repeats = len(moved)
    squares: Floats = (moved**2).sum(axis=2).mean(axis=0)
    if n_repeats == 1:
        return gone_along, squares
    whole = n_repeats * (moved.mean(axis=0) ** 2).sum(axis=1) - squares
    return gone_along, whole / (n_repeats - 1)


def _in_one_period(
    shuffled: Shuffled, periods: list[_Period], clusters: NDArray[Any] | None, confidence: float
) -> list[_Found]:
    """Name columns that matter in one period and next to nothing in all others."""
    if len(periods) == 1:
        return []
    inside = [_mean_gains(shuffled, period.is_in, clusters, confidence) for period in periods]
    found: list[_Found] = []
    for place, name in enumerate(shuffled.columns):
        number = int(np.argmax([gains.value[place] for gains in inside]))
        here, there = inside[number], [gains for other, gains in enumerate(inside) if other != number]
        most = max(gains.value[place] for gains in there)
        is_here = here.low[place] > max(0, *(gains.high[place] for gains in there))
        if is_here and most < _ELSEWHERE * here.value[place]:
            finding = (
                f"{periods[number].words} the squared error is {here.value[place]:.3g} smaller for its sake, in no "
                f"other period more than {most:.3g}; suspected below {_ELSEWHERE:.0%} of it."
            )
            found.append(_Found(name, "in one period only", finding))
    return found


def _mean_gains(
    shuffled: Shuffled, is_in: NDArray[np.bool_], clusters: NDArray[Any] | None, confidence: float
) -> Shares:
    """Tell by how much each column makes the squared error smaller than its mean move in these rows would."""
    parts = [_products(shuffled, place, is_in) for place in range(len(shuffled.columns))]
    gains = np.stack([2 * gone_along + whole for gone_along, whole in parts], axis=1)
    labels = None if clusters is None else clusters[is_in]
    return clustered_shares(gains, np.ones(len(gains)), labels, confidence=confidence)


def _periods(rows: pd.DataFrame, problem: Problem) -> list[_Period]:
    everything = [_Period("In all rows", np.ones(len(rows), dtype=bool))]
    if problem.event_time is None:
        return everything
    days = rows[problem.event_time].dt.normalize()
    earlier = (days.rank(method="min").to_numpy() - 1) / max(len(rows), 1)
    n_periods = int(np.clip(days.nunique() // _MIN_DAYS, 1, _MAX_PERIODS))
    numbers = (earlier * n_periods).astype(int)
    periods = []
    for number in np.unique(numbers):
        is_in = numbers == number
        first, last = days[is_in].min().date(), days[is_in].max().date()
        periods.append(_Period(f"From {first} to {last}", is_in))
    return periods if len(periods) > 1 else everything


def _constant_loss(truth: Floats, problem: Problem) -> float:
    means = truth.mean(axis=0)
    if not problem.is_classification:
        return float(((truth - means) ** 2).mean())
    return -float((means * np.log(np.where(means > 0, means, 1))).sum())
