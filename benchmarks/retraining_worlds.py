"""Years of reviews whose truth is known, for ``benchmarks.retraining``: two models on the same stream of rows.

Scores of both are normal within each class, so the ROC AUC and the payoff that each has are known in closed form
(Hanley and McNeil, 1982, Radiology 143, 29-36: an AUC of Phi(d / sqrt 2) for classes whose means lie d apart).
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from evergreen.measures.arrays import Floats
from evergreen.measures.promotion import PairedDifference, paired_differences
from evergreen.measures.ranking import rank_scores

DAYS = 365
CHAMPION_AUC = 0.80
# A deposit brings 100 EUR and a call costs 20; one client in ten says yes.
_IF_YES, _IF_NO, _YES_SHARE = 80.0, -20.0, 0.1
MONEY, RANKING = "money", "roc_auc"


@dataclass(frozen=True)
class World:
    """How a year goes.

    Attributes:
        better_by: ROC AUC of the other model less that of the champion.
        likeness: correlation of both scores within a class.
        is_fresh: whether each challenger is another one; else all differ by nothing but rows.
        n_a_day: rows of a day.
        n_judged: newest rows that a challenger is judged on.
    """

    better_by: float = 0.0
    likeness: float = 0.9
    is_fresh: bool = False
    n_a_day: int = 40
    n_judged: int = 2_000

    @property
    def money_better_by(self) -> float:
        """What a decision of the other model truly earns more, in EUR."""
        return _Scores(CHAMPION_AUC + self.better_by).payoff - _Scores(CHAMPION_AUC).payoff


@dataclass(frozen=True)
class Comparison:
    """One review.

    Attributes:
        gains: figure -> what the other model gains over the champion.
        champion_earns: what the champion earned a decision on these rows.
    """

    gains: dict[str, PairedDifference]
    champion_earns: float


def challenge_for_a_year(
    world: World, draw: Generator, *, every_days: int, figures: tuple[str, ...] = (MONEY, RANKING)
) -> list[Comparison]:
    """Compare challengers with the champion every so many days, each on the newest rows.

    Args:
        world: how the year goes.
        draw: random numbers.
        every_days: days between two reviews.
        figures: what is compared.

    Returns:
        One comparison a review, in order.
    """
    rows = _draw_rows(world, draw, n_before=world.n_judged)
    ends = [world.n_judged + day * world.n_a_day for day in range(every_days, DAYS + 1, every_days)]
    return [_compare(rows, slice(end - world.n_judged, end), world, draw, figures) for end in ends]


def review_for_a_year(world: World, draw: Generator, *, every_days: int, first_day: int) -> list[Comparison]:
    """Compare the model before with the champion every so many days, each time on all rows since, by money.

    Args:
        world: how the year goes; the model before is the other one.
        draw: random numbers.
        every_days: days between two reviews.
        first_day: of the first review, once outcomes have come.

    Returns:
        One comparison a review, in order.
    """
    rows = _draw_rows(world, draw, n_before=0)
    ends = [day * world.n_a_day for day in range(first_day, DAYS + 1, every_days)]
    return [_compare(rows, slice(0, end), world, draw, (MONEY,)) for end in ends]


@dataclass(frozen=True)
class _Scores:
    """Scores of one model: normal, of variance 1 within a class, and acted on where that pays."""

    auc: float

    @cached_property
    def distance(self) -> float:
        return math.sqrt(2) * float(ndtri(self.auc))

    @property
    def acts_from(self) -> float:
        odds = (1 - _YES_SHARE) * -_IF_NO / (_YES_SHARE * _IF_YES)
        return self.distance / 2 + math.log(odds) / self.distance

    @property
    def payoff(self) -> float:
        reached = 1 - float(ndtr(self.acts_from - self.distance))
        bothered = 1 - float(ndtr(self.acts_from))
        return _YES_SHARE * _IF_YES * reached + (1 - _YES_SHARE) * _IF_NO * bothered


@dataclass(frozen=True)
class _Rows:
    """A stream: day and outcome of each row, noise of the champion's scores, own noise of the other's."""

    day: NDArray[np.int64]
    is_yes: NDArray[np.bool_]
    shared: Floats
    own: Floats


def _draw_rows(world: World, draw: Generator, *, n_before: int) -> _Rows:
    n_rows = n_before + DAYS * world.n_a_day
    return _Rows(
        day=np.arange(n_rows) // world.n_a_day,
        is_yes=draw.random(n_rows) < _YES_SHARE,
        shared=draw.standard_normal(n_rows),
        own=draw.standard_normal(n_rows),
    )


def _compare(rows: _Rows, at: slice, world: World, draw: Generator, figures: tuple[str, ...]) -> Comparison:
    champion, other = _Scores(CHAMPION_AUC), _Scores(CHAMPION_AUC + world.better_by)
    is_yes, shared, own = rows.is_yes[at], rows.shared[at], rows.own[at]
    if world.is_fresh:
        own = draw.standard_normal(len(own))
    noise = world.likeness * shared + math.sqrt(1 - world.likeness**2) * own
    live, new = champion.distance * is_yes + shared, other.distance * is_yes + noise
    paid = np.where(is_yes, _IF_YES, _IF_NO)
    earned, would_earn = paid * (live > champion.acts_from), paid * (new > other.acts_from)

    def differences(weights: Floats) -> dict[str, Floats]:
        found = {}
        if MONEY in figures:
            found[MONEY] = weights @ (would_earn - earned) / weights.sum(axis=1)
        if RANKING in figures:
            both = (rank_scores(is_yes, scores, weights)["roc_auc"] for scores in (new, live))
            found[RANKING] = next(both) - next(both)
        return found

    return Comparison(paired_differences(differences, len(is_yes), clusters=rows.day[at]), float(earned.mean()))
