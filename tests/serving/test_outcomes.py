"""What became of rows."""

from typing import Any

import pytest

from evergreen.serving.outcomes import take_outcomes
from tests.cases import binary_case
from tests.models.small import small_case
from tests.serving.world import World

NOW = "2024-03-01T00:00:00+00:00"


def test_outcomes_go_into_the_log_and_their_counts_come_back(served: World) -> None:
    sent = [{"row_id": "1", "outcome": "YES "}, {"row_id": 2.0, "outcome": None, "known_at": "2024-02-29T10:00:00Z"}]
    told = served.ask("POST", "/outcomes", {"outcomes": sent}).json
    assert {name: told[name] for name in ("new", "repeated", "changed", "unknown")} == {
        "new": 2,
        "repeated": 0,
        "changed": 0,
        "unknown": 1,
    }
    first, second = served.log.outcomes[-2:]
    assert (first.key, first.value) == ({"row_id": 1}, "yes")
    assert first.known_at.endswith("+00:00")
    assert (second.key, second.value, second.known_at) == ({"row_id": 2}, None, "2024-02-29T10:00:00.000000+00:00")
    assert served.figure('evergreen_outcomes_total{kind="new"}') >= 2


WRONG: dict[str, tuple[Any, str]] = {
    "nothing": ({}, "holds no list 'outcomes'"),
    "none": ({"outcomes": []}, "is empty"),
    "no object": ({"outcomes": [1]}, "'row_id' is missing"),
    "no key": ({"outcomes": [{"outcome": "yes"}]}, "Row 0: field 'row_id' is missing"),
    "no target": ({"outcomes": [{"row_id": 1}]}, "'outcome' is missing"),
    "a key of nothing": ({"outcomes": [{"row_id": None, "outcome": "yes"}]}, "'row_id' names no row"),
    "a key that is a list": ({"outcomes": [{"row_id": [], "outcome": "yes"}]}, "'row_id' names no row"),
    "another class": ({"outcomes": [{"row_id": 1, "outcome": "maybe"}]}, "Send one of 'no', 'yes', or null."),
    "a number": ({"outcomes": [{"row_id": 1, "outcome": 1}]}, "is no outcome of this case"),
    "a list": ({"outcomes": [{"row_id": 1, "outcome": ["yes"]}]}, "is no outcome of this case"),
    "a cell more": ({"outcomes": [{"row_id": 1, "outcome": "yes", "colour": "red"}]}, "'colour' is no part"),
    "no time": ({"outcomes": [{"row_id": 1, "outcome": "yes", "known_at": "then"}]}, "'known_at' is no time"),
    "a time that is a number": ({"outcomes": [{"row_id": 1, "outcome": "yes", "known_at": 5}]}, "is no time"),
}


@pytest.mark.parametrize(("body", "finding"), WRONG.values(), ids=WRONG)
def test_other_forms_are_refused_whole(served: World, body: Any, finding: str) -> None:
    n_before = len(served.log.outcomes)
    told = served.ask("POST", "/outcomes", body)
    assert told.status == 422
    assert finding in told.json["error"]
    assert len(served.log.outcomes) == n_before


def test_a_quantity_is_a_number() -> None:
    (found,) = take_outcomes([{"row_id": 1, "outcome": 7}], small_case("regression"), known_at=NOW)
    assert (found.value, found.known_at) == (7.0, NOW)


def test_a_class_may_be_said_by_a_synonym() -> None:
    problem = binary_case({"columns.bought.synonyms": {"sold": "yes"}})
    (found,) = take_outcomes([{"call_id": 1, "bought": "Sold"}], problem, known_at=NOW)
    assert found.value == "yes"
