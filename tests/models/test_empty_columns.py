import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evergreen.models.empty_columns import EmptyColumnsFiller, NewGapsFiller

_CELLS = st.one_of(st.just(np.nan), st.floats(-10, 10))
_TABLES = arrays(float, st.tuples(st.integers(1, 5), st.just(3)), elements=_CELLS)


def test_a_column_that_was_empty_is_zero_for_ever() -> None:
    filler = EmptyColumnsFiller().fit(np.array([[1.0, np.nan], [np.nan, np.nan]]))
    found = filler.transform(np.array([[np.nan, 7.0], [2.0, np.nan]]))
    np.testing.assert_array_equal(found, [[np.nan, 0], [2, 0]])


@settings(max_examples=30, deadline=None)
@given(_TABLES, _TABLES)
def test_only_columns_that_were_empty_change_and_the_input_does_not(seen: np.ndarray, new: np.ndarray) -> None:
    before, is_empty = new.copy(), np.isnan(seen).all(axis=0)
    found = EmptyColumnsFiller().fit(seen).transform(new)
    np.testing.assert_array_equal(new, before)
    np.testing.assert_array_equal(found[:, ~is_empty], new[:, ~is_empty])
    assert not found[:, is_empty].any()


def test_gaps_that_are_new_are_the_median_and_old_ones_stay() -> None:
    filler = NewGapsFiller().fit(np.array([[1.0, 4.0, np.nan], [2.0, np.nan, np.nan], [6.0, 5.0, np.nan]]))
    found = filler.transform(np.array([[np.nan, np.nan, np.nan], [7.0, 1.0, 9.0]]))
    np.testing.assert_array_equal(found, [[2, np.nan, 0], [7, 1, 0]])
