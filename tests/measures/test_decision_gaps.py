from itertools import combinations
from typing import Any

import numpy as np
import pytest
from fairlearn.metrics import demographic_parity_difference, demographic_parity_ratio, equalized_odds_difference
from scipy.special import ndtri

from evergreen.measures.decision_gaps import Gap, Judging, larger_gap, smallest_ratio, widest_gap
from evergreen.measures.group_ratios import GroupRatio, estimate_ratios

PLAIN = Judging(0.95, 2)
RATES = {
    "selection": ("selected", "one"),
    "tpr": ("selected_positive", "positive"),
    "fpr": ("selected_negative", "negative"),
}


def rates(selected: Any, positive: Any, group: Any, n_resamples: int = 300, **told: Any) -> dict[str, GroupRatio]:
    chosen, good = np.asarray(selected, dtype=bool), np.asarray(positive, dtype=bool)
    quantities = {
        "one": np.ones(len(chosen)),
        "selected": chosen,
        "positive": good,
        "negative": ~good,
        "selected_positive": chosen & good,
        "selected_negative": chosen & ~good,
    }
    plain = {"n_resamples": n_resamples, "random_state": 0}
    return estimate_ratios(group, int(np.max(group)) + 1, quantities, RATES, **plain | told)


def of_shares(sizes: list[int], shares: list[float]) -> GroupRatio:
    """Groups of these sizes with exactly these shares selected."""
    group = np.repeat(np.arange(len(sizes)), sizes)
    selected = np.concatenate([np.arange(n) < round(n * p) for n, p in zip(sizes, shares, strict=True)])
    return rates(selected, selected, group)["selection"]


def every(found: GroupRatio) -> np.ndarray:
    return np.ones(len(found.value), dtype=bool)


@pytest.mark.parametrize("seed", range(4))
def test_gaps_are_fairlearns(seed: int) -> None:
    rng = np.random.default_rng(seed)
    group = rng.integers(0, 3, 400)
    positive = rng.random(400) < 0.2 + 0.2 * group
    selected = rng.random(400) < 0.3 + 0.3 * positive
    found = rates(selected, positive, group)
    told = {"y_true": positive, "y_pred": selected, "sensitive_features": group}
    gap = widest_gap(found["selection"], every(found["selection"]), PLAIN, is_share=True)
    assert gap.value == pytest.approx(demographic_parity_difference(**told))
    assert found["selection"].value[gap.high] - found["selection"].value[gap.low] == pytest.approx(gap.value)
    ratio = smallest_ratio(found["selection"], every(found["selection"]), PLAIN)
    assert ratio.value == pytest.approx(demographic_parity_ratio(**told))
    sides = [(found[name], every(found[name])) for name in ("tpr", "fpr")]
    odds, wider = larger_gap(*sides, PLAIN)
    assert odds.value == pytest.approx(equalized_odds_difference(**told))
    assert odds.value == pytest.approx(np.ptp(sides[wider][0].value))
    for one in (gap, ratio, odds):
        assert one.lower_bound < one.value < one.upper_bound


def test_a_gap_of_two_large_groups_has_the_bounds_of_two_shares() -> None:
    found = of_shares([4000, 4000], [0.5, 0.3])
    gap = widest_gap(found, every(found), PLAIN, is_share=True)
    error = np.sqrt((0.25 + 0.21) / 4000)
    assert (gap.high, gap.low, gap.n_groups) == (0, 1, 2)
    assert gap.upper_bound == pytest.approx(0.2 + 1.645 * error, abs=0.004)
    # Below, either of the two groups might have been the larger: 2 ordered pairs.
    assert gap.lower_bound == pytest.approx(0.2 - 1.96 * error, abs=0.005)


def test_a_group_that_does_not_count_is_left_out() -> None:
    found = of_shares([400, 400, 10], [0.5, 0.45, 1])
    assert widest_gap(found, found.n_rows >= 50, PLAIN, is_share=True).value == pytest.approx(0.05)
    assert widest_gap(found, every(found), PLAIN, is_share=True).value == pytest.approx(0.55)
    alone = widest_gap(found, found.n_rows < 50, PLAIN, is_share=True)
    assert (np.isnan(alone.value), np.isnan(alone.upper_bound), alone.high, alone.n_groups) == (True, True, -1, 1)


def test_where_nobody_is_selected_the_bound_tells_of_the_smallest_group() -> None:
    found = of_shares([400, 60], [0, 0])
    gap = widest_gap(found, every(found), PLAIN, is_share=True)
    assert gap == Gap(0.0, 0.0, pytest.approx(1 - 0.05 ** (1 / 60)), 0, 1, 2)
    assert np.isnan(smallest_ratio(found, every(found), PLAIN).value)
    everybody = of_shares([400, 60], [1, 1])
    assert widest_gap(everybody, every(found), PLAIN, is_share=True).upper_bound == gap.upper_bound
    assert np.isnan(smallest_ratio(everybody, every(found), PLAIN).lower_bound)


def test_a_group_of_which_nobody_is_selected_may_be_the_one_with_more() -> None:
    found = of_shares([4000, 60], [0.005, 0])
    gap = widest_gap(found, every(found), PLAIN, is_share=True)
    lower_of_other = 0.005 - 1.96 * np.sqrt(0.005 * 0.995 / 4000)
    assert gap.upper_bound == pytest.approx(1 - 0.025 ** (1 / 60) - lower_of_other, abs=0.001)
    assert gap.lower_bound == 0


def test_where_one_group_alone_is_selected_the_gap_is_certain_but_for_chance() -> None:
    found = of_shares([100, 60], [1, 0])
    gap = widest_gap(found, every(found), PLAIN, is_share=True)
    below = 2 - 0.0125 ** (1 / 100) - 0.0125 ** (1 / 60)
    assert (gap.value, gap.upper_bound, gap.lower_bound) == (1, 1, pytest.approx(1 - below))


@pytest.mark.parametrize("level", [0.03, 0.001, 0.00001])
def test_a_small_level_reaches_as_far_as_it_says(level: float) -> None:
    found = of_shares([2000, 2000], [0.4, 0.4])
    gap = widest_gap(found, every(found), Judging(1 - level, 2), is_share=True)
    assert gap.upper_bound == pytest.approx(-ndtri(level) * np.sqrt(2 * 0.24 / 2000), rel=0.12)


def test_of_very_many_pairs_the_largest_bound_is_found() -> None:
    rng = np.random.default_rng(8)
    sizes, shares = rng.integers(60, 300, 15).tolist(), rng.uniform(0.2, 0.6, 15).tolist()
    found = of_shares(sizes, shares)
    bounds = []
    for pair in combinations(range(15), 2):
        judged = np.isin(np.arange(15), pair)
        bounds.append(widest_gap(found, judged, PLAIN, is_share=True).upper_bound)
    assert widest_gap(found, every(found), PLAIN, is_share=True).upper_bound == max(bounds)


def test_too_few_clusters_have_no_bounds() -> None:
    group, days = np.repeat([0, 1], 200), np.tile(np.arange(8), 50)
    selected = np.random.default_rng(1).random(400) < 0.5
    found = rates(selected, selected, group, clusters=days)["selection"]
    gap = widest_gap(found, every(found), Judging(0.95, 10), is_share=True)
    assert not np.isnan(gap.value)
    assert np.isnan([gap.lower_bound, gap.upper_bound]).all()


@pytest.mark.parametrize("is_ratio", [False, True])
def test_one_group_of_too_few_clusters_leaves_no_bound_however_many_pairs_there_are(is_ratio: bool) -> None:
    shares = np.array([0.5] + [0.9] * 11 + [0.1] * 11)
    rows = [(g, day, n) for g in range(23) for day in range(20 if g else 3) for n in range(10)]
    group, days, places = np.array(rows).T
    selected = places < np.round(10 * shares[group]) + ((days % 5 == 0) & (group > 0) & (places == 9))
    found = rates(selected, selected, group, clusters=days)["selection"]
    judging = Judging(0.95, 10)
    if is_ratio:
        assert np.isnan(smallest_ratio(found, every(found), judging).lower_bound)
    else:
        assert np.isnan(widest_gap(found, every(found), judging, is_share=True).upper_bound)
    whole = np.arange(23) > 0
    assert not np.isnan(widest_gap(found, whole, judging, is_share=True).upper_bound)


def covered(shares: list[float], sizes: list[int], n_repeats: int = 200) -> tuple[float, float]:
    """The share of repetitions whose upper bound lies above the true gap, and whose lower bound lies below it."""
    group, truth = np.repeat(np.arange(len(sizes)), sizes), max(shares) - min(shares)
    above = below = 0
    for seed in range(n_repeats):
        selected = np.random.default_rng(seed).random(len(group)) < np.asarray(shares)[group]
        found = rates(selected, selected, group, random_state=seed)["selection"]
        gap = widest_gap(found, every(found), PLAIN, is_share=True)
        above += truth <= gap.upper_bound
        below += gap.lower_bound <= truth
    return above / n_repeats, below / n_repeats


@pytest.mark.parametrize(
    ("shares", "sizes"),
    [
        ([0.3, 0.3], [120, 60]),
        ([0.5, 0.3], [120, 60]),
        ([0.6, 0.2], [50, 50]),
        ([0.1, 0.02], [80, 60]),
        ([0.3] * 6, [60] * 6),
        ([0.45, 0.3, 0.3, 0.25], [60, 200, 80, 60]),
        ([0.005, 0.03], [4000, 60]),
    ],
    ids=["equal", "apart", "far apart", "rare", "six equal", "four", "often none of a small group"],
)
def test_bounds_hold_as_often_as_they_say(shares: list[float], sizes: list[int]) -> None:
    above, below = covered(shares, sizes)
    assert above >= 0.93
    assert below >= 0.93


@pytest.mark.parametrize("shares", [(0.4, 0.4), (0.5, 0.3)], ids=["equal", "apart"])
def test_bounds_hold_where_rows_of_a_shop_are_alike(shares: tuple[float, float]) -> None:
    # Each of 20 shops a group has a rate of its own, 0.15 up or down on average.
    n_shops, n_rows, n_repeats, above, below = 20, 25, 200, 0, 0
    shop, group = np.repeat(np.arange(2 * n_shops), n_rows), np.repeat([0, 1], n_shops * n_rows)
    for seed in range(n_repeats):
        rng = np.random.default_rng(seed)
        rates_of_shops = rng.beta(*(np.repeat(shares, n_shops) * 9, np.repeat(1 - np.asarray(shares), n_shops) * 9))
        selected = rng.random(len(shop)) < rates_of_shops[shop]
        found = rates(selected, selected, group, clusters=shop, random_state=seed)["selection"]
        gap = widest_gap(found, every(found), Judging(0.95, 10), is_share=True)
        above += shares[0] - shares[1] <= gap.upper_bound
        below += gap.lower_bound <= shares[0] - shares[1]
    assert above / n_repeats >= 0.93
    assert below / n_repeats >= 0.93
