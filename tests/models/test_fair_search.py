from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evergreen.models.fair_search import EVERYBODY, NOBODY, Ladder, build_ladder, search_cuts


def test_a_ladder_goes_from_nobody_to_everybody() -> None:
    scores, gains = np.array([0.2, 0.8, 0.8, 0.4]), np.array([-2.0, 5.0, -2.0, 5.0])
    ladder = build_ladder(scores, gains, np.array([False, True, False, True]))
    assert ladder.cuts == pytest.approx([NOBODY, 0.6, 0.3, EVERYBODY])
    assert ladder.rates == pytest.approx([0, 0.5, 1, 1])
    assert ladder.money == pytest.approx([0, 3, 8, 6])


def best_of_all(ladders: list[Ladder], limit: float) -> float:
    """The most money, found by trying every choice of cut points."""
    best = -np.inf
    for places in product(*(range(len(ladder.cuts)) for ladder in ladders)):
        rates = [ladder.rates[place] for ladder, place in zip(ladders, places, strict=True)]
        if max(rates) - min(rates) <= limit + 1e-9:
            best = max(best, sum(ladder.money[place] for ladder, place in zip(ladders, places, strict=True)))
    return best


def outcome_of(ladders: list[Ladder], cuts: list[float]) -> tuple[float, float]:
    places = [int(np.flatnonzero(ladder.cuts == cut)[0]) for ladder, cut in zip(ladders, cuts, strict=True)]
    rates = [ladder.rates[place] for ladder, place in zip(ladders, places, strict=True)]
    return sum(ladder.money[place] for ladder, place in zip(ladders, places, strict=True)), max(rates) - min(rates)


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 10_000), n_groups=st.integers(2, 3), limit=st.sampled_from([0.0, 0.05, 0.2, 1.0]))
def test_no_choice_of_cut_points_is_better(seed: int, n_groups: int, limit: float) -> None:
    rng = np.random.default_rng(seed)
    ladders = []
    for _ in range(n_groups):
        n_rows = int(rng.integers(2, 14))
        is_counted = rng.random(n_rows) < 0.6
        is_counted[0] = True
        ladders.append(build_ladder(rng.random(n_rows).round(1), rng.normal(size=n_rows).round(2), is_counted))
    money, gap = outcome_of(ladders, search_cuts(ladders, limit))
    assert gap <= limit + 1e-8
    assert money == pytest.approx(best_of_all(ladders, limit))


def uniform_ladder(highest: float, *, won: float, spent: float, n_rows: int = 40_000) -> Ladder:
    """A group whose scores are uniform from 0 to ``highest`` and true to the letter."""
    scores = (np.arange(n_rows) + 0.5) / n_rows * highest
    return build_ladder(scores, scores * won - (1 - scores) * spent, np.ones(n_rows, dtype=bool))


@pytest.mark.parametrize(("highest", "won", "spent"), [(0.5, 5, 2), (0.8, 1, 1), (0.6, 80, 40)])
def test_cut_points_of_uniform_scores_have_a_closed_form(highest: float, won: float, spent: float) -> None:
    ladders = [uniform_ladder(1.0, won=won, spent=spent), uniform_ladder(highest, won=won, spent=spent)]
    # Without a limit each group is selected from where a selection breaks even.
    even = spent / (won + spent)
    assert search_cuts(ladders, 1.0) == pytest.approx([even, min(even, highest)], abs=1e-4)
    # With equal rates 1 - u in both groups money is the sum over b in {1, highest} of
    # (won + spent) b (1 - u^2) / 2 - spent (1 - u), which is largest at u = 2 spent / ((won + spent) (1 + highest)).
    u = 2 * spent / ((won + spent) * (1 + highest))
    cuts = search_cuts(ladders, 0.0)
    assert cuts == pytest.approx([u, highest * u], abs=1e-4)
    money, gap = outcome_of(ladders, cuts)
    most = (won + spent) * (1 + highest) * (1 - u**2) / 2 - 2 * spent * (1 - u)
    assert money / len(ladders[0].cuts) == pytest.approx(most, rel=1e-3)
    assert gap == pytest.approx(0)


def test_a_wider_limit_never_brings_less() -> None:
    ladders = [uniform_ladder(high, won=5, spent=2, n_rows=500) for high in (1.0, 0.5, 0.3)]
    money = [outcome_of(ladders, search_cuts(ladders, limit))[0] for limit in np.linspace(0, 1, 21)]
    assert (np.diff(money) >= -1e-9).all()
