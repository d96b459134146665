from datetime import date, timedelta
from itertools import accumulate, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evergreen.errors import DataError
from evergreen.problem import Derivation
from evergreen.tables.derive import dates_from_row_order, derive_column
from tests.cases import LIBRARIES, table_of

ENGINES = pytest.mark.parametrize("library", LIBRARIES)
BY_DAY = Derivation(column="called_on", kind="date_from_row_order", month="month", weekday="day", first_year=2008)
BY_MONTH = BY_DAY.model_copy(update={"weekday": None})
# A gap under eleven months cannot skip the turn of a year unseen.
GAPS = st.lists(st.integers(0, 330), max_size=60)
FIRST_DAYS = st.dates(date(1990, 1, 1), date(2020, 12, 31))


@ENGINES
def test_rows_are_numbered_from_one(library):
    table = table_of({"x": ["a", "b", "c"]}, library)
    numbered = derive_column(table, Derivation(column="call_id", kind="row_number"))
    assert numbered["call_id"].to_list() == [1, 2, 3]
    assert numbered.columns.count("x") == 1


@ENGINES
def test_a_calendar_is_found_in_the_order_of_the_rows(library):
    rows = [
        ("may", "mon", "2008-05-05"),
        ("may", "mon", "2008-05-05"),
        ("may", "fri", "2008-05-09"),
        ("may", "tue", "2008-05-13"),
        ("aug", "fri", "2008-08-01"),
        ("feb", "sun", "2009-02-01"),
    ]
    table = table_of({"month": [row[0] for row in rows], "day": [row[1] for row in rows]}, library)
    assert derive_column(table, BY_DAY)["called_on"].to_list() == [row[2] for row in rows]


@ENGINES
@pytest.mark.parametrize(
    "months",
    [["jan", "mar", "dec", "jan"], ["January ", "MARCH", "december", "jan."], [1, 3, 12, 1], [1.0, 3.0, 12.0, 1.0]],
    ids=["short", "long", "numbers", "decimals"],
)
def test_months_are_read_in_words_and_numbers(library, months):
    dates = derive_column(table_of({"month": months}, library), BY_MONTH)["called_on"].to_list()
    assert dates == ["2008-01-01", "2008-03-01", "2008-12-01", "2009-01-01"]


@ENGINES
def test_a_row_without_a_weekday_takes_the_date_of_the_row_before(library):
    table = table_of({"month": ["may", "may", "may"], "day": ["tue", None, "wed"]}, library)
    assert derive_column(table, BY_DAY)["called_on"].to_list() == ["2008-05-06", "2008-05-06", "2008-05-07"]


@given(first=FIRST_DAYS, gaps=GAPS, has_weekday=st.booleans())
@settings(max_examples=100, deadline=None)
def test_dates_fit_what_is_known_and_are_never_later_than_the_truth(first, gaps, has_weekday):
    true = [first + timedelta(days=days) for days in accumulate(gaps, initial=0)]
    weekdays = [day.weekday() if has_weekday else None for day in true]
    found = dates_from_row_order([day.month for day in true], weekdays, first_year=first.year)
    assert all(earlier <= later for earlier, later in pairwise(found))
    assert [(day.year, day.month) for day in found] == [(day.year, day.month) for day in true]
    assert all(day <= truth for day, truth in zip(found, true, strict=True))
    if has_weekday:
        assert [day.weekday() for day in found] == weekdays


@given(first=FIRST_DAYS, gaps=st.lists(st.integers(0, 6), max_size=60))
@settings(max_examples=50, deadline=None)
def test_dates_are_the_true_ones_where_no_week_lacks_a_row(first, gaps):
    true = [first.replace(day=1) + timedelta(days=days) for days in accumulate(gaps, initial=0)]
    months, weekdays = [day.month for day in true], [day.weekday() for day in true]
    assert dates_from_row_order(months, weekdays, first_year=first.year) == true


def test_no_rows_need_no_dates():
    assert dates_from_row_order([], [], first_year=2008) == []


def test_refuses_a_month_that_would_need_more_weeks_than_it_has():
    sentence = r"Row 8 \(month feb\) needs a mon after 2010-02-23, and the month has none left"
    assert dates_from_row_order([2] * 8, [0, 1] * 4, first_year=2010)[-1] == date(2010, 2, 23)
    with pytest.raises(DataError, match=sentence):
        dates_from_row_order([2] * 9, [*[0, 1] * 4, 0], first_year=2010)


@ENGINES
@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"month": ["may", "foo"], "day": ["mon", "mon"]}, "Month column holds 'foo'. Give 'jan' to 'dec' or 1 to 12."),
        ({"month": [5, 13], "day": ["mon", "mon"]}, "Month column holds '13'."),
        ({"month": ["5", "\u00b2"], "day": ["mon", "mon"]}, "Month column holds '\u00b2'."),
        ({"month": ["may", None], "day": ["mon", "mon"]}, "Month column holds None."),
        ({"month": ["may", "may"], "day": ["mon", "x"]}, "Weekday column holds 'x'. Give 'mon' to 'sun'."),
    ],
    ids=["no-month", "month-13", "no-digit", "missing-month", "no-weekday"],
)
def test_refuses_what_it_cannot_read(library, data, sentence):
    with pytest.raises(DataError) as refusal:
        derive_column(table_of(data, library), BY_DAY)
    assert sentence in str(refusal.value)
