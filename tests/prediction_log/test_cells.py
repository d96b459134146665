from datetime import date, datetime

import numpy as np
import pandas as pd
import pytest

from evergreen.prediction_log.cells import event_text, key_text, safe_text, to_json, utc_text, value_of


@pytest.mark.parametrize(
    "cell", [17, 17.0, "17", " 17 ", np.int64(17), np.float64(17)], ids=["int", "float", "text", "spaces", "np", "npf"]
)
def test_a_key_is_the_same_however_a_table_writes_it(cell: object) -> None:
    assert key_text({"client_id": cell}) == '{"client_id":"17"}'


def test_the_order_of_key_columns_does_not_count() -> None:
    assert key_text({"b": 1, "a": True}) == key_text({"a": True, "b": 1}) == '{"a":"true","b":"1"}'


@pytest.mark.parametrize(("one", "other"), [("017", "17"), (1.5, 1), ("A", "a"), (None, "None"), (True, 1)])
def test_different_keys_stay_different(one: object, other: object) -> None:
    assert key_text({"client_id": one}) != key_text({"client_id": other})


def test_times_in_keys_are_iso_text() -> None:
    day = key_text({"day": date(2024, 2, 29)})
    assert day == '{"day":"2024-02-29"}'
    assert key_text({"day": pd.Timestamp("2024-02-29 12:00")}) == key_text({"day": datetime(2024, 2, 29, 12)})


@pytest.mark.parametrize(
    ("cell", "value"),
    [(3.0, 3), (3.5, 3.5), (np.float64("nan"), None), (float("nan"), None), (None, None), ("no", "no"), (np.int8(2), 2),
     (pd.NA, "<NA>"), (float("inf"), float("inf"))],
)  # fmt: skip
def test_an_outcome_is_the_same_however_a_table_writes_it(cell: object, value: object) -> None:
    told = value_of(cell) if cell is not pd.NA else "<NA>"
    assert (told, type(told)) == (value, type(value))


@pytest.mark.parametrize(
    ("moment", "written"),
    [
        ("2024-02-29", "2024-02-29T00:00:00.000000+00:00"),
        ("2024-02-29T01:30:00+02:00", "2024-02-28T23:30:00.000000+00:00"),
        ("2024-02-29T01:30:00.000001Z", "2024-02-29T01:30:00.000001+00:00"),
    ],
)
def test_moments_are_written_in_utc(moment: str, written: str) -> None:
    assert utc_text(moment) == written


@pytest.mark.parametrize(
    ("moment", "written"),
    [
        ("2024-02-29 01:30", "2024-02-29T01:30:00.000000"),
        ("2024-02-29T01:30:00+02:00", "2024-02-28T23:30:00.000000"),
        ("yesterday", None),
        ("0001-01-01T00:00:00+02:00", None),
        (None, None),
    ],
)
def test_times_of_decisions_are_written_without_a_zone_or_not_at_all(moment: str | None, written: str | None) -> None:
    assert event_text(moment) == written


def test_odd_characters_become_what_every_database_takes() -> None:
    assert safe_text("a\0b\ud800ü") == "a\\x00b\\ud800ü"
    assert to_json(["a\0b\ud800ü", np.float32(0.5)]) == '["a\\u0000b\\ud800\\u00fc",0.5]'
