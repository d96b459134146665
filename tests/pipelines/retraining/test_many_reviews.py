"""A year of reviews whose truth is known: the promise of 5 % holds for all of them. The long form is a benchmark."""

import numpy as np
import pytest

from benchmarks.retraining import at_every_review, by_point, by_spending, first_passed
from benchmarks.retraining_worlds import (
    MONEY,
    RANKING,
    Comparison,
    World,
    challenge_for_a_year,
    review_for_a_year,
)

N_YEARS = 200
# Five percent, and twice the error of a share of 200 years.
AT_MOST = 0.05 + 2 * (0.05 * 0.95 / N_YEARS) ** 0.5
Years = list[list[Comparison]]


def years_of(world: World, n_years: int = N_YEARS) -> Years:
    draws = (np.random.default_rng(seed) for seed in range(n_years))
    return [challenge_for_a_year(world, draw, every_days=35, figures=(MONEY,)) for draw in draws]


@pytest.fixture(scope="module")
def equal() -> Years:
    return years_of(World())


def share(years: Years, rule: object) -> float:
    return float(np.mean([first_passed(one, MONEY, rule) is not None for one in years]))  # type: ignore[arg-type]


def test_an_equal_model_is_seldom_promoted_in_a_year_of_challenges(equal: Years) -> None:
    assert len(equal[0]) == 10
    assert share(equal, by_spending) <= AT_MOST
    # What it is good for: without it the promise breaks.
    assert share(equal, at_every_review) > 0.25
    assert share(equal, by_point) > 0.95


def test_a_slightly_worse_model_is_promoted_even_less_and_a_better_one_mostly(equal: Years) -> None:
    assert World(-0.005).money_better_by < 0
    assert share(years_of(World(-0.005)), by_spending) <= share(equal, by_spending)
    assert share(years_of(World(0.05), 40), by_spending) > 0.8


def test_a_good_champion_is_seldom_given_up_in_a_year_of_weekly_reviews() -> None:
    draws = (np.random.default_rng(seed) for seed in range(60))
    years = [review_for_a_year(World(n_a_day=5), draw, every_days=7, first_day=30) for draw in draws]
    assert len(years[0]) == 48
    assert share(years, by_spending) <= 0.05 + 2 * (0.05 * 0.95 / 60) ** 0.5
    assert share(years, at_every_review) > 0.12


def test_worlds_are_as_good_as_they_say() -> None:
    world = World(0.02, n_a_day=110, n_judged=40_000)
    (year,) = challenge_for_a_year(world, np.random.default_rng(1), every_days=365, figures=(MONEY, RANKING))
    for figure, truth in ((MONEY, world.money_better_by), (RANKING, 0.02)):
        gain = year.gains[figure]
        assert abs(gain.value - truth) < 3 * gain.error < truth
