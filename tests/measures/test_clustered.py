import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergreen.errors import DataError
from evergreen.measures.clustered import clustered_shares
from evergreen.measures.intervals import estimate


def test_means_of_single_rows_have_the_interval_of_the_textbook() -> None:
    rows = np.random.default_rng(0).normal(5, 2, (50, 1))
    found = clustered_shares(rows, np.ones(50)).at(0)
    reach = 2.0095752 * rows.std(ddof=1) / np.sqrt(50)  # t at 0.975 with 49 degrees of freedom
    assert found.value == pytest.approx(rows.mean())
    assert (found.low, found.high) == pytest.approx((rows.mean() - reach, rows.mean() + reach))


def test_the_bootstrap_over_clusters_says_the_same() -> None:
    rng = np.random.default_rng(0)
    days = np.repeat(np.arange(80), rng.integers(1, 9, 80))
    whole = rng.gamma(4, 1, len(days))
    part = 0.3 * whole + rng.normal(0, 0.5, 80)[days] + rng.normal(0, 0.3, len(days))

    found = clustered_shares(part[:, None], whole, days).at(0)

    def statistic(weights: np.ndarray) -> dict[str, np.ndarray]:
        return {"share": (weights @ part) / (weights @ whole)}

    drawn = estimate(statistic, len(days), n_resamples=2000, random_state=0, clusters=days)["share"].interval()
    assert found.value == pytest.approx(drawn.value)
    assert found.high - found.low == pytest.approx(drawn.high - drawn.low, rel=0.1)


def test_nineteen_of_twenty_intervals_hold_the_truth() -> None:
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(25), 4)
    hits = 0
    for _ in range(400):
        rows = (rng.normal(size=25)[groups] + rng.normal(size=100))[:, None]
        one = clustered_shares(rows, np.ones(100), groups).at(0)
        hits += one.low <= 0 <= one.high
    assert 0.92 < hits / 400 < 0.98


def test_rows_that_resemble_each_other_count_less() -> None:
    groups = np.repeat(np.arange(20), 10)
    rows = np.random.default_rng(0).normal(size=20)[groups][:, None]
    alone, together = (clustered_shares(rows, np.ones(200), labels).at(0) for labels in (None, groups))
    assert together.high - together.low > 2 * (alone.high - alone.low)


@given(st.integers(1, 9))
def test_few_clusters_give_no_bounds(n_clusters: int) -> None:
    rows = np.arange(40.0)[:, None]
    found = clustered_shares(rows, np.ones(40), np.arange(40) % n_clusters).at(0)
    assert found.value == pytest.approx(19.5)
    assert np.isnan([found.low, found.high]).all()


def test_rows_that_differ_in_number_are_refused() -> None:
    with pytest.raises(DataError, match=r"are 3 of the parts, 2 of the whole and 2 labels\. Give one of each a row"):
        clustered_shares(np.ones((3, 1)), np.ones(2))
