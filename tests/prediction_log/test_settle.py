from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergreen.prediction_log.settle import Known, current, settle

Told = tuple[str, str]


def settled(told: list[Told]) -> list[Known]:
    history: list[Known] = []
    for value, known_at in told:
        settle(history, value, known_at)
    return history


def value_at(history: list[Known], moment: str) -> str | None:
    """What was known at a moment, as the query of the log finds it."""
    known = [one for one in history if one.known_at <= moment]
    found = current(known)
    return None if found is None else found.value


def latest(told: list[Told], moment: str) -> str | None:
    """The same, from what was said."""
    known = [one for one in told if one[1] <= moment]
    return max(known, key=lambda one: one[1])[0] if known else None


distinct = st.lists(
    st.tuples(st.sampled_from("AB"), st.sampled_from("123456")), unique_by=lambda told: told[1], max_size=6
)


@given(distinct)
def test_whatever_the_order_the_latest_known_counts(told: list[Told]) -> None:
    history = settled(told)
    counts = current(history)
    assert (None if counts is None else counts.value) == latest(told, "9") == value_at(history, "9")
    assert all(value_at(history, one.known_at) == one.value for one in history)


@given(distinct.map(lambda told: sorted(told, key=lambda one: one[1])))
def test_what_came_in_order_is_known_for_every_moment(told: list[Told]) -> None:
    history = settled(told)
    for moment in "0123456789":
        assert value_at(history, moment) == latest(told, moment)


@given(st.lists(st.tuples(st.sampled_from("AB"), st.sampled_from("123")), max_size=6))
def test_the_same_again_changes_nothing(told: list[Told]) -> None:
    history = settled(told)
    before, counted = len(history), current(history)
    value = None if counted is None else counted.value
    if len({known_at for _, known_at in told}) == len(told):
        assert {settle(history, *one) for one in told} <= {"repeated"}
        assert len(history) <= before + len(told)
    assert (None if counted is None else current(history).value) == value  # type: ignore[union-attr]


@pytest.mark.parametrize("order", list(permutations([("A", "1"), ("B", "2"), ("A", "3")])), ids=str)
def test_back_and_forth_ends_with_what_came_last(order: tuple[Told, ...]) -> None:
    history = settled(list(order))
    assert [value_at(history, moment) for moment in "0123"] == [None, "A", "B", "A"]


def test_what_turns_up_for_a_moment_in_between_holds_until_the_next() -> None:
    history = settled([("A", "1"), ("A", "5"), ("B", "3")])
    assert [value_at(history, moment) for moment in "012345"] == [None, "A", "A", "B", "B", "A"]


def test_a_thing_said_again_and_again_is_one_row() -> None:
    history = settled([("A", f"{day:03}") for day in range(300)])
    assert [(one.known_at, one.confirmed_at) for one in history] == [("000", "299")]


@pytest.mark.parametrize(
    ("told", "effects"),
    [
        ([("A", "1")], ["new"]),
        ([("A", "1"), ("A", "1")], ["new", "repeated"]),
        ([("A", "1"), ("A", "2")], ["new", "repeated"]),
        ([("A", "1"), ("B", "2"), ("A", "3")], ["new", "changed", "changed"]),
        ([("A", "2"), ("B", "1")], ["new", "repeated"]),
        ([("A", "1"), ("B", "1"), ("A", "1")], ["new", "changed", "repeated"]),
    ],
    ids=["first", "same", "again", "back and forth", "outdated", "same moment"],
)
def test_what_each_did_is_told(told: list[Told], effects: list[str]) -> None:
    history: list[Known] = []
    assert [settle(history, *one) for one in told] == effects
