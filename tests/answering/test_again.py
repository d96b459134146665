"""Rows that were answered once, repaired and answered again."""

from math import nan

import pandas as pd
import pytest

from evergreen.answering import Answer
from evergreen.answering.again import compare_answers, repair_again
from evergreen.answering.plain import alike_rows
from evergreen.tables.outliers import NO_LIMITS
from tests.answering.small import raw_rows
from tests.models.small import small_case, small_rows

SAID = Answer((0.25,), "call", 1.5, (("noise", "range"),))


@pytest.mark.parametrize(
    ("now", "is_same", "columns"),
    [
        (SAID, True, ()),
        (Answer((0.25 + 1e-10,), "call", None, (("noise", "range"),)), True, ()),
        (Answer((0.25 + 1e-8,), "call", 1.5, (("noise", "range"),)), False, ("noise",)),
        (Answer((0.25,), "skip", 1.5, (("noise", "range"),)), False, ("noise",)),
        (Answer((0.25,), "call", 1.5, (("noise", "range"), ("colour", "synonym"))), False, ("colour",)),
        (Answer((), None, None, (("noise", "range"),), "colour is missing"), False, ("noise",)),
    ],
)
def test_what_differs_is_named(now: Answer, is_same: bool, columns: tuple[str, ...]) -> None:
    found = compare_answers(SAID, now, is_rationed=False)
    assert (found.is_same, found.columns) == (is_same, columns)


def test_a_row_that_is_refused_for_another_reason_is_not_the_same() -> None:
    refused = Answer((), None, None, (), "colour is missing")
    assert compare_answers(refused, refused, is_rationed=False).is_same
    assert not compare_answers(refused, refused._replace(reasons="noise: odd"), is_rationed=False).is_same


def test_a_scarce_action_hangs_on_the_rows_that_come_with_it() -> None:
    assert compare_answers(SAID, Answer((0.25,), "skip", 0.0, SAID.repairs), is_rationed=True).is_same


def test_scores_that_are_not_there_have_no_gap_and_quantities_are_compared_as_numbers() -> None:
    assert str(compare_answers(SAID, Answer((), None, None, (), "odd"), is_rationed=False).gap) == str(nan)
    assert compare_answers(
        Answer((12.0,), 12, None, ()), Answer((12.0,), 12.0 + 1e-12, None, ()), is_rationed=False
    ).is_same


def test_rows_are_repaired_as_those_of_a_table_and_keep_their_places() -> None:
    problem, rows = small_case("binary"), small_rows("binary", 30)
    raw = raw_rows(rows, problem)
    raw[3]["row_id"], raw[5]["strength"], raw[7]["strength"] = None, str(raw[5]["strength"]), None
    found = repair_again(raw, problem, NO_LIMITS)
    assert found.places.tolist() == [place for place in range(30) if place != 3]
    wanted = rows.drop(columns="outcome").drop(index=3).reset_index(drop=True)
    wanted.loc[wanted["row_id"] == raw[7]["row_id"], "strength"] = nan
    pd.testing.assert_frame_equal(found.rows[list(wanted.columns)], wanted)
    assert repair_again([], problem, NO_LIMITS).rows.empty


def test_one_text_among_numbers_parts_rows_by_its_own_column_and_changes_no_other_row() -> None:
    problem, rows = small_case("binary"), small_rows("binary", 40)
    raw = raw_rows(rows, problem)
    for place, row in enumerate(raw):
        names = ("noise", "colour", "is_known", "since", "note")
        row |= {name: None for number, name in enumerate(names) if place >> number & 1}
    raw[0]["strength"], raw[1]["strength"] = "12.5", None
    parts = alike_rows(raw, problem)
    assert sorted(place for part in parts for place in part) == list(range(40))
    assert sorted(map(len, parts)) == [1, 1, 38]
    found = repair_again(raw, problem, NO_LIMITS)
    some = [0, 1, 2, 30]
    alone = pd.concat([repair_again([raw[place]], problem, NO_LIMITS).rows for place in some], ignore_index=True)
    pd.testing.assert_frame_equal(found.rows.iloc[some].reset_index(drop=True), alone.astype(found.rows.dtypes))
