import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from evergreen.errors import CaseError, DataError
from evergreen.measures import calibration_curve, wilson_interval

COLUMNS = ["n_rows", "mean_score", "observed_share", "low", "high"]


def test_two_scores_make_two_bins():
    frame = calibration_curve([False, True, True, True], [0.2, 0.2, 0.9, 0.9], n_bins=10)
    assert list(frame.columns) == COLUMNS
    assert frame[COLUMNS[:3]].to_numpy().tolist() == [[2, 0.2, 0.5], [2, 0.9, 1.0]]


# Newcombe (1998), Statistics in Medicine 17, 857-872, table I, method 3.
@pytest.mark.parametrize(
    ("n_happened", "n_rows", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_interval_is_the_published_one(n_happened, n_rows, low, high):
    np.testing.assert_allclose(wilson_interval(n_happened, n_rows), (low, high), atol=5e-5)


@given(n_rows=st.integers(1, 500), share=st.floats(0, 1), confidence=st.floats(0.5, 0.999))
@settings(max_examples=50, deadline=None)
def test_wilson_interval_is_that_of_scipy(n_rows, share, confidence):
    n_happened = round(share * n_rows)
    expected = binomtest(n_happened, n_rows).proportion_ci(confidence, method="wilson")
    bounds = wilson_interval(n_happened, n_rows, confidence=confidence)
    np.testing.assert_allclose(bounds, expected, atol=1e-9)
    assert bounds[0] <= n_happened / n_rows + 1e-12
    assert bounds[1] >= n_happened / n_rows - 1e-12


def test_no_rows_have_no_interval():
    assert np.isnan(wilson_interval(0, 0)).all()


@given(seed=st.integers(0, 10_000), n_levels=st.integers(1, 50), n_bins=st.integers(1, 15))
@settings(max_examples=40, deadline=None)
def test_bins_lose_no_row_and_never_divide_a_score(seed, n_levels, n_bins):
    generator = np.random.default_rng(seed)
    y_score = generator.integers(0, n_levels, 80) / n_levels
    y_true = generator.random(80) < y_score
    frame = calibration_curve(y_true, y_score, n_bins=n_bins)
    assert frame["n_rows"].sum() == 80
    assert len(frame) <= n_bins
    np.testing.assert_allclose((frame["n_rows"] * frame["observed_share"]).sum(), y_true.sum())
    np.testing.assert_allclose((frame["n_rows"] * frame["mean_score"]).sum(), y_score.sum())
    ends = np.cumsum(frame["n_rows"])[:-1]
    ranked = np.sort(y_score)
    assert (ranked[ends - 1] < ranked[ends]).all()
    assert (
        (frame["low"] <= frame["observed_share"] + 1e-12) & (frame["observed_share"] <= frame["high"] + 1e-12)
    ).all()


def test_no_rows_give_an_empty_curve():
    frame = calibration_curve(np.empty(0, dtype=bool), np.empty(0))
    assert list(frame.columns) == COLUMNS
    assert frame.empty


@pytest.mark.parametrize(
    ("y_true", "y_score", "match"),
    [
        ([0, 2], [0.1, 0.2], "y_true has 1 rows that are not in 0 to 1"),
        ([0, 1], [0.1, 1.2], "not between 0 and 1"),
        ([0, 1], [0.1, np.nan], "y_score has 1 rows that are not finite"),
        ([0, 1], [0.1], r"differ in number \(y_true 2, y_score 1\)"),
    ],
    ids=["outcome", "score", "missing", "lengths"],
)
def test_refuses_what_cannot_be_compared(y_true, y_score, match):
    with pytest.raises(DataError, match=match):
        calibration_curve(y_true, y_score)


def test_refuses_to_make_no_bin():
    with pytest.raises(CaseError, match="n_bins is 0"):
        calibration_curve([0, 1], [0.1, 0.2], n_bins=0)


def test_refuses_a_confidence_in_percent():
    with pytest.raises(CaseError, match=r"Confidence is 95. Give a share"):
        wilson_interval(1, 2, confidence=95)
