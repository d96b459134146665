import numpy as np
import pytest

from evergreen.errors import DataError
from evergreen.measures.arrays import (
    as_codes,
    as_finite,
    as_probabilities,
    as_weights,
    check_same_length,
    ratio,
)


def test_nothing_by_nothing_is_undefined_and_everything_else_is_divided():
    np.testing.assert_array_equal(ratio([0.0, 3.0, 1.0], [0.0, 2.0, 0.0]), [np.nan, 1.5, np.nan])


def test_ratio_broadcasts():
    np.testing.assert_array_equal(ratio(np.ones((2, 1)), np.array([1.0, 0.0])), [[1, np.nan], [1, np.nan]])


def test_no_weights_stand_for_one_row_of_ones():
    np.testing.assert_array_equal(as_weights(None, 3), [[1, 1, 1]])


def test_booleans_are_codes():
    codes = as_codes([True, False], "y_true", 2)
    assert codes.dtype == np.int64
    assert codes.tolist() == [1, 0]


def test_rounding_is_forgiven_in_probabilities():
    assert as_probabilities([[1 + 5e-7, -5e-7], [0.3, 0.7 + 5e-7]]).shape == (2, 2)


@pytest.mark.parametrize(
    ("values", "match"),
    [
        ([[0.5, np.nan]], r"1 rows that are not between 0 and 1 \(first: row 0"),
        ([[0.5, 0.5], [1.2, -0.2]], r"not between 0 and 1 \(first: row 1"),
        ([[0.5, 0.5], [0.5, 0.4]], r"not summing to 1 \(first: row 1, 0.9"),
        ([0.5, 0.5], r"has shape \(2,\). Give one column for each"),
        ([[1.0], [1.0]], "Give one column for each of two or more classes"),
    ],
    ids=["missing", "outside", "sum", "one-dimensional", "one-class"],
)
def test_refuses_what_are_no_probabilities(values, match):
    with pytest.raises(DataError, match=match):
        as_probabilities(values)


@pytest.mark.parametrize(
    ("values", "match"),
    [
        ([0, 1, 2], r"y_true has 1 rows that are not in 0 to 1 \(first: row 2, 2\)"),
        ([0, -1], "not in 0 to 1"),
        ([0.0, 1.0], "type float64. Give one position"),
        (["yes", "no"], "Give one position in the list a row, as integers"),
        ([[0], [1]], r"has shape \(2, 1\)"),
    ],
    ids=["too-large", "negative", "float", "words", "two-dimensional"],
)
def test_refuses_what_are_no_codes(values, match):
    with pytest.raises(DataError, match=match):
        as_codes(values, "y_true", 2)


@pytest.mark.parametrize(
    ("values", "match"),
    [
        ([1.0, np.nan, np.inf], r"y_pred has 2 rows that are not finite \(first: row 1, nan\)"),
        ([[1.0]], r"y_pred has shape \(1, 1\). Give one number a row"),
    ],
    ids=["not-finite", "two-dimensional"],
)
def test_refuses_what_are_no_finite_numbers(values, match):
    with pytest.raises(DataError, match=match):
        as_finite(values, "y_pred")


@pytest.mark.parametrize(
    ("weights", "match"),
    [
        ([[1.0, -1.0]], "negative, missing or infinite weights"),
        ([[1.0, np.nan]], "negative, missing or infinite weights"),
        ([[1.0, np.inf]], "negative, missing or infinite weights"),
        ([1.0, 1.0], r"has shape \(2,\). Give rows of 2 weights"),
        ([[1.0, 1.0, 1.0]], "Give rows of 2 weights"),
    ],
    ids=["negative", "missing", "infinite", "one-dimensional", "too-long"],
)
def test_refuses_what_are_no_weights(weights, match):
    with pytest.raises(DataError, match=match):
        as_weights(weights, 2)


def test_refuses_arrays_of_other_rows():
    with pytest.raises(DataError, match=r"differ in number \(a 2, b 3\). Give arrays of the same rows"):
        check_same_length(a=[1, 2], b=[1, 2, 3])
