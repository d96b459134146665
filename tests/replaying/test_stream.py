"""The past in batches: nothing is known before its time."""

import numpy as np
import pandas as pd
import pytest

from evergreen.errors import CaseError, DataError
from evergreen.replaying.stream import Window, make_stream
from tests.cases import multiclass_case, repaired_rows
from tests.models.small import small_case, small_rows


def test_outcomes_come_as_many_batches_late_as_told() -> None:
    told = {"n_batches": 10, "n_first": 3, "batches_late": 2, "follows_delay": False}
    stream = make_stream(small_rows("binary", 205), small_case("binary"), **told)
    assert stream.known.tolist() == [3, 3, 3, 3, 3, 3, 4, 5, 6, 7]
    assert list(stream.served) == [3, 4, 5, 6, 7, 8, 9]
    assert set(np.bincount(stream.batch)) == {20, 21}


def test_the_delay_of_the_case_makes_them_later() -> None:
    # A batch is 20 rows or five days; an outcome is known after ten, counted from the last row of its batch.
    told = {"n_batches": 10, "n_first": 3, "batches_late": 0}
    stream = make_stream(small_rows("binary", 200), small_case("binary"), **told)
    assert stream.known.tolist() == [3, 3, 3, 3, 3, 3, 4, 5, 6, 7]
    at_once = make_stream(small_rows("binary", 200), small_case("binary"), **told, follows_delay=False)
    assert at_once.known.tolist() == [3, 3, 3, 3, 4, 5, 6, 7, 8, 9]


def test_rows_are_put_in_order_and_those_without_outcome_left_out() -> None:
    rows = small_rows("binary", 100)
    rows.loc[90:, "outcome"] = None
    shuffled = rows.sample(frac=1, random_state=1)
    stream = make_stream(shuffled, small_case("binary"), n_batches=10, n_first=3, batches_late=1)
    assert stream.rows["row_id"].tolist() == list(range(1, 91))
    assert stream.places(3, 5) == slice(27, 45)
    assert stream.first == Window(3)


def test_a_case_without_time_has_no_past_to_replay() -> None:
    case = multiclass_case()
    with pytest.raises(CaseError, match="knows no time, so its past cannot be replayed"):
        make_stream(repaired_rows(case, 60), case, n_batches=10, n_first=3, batches_late=1)


def test_first_batches_must_hold_every_class_and_rows_enough() -> None:
    case, rows = small_case("binary"), small_rows("binary", 200)
    told = {"n_batches": 10, "n_first": 2, "batches_late": 1}
    with pytest.raises(DataError, match=r"hold no row of the classes \['yes'\]"):
        make_stream(rows.assign(outcome=np.where(rows["row_id"] <= 40, "no", rows["outcome"])), case, **told)
    with pytest.raises(DataError, match="too few to learn from"):
        make_stream(rows.head(20), case, **told)
    with pytest.raises(DataError, match="hold 0 labelled rows"):
        make_stream(rows.assign(outcome=pd.Series([None] * 200, dtype="object")), case, **told)
