import pandas as pd
import pytest

from evergreen.drafting.times import looks_like_time, missing_times, read_times


def read(*words: str):
    text = pd.Series(words, dtype="str")
    return read_times(text.value_counts(), text)


@pytest.mark.parametrize(
    ("words", "form", "first"),
    [
        (["2020-01-31", "2020-02-01 10:30"], "iso", "2020-01-31"),
        (["31/01/2020", "1.2.2020"], "day_first", "2020-01-31"),
        (["01/31/2020", "2/1/2020"], "month_first", "2020-01-31"),
        (["31/01/20", "01/02/20"], "day_first", "2020-01-31"),
    ],
)
def test_dates_are_read_in_the_format_that_reads_most(words, form, first):
    found = read(*words)
    assert found.time_format == form
    assert found.readable_share == 1
    assert found.values[words[0]] == pd.Timestamp(first)
    assert not found.is_ambiguous


def test_the_order_of_the_rows_tells_day_from_month():
    by_month = ["01/11/2020", "01/12/2020", "02/01/2020", "02/02/2020"]
    assert (read(*by_month).time_format, read(*by_month).is_ambiguous) == ("month_first", True)
    by_day = ["11/01/2020", "12/01/2020", "01/02/2020", "02/02/2020"]
    assert (read(*by_day).time_format, read(*by_day).is_ambiguous) == ("day_first", True)


def test_years_of_two_digits_are_noticed():
    assert read("31/12/99", "01/01/00").has_short_year
    assert read("31/12/99").values.iloc[0] == pd.Timestamp("1999-12-31")
    assert not read("31/12/1999").has_short_year


@pytest.mark.parametrize("word", ["20200131", "31 Jan 2020", "January 31, 2020", "2020/01/31", "31/1/2020 9:05"])
def test_a_time_in_another_form_is_told_from_words(word):
    assert looks_like_time(pd.Series({word: 3}))
    assert read(word).readable_share == 0


@pytest.mark.parametrize("word", ["blue", "12", "may be", "1-2"])
def test_words_are_no_times(word):
    assert not looks_like_time(pd.Series({word: 3}))
    assert read(word).readable_share == 0


def test_the_end_of_days_means_missing():
    days = pd.to_datetime(pd.Series(["2020-01-01", "2021-05-05", *["9999-12-31"] * 3]), format="ISO8601")
    assert missing_times(days) == {"9999-12-31": 3}
    assert missing_times(days.head(3)) == {}
    births = pd.to_datetime(pd.Series([*pd.date_range("1890-01-01", "1990-01-01", periods=9), *["1900-01-01"] * 3]))
    assert missing_times(births) == {}
