import pytest

from evergreen.drafting.tokens import (
    rank_as_event_time,
    sounds_like_id,
    sounds_like_number,
    sounds_positive,
    sounds_sensitive,
)


@pytest.mark.parametrize(
    "name", ["sex", "gender", "race", "age", "age_years", "marital_status", "nationality", "religion", "native_country"]
)
def test_names_that_tell_groups_of_people(name):
    assert sounds_sensitive(name)


@pytest.mark.parametrize("name", ["age_of_car", "vehicle_age", "account_age", "message", "average", "sexton", "price"])
def test_names_that_tell_none(name):
    assert not sounds_sensitive(name)


@pytest.mark.parametrize(
    ("name", "is_id", "is_number"),
    [
        ("customer_id", True, True),
        ("id", True, True),
        ("passengerid", True, True),
        ("invoice_no", False, True),
        ("instant", False, True),
        ("humid", False, False),
        ("number_of_rooms", False, False),
        ("paid", False, False),
    ],
)
def test_names_of_ids_and_numbers(name, is_id, is_number):
    assert (sounds_like_id(name), sounds_like_number(name)) == (is_id, is_number)


def test_the_moment_of_a_decision_comes_before_a_birthday():
    names = ["date_of_birth", "closed_at", "date", "order_date", "event_time"]
    assert sorted(names, key=rank_as_event_time) == ["event_time", "order_date", "date", "closed_at", "date_of_birth"]


@pytest.mark.parametrize(
    ("word", "sign"), [("yes", 1), (">50k", 1), ("no", -1), ("not_paid", -1), ("blue", 0), ("norway", 0)]
)
def test_words_of_the_positive_class(word, sign):
    assert sounds_positive(word) == sign
