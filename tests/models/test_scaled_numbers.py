"""Numbers for linear models and networks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evergreen.models.scaled_numbers import BoundedNumbers, CutOff, PiecedNumbers, SquashedNumbers

_TABLES = arrays(float, st.tuples(st.integers(2, 30), st.just(2)), elements=st.floats(-1e6, 1e6))


def test_a_number_beyond_what_was_seen_is_the_nearest_that_was() -> None:
    bound = BoundedNumbers().fit([[1.0, 5.0, np.nan], [3.0, 5.0, np.nan]])
    found = bound.transform([[9.0, 7.0, 4.0], [np.nan, -1.0, np.nan]])
    np.testing.assert_array_equal(found, [[3, 5, 0], [np.nan, 5, np.nan]])


def test_one_outlier_does_not_stretch_the_range() -> None:
    numbers = np.append(np.random.default_rng(1).normal(size=999), 1e9)[:, None]
    assert BoundedNumbers().fit(numbers).high_[0] < 20
    assert BoundedNumbers(is_robust=False).fit(numbers).high_[0] == 1e9


def test_a_mark_that_few_rows_have_stays_a_mark() -> None:
    marks = (np.arange(1000) == 7).astype(float)[:, None]
    np.testing.assert_array_equal(BoundedNumbers().fit_transform(marks), marks)


def test_numbers_beyond_single_precision_are_cut() -> None:
    assert np.isfinite(BoundedNumbers(is_robust=False).fit_transform([[1e300], [-1e300]]).astype(np.float32)).all()


def test_scaled_numbers_are_cut_off() -> None:
    np.testing.assert_array_equal(CutOff(at=2.0).fit_transform([[-5.0, 1.0], [2.5, 0.0]]), [[-2, 1], [2, 0]])


def test_squashed_numbers_are_scaled_by_quartiles_and_end_at_three() -> None:
    squash = SquashedNumbers().fit(np.arange(101.0)[:, None])
    found = squash.transform([[50.0], [100.0], [1e12]])
    np.testing.assert_allclose(found[:, 0], [0, 1 / np.sqrt(1 + 1 / 9), 3], rtol=1e-6)


def test_pieces_fill_up_one_after_the_other() -> None:
    pieces = PiecedNumbers(n_pieces=2).fit([[0.0], [1.0], [2.0], [6.0], [10.0]])
    np.testing.assert_allclose(pieces.transform([[-1.0], [1.0], [4.0], [99.0]]), [[0, 0], [0.5, 0], [1, 0.25], [1, 1]])


@pytest.mark.parametrize("scaler", [SquashedNumbers(), PiecedNumbers()])
def test_a_column_that_never_varied_tells_nothing_later_and_keeps_its_place(scaler: SquashedNumbers) -> None:
    scaler.fit(np.full((5, 1), 3.0))
    found = scaler.transform([[3.0]])
    assert found.shape == (1, 1)
    assert found[0, 0] == 0


@settings(max_examples=30, deadline=None)
@given(_TABLES, _TABLES)
def test_what_is_prepared_is_bounded_whatever_comes(seen: np.ndarray, new: np.ndarray) -> None:
    for scaler, limit in ((SquashedNumbers(), 3.0), (PiecedNumbers(), 1.0)):
        assert np.abs(scaler.fit(seen).transform(new)).max() <= limit + 1e-9


@settings(max_examples=30, deadline=None)
@given(_TABLES, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(seen: np.ndarray, random: object) -> None:
    order = np.argsort([random.random() for _ in seen])  # type: ignore[attr-defined]
    for scaler in (BoundedNumbers(), SquashedNumbers(), PiecedNumbers()):
        one, other = (scaler.fit(rows).transform(seen) for rows in (seen, seen[order]))
        np.testing.assert_array_equal(one, other)
