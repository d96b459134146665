from datetime import date, datetime

import narwhals.stable.v2 as nw
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from evergreen.problem import canonical_text
from evergreen.tables.cells import (
    blank_to_null,
    canonical_words,
    is_in_other_zone,
    number_of,
    stripped,
    text_of,
    time_steps,
    timestamp_of,
)
from evergreen.tables.engines import where
from tests.cases import LIBRARIES, frame_of, plain

ENGINES = pytest.mark.parametrize("library", LIBRARIES)
EVERY_ENGINE = pytest.mark.parametrize("library", [*LIBRARIES, pytest.param("spark", marks=pytest.mark.spark)])
# Characters that Python's Unicode knows; engines may know younger ones.
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cn"]), max_size=12)
MANY_TEXTS = st.lists(ANY_TEXT, min_size=1, max_size=40)
STRING = nw.String()


def run(cells, expression, library):
    """The cells after an expression on the column ``x``."""
    table = frame_of({"x": cells, "place": range(len(cells))}, library)
    return run_on(table.with_columns(expression.alias("x")))


def run_on(table):
    """The cells of ``x`` in the order they were given."""
    found = plain(table)
    return [cell for _, cell in sorted(zip(found["place"], found["x"], strict=True), key=lambda pair: pair[0])]


def run_typed(cells, function, library):
    dtype = frame_of({"x": cells}, library).collect_schema()["x"]
    return run(cells, function(nw.col("x"), dtype), library)


def read_times(texts, library, time_format="iso"):
    """The texts as times, step by step as tables are read."""
    table = frame_of({"x": texts, "place": range(len(texts))}, library)
    for step in time_steps(STRING, time_format):
        table = table.with_columns(step(nw.col("x")).alias("x"))
    return run_on(table)


def check(examples, function, library, **form):
    """Hold every example, in one table, against what it should become."""
    found = run(list(examples), function(nw.col("x"), STRING, **form), library)
    assert dict(zip(examples, found, strict=True)) == examples


@ENGINES
@given(texts=MANY_TEXTS)
@example(texts=["  Light\u00a0 BLUE\x1c", "\u0130STANBUL", "\u039f\u0394\u039f\u03a3 \u03c2", "\x85a\u2003b\n"])
@settings(max_examples=30, deadline=None)
def test_words_are_written_as_the_case_writes_them(library, texts):
    assert run(texts, canonical_words(nw.col("x")), library) == [canonical_text(text) for text in texts]


@ENGINES
@given(texts=MANY_TEXTS)
@settings(max_examples=15, deadline=None)
def test_outer_space_goes_and_inner_space_stays(library, texts):
    assert run(texts, stripped(nw.col("x")), library) == [text.strip() for text in texts]


@pytest.mark.spark
@given(texts=st.lists(ANY_TEXT, min_size=100, max_size=100))
@example(texts=["  Light\u00a0 BLUE\x1c", "\u0130STANBUL", "\u039f\u0394\u039f\u03a3 \u03c2", "\x85a\u2003b\n"])
@settings(max_examples=2, deadline=None)
def test_words_are_written_alike_on_spark(texts):
    assert run(texts, canonical_words(nw.col("x")), "spark") == [canonical_text(text) for text in texts]
    assert run(texts, stripped(nw.col("x")), "spark") == [text.strip() for text in texts]


@EVERY_ENGINE
def test_an_empty_text_is_missing(library):
    assert run(["a", "", None, " "], blank_to_null(nw.col("x")), library) == ["a", None, None, " "]


@EVERY_ENGINE
@pytest.mark.parametrize(
    ("cells", "texts"),
    [
        ([1, 20], ["1", "20"]),
        (
            [1.0, 2.5, 0.1 + 0.2, -1e6, 1e15, None],
            ["1", "2.5", "0.30000000000000004", "-1000000", "1" + "0" * 15, None],
        ),
        ([float("nan"), 3.0], [None, "3"]),
        ([True, False], ["true", "false"]),
        (["1.0", None], ["1.0", None]),
        ([datetime(2009, 2, 28, 23, 59, 59, 999999), None], ["2009-02-28 23:59:59", None]),
        ([date(2009, 2, 28), None], ["2009-02-28", None]),
    ],
    ids=["integers", "numbers", "not-a-number", "booleans", "texts", "times", "dates"],
)
def test_any_cell_is_written_as_text(library, cells, texts):
    assert run_typed(cells, text_of, library) == texts


NUMBERS = {
    "7": 7.0,
    " -7.50\t": -7.5,
    "\u00a08\u2003": 8.0,
    ".5": 0.5,
    "3.": 3.0,
    "+1e-3": 0.001,
    "1E3": 1000.0,
    "1e999": float("inf"),
    "1,5": None,
    "1_000": None,
    "1 000": None,
    "0x10": None,
    "inf": None,
    "nan": None,
    "\u0663": None,
    ".": None,
    "": None,
    None: None,
}
ENGLISH = {
    "1,234": 1234.0,
    "-1,234,567.5": -1234567.5,
    "+12,345.": 12345.0,
    "1234": 1234.0,
    "1234.5": 1234.5,
    "1,234e2": None,
    "1,23": None,
    "1234,567": None,
    "1,234,56": None,
    ",123": None,
    "1,,234": None,
    "1.234,5": None,
    "": None,
}
GERMAN = {
    "1.234": 1234.0,
    "-1.234.567,5": -1234567.5,
    "1234,5": 1234.5,
    "0,5": 0.5,
    ",5": 0.5,
    "5,": 5.0,
    "1,5e3": 1500.0,
    "1.5": None,
    "12.34": None,
    "1234.567": None,
    "1,234,567": None,
    "1,234.5": None,
    ".": None,
    None: None,
}


@EVERY_ENGINE
@pytest.mark.parametrize(
    ("examples", "form"),
    [
        (NUMBERS, {}),
        (ENGLISH, {"thousands": ","}),
        (GERMAN, {"thousands": ".", "decimal": ","}),
        ({"1,5": 1.5, "1.5": None, "1.234": None, "1": 1.0, "1,234,5": None}, {"decimal": ","}),
        ({"1 234": 1234.0, " 1 234 567.5 ": 1234567.5, "12 34": None, "1 2345": None}, {"thousands": " "}),
        ({"1'234": 1234.0, "1'234'567,25": 1234567.25, "1'23": None}, {"thousands": "'", "decimal": ","}),
    ],
    ids=["plain", "commas-between-thousands", "points-between-thousands", "decimal-comma", "spaces", "apostrophes"],
)
def test_a_number_is_read_where_there_is_one(library, examples, form):
    check(examples, number_of, library, **form)


@ENGINES
@given(numbers=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=40))
@settings(max_examples=20, deadline=None)
def test_a_written_number_is_read_back(library, numbers):
    assert run([repr(number) for number in numbers], number_of(nw.col("x"), STRING), library) == numbers


@ENGINES
@given(numbers=st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=40), cents=st.integers(0, 99))
@settings(max_examples=10, deadline=None)
def test_a_number_written_in_any_form_is_the_same_number(library, numbers, cents):
    english = [f"{number:,}.{cents:02}" for number in numbers]
    expected = [float(text.replace(",", "")) for text in english]
    for thousands, decimal in ((",", "."), (".", ","), (" ", "."), ("'", ",")):
        written = [text.translate({ord(","): thousands, ord("."): decimal}) for text in english]
        form = {"thousands": thousands, "decimal": decimal}
        assert run(written, number_of(nw.col("x"), STRING, **form), library) == expected


@EVERY_ENGINE
@pytest.mark.parametrize(
    ("cells", "numbers"),
    [([1, 2], [1.0, 2.0]), ([True, False], [1.0, 0.0]), ([1.5, float("nan"), None], [1.5, None, None])],
    ids=["integers", "booleans", "missing"],
)
def test_what_is_a_number_already_stays_one(library, cells, numbers):
    assert run_typed(cells, number_of, library) == numbers


def naive_timestamp(text):
    """What Python's own calendar makes of a text of the accepted form."""
    try:
        return datetime.strptime(text, "%Y-%m-%d")
    except ValueError:
        return None


@EVERY_ENGINE
def test_a_date_is_read_exactly_where_the_calendar_has_it(library):
    years = [*range(0, 2500, 4), 1, 1899, 1900, 1901, 2023, 9999]
    texts = [f"{year:04}-02-29" for year in years]
    texts += [f"{year:04}-{month:02}-{day:02}" for year in (2023, 2024) for month in range(14) for day in range(33)]
    assert run(texts, timestamp_of(nw.col("x"), STRING), library) == [naive_timestamp(text) for text in texts]


LAST_SECOND = datetime(2009, 2, 28, 23, 59, 59)
ISO = {
    "2009-02-28": datetime(2009, 2, 28),
    " 2009-02-28 ": datetime(2009, 2, 28),
    "2009-02-28T23:59:59": LAST_SECOND,
    "2009-02-28 23:59:59": LAST_SECOND,
    "2009-02-28 23:59:59.999999999": LAST_SECOND,
    "2009-02-28 23:59": datetime(2009, 2, 28, 23, 59),
    "2009-02-28T00:00": datetime(2009, 2, 28),
    "2009-02-28T23:59:59Z": LAST_SECOND,
    "2009-02-28T23:59Z": datetime(2009, 2, 28, 23, 59),
    "2009-02-28T23:59:59.5+00:00": LAST_SECOND,
    "2009-02-28T23:59:59-0000": LAST_SECOND,
    "0001-01-01": datetime(1, 1, 1),
    "9999-12-31 23:59:59": datetime(9999, 12, 31, 23, 59, 59),
    "2009-02-28 24:00:00": None,
    "2009-02-28 23:60:00": None,
    "2009-02-28 23:59:60": None,
    "2009-02-28 23": None,
    "2009-02-28Z": None,
    "2009-02-28T23:59:59+01:00": None,
    "2009-02-28T23:59:59z": None,
    "2009-02-28 23:59:59.": None,
    "2009-2-28": None,
    "28.02.2009": None,
    "20090228": None,
    "2009-02-28x": None,
    "x2009-02-28": None,
    "\u0662009-02-28": None,
    "": None,
    None: None,
}
DAY_FIRST = {
    "28/02/2009": datetime(2009, 2, 28),
    "28.2.2009": datetime(2009, 2, 28),
    "1-02-2009": datetime(2009, 2, 1),
    "1/2/2009": datetime(2009, 2, 1),
    " 31/12/2009 23:59 ": datetime(2009, 12, 31, 23, 59),
    "31.12.2009T23:59:59.25Z": datetime(2009, 12, 31, 23, 59, 59),
    "29/02/2008": datetime(2008, 2, 29),
    "29/02/2009": None,
    "02/28/2009": None,
    "0/1/2009": None,
    "28/02/09": None,
    "28/02/20091": None,
    "128/02/2009": None,
    "2009-02-28": None,
    "28 02 2009": None,
    "28/02/2009 12:00+02:00": None,
    "": None,
    None: None,
}
MONTH_FIRST = {
    "02/28/2009": datetime(2009, 2, 28),
    "2.28.2009": datetime(2009, 2, 28),
    "02-1-2009": datetime(2009, 2, 1),
    "1/2/2009": datetime(2009, 1, 2),
    "12/31/2009 23:59:59": datetime(2009, 12, 31, 23, 59, 59),
    "28/02/2009": None,
    "2009-02-28": None,
}


@EVERY_ENGINE
@pytest.mark.parametrize(
    ("examples", "time_format"),
    [(ISO, "iso"), (DAY_FIRST, "day_first"), (MONTH_FIRST, "month_first")],
    ids=["iso", "day-first", "month-first"],
)
def test_a_time_is_read_where_there_is_one(library, examples, time_format):
    assert dict(zip(examples, read_times(list(examples), library, time_format), strict=True)) == examples


OTHER_ZONES = {
    "2009-02-28T23:59:59+01:00": True,
    "2009-02-28 23:59-0330": True,
    "2009-02-28T23:59:59+00:00": False,
    "2009-02-28T23:59:59Z": False,
    "2009-02-28T23:59:59": False,
    "2009-02-30T23:59:59+01:00": False,
    "2009-02-28+01:00": False,
    "soon+01:00": False,
    None: False,
}


@EVERY_ENGINE
def test_a_time_of_another_zone_is_told_from_no_time(library):
    found = run(list(OTHER_ZONES), where(is_in_other_zone(nw.col("x"))), library)
    assert dict(zip(OTHER_ZONES, found, strict=True)) == OTHER_ZONES


@ENGINES
@given(
    times=st.lists(st.datetimes(), min_size=1, max_size=40),
    separator=st.sampled_from([" ", "T"]),
    precision=st.sampled_from(["seconds", "milliseconds", "microseconds"]),
)
@settings(max_examples=10, deadline=None)
def test_a_written_time_is_read_to_the_second(library, times, separator, precision):
    texts = [time.isoformat(separator, precision) for time in times]
    assert read_times(texts, library) == [time.replace(microsecond=0) for time in times]


@ENGINES
@given(days=st.lists(st.dates(), min_size=1, max_size=40), mark=st.sampled_from("/.-"))
@settings(max_examples=5, deadline=None)
def test_a_day_written_in_any_order_is_the_same_day(library, days, mark):
    expected = [datetime(day.year, day.month, day.day) for day in days]
    for form, written in (
        ("day_first", [f"{day.day}{mark}{day.month:02}{mark}{day.year:04}" for day in days]),
        ("month_first", [f"{day.month}{mark}{day.day}{mark}{day.year:04}" for day in days]),
    ):
        assert read_times(written, library, form) == expected


@EVERY_ENGINE
@pytest.mark.parametrize(
    ("cells", "times"),
    [
        ([datetime(2009, 2, 28, 1, 2, 3, 4), None], [datetime(2009, 2, 28, 1, 2, 3, 4), None]),
        ([date(2009, 2, 28), None], [datetime(2009, 2, 28), None]),
    ],
    ids=["times", "dates"],
)
def test_what_is_a_time_already_stays_one(library, cells, times):
    assert run_typed(cells, timestamp_of, library) == times
