"""Bounds hold the truth as often as they say, at ordinary levels and at very small ones."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import stdtrit

from evergreen.measures import Estimate, estimate
from evergreen.measures.bounds import PLAIN, POSITIVE, SHARE, spread_of
from evergreen.measures.ranking import rank_scores

NAMES = ["accuracy", "roc_auc", "log_loss", "payoff", "rmse"]
SCALES = {"accuracy": SHARE, "roc_auc": SHARE, "log_loss": POSITIVE, "rmse": POSITIVE, "payoff": PLAIN}
N_CLUSTERS, CLUSTER_SIZE = 40, 25
NORMALS = np.random.default_rng(3).normal(size=2000)


def rows_of_a_world(rng: np.random.Generator, n_rows: int, *, n_clusters: int | None) -> dict[str, np.ndarray]:
    """Outcomes, probabilities and predicted values; rows of a cluster share 30 % of the variance of both."""
    signal, noise = rng.normal(size=n_rows), rng.normal(size=n_rows)
    if n_clusters is not None:
        size = n_rows // n_clusters
        common, luck = (np.repeat(rng.normal(size=n_clusters), size) for _ in range(2))
        signal, noise = (np.sqrt(0.3) * one + np.sqrt(0.7) * other for one, other in ((common, signal), (luck, noise)))
    p = 1 / (1 + np.exp(0.5 - signal))
    y = (signal + 1.8 * noise > 0.5).astype(int)
    return {"y": y, "p": p, "value": signal + noise, "predicted": 0.9 * signal}


def figures(world: dict[str, np.ndarray], weights: np.ndarray) -> dict[str, np.ndarray]:
    p, is_positive = world["p"], world["y"] == 1
    rows = {
        "accuracy": (p > 0.5) == is_positive,
        "log_loss": -np.log(np.where(is_positive, p, 1 - p)),
        "payoff": np.where(p > 2 / 7, np.where(is_positive, 5.0, -2.0), 0.0),
        "rmse": (world["value"] - world["predicted"]) ** 2,
    }
    means = weights @ np.stack(list(rows.values()), axis=1) / weights.sum(axis=1, keepdims=True)
    found = dict(zip(rows, means.T, strict=True))
    ranked = rank_scores(is_positive, p, weights)
    return found | {"rmse": np.sqrt(found["rmse"]), "roc_auc": ranked["roc_auc"]}


@cache
def truth(*, is_clustered: bool) -> dict[str, float]:
    """The figures of a sample so large that its own error is a hundredth of an interval's width."""
    n_rows = 1_000_000
    n_clusters = n_rows // CLUSTER_SIZE if is_clustered else None
    world = rows_of_a_world(np.random.default_rng(99), n_rows, n_clusters=n_clusters)
    return {name: float(values[0]) for name, values in figures(world, np.ones((1, n_rows))).items()}


@pytest.mark.slow
@pytest.mark.parametrize("is_clustered", [False, True], ids=["500 rows", "40 clusters of 25"])
def test_intervals_hold_the_truth_in_93_to_97_of_100_samples(is_clustered: bool) -> None:
    rng, n_samples = np.random.default_rng(5), 500
    n_rows, n_clusters = (N_CLUSTERS * CLUSTER_SIZE, N_CLUSTERS) if is_clustered else (500, None)
    clusters = np.repeat(np.arange(N_CLUSTERS), CLUSTER_SIZE) if is_clustered else None
    known, hits = truth(is_clustered=is_clustered), dict.fromkeys(NAMES, 0)
    for seed in range(n_samples):
        world = rows_of_a_world(rng, n_rows, n_clusters=n_clusters)
        found = estimate(
            lambda weights, world=world: figures(world, weights),
            n_rows,
            n_resamples=400,
            random_state=seed,
            clusters=clusters,
        )
        for name, one in found.items():
            interval = replace(one, scale=SCALES[name]).interval(0.95)
            hits[name] += interval.low <= known[name] <= interval.high
    shares = {name: count / n_samples for name, count in hits.items()}
    assert {name: share for name, share in shares.items() if not 0.93 <= share <= 0.97} == {}


@pytest.mark.parametrize("level", [1e-3, 1e-5, 1e-8])
def test_a_small_level_of_a_mean_is_that_of_the_t_distribution(level: float) -> None:
    rows = np.random.default_rng(0).normal(3, 2, 30)
    drawn = estimate(lambda w: {"mean": w @ rows / 30}, 30, n_resamples=4000, random_state=0)["mean"]
    reach = -stdtrit(29, level) * rows.std(ddof=1) / np.sqrt(30)
    assert drawn.lower_bound(1 - level) == pytest.approx(rows.mean() - reach, rel=0, abs=0.06 * reach)
    assert drawn.upper_bound(1 - level) == pytest.approx(rows.mean() + reach, rel=0, abs=0.06 * reach)


@given(st.integers(5, 300), st.sampled_from(["plain", "share", "positive"]), st.floats(0.3, 0.7))
def test_a_smaller_level_never_gives_a_nearer_bound(n_units: int, scale: str, value: float) -> None:
    draws = np.clip(value + 0.05 * NORMALS[:500], 0.01, 0.99)
    one = Estimate(value, draws, n_units, scale)
    levels = np.geomspace(0.4, 1e-9, 60)
    low = [one.lower_bound(1 - level) for level in levels]
    high = [one.upper_bound(1 - level) for level in levels]
    assert (np.diff(low) <= 1e-12).all()
    assert (np.diff(high) >= -1e-12).all()


@pytest.mark.parametrize(("scale", "value"), [(SHARE, 0.98), (SHARE, 0.02), (POSITIVE, 0.05)])
def test_bounds_of_the_smallest_levels_stay_among_possible_values(scale: str, value: float) -> None:
    draws = np.abs(value + 0.01 * NORMALS)
    draws = np.minimum(draws, 0.999) if scale == SHARE else draws
    one = Estimate(value, draws, 50, scale)
    assert one.lower_bound(1 - 1e-9) >= 0
    assert scale != SHARE or one.upper_bound(1 - 1e-9) <= 1


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
