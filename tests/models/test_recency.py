import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergreen.models.recency import latest_rows, recency_weights

START = pd.Timestamp("2020-01-01")


def _times(*days: float) -> pd.Series:
    return pd.Series(START + pd.to_timedelta(days, unit="D"), index=range(100, 100 + len(days)))


@pytest.mark.parametrize(
    ("days", "window", "expected"),
    [
        ((3, 1, 4, 2), 1.0, [0, 1, 2, 3]),
        ((3, 1, 4, 2), 0.5, [0, 2]),
        ((3, 1, 4, 2), 0.01, [2]),
        ((1, 2, 2, 2), 0.25, [1, 2, 3]),
        ((), 0.5, []),
    ],
    ids=["all", "half", "never none", "a moment stays together", "no rows"],
)
def test_the_latest_share_of_rows(days: tuple[int, ...], window: float, expected: list[int]) -> None:
    assert latest_rows(_times(*days), window).tolist() == expected


def test_a_row_as_old_as_the_half_life_counts_half_as_much_as_the_latest() -> None:
    weights = recency_weights(_times(0, 5, 10), 0.5)
    np.testing.assert_allclose(weights / weights[-1], [0.25, 0.5, 1])
    assert weights.mean() == pytest.approx(1)


@pytest.mark.parametrize("days", [(), (1, 1, 1)])
def test_rows_of_one_moment_count_alike(days: tuple[int, ...]) -> None:
    assert recency_weights(_times(*days), 0.5) is None


def test_without_a_half_life_all_count_alike() -> None:
    assert recency_weights(_times(1, 2), None) is None


@given(st.lists(st.integers(0, 30), min_size=1, max_size=30), st.floats(0.01, 1))
def test_no_row_that_is_taken_is_older_than_one_that_is_left(days: list[int], window: float) -> None:
    times = _times(*days)
    taken = latest_rows(times, window)
    left = np.setdiff1d(np.arange(len(days)), taken)
    assert len(taken) >= window * len(days)
    assert not len(left) or times.iloc[taken].min() > times.iloc[left].max()
