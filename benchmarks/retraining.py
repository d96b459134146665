"""How often retraining is wrong over a year of reviews, and how soon it is right: ``python -m benchmarks.retraining``.

A champion of ROC AUC 0.80 meets a challenger every week or every 35 days, on the newest 2,000 rows of 40 a day; or it
is reviewed against the model before it every week, on all rows since, 20 a day. Each comparison and each level is made
by the functions that retraining calls. Beside the rule of the house stand 5 % at every review, and the better figure
alone.
"""

import argparse
import time
from collections.abc import Callable, Sequence

import numpy as np

from benchmarks.retraining_worlds import MONEY, RANKING, Comparison, World, challenge_for_a_year, review_for_a_year
from evergreen.measures.promotion import PairedDifference, judge_gain
from evergreen.measures.spending import spent_level

ALPHA = 0.05
_WORST_SHARE = 0.2
_MONTHS = (3, 6, 12)
_CADENCES = ((7, MONEY), (35, MONEY), (35, RANKING))
Rule = Callable[[PairedDifference, int], bool]


def by_spending(gain: PairedDifference, number: int) -> bool:
    """Judge as retraining does: the k-th comparison at 6 / (pi^2 k^2) of 5 %.

    Args:
        gain: what the other model is better by.
        number: k, from 1 on.

    Returns:
        Whether it takes the place.
    """
    return judge_gain(gain, margin=0, confidence=1 - spent_level(ALPHA, number)) == "passed"


def at_every_review(gain: PairedDifference, number: int) -> bool:  # noqa: ARG001 - a rule
    """Judge at 5 % each time."""
    return judge_gain(gain, margin=0, confidence=1 - ALPHA) == "passed"


def by_point(gain: PairedDifference, number: int) -> bool:  # noqa: ARG001 - a rule
    """Take the better figure."""
    return gain.value > 0


def first_passed(reviews: Sequence[Comparison], figure: str, rule: Rule) -> int | None:
    """Find the review at which the champion is replaced.

    Args:
        reviews: of one year.
        figure: what is compared.
        rule: how it is judged.

    Returns:
        Its place from 0 on; None where the champion stays all year.
    """
    return next((k for k, one in enumerate(reviews) if rule(one.gains[figure], k + 1)), None)


def when_it_looks_worst(reviews: Sequence[Comparison]) -> list[Comparison]:
    """Keep the reviews of the fifth of the year in which the champion earned least, as if alarms had called them.

    Args:
        reviews: of one year.

    Returns:
        These.
    """
    limit = np.quantile([one.champion_earns for one in reviews], _WORST_SHARE)
    return [one for one in reviews if one.champion_earns <= limit]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=600)
    parser.add_argument("--part", choices=("wrong", "back", "soon", "all"), default="all")
    told = parser.parse_args()
    begun = time.process_time()
    parts = {"wrong": tell_wrong, "back": tell_back, "soon": tell_soon}
    for name, tell in parts.items():
        if told.part in (name, "all"):
            tell(told.worlds)
    print(f"{time.process_time() - begun:.0f} CPU s")


def tell_wrong(n_worlds: int) -> None:
    """Print how often a challenger that is no better is promoted at least once in a year.

    Args:
        n_worlds: how many years.
    """
    print("promoted at least once in a year: house, at its worst times alone, 5 % each, by point")
    for better_by in (0.0, -0.005):
        for is_fresh in (False, True):
            for every_days, figure in _CADENCES:
                world = World(better_by, is_fresh=is_fresh)
                years = _challenged(world, n_worlds, every_days, figure)
                worst = [when_it_looks_worst(one) for one in years]
                told = [_share(years, figure, by_spending), _share(worst, figure, by_spending)]
                told += [_share(years, figure, rule) for rule in (at_every_review, by_point)]
                kind = "fresh" if is_fresh else "alike"
                print(f"{_name(world)}  {kind}  every {every_days:2}  {figure:8}  {_percent(told)}", flush=True)


def tell_back(n_worlds: int) -> None:
    """Print how often a champion is given up for the model before it, by money, reviewed every week from day 30 on.

    Args:
        n_worlds: how many years.
    """
    print("given up within a year: house, 5 % each, by point; within 3, 6, 12 months by the house")
    for better_by in (-0.01, 0.0, 0.01, 0.02, 0.03):
        world = World(better_by, n_a_day=20)
        draws = (np.random.default_rng(seed) for seed in range(n_worlds // 2))
        years = [review_for_a_year(world, draw, every_days=7, first_day=30) for draw in draws]
        told = [_share(years, MONEY, rule) for rule in (by_spending, at_every_review, by_point)]
        print(f"{_name(world)}  {_percent(told)}  {_percent(_within(years, MONEY, 7, 30))}", flush=True)


def tell_soon(n_worlds: int) -> None:
    """Print how soon a challenger that is better is promoted.

    Args:
        n_worlds: how many years.
    """
    print("promoted within 3, 6, 12 months by the house")
    for better_by in (0.01, 0.02, 0.03):
        for every_days, figure in _CADENCES:
            world = World(better_by)
            years = _challenged(world, n_worlds, every_days, figure)
            told = _percent(_within(years, figure, every_days, every_days))
            print(f"{_name(world)}  every {every_days:2}  {figure:8}  {told}", flush=True)


def _challenged(world: World, n_worlds: int, every_days: int, figure: str) -> list[list[Comparison]]:
    # Ranking takes twenty times as long as money.
    n_years = n_worlds if figure == MONEY else n_worlds // 2
    draws = (np.random.default_rng(seed) for seed in range(n_years))
    return [challenge_for_a_year(world, draw, every_days=every_days, figures=(figure,)) for draw in draws]


def _share(years: Sequence[Sequence[Comparison]], figure: str, rule: Rule) -> float:
    return float(np.mean([first_passed(one, figure, rule) is not None for one in years]))


def _within(years: Sequence[Sequence[Comparison]], figure: str, every_days: int, first_day: int) -> list[float]:
    """Give the share of years in which the champion was replaced within so many months."""
    places = [first_passed(one, figure, by_spending) for one in years]
    days = np.array([np.inf if place is None else first_day + place * every_days for place in places])
    return [float((days <= months * 365 / 12).mean()) for months in _MONTHS]


def _name(world: World) -> str:
    return f"AUC {world.better_by:+.3f}, {world.money_better_by:+.3f} EUR"


def _percent(shares: Sequence[float]) -> str:
    return " ".join(f"{share:7.1%}" for share in shares)


if __name__ == "__main__":
    main()
