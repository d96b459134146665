from datetime import date
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergreen.tables.looks import LOOK_COLUMNS, Opening, count_since, empty_log, log_look

OPENING = {
    "holdout_id": "rows",
    "training_id": "learnt",
    "model_id": "model",
    "as_of": date(2020, 6, 30),
    "rows_from": "2020-05-01T00:00:00",
    "rows_until": "2020-05-31T00:00:00",
    "n_rows": 100,
    "learnt": ("roc_auc", "log_loss"),
}
LATER = {"holdout_id": "later", "rows_from": "2020-06-01T00:00:00", "rows_until": "2020-06-30T00:00:00"}
MEETING = {"holdout_id": "meeting", "rows_from": "2020-05-31T00:00:00", "rows_until": "2020-06-30T00:00:00"}
TIMELESS = {"rows_from": "", "rows_until": ""}


def _opening(**changes: Any) -> Opening:
    return Opening.model_validate(OPENING | changes)


def _looks(*changes: dict[str, Any]) -> list[int]:
    log, looks = empty_log(), []
    for one in changes:
        log, look = log_look(log, _opening(**one))
        looks.append(look)
    return looks


@pytest.mark.parametrize(
    ("openings", "looks"),
    [
        ([{}, {"model_id": "b"}, {"model_id": "c"}], [1, 2, 3]),
        ([{}, {"model_id": "b"}, {}], [1, 2, 1]),
        ([{}, {"training_id": "b"}], [1, 2]),
        ([{}, LATER], [1, 1]),
        ([{}, MEETING, LATER], [1, 2, 2]),
        ([{}, {**MEETING, "model_id": "b"}, {"model_id": "c"}], [1, 2, 3]),
        ([TIMELESS, {**TIMELESS, "holdout_id": "grown"}], [1, 2]),
        ([TIMELESS, {"model_id": "b"}], [1, 2]),
        ([{}, {"learnt": ("roc_auc", "slice:new")}, {"model_id": "b"}], [1, 1, 2]),
    ],
    ids=["others", "again", "refitted", "apart", "chain", "overlap", "grown", "unknown-time", "more-learnt"],
)
def test_looks_at_shared_rows_are_counted(openings: list[dict[str, Any]], looks: list[int]) -> None:
    assert _looks(*openings) == looks


def test_the_same_look_leaves_the_log_as_it_is() -> None:
    first, _ = log_look(empty_log(), _opening())
    again, look = log_look(first, _opening(as_of=date(2020, 6, 30)))
    assert again is first
    assert look == 1


@given(st.lists(st.integers(0, 5), max_size=12))
def test_the_log_is_only_added_to(models: list[int]) -> None:
    log = empty_log()
    for model in models:
        longer, _ = log_look(log, _opening(model_id=str(model)))
        pd.testing.assert_frame_equal(longer.iloc[: len(log)], log)
        log = longer
    assert len(log) == len(set(models))
    assert tuple(log.columns) == LOOK_COLUMNS


def test_what_was_learnt_is_written_down() -> None:
    log, _ = log_look(empty_log(), _opening())
    assert log.iloc[0].to_dict() == {
        **OPENING,
        "look": 1,
        "as_of": "2020-06-30",
        "learnt": "roc_auc log_loss",
    }


@pytest.mark.parametrize(
    ("openings", "champion", "number"),
    [
        (["live", "b"], "live", 1),
        (["live", "b", "c"], "live", 2),
        (["a", "live", "b", "c"], "live", 2),
        (["a", "b", "c"], "live", 3),
        (["c", "live", "b"], "live", 3),
    ],
    ids=["first", "second", "before-it", "champion-unknown", "older-than-it"],
)
def test_challengers_of_a_champion_are_counted_whatever_rows_they_share(
    openings: list[str], champion: str, number: int
) -> None:
    log = empty_log()
    for month, model in enumerate(openings, start=1):
        log, _ = log_look(
            log, _opening(model_id=model, rows_from=f"2020-{month:02}-01", rows_until=f"2020-{month:02}-28")
        )
    challenger = "c" if "c" in openings else "b"
    assert count_since(log, champion, challenger, "rows") == number


def test_the_same_challenger_on_the_same_rows_keeps_its_number() -> None:
    log = empty_log()
    for model in ("live", "b", "c", "b"):
        log, _ = log_look(log, _opening(model_id=model))
    assert [count_since(log, "live", model, "rows") for model in ("b", "c")] == [1, 2]
