"""Two models on the same rows: against closed forms, DeLong's, and simulations whose truth is known."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from evergreen.errors import CaseError, DataError
from evergreen.measures.promotion import PairedDifference, judge_gain, paired_differences
from evergreen.measures.ranking import rank_scores
from evergreen.measures.spending import spent_level

NAN = float("nan")
Figures = NDArray[np.float64]
# Binormal scores: the ROC AUC is the normal distribution function of the separation by the root of two.
SEPARATION = {0.80: 2**0.5 * stats.norm.ppf(0.80), 0.79: 2**0.5 * stats.norm.ppf(0.79)}


def _means(values: Figures) -> Callable[[Figures], dict[str, Figures]]:
    return lambda weights: {"mean": weights @ values / weights.sum(axis=1)}


def _mean(values: Figures, **more: object) -> PairedDifference:
    return paired_differences(_means(values), len(values), **more)["mean"]


def _auc(is_positive: NDArray[np.bool_], new: Figures, live: Figures, **more: object) -> PairedDifference:
    def differences(weights: Figures) -> dict[str, Figures]:
        both = [rank_scores(is_positive, scores, weights)["roc_auc"] for scores in (new, live)]
        return {"roc_auc": both[0] - both[1]}

    return paired_differences(differences, len(new), **more)["roc_auc"]


def _two_rankings(rng: np.random.Generator, n_rows: int, auc: float) -> tuple[NDArray[np.bool_], Figures, Figures]:
    """Outcomes, a challenger with this ROC AUC and a champion with 0.80 whose noise is alike by 0.9."""
    is_positive = rng.random(n_rows) < 0.3
    noise = rng.multivariate_normal([0, 0], [[1, 0.9], [0.9, 1]], size=n_rows)
    return is_positive, noise[:, 0] + SEPARATION[auc] * is_positive, noise[:, 1] + SEPARATION[0.80] * is_positive


def _delong_error(is_positive: NDArray[np.bool_], new: Figures, live: Figures) -> float:
    """DeLong, DeLong and Clarke-Pearson (1988): the error of a paired difference of two areas, by all pairs of rows."""
    parts = []
    for scores in (new, live):
        above = (scores[is_positive][:, None] > scores[~is_positive]) + 0.5 * (
            scores[is_positive][:, None] == scores[~is_positive]
        )
        parts.append((above.mean(axis=1), above.mean(axis=0)))
    of_positive, of_negative = (parts[0][side] - parts[1][side] for side in (0, 1))
    return float(np.sqrt(of_positive.var(ddof=1) / len(of_positive) + of_negative.var(ddof=1) / len(of_negative)))


def test_of_a_mean_it_is_the_paired_t_test() -> None:
    rng = np.random.default_rng(1)
    new, live = rng.normal(1.1, 1, 150), rng.normal(1, 1, 150)
    found = _mean(new - live)
    test = stats.ttest_rel(new, live)
    assert found.value == pytest.approx((new - live).mean())
    assert found.value / found.error == pytest.approx(test.statistic)
    low, high = test.confidence_interval(0.9)
    assert (found.lower_bound(0.95), found.upper_bound(0.95)) == pytest.approx((low, high))


def test_of_a_ranking_it_is_delongs_error() -> None:
    rows = _two_rankings(np.random.default_rng(2), 600, 0.79)
    expected = _delong_error(*rows)
    assert _auc(*rows, max_groups=600).error == pytest.approx(expected, rel=0.02)
    assert _auc(*rows).error == pytest.approx(expected, rel=0.15)


def test_rows_of_a_cluster_count_together() -> None:
    rng = np.random.default_rng(3)
    by_day = rng.normal(size=40)
    days, gains = np.repeat(np.arange(40), 25), np.repeat(by_day, 25)
    alone = stats.ttest_1samp(by_day, 0)
    found = _mean(gains, clusters=days)
    assert found.value / found.error == pytest.approx(alone.statistic)
    assert found.n_units == 40
    assert found.error > 3 * _mean(gains).error


def test_many_clusters_are_dealt_to_groups_and_stay_whole() -> None:
    rng = np.random.default_rng(4)
    customers, gains = np.repeat(np.arange(900), 3), np.repeat(rng.normal(size=900), 3)
    found = _mean(gains, clusters=customers)
    assert found.n_units == 200
    assert found.error == pytest.approx(gains[::3].std(ddof=1) / 30, rel=0.15)


@given(seed=st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_the_other_way_round_everything_changes_its_sign(seed: int) -> None:
    gains = np.random.default_rng(seed).normal(size=60)
    found, turned = _mean(gains), _mean(-gains).negated()
    assert (found.value, found.error) == pytest.approx((turned.value, turned.error))
    assert found.lower_bound() == pytest.approx(-_mean(-gains).upper_bound())


def test_two_models_that_do_the_same_differ_by_nothing() -> None:
    found = _mean(np.zeros(50))
    assert (found.value, found.error, found.is_flat) == (0, 0, True)
    assert judge_gain(found, margin=0, confidence=0.95) == "failed"
    assert judge_gain(found, margin=0.01, confidence=0.95) == "passed"


@pytest.mark.parametrize("values", [np.arange(9.0), np.array([1.0] + [NAN] * 29)], ids=["nine-rows", "undefined"])
def test_what_cannot_be_told_is_undecided(values: Figures) -> None:
    found = _mean(values)
    assert np.isnan(found.lower_bound())
    assert judge_gain(found, margin=0, confidence=0.95) == "undecided"


@pytest.mark.parametrize(
    ("value", "margin", "result"),
    [
        (2.0, 0, "passed"),
        (1.6, 0, "undecided"),
        (-1.6, 0, "undecided"),
        (-2.0, 0, "failed"),
        (-1.0, 3, "passed"),
        (-1.4, 3, "undecided"),
        (-5.0, 3, "failed"),
    ],
)
def test_the_bound_must_lie_above_the_margin(value: float, margin: float, result: str) -> None:
    # 1.645 errors at 95 %.
    assert judge_gain(PairedDifference(value, 1, 10**6, 10**6), margin=margin, confidence=0.95) == result


def test_an_equal_model_is_rarely_promoted_and_a_worse_one_hardly_ever() -> None:
    confidence, promoted = 1 - spent_level(0.05, 1), {0.80: 0, 0.79: 0}
    rng = np.random.default_rng(5)
    for _ in range(400):
        for auc in promoted:
            gain = _auc(*_two_rankings(rng, 2000, auc), max_groups=40)
            promoted[auc] += judge_gain(gain, margin=0, confidence=confidence) == "passed"
    assert promoted[0.80] <= 20
    assert promoted[0.79] <= 4


@pytest.mark.parametrize("is_same_challenger", [True, False], ids=["one-challenger", "a-new-one-each-window"])
def test_twenty_windows_promote_an_equal_model_in_one_world_of_twenty(is_same_challenger: bool) -> None:
    rng = np.random.default_rng(6)
    promoted = {"counted": 0, "not counted": 0}
    for _ in range(400):
        gains, is_promoted = rng.normal(size=1000), dict.fromkeys(promoted, False)
        for window in range(1, 21):
            if not is_same_challenger:
                gains = rng.normal(size=1000)
            gain = _mean(gains[: 50 * window], max_groups=25)
            for name, number in (("counted", window), ("not counted", 1)):
                confidence = 1 - spent_level(0.05, number)
                is_promoted[name] |= judge_gain(gain, margin=0, confidence=confidence) == "passed"
        for name, is_wrong in is_promoted.items():
            promoted[name] += is_wrong
    assert promoted["counted"] <= 20
    assert promoted["not counted"] >= 40


def test_power_grows_with_the_rows_and_is_what_is_told() -> None:
    rng = np.random.default_rng(7)
    shares, told = [], []
    for n_rows in (100, 400, 1600):
        effect = _mean(stats.zscore(rng.normal(size=n_rows), ddof=1)).detectable(0.95)
        gains = [_mean(rng.normal(told[0] if told else effect, 1, n_rows), max_groups=100) for _ in range(300)]
        shares.append(np.mean([judge_gain(one, margin=0, confidence=0.95) == "passed" for one in gains]))
        told.append(effect)
    assert shares[0] == pytest.approx(0.8, abs=0.1)
    assert shares[0] < shares[1] <= shares[2]
    assert told[0] > told[1] > told[2]
    # (1.645 + 0.842) errors of 1 / 40.
    assert told[2] == pytest.approx((stats.norm.ppf(0.95) + stats.norm.ppf(0.8)) / 40, rel=0.15)


def test_rows_needed_go_by_the_square_of_the_gain() -> None:
    found = PairedDifference(0.02, 0.01, 10**6, 1000)
    effect = found.detectable(0.95)
    assert found.rows_needed(0.95, gain=effect) == 1000
    assert found.rows_needed(0.95, gain=effect / 2) == 4000
    assert found.rows_needed(0.95, gain=0) is None
    assert found.rows_needed(0.95, gain=-1) is None
    assert PairedDifference(1, NAN, 3, 3).rows_needed(0.95, gain=1) is None


@pytest.mark.parametrize("confidence", [0, 1, 95])
def test_refuses_a_confidence_that_is_no_share(confidence: float) -> None:
    with pytest.raises(CaseError, match="Give a share above 0 and below 1"):
        PairedDifference(1, 1, 20, 20).lower_bound(confidence)


def test_refuses_clusters_that_do_not_fit() -> None:
    with pytest.raises(DataError, match=r"Clusters have shape \(3,\) for 20 rows. Give one label a row."):
        _mean(np.ones(20), clusters=[1, 2, 3])
    with pytest.raises(DataError, match=r"Clusters lack 1 labels \(first: row 1\)"):
        _mean(np.ones(3), clusters=["a", None, "b"])
