from datetime import date
from pathlib import Path
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evergreen.errors import DataError
from evergreen.problem import Problem
from evergreen.tables.split import split_rows
from evergreen.tables.split_card import SplitCard, make_split_card, refuse_other_split, rows_id
from tests.cases import LIBRARIES, Library, binary_case, frame_of, multiclass_case, repaired_rows

EVERY_ENGINE = pytest.mark.parametrize("library", [*LIBRARIES, pytest.param("spark", marks=pytest.mark.spark)])
AS_OF = date(2020, 3, 31)
CASES = {
    "a-number": binary_case(),
    "a-word": multiclass_case({"limits": {"min_training_rows": 10, "min_holdout_rows": 2}}),
    "a-time-and-a-number": binary_case({"key": ["called_at", "call_id"]}),
}
EVERY_CASE = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


def card_of(case: Problem, library: Library, *, seed: int = 7) -> tuple[SplitCard, nw.DataFrame[Any]]:
    """The card of a split on an engine, and its training rows."""
    rows = repaired_rows(case, 300).sample(frac=1, random_state=seed)
    split = split_rows(frame_of(rows, library), case, AS_OF, random_state=1)
    rows_there = split.rows("training", case)
    return make_split_card(split, case, AS_OF, random_state=1), rows_there.collect("pyarrow")


@EVERY_CASE
@EVERY_ENGINE
def test_every_engine_names_the_same_rows_alike_and_modelling_reads_them_back(
    case: Problem, library: Library, tmp_path: Path
) -> None:
    card, training = card_of(case, library)
    expected, _ = card_of(case, "pandas", seed=8)
    assert card == expected
    pq.write_table(training.to_native(), tmp_path / "training.parquet")
    assert rows_id(pd.read_parquet(tmp_path / "training.parquet"), case) == card.training_id
    assert card.training_id != card.holdout_id


def test_a_card_tells_the_day_of_the_newest_row_it_may_not_judge_again() -> None:
    card, _ = card_of(CASES["a-number"], "pandas")
    assert (card.as_of, card.judged_until) == (AS_OF, date(2020, 3, 15))
    assert card_of(CASES["a-word"], "pandas")[0].judged_until is None


@given(names=st.lists(st.integers(0, 10**6), min_size=1, max_size=30, unique=True))
@settings(max_examples=30, deadline=None)
def test_the_order_of_rows_is_not_in_their_name_and_every_row_is(names: list[int]) -> None:
    case, rows = CASES["a-number"], pd.DataFrame({"call_id": names})
    turned = rows.sample(frac=1, random_state=3)
    assert rows_id(rows, case) == rows_id(turned, case)
    assert rows_id(rows.iloc[1:], case) != rows_id(rows, case)
    assert rows_id(rows.assign(call_id=np.where(rows.index == 0, -1, rows["call_id"])), case) != rows_id(rows, case)


def test_two_keys_do_not_run_into_one_another() -> None:
    case = multiclass_case({"key": ["bean_id", "colour"]})
    first = pd.DataFrame({"bean_id": ["ab", "c"], "colour": ["c", "d"]})
    second = pd.DataFrame({"bean_id": ["a", "c"], "colour": ["bc", "d"]})
    assert rows_id(first, case) != rows_id(second, case)


CARD = SplitCard(as_of=AS_OF, training_id="a", holdout_id="b", judged_until=date(2020, 3, 1))


def test_a_model_is_judged_by_its_own_split() -> None:
    refuse_other_split(CARD, as_of=AS_OF, training_id="a", holdout_id="b")


@pytest.mark.parametrize(
    ("as_of", "training_id", "holdout_id", "sentence"),
    [
        (date(2020, 4, 1), "a", "b", "The holdout was made as of 2020-03-31, but this run is as of 2020-04-01."),
        (AS_OF, "x", "b", "The challenger has learnt from other rows than the holdout was kept from."),
        (AS_OF, "a", "x", "The holdout is not the one its split was made with."),
    ],
    ids=["other-day", "other-training", "other-holdout"],
)
def test_refuses_to_judge_by_another_split(as_of: date, training_id: str, holdout_id: str, sentence: str) -> None:
    with pytest.raises(DataError) as refusal:
        refuse_other_split(CARD, as_of=as_of, training_id=training_id, holdout_id=holdout_id)
    assert sentence in str(refusal.value)
    assert "Run data_processing and modelling again with this as_of" in str(refusal.value)
