"""Arrays as the measures need them: checked once at the door, trusted inside."""

from collections.abc import Sized

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evergreen.errors import DataError

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

PROBABILITY_TOLERANCE = 1e-6
_MIN_CLASSES = 2
_TABLE = 2  # dimensions


def as_finite(values: ArrayLike, thing: str) -> Floats:
    """Take one number a row.

    Args:
        values: shape (n,).
        thing: how the error calls it.

    Returns:
        The values as float64, shape (n,).

    Raises:
        DataError: where the shape is another, or a value is missing or infinite.
    """
    numbers = np.asarray(values, dtype=np.float64)
    if numbers.ndim != 1:
        raise DataError(thing, f"has shape {numbers.shape}", "Give one number a row.")
    _refuse(~np.isfinite(numbers), numbers, thing, "not finite")
    return numbers


def as_codes(values: ArrayLike, thing: str, n_codes: int) -> Integers:
    """Take one position in a list a row.

    Args:
        values: integers or booleans, shape (n,).
        thing: how the error calls it.
        n_codes: the length of the list; codes are 0 to ``n_codes - 1``.

    Returns:
        The codes as int64, shape (n,).

    Raises:
        DataError: where the shape is another, a value is no integer, or one lies outside the list.
    """
    codes = np.asarray(values)
    if codes.ndim != 1 or codes.dtype.kind not in "biu":
        found = f"has shape {codes.shape} and type {codes.dtype}"
        raise DataError(thing, found, "Give one position in the list a row, as integers.")
    codes = codes.astype(np.int64)
    _refuse((codes < 0) | (codes >= n_codes), codes, thing, f"not in 0 to {n_codes - 1}")
    return codes


def as_probabilities(values: ArrayLike) -> Floats:
    """Take the probabilities of all classes.

    Args:
        values: shape (n, k), k >= 2; every row sums to 1 (tolerance 1e-6).

    Returns:
        The probabilities as float64, shape (n, k).

    Raises:
        DataError: where the shape is another, a value is missing or outside 0 to 1, or a row does not sum to 1.
    """
    thing = "The table of probabilities"
    shares = np.asarray(values, dtype=np.float64)
    if shares.ndim != _TABLE or shares.shape[1] < _MIN_CLASSES:
        raise DataError(thing, f"has shape {shares.shape}", "Give one column for each of two or more classes.")
    is_inside = (shares >= -PROBABILITY_TOLERANCE) & (shares <= 1 + PROBABILITY_TOLERANCE)
    _refuse(np.asarray(~is_inside.all(axis=1)), shares, thing, "not between 0 and 1")
    sums = shares.sum(axis=1)
    _refuse(np.asarray(np.abs(sums - 1) > PROBABILITY_TOLERANCE), sums, thing, "not summing to 1")
    return shares


def as_weights(sample_weight: ArrayLike | None, n_rows: int) -> Floats:
    """Take many rows of weights.

    Args:
        sample_weight: shape (b, n), each >= 0; None stands for one row of ones.
        n_rows: n.

    Returns:
        The weights as float64, shape (b, n).

    Raises:
        DataError: where the shape is another, or a weight is negative, missing or infinite.
    """
    if sample_weight is None:
        return np.ones((1, n_rows))
    weights = np.asarray(sample_weight, dtype=np.float64)
    if weights.ndim != _TABLE or weights.shape[1] != n_rows:
        raise DataError("sample_weight", f"has shape {weights.shape}", f"Give rows of {n_rows} weights.")
    is_sound = weights.min(initial=0) >= 0 and weights.max(initial=0) < np.inf
    if not is_sound:
        raise DataError("sample_weight", "has negative, missing or infinite weights", "Give finite weights >= 0.")
    return weights


def check_same_length(**arrays: Sized) -> None:
    """Refuse arrays that do not belong to the same rows.

    Args:
        arrays: the arrays by name.

    Raises:
        DataError: where the lengths differ.
    """
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        found = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise DataError("Rows", f"differ in number ({found})", "Give arrays of the same rows.")


def ratio(numerator: ArrayLike, denominator: ArrayLike) -> Floats:
    """Divide, where x / 0 is undefined and not infinite.

    Args:
        numerator: any shape.
        denominator: the same shape or one that broadcasts, each >= 0.

    Returns:
        The quotients; NaN where the denominator is 0.
    """
    above, below = np.broadcast_arrays(np.asarray(numerator, dtype=np.float64), denominator)
    quotients = np.full(above.shape, np.nan)
    np.divide(above, below, out=quotients, where=below > 0)
    return quotients


def _refuse(is_bad: NDArray[np.bool_], values: NDArray[np.generic], thing: str, fault: str) -> None:
    if is_bad.any():
        row = int(np.argmax(is_bad))
        found = f"has {int(is_bad.sum())} rows that are {fault} (first: row {row}, {values[row]})"
        raise DataError(thing, found, "Repair these rows or leave them out.")
