import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evergreen.errors import CaseError
from evergreen.measures.bins import bins_of, equal_mass_bins, equal_mass_edges

values_with_ties = st.lists(st.integers(-5, 5), min_size=1, max_size=60).map(lambda v: np.array(v, dtype=float))


def test_ten_values_make_five_pairs():
    assert equal_mass_bins(np.arange(10.0), n_bins=5).tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]


def test_an_edge_belongs_to_the_bin_on_its_left():
    assert bins_of(np.array([-np.inf, 1, 1.5, 2, np.inf]), np.array([1.0, 2.0])).tolist() == [0, 0, 1, 1, 2]


def test_no_values_have_no_edges_and_no_bins():
    assert equal_mass_edges(np.empty(0), n_bins=10).size == 0
    assert equal_mass_bins(np.empty(0), n_bins=10).size == 0


@given(values=values_with_ties, n_bins=st.integers(1, 12))
@settings(max_examples=60)
def test_ties_share_a_bin_and_bins_follow_the_order_without_gaps(values, n_bins):
    bins = equal_mass_bins(values, n_bins=n_bins)
    order = np.argsort(values, kind="stable")
    assert (np.diff(bins[order]) >= 0).all()
    assert all(len(set(bins[values == value])) == 1 for value in values)
    assert set(bins) == set(range(bins.max() + 1))
    assert bins.max() < n_bins


@given(n_rows=st.integers(1, 200), n_bins=st.integers(1, 12))
@settings(max_examples=60)
def test_without_ties_bins_differ_by_one_row_at_most(n_rows, n_bins):
    counts = np.bincount(equal_mass_bins(np.random.default_rng(0).permutation(n_rows) / 7, n_bins=n_bins))
    assert len(counts) == min(n_bins, n_rows)
    assert counts.max() - counts.min() <= 1


def test_refuses_to_make_no_bin():
    with pytest.raises(CaseError, match=r"n_bins is 0. Ask for one bin or more"):
        equal_mass_edges(np.arange(3.0), n_bins=0)
