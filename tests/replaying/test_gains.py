"""Shares of the gain of hindsight, their intervals, and the advice."""

import numpy as np
import pytest
from numpy.typing import NDArray

from evergreen.replaying.gains import advise, block_draws, share_gains
from evergreen.replaying.replay import Replay

DRAWS = block_draws(20, block=4, n_resamples=400, random_state=1)


def came_to(totals: NDArray[np.float64], n_fits: int = 1, cpu_seconds: float = 1.0) -> Replay:
    return Replay((), totals, n_fits, cpu_seconds)


def noise(seed: int) -> NDArray[np.float64]:
    return np.random.default_rng(seed).normal(0, 0.1, 20)


def test_draws_keep_neighbours_together() -> None:
    assert (DRAWS.sum(axis=1) == 20).all()
    assert DRAWS.mean(axis=0) == pytest.approx(np.ones(20), abs=0.15)
    # Of blocks of four, a batch's next neighbour is drawn with it three times in four; else it is a matter of chance.
    together = np.mean([np.corrcoef(DRAWS[:, i], DRAWS[:, i + 1])[0, 1] for i in range(19)])
    assert together == pytest.approx(0.75, abs=0.1)


def test_a_share_is_the_gain_over_never_divided_by_that_of_hindsight() -> None:
    ways = {"never": came_to(np.zeros(20)), "half": came_to(np.full(20, 0.5)), "worse": came_to(np.full(20, -0.1))}
    shares = share_gains(ways, never="never", best=came_to(np.ones(20)), draws=DRAWS)
    assert (shares["half"].value, shares["half"].low, shares["half"].high) == (0.5, 0.5, 0.5)
    assert shares["worse"].value == pytest.approx(-0.1)
    assert shares["never"].value == 0


def test_an_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    # Gains of one batch are a third of hindsight's, with noise of their own: the true share is one third.
    rng, covered = np.random.default_rng(5), 0
    for _ in range(200):
        whole = rng.normal(3, 1, 20)
        ways = {"never": came_to(np.zeros(20)), "third": came_to(whole / 3 + rng.normal(0, 0.5, 20))}
        share = share_gains(ways, never="never", best=came_to(whole), draws=DRAWS)["third"]
        covered += bool((share.low or 0) <= 1 / 3 <= (share.high or 0))
    assert 0.85 <= covered / 200 <= 0.98


def test_where_hindsight_gains_nothing_there_is_no_share() -> None:
    ways = {"never": came_to(np.ones(20)), "every": came_to(np.ones(20) - 0.1)}
    assert share_gains(ways, never="never", best=came_to(np.ones(20)), draws=DRAWS)["every"].value is None
    rare = np.zeros(20)
    rare[3] = 1.0
    unsure = share_gains({"never": came_to(np.zeros(20))}, never="never", best=came_to(rare), draws=DRAWS)["never"]
    assert (unsure.value, unsure.low, unsure.high) == (0.0, None, None)


def test_among_policies_as_good_as_the_best_the_one_with_the_fewest_fits_is_taken() -> None:
    ways = {
        "never": came_to(np.zeros(20), 0, 0.0),
        "often": came_to(np.ones(20) + noise(1), 20),
        "seldom": came_to(np.ones(20) + noise(2), 5),
        "lazy": came_to(np.full(20, 0.5), 1),
    }
    advice = advise(ways, never="never", draws=DRAWS)
    assert advice.recommended == "seldom"
    assert advice.chance_of_gain == 1.0
    assert "5" in advice.why


def test_where_nothing_is_gained_the_advice_is_never() -> None:
    ways = {"never": came_to(noise(1), 0, 0.0), "often": came_to(noise(1) - 0.01, 20)}
    advice = advise(ways, never="never", draws=DRAWS)
    assert (advice.recommended, advice.chance_of_gain, advice.chance_best) == ("never", None, 1.0)


def test_a_gain_that_costs_more_than_it_earns_is_none() -> None:
    ways = {"never": came_to(np.zeros(20), 0, 0.0), "often": came_to(np.ones(20), 20, 100.0)}
    assert advise(ways, never="never", draws=DRAWS).recommended == "often"
    assert advise(ways, never="never", draws=DRAWS, cpu_second_price=0.3).recommended == "never"
