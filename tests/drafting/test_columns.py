import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from evergreen.drafting.columns import read_column

PROSE = [f"this is the note of client {n}, who asked for {n % 7} things" for n in range(100)]


def read(*cells, times: int = 1):
    return read_column("x", "X", pd.Series([*cells] * times))


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "20", "300"], "integer"),
        ([1, 20, 300], "integer"),
        ([1.0, 20.0, None], "integer"),
        (["1", "2.5", "3.0"], "number"),
        ([Decimal("1.50"), Decimal("2.25")], "number"),
        (["yes", "No", "YES"], "boolean"),
        ([0, 1, 1], "boolean"),
        ([True, False, None], "boolean"),
        (["a", "b", "c"], "category"),
        (["01", "02", "10"], "category"),
        (["12345678901234567", "2"], "category"),
        (["2020-01-01", "2020-01-02 10:00"], "timestamp"),
        (list(pd.to_datetime(["2020-01-01", "2020-01-02"])), "timestamp"),
        ([datetime.date(2020, 1, 1), datetime.date(2020, 1, 2)], "timestamp"),
        (list(pd.to_datetime(["2020-01-01T12:00+02:00"])), "timestamp"),
        (PROSE, "text"),
    ],
)
def test_a_type_is_inferred_from_text_and_from_typed_cells(cells, kind):
    assert read(*cells).type == kind


def test_a_time_with_a_zone_is_taken_in_utc():
    assert read(*pd.to_datetime(["2020-01-01T12:00+02:00"])).cells.iloc[0] == pd.Timestamp("2020-01-01 10:00")


def test_words_that_mean_missing_become_sentinels_and_are_doubted():
    column = read("Red", " red", "?", "blue", "Unknown", times=3)
    assert column.settings == {"values": ["blue", "red"], "sentinels": ["?", "unknown"]}
    assert column.doubts == {"missing_words": "'?' in 3 cells, 'unknown' in 3 cells"}
    assert column.cells.isna().sum() == 6


def test_numbers_may_have_both_kinds_of_sentinels():
    column = read("?", *map(str, range(20)), *["999"] * 4)
    assert column.settings == {"range": [0, 40], "sentinels": ["?", 999]}
    assert column.doubts["missing_numbers"] == "999 in 4 cells, the rest is 0 to 19"
    assert column.cells.max() == 19


def test_cells_that_cannot_be_read_are_blanked_one_by_one():
    column = read("abc", *map(str, range(40)))
    assert (column.type, column.settings["when_invalid"]) == ("integer", "blank")
    assert column.doubts["unreadable"] == "1 cell, as 'abc'"


def test_infinity_is_no_number():
    assert read(np.inf, *np.linspace(0, 1, 50)).doubts["unreadable"] == "1 cell, as 'inf'"


@pytest.mark.parametrize(
    ("cells", "doubt", "finding"),
    [
        (["1,234", "12,345"], "number_form", "'1,234' as 1234"),
        (["03/04/2020", "05/06/2020"], "day_or_month", "'03/04/2020' as 2020-04-03"),
        (["31/12/20", "30/12/20"], "short_year", "'31/12/20' as 2020-12-31"),
        ([1, 2, 3, 4], "codes", "4 values"),
        (["007", "008", "007"], "digits", "'007'"),
        ([f"name {n}" for n in range(80)], "names", "80 in 80 cells"),
        ([f"w{n % 70}" for n in range(300)], "many_words", "70"),
        (["same", "same"], "constant", "'same'"),
        ([3, 3], "constant", "'3'"),
        ([None, ""], "empty", "no value at all"),
        (["31 Jan 2020", *[f"{day} Feb 2020" for day in range(1, 20)]] * 2, "unread_time", "'31 Jan 2020'"),
        ([20200131, 20200201], "unread_time", "'20200131'"),
    ],
)
def test_what_is_unsure_is_told(cells, doubt, finding):
    column = read(*cells)
    assert column.doubts[doubt] == finding


def test_ten_thousand_words_are_not_listed():
    column = read_column("x", "X", pd.Series([f"w{n % 10_000}" for n in range(30_000)]))
    assert column.type == "category"
    assert "values" not in column.settings


def test_cells_keep_their_place():
    column = read(None, "b", "a", "", "B")
    assert column.cells.isna().tolist() == [True, False, False, True, False]
    assert column.cells.dropna().tolist() == ["b", "a", "b"]
