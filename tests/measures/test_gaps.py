import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from evergreen.errors import CaseError
from evergreen.measures import wilson_interval
from evergreen.measures.gaps import Moments, difference_interval, mean_interval, pool_moments

values = st.lists(st.floats(-1e6, 1e6), max_size=12)


def moments_of(parts):
    """Moments of lists of numbers, by numpy."""
    return Moments(
        n=np.array([len(part) for part in parts], dtype=float),
        mean=np.array([np.mean(part) if part else np.nan for part in parts]),
        variance=np.array([np.var(part, ddof=1) if len(part) > 1 else np.nan for part in parts]),
    )


@given(parts=st.lists(st.tuples(values, st.integers(0, 2)), max_size=8))
def test_pooled_moments_are_those_of_the_rows(parts):
    rows = [[x for part, group in parts if group == k for x in part] for k in range(3)]
    pooled = pool_moments(moments_of([part for part, _ in parts]), np.array([k for _, k in parts], dtype=int), 3)
    whole = moments_of(rows)
    np.testing.assert_array_equal(pooled.n, whole.n)
    np.testing.assert_allclose(pooled.mean, whole.mean, rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(pooled.variance, whole.variance, rtol=1e-6, atol=1e-6)


def test_pooling_keeps_small_differences_of_large_numbers():
    parts = [[1e9, 1e9 + 1], [1e9 + 2], []]
    pooled = pool_moments(moments_of(parts), np.zeros(3, dtype=int), 1)
    assert pooled.variance[0] == pytest.approx(1.0)


def test_the_interval_of_a_mean_is_the_normal_one():
    low, high = mean_interval([2.0, 5.0], [3.0, 1.0], [25, 4], confidence=0.9)
    for place, (mean, scale) in enumerate([(2.0, 3 / 5), (5.0, 1 / 2)]):
        assert (low[place], high[place]) == pytest.approx(stats.norm.interval(0.9, loc=mean, scale=scale))


def test_one_value_tells_no_spread():
    low, high = mean_interval([2.0], [np.nan], [1], confidence=0.9)
    assert np.isnan([low, high]).all()


@pytest.mark.parametrize("confidence", [0, 1, 95])
def test_a_confidence_that_is_no_share_is_refused(confidence):
    with pytest.raises(CaseError, match=rf"Confidence is {confidence}. Give a share"):
        mean_interval([1.0], [1.0], [2], confidence=confidence)


def side(n_happened, n_rows, confidence=0.95):
    low, high = wilson_interval([n_happened], [n_rows], confidence=confidence)
    return n_happened / n_rows, float(low[0]), float(high[0])


@pytest.mark.parametrize(
    ("high", "low", "published"),
    [
        ((56, 70), (48, 80), (0.0524, 0.3339)),
        ((9, 10), (3, 10), (0.1705, 0.8090)),
        ((5, 56), (0, 29), (-0.0381, 0.1926)),
        ((10, 10), (0, 10), (0.6075, 1.0)),
    ],
    ids=["large", "small", "one-empty", "extreme"],
)
def test_the_interval_of_two_shares_is_the_published_one(high, low, published):
    # Newcombe (1998), table II, method 10.
    assert difference_interval(side(*high), side(*low)) == pytest.approx(published, abs=5e-5)


def test_the_interval_of_two_means_is_the_unpooled_normal_one():
    sides = []
    for mean, deviation, n in ((7.0, 2.0, 30), (4.0, 5.0, 50)):
        low, high = mean_interval([mean], [deviation], [n], confidence=0.95)
        sides.append((mean, float(low[0]), float(high[0])))
    scale = np.sqrt(2.0**2 / 30 + 5.0**2 / 50)
    assert difference_interval(*sides) == pytest.approx(stats.norm.interval(0.95, loc=3.0, scale=scale))


def test_the_interval_covers_the_difference_as_often_as_it_says():
    generator = np.random.default_rng(5)
    one, other = generator.binomial(60, 0.3, 4_000), generator.binomial(90, 0.15, 4_000)
    covered = [
        low <= 0.15 <= high
        for low, high in (difference_interval(side(a, 60), side(b, 90)) for a, b in zip(one, other, strict=True))
    ]
    # Three binomial standard deviations of 4,000 draws are one point in a hundred.
    assert np.mean(covered) == pytest.approx(0.95, abs=0.012)


def test_a_side_without_bounds_leaves_the_difference_without():
    assert np.isnan(difference_interval((1.0, np.nan, np.nan), (0.5, 0.4, 0.6))).all()
