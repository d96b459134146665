"""Bounds hold the truth as often as they say, at ordinary levels and at very small ones."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.special import stdtrit
from scipy.stats import skew

from evergreen.measures import Estimate, estimate
from evergreen.measures.bounds import LOSS, PLAIN, POSITIVE, ROOT, SHARE, spread_of
from evergreen.measures.ranking import rank_scores

SCALES = {"accuracy": SHARE, "roc_auc": SHARE, "log_loss": LOSS, "rmse": ROOT, "payoff": PLAIN}
CLUSTER_SIZE = 25
NORMALS = np.random.default_rng(3).normal(size=2000)
World = dict[str, np.ndarray]


def make_world(rng: np.random.Generator, n_clusters: int, size: int, *, shared: float) -> World:
    """Outcomes, probabilities and misses of clusters of equal size, which share so much of the variance of both."""
    weights = np.sqrt([shared, 1 - shared])
    signal, noise = (
        weights @ [np.repeat(rng.normal(size=n_clusters), size), rng.normal(size=n_clusters * size)] for _ in range(2)
    )
    return {
        "cluster": np.repeat(np.arange(n_clusters), size),
        "p": 1 / (1 + np.exp(0.5 - signal)),
        "is_positive": signal + 1.8 * noise > 0.5,
        "missed": 0.1 * signal + noise,
    }


def row_figures(world: World) -> dict[str, np.ndarray]:
    """What figures but the ROC AUC are means of."""
    p, is_positive = world["p"], world["is_positive"]
    return {
        "accuracy": (p > 0.5) == is_positive,
        "log_loss": -np.log(np.where(is_positive, p, 1 - p)),
        "payoff": np.where(p > 2 / 7, np.where(is_positive, 5.0, -2.0), 0.0),
        "rmse": world["missed"] ** 2,
    }


def statistic_of(world: World) -> Callable[[np.ndarray], dict[str, np.ndarray]]:
    """Figures by weights of whole clusters, shape (b, k), from their sums: thousands of samples take seconds."""
    rows, ones = row_figures(world), np.eye(world["cluster"][-1] + 1)[world["cluster"]]
    sums = ones.T @ np.stack(list(rows.values()), axis=1)
    positive = world["is_positive"]
    won = world["p"][positive][:, None] > world["p"][~positive]
    above = ones[positive].T @ (won @ ones[~positive])
    n_positive, n_rows = ones[positive].sum(axis=0), ones.sum(axis=0)

    def statistic(weights: np.ndarray) -> dict[str, np.ndarray]:
        total, positives = weights @ n_rows, weights @ n_positive
        found = dict(zip(rows, (weights @ sums / total[:, None]).T, strict=True))
        auc = ((weights @ above) * weights).sum(axis=1) / (positives * (total - positives))
        return found | {"rmse": np.sqrt(found["rmse"]), "roc_auc": auc}

    return statistic


@cache
def truth() -> dict[str, float]:
    """The figures of so many rows that their own error is a hundredth of an interval's width; clusters change none."""
    world = make_world(np.random.default_rng(99), 1_000_000, 1, shared=0)
    means = {name: float(values.mean()) for name, values in row_figures(world).items()}
    auc = rank_scores(world["is_positive"], world["p"], np.ones((1, 1_000_000)))["roc_auc"]
    return means | {"rmse": float(np.sqrt(means["rmse"])), "roc_auc": float(auc[0])}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("n_clusters", "size", "shared"),
    [
        pytest.param(200, 1, 0, id="200 rows"),
        pytest.param(40, CLUSTER_SIZE, 0.64, id="40 clusters that share 64 %"),
    ],
)
def test_intervals_hold_the_truth_in_93_to_97_of_100_samples(n_clusters: int, size: int, shared: float) -> None:
    rng, hits, n_samples = np.random.default_rng(0), dict.fromkeys(SCALES, 0), 500
    for seed in range(n_samples):
        statistic = statistic_of(make_world(rng, n_clusters, size, shared=shared))
        for name, one in estimate(statistic, n_clusters, n_resamples=400, random_state=seed).items():
            interval = replace(one, scale=SCALES[name]).interval(0.95)
            hits[name] += interval.low <= truth()[name] <= interval.high
    shares = {name: count / n_samples for name, count in hits.items()}
    assert {name: share for name, share in shares.items() if not 0.93 <= share <= 0.97} == {}


def test_sums_of_clusters_give_the_figures_of_their_rows() -> None:
    world = make_world(np.random.default_rng(1), 12, 5, shared=0.5)
    weights = np.random.default_rng(2).integers(0, 4, (3, 12)).astype(float)
    found, by_row = statistic_of(world)(weights), weights[:, world["cluster"]]
    np.testing.assert_allclose(found["roc_auc"], rank_scores(world["is_positive"], world["p"], by_row)["roc_auc"])
    np.testing.assert_allclose(found["rmse"] ** 2, np.average(np.tile(world["missed"] ** 2, (3, 1)), 1, by_row))


@pytest.mark.parametrize("level", [1e-3, 1e-5, 1e-8])
def test_a_small_level_of_a_mean_is_that_of_the_t_distribution(level: float) -> None:
    rows = np.random.default_rng(0).normal(3, 2, 30)
    drawn = estimate(lambda w: {"mean": w @ rows / 30}, 30, n_resamples=4000, random_state=0)["mean"]
    reach = -stdtrit(29, level) * rows.std(ddof=1) / np.sqrt(30)
    assert drawn.lower_bound(1 - level) == pytest.approx(rows.mean() - reach, rel=0, abs=0.06 * reach)
    assert drawn.upper_bound(1 - level) == pytest.approx(rows.mean() + reach, rel=0, abs=0.06 * reach)


@given(st.integers(5, 300), st.sampled_from(["plain", "share", "positive", "loss", "root"]), st.floats(0.3, 0.7))
def test_a_smaller_level_never_gives_a_nearer_bound(n_units: int, scale: str, value: float) -> None:
    draws = np.clip(value + 0.05 * NORMALS[:500], 0.01, 0.99)
    one = Estimate(value, draws, n_units, scale)
    levels = np.geomspace(0.4, 1e-9, 60)
    low = [one.lower_bound(1 - level) for level in levels]
    high = [one.upper_bound(1 - level) for level in levels]
    assert (np.diff(low) <= 1e-12).all()
    assert (np.diff(high) >= -1e-12).all()


@pytest.mark.parametrize(
    ("scale", "value"), [(SHARE, 0.98), (SHARE, 0.02), (POSITIVE, 0.05), (LOSS, 0.05), (ROOT, 0.05)]
)
def test_bounds_of_the_smallest_levels_stay_among_possible_values(scale: str, value: float) -> None:
    draws = np.abs(value + 0.01 * NORMALS)
    draws = np.minimum(draws, 0.999) if scale == SHARE else draws
    one = Estimate(value, draws, 50, scale)
    assert one.lower_bound(1 - 1e-9) >= 0
    assert scale != SHARE or one.upper_bound(1 - 1e-9) <= 1


def test_the_tail_of_a_root_is_the_root_of_the_tail_of_its_mean() -> None:
    means = np.exp(0.2 * NORMALS)
    mean, root = Estimate(1.0, means, 40, LOSS), Estimate(1.0, np.sqrt(means), 40, ROOT)
    for confidence in (0.95, 0.999):
        assert root.upper_bound(confidence) ** 2 == pytest.approx(mean.upper_bound(confidence))


def test_the_tail_of_a_skewed_mean_is_that_of_halls_transformation() -> None:
    draws = np.random.default_rng(8).gamma(16, 1 / 16, 40_000)
    k, x = skew(draws), stdtrit(39, 0.001) * np.sqrt(40 / 39)
    t = brentq(lambda t: t + k * t**2 / 3 + k**2 * t**3 / 27 + k / 6 - x, -50, 50)
    assert Estimate(1.0, draws, 40, LOSS).upper_bound(0.999) == pytest.approx(1 - draws.std(ddof=1) * t, rel=1e-3)


def test_losses_that_do_not_differ_have_no_tail() -> None:
    assert Estimate(0.5, np.full(50, 0.5), 20, ROOT).upper_bound(0.99) == pytest.approx(0.5)


def test_a_figure_at_the_end_of_its_scale_has_a_tail_too() -> None:
    one = Estimate(0.99, np.minimum(0.99 + 0.02 * NORMALS, 1), 50, SHARE)
    assert 0 < one.lower_bound(1 - 1e-6) < 0.95
    assert one.upper_bound(1 - 1e-6) == 1


def test_few_units_widen_the_bounds() -> None:
    few, many = (Estimate(0, NORMALS, n_units).upper_bound(0.95) for n_units in (10, 10_000))
    assert few == pytest.approx(many * 1.833 / 1.645 * np.sqrt(10 / 9), rel=0.05)


def test_the_detectable_difference_is_told_four_times_in_five() -> None:
    rng, level, n_rows, told = np.random.default_rng(4), 0.01, 100, 0
    effect = (2.364606 + 0.841621) / np.sqrt(n_rows)  # t with 99 degrees of freedom, and z of 80 %
    effects = []
    for seed in range(300):
        rows = rng.normal(effect, 1, n_rows)
        one = estimate(lambda w, rows=rows: {"mean": w @ rows / n_rows}, n_rows, n_resamples=300, random_state=seed)
        told += one["mean"].lower_bound(1 - level) > 0
        effects.append(one["mean"].detectable(1 - level))
    assert np.mean(effects) == pytest.approx(effect, rel=0.03)
    assert 0.72 < told / 300 < 0.86


def test_draws_that_differ_by_rounding_are_flat() -> None:
    assert spread_of(np.full(9, 0.1) + 1e-17 * np.arange(9)) == 0
    assert Estimate(0.5, np.full(9, 0.5)).is_flat
    assert not Estimate(0.5, NORMALS).is_flat
    assert not Estimate(np.nan, np.full(9, np.nan)).is_flat
