"""What numbers and times share: the form that reads most words, and values that lie apart."""

import pandas as pd
import pytest

from evergreen.drafting.readings import Reading, lies_apart, read_in_best_form


def read(counts: pd.Series, letters: str) -> Reading:
    """Read the words that begin with one of some letters."""
    values = pd.Series([float(len(letters)) if word[0] in letters else None for word in counts.index], counts.index)
    return Reading(values, counts)


def test_the_form_that_reads_most_cells_reads_all_words():
    counts = pd.Series({"a1": 5, "b1": 2, "b2": 2, "c1": 1})
    best, equal = read_in_best_form(counts, ["a", "b", "ab"], read, least_share=0.5)
    assert best.readable_share == pytest.approx(0.9)
    assert best.unreadable == {"c1": 1}
    assert len(equal) == 1


def test_of_two_forms_that_read_as_many_the_first_counts_unless_a_rank_decides():
    counts = pd.Series({"a1": 1, "b1": 1})
    first, equal = read_in_best_form(counts, ["ac", "acd", "b"], read, least_share=0.5)
    assert (first.values["a1"], len(equal)) == (2, 3)
    ranked, _ = read_in_best_form(counts, ["ac", "acd"], read, least_share=0.5, rank=lambda one: one.values.max())
    assert ranked.values["a1"] == 3


def test_where_no_form_reads_enough_the_rarer_words_are_not_read():
    counts = pd.Series({f"x{n}": 1 for n in range(1_500)})
    unread, _ = read_in_best_form(counts, ["a"], read, least_share=0.5)
    assert len(unread.values) == 1_000
    whole, _ = read_in_best_form(counts, ["x"], read, least_share=0.5)
    assert len(whole.values) == 1_500


@pytest.mark.parametrize(("value", "is_apart"), [(20, True), (-10, True), (19, False), (5, False), (10, False)])
def test_a_value_lies_apart_as_far_as_the_others_are_wide(value: int, is_apart: bool) -> None:
    assert lies_apart(value, pd.Index([0, 10])) == is_apart
    day = pd.Timestamp("2020-01-01")
    assert lies_apart(day + pd.Timedelta(days=value), pd.Series([day, day + pd.Timedelta(days=10)])) == is_apart
