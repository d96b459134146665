from datetime import date, datetime, timedelta

import narwhals.stable.v2 as nw
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from evergreen.problem import canonical_text
from evergreen.tables.cells import (
    blank_to_null,
    canonical_words,
    number_of,
    stripped,
    text_of,
    timestamp_of,
)
from tests.cases import LIBRARIES, plain, table_of

ENGINES = pytest.mark.parametrize("library", LIBRARIES)
# Characters that Python's Unicode knows; engines may know younger ones.
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cn"]), max_size=12)
MANY_TEXTS = st.lists(ANY_TEXT, min_size=1, max_size=20)
STRING = nw.String()


def run(cells, expression, library):
    """The cells after an expression on the column ``x``."""
    return plain(table_of({"x": cells}, library).select(expression))["x"]


def run_typed(cells, function, library):
    table = table_of({"x": cells}, library)
    return plain(table.select(function(nw.col("x"), table.schema["x"]).alias("x")))["x"]


@ENGINES
@given(texts=MANY_TEXTS)
@example(texts=["  Light\u00a0 BLUE\x1c", "\u0130STANBUL", "\u039f\u0394\u039f\u03a3 \u03c2", "\x85a\u2003b\n"])
@settings(max_examples=60, deadline=None)
def test_words_are_written_as_the_case_writes_them(library, texts):
    assert run(texts, canonical_words(nw.col("x")), library) == [canonical_text(text) for text in texts]


@ENGINES
@given(texts=MANY_TEXTS)
@settings(max_examples=30, deadline=None)
def test_outer_space_goes_and_inner_space_stays(library, texts):
    assert run(texts, stripped(nw.col("x")), library) == [text.strip() for text in texts]


@ENGINES
def test_an_empty_text_is_missing(library):
    assert run(["a", "", None, " "], blank_to_null(nw.col("x")), library) == ["a", None, None, " "]


@ENGINES
@pytest.mark.parametrize(
    ("cells", "texts"),
    [
        ([1, 20], ["1", "20"]),
        ([1.0, 2.5, None], ["1", "2.5", None]),
        ([float("nan"), 3.0], [None, "3"]),
        ([True, False], ["true", "false"]),
        (["1.0", None], ["1.0", None]),
    ],
    ids=["integers", "numbers", "not-a-number", "booleans", "texts"],
)
def test_any_cell_is_written_as_text(library, cells, texts):
    assert run_typed(cells, text_of, library) == texts


@ENGINES
@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("7", 7.0),
        (" -7.50\t", -7.5),
        ("\u00a08\u2003", 8.0),
        (".5", 0.5),
        ("3.", 3.0),
        ("+1e-3", 0.001),
        ("1E3", 1000.0),
        ("1e999", float("inf")),
        ("1,5", None),
        ("1_000", None),
        ("1 000", None),
        ("0x10", None),
        ("inf", None),
        ("nan", None),
        ("\u0663", None),
        (".", None),
        ("", None),
        (None, None),
    ],
)
def test_a_number_is_read_where_there_is_one(library, text, number):
    assert run([text, "0"], number_of(nw.col("x"), STRING), library) == [number, 0.0]


@ENGINES
@given(numbers=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
@settings(max_examples=30, deadline=None)
def test_a_written_number_is_read_back(library, numbers):
    assert run([repr(number) for number in numbers], number_of(nw.col("x"), STRING), library) == numbers


@ENGINES
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


@ENGINES
def test_a_date_is_read_exactly_where_the_calendar_has_it(library):
    years = [*range(0, 2500, 4), 1, 1899, 1900, 1901, 2023, 9999]
    texts = [f"{year:04}-02-29" for year in years]
    texts += [f"{year:04}-{month:02}-{day:02}" for year in (2023, 2024) for month in range(14) for day in range(33)]
    assert run(texts, timestamp_of(nw.col("x"), STRING), library) == [naive_timestamp(text) for text in texts]


@ENGINES
@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2009-02-28", datetime(2009, 2, 28)),
        (" 2009-02-28 ", datetime(2009, 2, 28)),
        ("2009-02-28T23:59:59", datetime(2009, 2, 28, 23, 59, 59)),
        ("2009-02-28 23:59:59", datetime(2009, 2, 28, 23, 59, 59)),
        ("2009-02-28 23:59:59.999999999", datetime(2009, 2, 28, 23, 59, 59)),
        ("0001-01-01", datetime(1, 1, 1)),
        ("9999-12-31 23:59:59", datetime(9999, 12, 31, 23, 59, 59)),
        ("2009-02-28 24:00:00", None),
        ("2009-02-28 23:60:00", None),
        ("2009-02-28 23:59:60", None),
        ("2009-02-28 23:59", None),
        ("2009-02-28T23:59:59Z", None),
        ("2009-02-28T23:59:59+01:00", None),
        ("2009-02-28 23:59:59.", None),
        ("2009-2-28", None),
        ("28.02.2009", None),
        ("20090228", None),
        ("2009-02-28x", None),
        ("x2009-02-28", None),
        ("\u0662009-02-28", None),
        ("", None),
        (None, None),
    ],
)
def test_a_time_is_read_where_there_is_one(library, text, time):
    assert run([text, "2000-01-01"], timestamp_of(nw.col("x"), STRING), library) == [time, datetime(2000, 1, 1)]


@ENGINES
@given(
    times=st.lists(st.datetimes(), min_size=1, max_size=20),
    separator=st.sampled_from([" ", "T"]),
    precision=st.sampled_from(["seconds", "milliseconds", "microseconds"]),
)
@settings(max_examples=30, deadline=None)
def test_a_written_time_is_read_to_the_second(library, times, separator, precision):
    texts = [time.isoformat(separator, precision) for time in times]
    read = run(texts, timestamp_of(nw.col("x"), STRING), library)
    assert read == [time.replace(microsecond=0) for time in times]


@ENGINES
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


@ENGINES
def test_a_time_with_a_zone_is_taken_in_utc(library):
    noon = pd.Timestamp("2009-02-28T12:00:00+02:00").to_pydatetime()
    assert run_typed([noon, noon + timedelta(days=1)], timestamp_of, library) == [
        datetime(2009, 2, 28, 10),
        datetime(2009, 3, 1, 10),
    ]
