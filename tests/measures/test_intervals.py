import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evergreen.errors import CaseError, DataError
from evergreen.measures import Estimate, Interval, estimate, resampling_weights, score_classes


def draw(n_rows, **options):
    return np.concatenate(list(resampling_weights(n_rows, **options)))


def mean_of(values):
    return lambda weights: {"mean": weights @ values / weights.sum(axis=1)}


def test_bounds_are_quantiles_of_the_draws():
    figure = Estimate(500.0, np.linspace(0, 1000, 201))
    assert figure.interval(0.9) == Interval(500.0, pytest.approx(50), pytest.approx(950))
    assert figure.lower_bound(0.9) == pytest.approx(100)
    assert figure.upper_bound(0.9) == pytest.approx(900)


def test_an_undefined_draw_in_twenty_is_left_out_and_more_leave_nothing_to_say():
    draws = np.append(np.arange(950.0), np.full(50, np.nan))
    assert Estimate(1.0, draws).interval().high == pytest.approx(np.quantile(np.arange(950), 0.975))
    draws[0] = np.nan
    interval = Estimate(1.0, draws).interval()
    assert interval.value == 1
    assert np.isnan([interval.low, interval.high, Estimate(1.0, draws).lower_bound()]).all()


def test_an_undefined_value_has_no_bounds():
    assert np.isnan(Estimate(np.nan, np.arange(10.0)).upper_bound())


def test_an_interval_is_written_as_json():
    written = json.dumps(Interval(1.5, np.nan, np.inf).to_dict(), allow_nan=False)
    assert json.loads(written) == {"value": 1.5, "low": None, "high": None}


def test_a_difference_is_taken_draw_by_draw():
    values = np.random.default_rng(0).normal(size=200)
    options = {"n_resamples": 50, "random_state": 3}
    one, other = (estimate(mean_of(v), 200, **options)["mean"] for v in (values + 1, values))
    difference = one.minus(other)
    assert difference.value == pytest.approx(1)
    np.testing.assert_allclose(difference.draws, 1)


@given(n_rows=st.integers(2, 40), n_resamples=st.integers(1, 30), seed=st.integers(0, 99), cells=st.integers(1, 500))
@settings(max_examples=40, deadline=None)
def test_the_chunk_size_changes_no_draw(n_rows, n_resamples, seed, cells):
    options = {"n_resamples": n_resamples, "random_state": seed}
    chunks = list(resampling_weights(n_rows, **options, chunk_cells=cells))
    assert all(chunk.size <= max(cells, n_rows) for chunk in chunks)
    np.testing.assert_array_equal(np.concatenate(chunks), draw(n_rows, **options))


@given(n_rows=st.integers(2, 40), seed=st.integers(0, 99))
@settings(max_examples=30, deadline=None)
def test_a_resample_has_as_many_rows_as_the_data(n_rows, seed):
    weights = draw(n_rows, n_resamples=5, random_state=seed)
    np.testing.assert_array_equal(weights.sum(axis=1), n_rows)
    assert (weights == np.round(weights)).all()


def test_a_row_is_drawn_as_often_as_a_poisson_of_one():
    weights = draw(1000, n_resamples=200, random_state=1)
    assert weights.var() == pytest.approx(1 - 1 / 1000, rel=0.02)
    assert (weights == 0).mean() == pytest.approx(np.exp(-1), rel=0.01)


def test_another_seed_gives_other_draws():
    assert (draw(20, n_resamples=5, random_state=1) != draw(20, n_resamples=5, random_state=2)).any()


@given(labels=st.lists(st.sampled_from("abcd"), min_size=2, max_size=20), seed=st.integers(0, 99))
@settings(max_examples=30, deadline=None)
def test_rows_of_a_cluster_are_drawn_together(labels, seed):
    labels = np.array(["x", *labels])
    weights = draw(len(labels), n_resamples=5, random_state=seed, clusters=labels)
    names, first = np.unique(labels, return_index=True)
    for name in names:
        assert (np.ptp(weights[:, labels == name], axis=1) == 0).all()
    np.testing.assert_array_equal(weights[:, first].sum(axis=1), len(names))


def test_clusters_of_one_row_are_rows():
    options = {"n_resamples": 10, "random_state": 4}
    np.testing.assert_array_equal(draw(9, **options, clusters=np.arange(9)), draw(9, **options))


def test_scores_keep_their_names_and_their_value_on_the_data_as_they_are():
    generator = np.random.default_rng(5)
    p_1 = generator.random(60)
    y_true, p = (generator.random(60) < p_1).astype(int), np.stack([1 - p_1, p_1], axis=1)
    figures = estimate(lambda w: score_classes(y_true, p, sample_weight=w), 60, n_resamples=40, random_state=0)
    for name, values in score_classes(y_true, p).items():
        assert figures[name].value == values[0]
        assert figures[name].draws.shape == (40,)


@pytest.mark.parametrize(
    ("n_rows", "clusters"), [(0, None), (1, None), (3, ["a", "a", "a"])], ids=["no-row", "one-row", "one-cluster"]
)
def test_one_independent_unit_says_nothing_about_the_spread(n_rows, clusters):
    def count(weights):
        return {"n": weights.sum(axis=1)}

    figure = estimate(count, n_rows, n_resamples=10, random_state=0, clusters=clusters)["n"]
    assert figure.value == n_rows
    assert figure.interval().to_dict() == {"value": n_rows, "low": None, "high": None}


def test_intervals_cover_a_known_mean_as_often_as_they_say():
    generator = np.random.default_rng(20)
    n_covered, n_below = 0, 0
    for seed in range(200):
        sample = generator.exponential(2, 300)
        figure = estimate(mean_of(sample), 300, n_resamples=300, random_state=seed)["mean"]
        interval = figure.interval(0.9)
        n_covered += interval.low <= 2 <= interval.high
        n_below += figure.lower_bound(0.9) <= 2
    # 180 of 200 are due; three binomial standard deviations are 13.
    assert 167 <= n_covered <= 193
    assert 167 <= n_below <= 193


def test_drawing_clusters_covers_where_drawing_rows_does_not():
    generator = np.random.default_rng(21)
    clusters = np.repeat(np.arange(50), 8)
    n_covered = {"rows": 0, "clusters": 0}
    for seed in range(100):
        sample = generator.normal(size=50)[clusters] + generator.normal(size=400)
        for name, labels in (("rows", None), ("clusters", clusters)):
            figure = estimate(mean_of(sample), 400, n_resamples=200, random_state=seed, clusters=labels)["mean"]
            interval = figure.interval(0.9)
            n_covered[name] += interval.low <= 0 <= interval.high
    # 90 of 100 are due; three binomial standard deviations are 9.
    assert 81 <= n_covered["clusters"] <= 99
    assert n_covered["rows"] < 70


@pytest.mark.parametrize(
    ("n_rows", "clusters", "match"),
    [
        (1, None, "Resampling has 1 independent units. Give two rows"),
        (2, ["a", "a"], "Resampling has 1 independent units"),
        (2, ["a", "b", "c"], r"Clusters have shape \(3,\) for 2 rows. Give one label a row"),
        (3, ["a", None, "b"], r"Clusters lack 1 labels \(first: row 1\)"),
    ],
    ids=["one-row", "one-cluster", "lengths", "no-label"],
)
def test_refuses_rows_that_cannot_be_drawn(n_rows, clusters, match):
    if clusters is not None:
        clusters = np.array(clusters, dtype=object)
    with pytest.raises(DataError, match=match):
        resampling_weights(n_rows, n_resamples=3, random_state=0, clusters=clusters)


def test_refuses_to_draw_nothing():
    with pytest.raises(CaseError, match=r"n_resamples is 0. Ask for one resample"):
        resampling_weights(5, n_resamples=0, random_state=0)
    with pytest.raises(CaseError, match="n_resamples is 0"):
        estimate(mean_of(np.ones(1)), 1, n_resamples=0, random_state=0)


def test_refuses_to_pair_other_resamples():
    with pytest.raises(DataError, match=r"Paired estimates have 3 and 4 draws. Make both from the same resamples"):
        Estimate(1.0, np.ones(3)).minus(Estimate(1.0, np.ones(4)))


@pytest.mark.parametrize("method", ["interval", "lower_bound", "upper_bound"])
def test_refuses_a_confidence_in_percent(method):
    with pytest.raises(CaseError, match=r"Confidence is 95. Give a share"):
        getattr(Estimate(1.0, np.ones(3)), method)(95)
