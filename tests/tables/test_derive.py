from datetime import date, timedelta
from itertools import accumulate, pairwise

import narwhals.stable.v2 as nw
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from evergreen.errors import DataError
from evergreen.problem import Derivation
from evergreen.tables.cells import timestamp_of
from evergreen.tables.derive import dates_from_row_order, derive_column
from tests.cases import IN_MEMORY, table_of

ENGINES = pytest.mark.parametrize("library", IN_MEMORY)
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


def _times(library, data, **parts):
    table = table_of(data, library)
    derivation = Derivation(column="at", kind="timestamp_from_parts", **parts)
    made = derive_column(table, derivation)
    read = made.select(timestamp_of(nw.col("at"), made.schema["at"]).alias("at"))["at"].to_list()
    return [None if time is None or time is pd.NaT else str(time) for time in read]


@ENGINES
def test_a_date_and_an_hour_make_a_time(library):
    rows = {"day": ["01/01/11", " 31/12/12", "5.3.69", "1/2/2020", "29/02/11"], "hr": [0, 23, 7, 12, 1]}
    found = _times(library, rows, date="day", hour="hr", time_format="day_first")
    assert found == ["2011-01-01 00:00:00", "2012-12-31 23:00:00", "1969-03-05 07:00:00", "2020-02-01 12:00:00", None]


@ENGINES
@pytest.mark.parametrize("hours", [[3, 24, None], ["3", "24", ""], ["03", "x", None]], ids=["numbers", "words", "odd"])
def test_an_hour_that_does_not_exist_makes_no_time(library, hours):
    found = _times(library, {"day": ["2011-01-01"] * 3, "hr": hours}, date="day", hour="hr")
    assert found == ["2011-01-01 03:00:00", None, None]


@ENGINES
def test_a_date_alone_gets_all_digits_of_its_year(library):
    found = _times(library, {"day": ["01/31/68", "01/31/99", "01/31/2001"]}, date="day", time_format="month_first")
    assert found == ["2068-01-31 00:00:00", "1999-01-31 00:00:00", "2001-01-31 00:00:00"]


@given(st.datetimes(pd.Timestamp("1969-01-01").to_pydatetime(), pd.Timestamp("2068-12-31").to_pydatetime()))
@settings(max_examples=20, deadline=None)
def test_a_time_taken_apart_and_put_together_is_the_same(time):
    hour = time.replace(minute=0, second=0, microsecond=0)
    for form, written in (("day_first", "%d/%m/%y"), ("month_first", "%m.%d.%Y"), ("iso", "%Y-%m-%d")):
        found = _times(
            "pandas", {"day": [hour.strftime(written)], "hr": [hour.hour]}, date="day", hour="hr", time_format=form
        )
        assert found == [str(hour)]


def test_a_typed_date_takes_an_hour_too():
    days = pd.DataFrame({"day": pd.to_datetime(["2011-01-01", "2011-01-02"]), "hr": [1.0, 22.0]})
    assert _times("pandas", days, date="day", hour="hr") == ["2011-01-01 01:00:00", "2011-01-02 22:00:00"]


def test_a_time_from_parts_needs_a_date():
    with pytest.raises(ValidationError, match=r"derive .at. lacks date\. Name the column of the date"):
        Derivation(column="at", kind="timestamp_from_parts", hour="hr")


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


@ENGINES
@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        (
            {"column": "at", "kind": "date_from_row_order", "month": "mnth", "weekday": "wday", "first_year": 2008},
            "derive 'at' names 'mnth', 'wday', but the source has 'month', 'hr'. Mend derive.",
        ),
        (
            {"column": "at", "kind": "timestamp_from_parts", "date": "day", "hour": "hr"},
            "derive 'at' names 'day', but the source has",
        ),
        (
            {"column": "hr", "kind": "row_number"},
            "derive 'hr' has the name of a column that the source holds already. Give the derived column another name",
        ),
    ],
    ids=["no-such-month", "no-such-date", "name-taken"],
)
def test_refuses_names_that_the_source_lacks_or_holds_already(library, told, sentence):
    with pytest.raises(DataError) as refusal:
        derive_column(table_of({"month": ["may"], "hr": [7]}, library), Derivation.model_validate(told))
    assert sentence in str(refusal.value)


def test_a_column_may_be_derived_from_a_derived_one():
    table = table_of({"month": [5], "hr": [7]}, "pandas")
    day = derive_column(table, BY_MONTH)
    at = derive_column(day, Derivation(column="at", kind="timestamp_from_parts", date="called_on", hour="hr"))
    assert at["at"].to_list() == ["2008-05-01 07:00"]


def test_rows_in_no_order_run_out_of_years():
    assert dates_from_row_order([1, 2, 1], [None] * 3, first_year=9998)[-1] == date(9999, 1, 1)
    sentence = (
        r"Row 4 \(month nov\) would lie beyond the year 9999, so often does the month fall\. Are the rows in date"
    )
    with pytest.raises(DataError, match=sentence):
        dates_from_row_order([1, 2, 1, 12, 11], [None] * 5, first_year=9998)
    with pytest.raises(DataError, match="the month has none left"):
        dates_from_row_order([12] * 8, [*[0, 1] * 3, 0, 6], first_year=9999)
