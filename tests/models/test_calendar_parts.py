"""What the calendar says of a moment."""

import numpy as np
import pandas as pd
import pytest

from evergreen.models.calendar_parts import CalendarParts
from evergreen.models.features import days_since_1970


def _days(*moments: str | None) -> pd.Series:
    return days_since_1970(pd.Series(pd.to_datetime(list(moments)).as_unit("us")))


def test_trees_get_days_share_of_the_year_weekday_and_hour() -> None:
    found = CalendarParts("steps").fit_transform(_days("2024-01-01 06:00", "2024-07-03 18:30", None))
    days, year, weekday, hour = found.T
    np.testing.assert_allclose(days[:2], [19723.25, 19907.770833], rtol=1e-8)
    np.testing.assert_allclose(year[:2], [0, 0.505], atol=0.01)
    np.testing.assert_array_equal(weekday[:2], [0, 2])
    np.testing.assert_allclose(hour[:2], [6, 18.5])
    assert np.isnan(found[2]).all()


def test_on_a_circle_the_last_hour_is_next_to_the_first() -> None:
    moments = _days("2024-01-01 23:59", "2024-01-02 00:01", "2024-01-02 12:00")
    found = CalendarParts("circle").fit_transform(moments)
    of_day = found[:, -2:]
    assert np.linalg.norm(of_day[0] - of_day[1]) < 0.02
    assert np.linalg.norm(of_day[0] - of_day[2]) > 1.9


@pytest.mark.parametrize(("form", "n_parts"), [("steps", 3), ("circle", 5)])
def test_parts_that_do_not_vary_are_left_out(form: str, n_parts: int) -> None:
    """Dates without a time have no hour."""
    parts = CalendarParts(form).fit(_days("2024-01-01", "2024-05-07"))
    assert parts.transform(_days("2024-06-01 12:00")).shape == (1, n_parts)


def test_a_column_of_one_moment_or_none_is_days_alone() -> None:
    for moments in (_days("2024-01-01", "2024-01-01"), pd.Series([np.nan, np.nan])):
        assert CalendarParts("steps").fit(moments).transform(moments).shape == (2, 1)
