import json
import re
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evergreen.answering import PlainAnswerer
from evergreen.models.decide import predict_rows
from evergreen.problem import Kind, Problem
from evergreen.releases.check_rows import (
    CheckRows,
    background_rows,
    choose_check_rows,
    first_difference,
    needed_columns,
)
from evergreen.releases.raw_cells import raw_cells, repaired_as_json, repaired_cells
from evergreen.tables.outliers import NO_LIMITS
from tests.models.small import KINDS, small_case, small_rows, trained

CALLS = {"unit": "EUR", "actions": {"call": {"no": -2, "yes": 5}, "skip": {"no": 0, "yes": 0}}}


def _chosen(problem: Problem, rows: pd.DataFrame) -> CheckRows:
    model = trained(problem.kind).model
    return choose_check_rows(model, rows, predict_rows(model, rows, problem), problem, NO_LIMITS)


@cache
def _of(kind: Kind) -> CheckRows:
    return _chosen(small_case(kind), small_rows(kind, 400, seed=11))


def _answerer(kind: Kind) -> PlainAnswerer:
    return PlainAnswerer(trained(kind).model, small_case(kind), NO_LIMITS)


@pytest.mark.parametrize("kind", KINDS)
def test_check_rows_are_answered_as_they_were_when_the_model_was_judged(kind: Kind) -> None:
    told = CheckRows.model_validate(json.loads(json.dumps(_of(kind).model_dump(mode="json"))))
    assert told == _of(kind)
    assert len(told.rows) == 50
    assert first_difference(told, _answerer(kind)) == ""
    rows, problem = small_rows(kind, 400, seed=11).set_index("row_id"), small_case(kind)
    judged = predict_rows(trained(kind).model, rows.reset_index(), problem).set_index("row_id")
    mine = judged.loc[[row["row_id"] for row in told.rows]]
    assert told.scores == tuple(map(tuple, mine.drop(columns="action").to_numpy()))
    assert list(told.actions or ()) == mine["action"].tolist()


def test_they_reach_from_the_lowest_scores_to_the_highest() -> None:
    problem, rows = small_case("binary"), small_rows("binary", 400, seed=11)
    all_scores = np.sort(predict_rows(trained("binary").model, rows, problem)["score"])
    found = np.sort([score for (score,) in _of("binary").scores])
    places = np.searchsorted(all_scores, found) / len(all_scores)
    assert places[0] < 0.03
    assert places[-1] > 0.97
    assert np.diff(places).max() < 0.05


def test_every_missing_cell_and_every_rare_word_is_among_them() -> None:
    rows = small_rows("binary", 400, seed=11)
    rows.loc[rows.index[137], "is_known"] = None
    rows.loc[rows.index[211], "since"] = pd.NaT
    rows["colour"] = rows["colour"].replace("green", "red")
    rows.loc[rows.index[301], "colour"] = "green"
    found = _chosen(small_case("binary"), rows).rows
    for name in ("noise", "colour", "is_known", "since", "note"):
        assert any(row[name] is None for row in found), name
    assert any(row["colour"] == "green" for row in found)
    assert {row["is_known"] for row in found} == {"true", "false", None}


def test_a_small_holdout_is_taken_whole() -> None:
    told = _chosen(small_case("binary"), small_rows("binary", 20, seed=11))
    assert sorted(row["row_id"] for row in told.rows) == list(range(1, 21))


def test_only_what_is_needed_leaves_the_holdout() -> None:
    columns = {name: one.model_dump() for name, one in small_case("binary").columns.items()}
    columns["shop"] |= {"is_sensitive": True}
    columns["colour"] |= {"is_sensitive": True}
    problem = small_case("binary", columns=columns)
    found = _chosen(problem, small_rows("binary", 60, seed=11))
    assert len(found.rows) == 50
    # The model reads the colour; the shop names a group and is read by nothing.
    assert set(found.rows[0]) == set(problem.columns) - {"shop", "outcome"}


def test_what_prices_actions_and_names_groups_is_needed() -> None:
    by_shop = small_case("binary", split={"by": "group", "group": "shop", "new_rows_share": 0.2})
    assert "shop" in needed_columns(by_shop)
    fair = {"columns": ["shop"], "metric": "selection_rate", "at_most": 0.2, "favourable_action": "call"}
    columns = {name: one.model_dump() for name, one in small_case("binary").columns.items()}
    columns["shop"] |= {"is_sensitive": True}
    assert "shop" in needed_columns(small_case("binary", columns=columns, fairness=fair))
    assert "shop" not in needed_columns(small_case("binary"))


def test_where_an_action_is_scarce_no_actions_are_promised() -> None:
    scarce = {**CALLS, "capacity": {"action": "call", "at_most": 2, "per": "day"}}
    told = _chosen(small_case("binary", payoff=scarce), small_rows("binary", 60, seed=11))
    assert told.actions is None
    assert len(told.scores) == 50


def test_a_row_that_the_contract_does_not_read_back_as_it_is_is_left_out() -> None:
    rows = small_rows("binary", 20, seed=11)
    rows.loc[rows.index[:5], "colour"] = "Blue"
    # The model reads these words alike, but the contract repairs them.
    rows.loc[rows.index[5:8], "note"] = "  asked twice "
    told = _chosen(small_case("binary"), rows)
    assert sorted(row["row_id"] for row in told.rows) == list(range(9, 21))


Change = dict[str, Any]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"scores": [[0.5]] * 50}, r"check row 1 of 50 scores 0\.\d+, and scored 0.5 when it was judged"),
        ({"actions": ["skip"] * 50}, r"is decided as 'call', and was as 'skip' when it was judged"),
    ],
)
def test_another_answer_is_told(change: Change, said: str) -> None:
    with_other = _of("binary").model_copy(
        update={name: tuple(tuple(one) if isinstance(one, list) else one for one in v) for name, v in change.items()}
    )
    assert re.search(said, first_difference(with_other, _answerer("binary")))


def test_a_score_that_differs_in_the_ninth_digit_is_told_and_rounding_is_not() -> None:
    for shift, is_told in ((1e-13, False), (1e-8, True)):
        scores = (tuple(score + shift for score in _of("binary").scores[0]), *_of("binary").scores[1:])
        told = _of("binary").model_copy(update={"scores": scores})
        assert bool(first_difference(told, _answerer("binary"))) == is_told


def test_a_row_that_cannot_be_used_any_more_is_told() -> None:
    row = {**_of("binary").rows[0], "colour": "violet"}
    told = _of("binary").model_copy(update={"rows": (row, *_of("binary").rows[1:])})
    said = first_difference(told, _answerer("binary"))
    assert said == "check row 1 of 50 cannot be used (colour is not an allowed value)"


@pytest.mark.parametrize("form", ["iso", "day_first", "month_first"])
def test_cells_are_written_so_that_the_contract_reads_them_back(form: str) -> None:
    columns = {name: one.model_dump() for name, one in small_case("binary").columns.items()}
    columns["since"] |= {"time_format": form}
    problem, rows = small_case("binary", columns=columns), small_rows("binary", 40, seed=11)
    rows.loc[rows.index[3], "since"] = pd.Timestamp("0987-03-02 23:59:58")
    cells = json.loads(json.dumps(raw_cells(rows, problem, problem.columns)))
    found, expected = repaired_cells(cells, problem, NO_LIMITS), rows[list(problem.feature_columns)]
    pd.testing.assert_frame_equal(found, expected.reset_index(drop=True), check_dtype=False)
    assert {type(one) for row in cells for one in row.values()} <= {int, float, str, type(None)}


@pytest.mark.parametrize("kind", KINDS)
def test_the_background_is_ten_repaired_rows_of_features(kind: Kind) -> None:
    rows, problem = small_rows(kind, 200, seed=11), small_case(kind)
    found = background_rows(trained(kind).model, rows, problem)
    assert len(json.loads(json.dumps(found))["rows"]) == 10
    assert all(list(row) == list(problem.feature_columns) for row in found["rows"])


def test_repaired_cells_are_plain_values() -> None:
    told = repaired_as_json(
        pd.DataFrame({"a": [1.5, np.nan], "b": ["true", None], "c": pd.to_datetime(["2009-02-28 01:02:03", None])})
    )
    assert told == [{"a": 1.5, "b": "true", "c": "2009-02-28T01:02:03"}, {"a": None, "b": None, "c": None}]
