from datetime import date

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from evergreen.pipelines.demo.draws import choose, is_after, month_starts, pick, spawn_streams


@given(st.integers(0, 2**40), st.integers(1, 5), st.integers(1, 5))
def test_a_stream_does_not_depend_on_its_neighbours(seed: int, n_streams: int, n_more: int) -> None:
    few, many = (spawn_streams(seed, "clients", n) for n in (n_streams, n_streams + n_more))
    for one, other in zip(few, many, strict=False):
        np.testing.assert_array_equal(one.random(3), other.random(3))


def test_subjects_seeds_and_places_give_different_streams() -> None:
    first = [*spawn_streams(1, "clients", 2), *spawn_streams(1, "notes", 2), *spawn_streams(2, "clients", 2)]
    assert len({float(rng.random()) for rng in first}) == 6


def test_draws_are_picked_by_cumulated_shares() -> None:
    draws = np.array([0.0, 0.19, 0.2, 0.99])
    assert list(pick(draws, {"a": 0.2, "b": 0.8})) == ["a", "a", "b", "b"]


@given(st.floats(0, 1, exclude_max=True), st.integers(1, 9))
def test_every_draw_chooses_something(draw: float, n: int) -> None:
    assert choose(draw, range(n)) == int(draw * n)


def test_months_before_the_first_come_first() -> None:
    months = month_starts(date(2007, 1, 1), 2, n_before=1)
    assert [str(day.date()) for day in months] == ["2006-12-01", "2007-01-01", "2007-02-01"]


def test_the_day_of_the_shock_is_after_it() -> None:
    moments = pd.Series(pd.to_datetime(["2008-12-31 23:59", "2009-01-01 00:00"]))
    assert is_after(moments, date(2009, 1, 1)).tolist() == [False, True]
    assert is_after(moments, None).tolist() == [False, False]
