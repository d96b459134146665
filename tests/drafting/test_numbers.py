import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergreen.drafting.numbers import cautious_range, missing_numbers, read_numbers


def counts(*words: str) -> pd.Series:
    return pd.Series(words, dtype="str").value_counts()


@pytest.mark.parametrize(
    ("words", "form", "values"),
    [
        (["1", "2.5", "-3e2"], (".", None), [1, 2.5, -300]),
        (["1,234,567", "12"], (".", ","), [1_234_567, 12]),
        (["1,234.50", "7"], (".", ","), [1234.5, 7]),
        (["1,5", "0,25"], (",", None), [1.5, 0.25]),
        (["1.234,5", "1.000"], (",", "."), [1234.5, 1000]),
        (["1 234", "999"], (".", " "), [1234, 999]),
        (["1'234.5"], (".", "'"), [1234.5]),
    ],
)
def test_numbers_are_read_in_the_form_that_reads_most(words, form, values):
    read = read_numbers(counts(*words))
    assert (read.decimal, read.thousands) == form
    assert sorted(read.values) == sorted(values)
    assert not read.is_ambiguous


@pytest.mark.parametrize("word", ["1,234", "1.234", "12,345"])
def test_a_number_that_could_be_another_is_doubted(word):
    assert read_numbers(counts(word, "7")).is_ambiguous
    assert not read_numbers(counts(word, "0.25")).is_ambiguous


def test_what_is_no_number_is_told():
    read = read_numbers(counts("1", "2", "3", "12 kg", "12 kg"))
    assert read.readable_share == pytest.approx(3 / 5)
    assert read.unreadable == {"12 kg": 2}


@pytest.mark.parametrize(("words", "is_whole"), [(["1", "20"], True), (["1.0", "2"], False), ([str(2**53 + 2)], False)])
def test_whole_numbers_are_told_by_how_they_are_written(words, is_whole):
    assert read_numbers(counts(*words)).is_whole == is_whole


def by_value(rest: list[float], value: float, n_cells: int) -> pd.Series:
    return pd.Series([*rest, *[value] * n_cells]).value_counts().sort_index()


@pytest.mark.parametrize(
    ("rest", "value", "n_cells", "is_found"),
    [
        (range(28), 999, 40, True),
        (range(28), 999, 1, False),  # an outlier, not a spike
        (range(98), 99, 40, False),  # close to the rest
        (range(-20, 30), -99, 3, True),
        (range(10), -1, 2, True),
        (range(-5, 10), -1, 20, False),  # negative like others
        (range(28), 500, 40, False),  # no number one would choose for "missing"
        (np.linspace(0, 5, 30), -1, 9, False),  # measured, not counted
    ],
)
def test_a_number_means_missing_where_many_share_it_far_from_the_rest(rest, value, n_cells, is_found):
    assert missing_numbers(by_value([*map(float, rest)], value, n_cells)) == ({value: n_cells} if is_found else {})


def test_two_numbers_may_mean_missing():
    values = pd.Series([*range(50), *[999] * 5, *[-1] * 4]).value_counts().sort_index()
    assert missing_numbers(values) == {999: 5, -1: 4}


@pytest.mark.parametrize(
    ("numbers", "sentinels", "expected"),
    [
        ([17, 90], (), (0, 180)),
        ([0, 27], (999,), (0, 60)),
        ([0, 41310], (50000,), (0, 41310)),
        ([-3.4, 1.4], (), (-9, 7)),
        ([-50, -26], (), (-100, 0)),
        ([0.02, 0.98], (), (0, 2)),
        ([7, 7], (), (0, 14)),
        ([0, 0], (), (0, 1)),
    ],
)
def test_a_range_leaves_as_much_room_as_the_numbers_take(numbers, sentinels, expected):
    assert cautious_range(pd.Series(numbers), sentinels) == pytest.approx(expected)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
def test_a_range_holds_all_numbers_and_keeps_their_sign(numbers):
    low, high = cautious_range(pd.Series(numbers), ())
    assert low is None or low <= min(numbers)
    assert high is None or high >= max(numbers)
    assert min(numbers) < 0 or low == 0


def test_a_range_beyond_all_numbers_is_open():
    assert cautious_range(pd.Series([-1.7e308, 1.7e308]), ()) == (None, None)
