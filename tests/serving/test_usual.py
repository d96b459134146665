"""Cells of requests against what the release has known."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from evergreen.answering.repaired import OwnRules
from evergreen.models.decide import predict_rows
from evergreen.problem import Problem
from evergreen.releases import Release, assemble_release
from evergreen.serving.usual import MOST_ROWS, UsualCells
from evergreen.tables.outliers import NO_LIMITS
from evergreen.watching import REFERENCE_WINDOWS, make_reference_windows
from evergreen.watching.bins import choose_bins
from tests.models.small import small_case, small_rows, trained
from tests.serving.world import World, rows, world


def _with_reference() -> Release:
    problem, model, known = small_case("binary"), trained("binary").model, small_rows("binary", 200)
    windows = make_reference_windows(known, predict_rows(model, known, problem), problem)
    return assemble_release(problem, model, {REFERENCE_WINDOWS: windows.model_dump(mode="json")})


@pytest.fixture(scope="module")
def usual() -> UsualCells:
    problem, known = small_case("binary"), small_rows("binary", 200)
    predictions = predict_rows(trained("binary").model, known, problem)
    return UsualCells(problem, make_reference_windows(known, predictions, problem))


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({}, {}),
        ({"strength": 1e6}, {("strength", "out_of_range"): 1}),
        ({"strength": -(10**400)}, {("strength", "out_of_range"): 1}),
        ({"strength": "1e6"}, {}),
        ({"strength": None, "colour": ""}, {("strength", "missing"): 1, ("colour", "missing"): 1}),
        ({"colour": " RED "}, {}),
        ({"colour": "mauve", "is_known": True}, {("colour", "rare_word"): 1}),
        ({"is_known": 3.5}, {("is_known", "rare_word"): 1}),
    ],
)
def test_a_cell_is_unusual_where_the_release_has_not_known_it(usual: UsualCells, cells: Any, told: Any) -> None:
    usual_row = {"strength": 0.1, "noise": 0.0, "colour": "red", "is_known": "true"}
    assert usual.strays([{**usual_row, **cells}]) == (1, told)


_BOOLEAN = {"type": "boolean", "synonyms": {"Ja": "true"}, "sentinels": ["unknown"]}
_YES_NO = {"type": "category", "values": ["yes", "no"], "synonyms": {"nope": "no"}}
_DIGITS = {"type": "category", "values": ["0", "1", "2"], "sentinels": ["9"]}
_FORMS = [
    *(None, "", " ", True, False, 0, 1, 2, 9, 0.0, 1.0, 2.0, 2.5, -1, 2**53, 1e16),
    *("true", "FALSE", "Yes", " no", "y", "n", "t", "f", "1", "0", "9", "1.0", "ja", "NOPE", "unknown", "mauve", "0.5"),
]


@pytest.mark.parametrize(
    ("column", "known"),
    [
        (_BOOLEAN, ["true", "false"]),
        (_YES_NO, ["yes", "no"]),
        (_DIGITS, ["0", "1", "2"]),
        ({"type": "category"}, ["true", "1", "2.5", "mauve"]),
    ],
    ids=["boolean", "yes and no", "digits", "open"],
)
def test_a_word_is_usual_however_the_contract_lets_it_be_written(column: dict[str, Any], known: list[str]) -> None:
    told = small_case("binary").model_dump(mode="json", exclude_none=True)
    told["columns"]["colour"] = {**column, "why": "For the test."}
    problem = Problem.model_validate(told)
    bins = choose_bins({"colour": (pd.Series(known * 50, dtype="str"), "category")})
    usual: Any = UsualCells(problem, SimpleNamespace(bins=bins))
    repaired = [cell.value for cell in OwnRules("colour", problem, NO_LIMITS).ask(_FORMS)]
    wanted = ["missing" if word is None else "" if word in known else "rare_word" for word in repaired]
    found = ["".join(kind for _, kind in usual.strays([{"colour": cell}])[1]) for cell in _FORMS]
    assert list(zip(_FORMS, found, strict=True)) == list(zip(_FORMS, wanted, strict=True))
    assert {*wanted} == {"", "missing", "rare_word"}


def test_of_many_rows_a_few_that_lie_evenly_are_looked_at(usual: UsualCells) -> None:
    usual_row = {"strength": 0.1, "noise": 0.0, "colour": "red", "is_known": "true"}
    asked = [{**usual_row, "strength": 1e6 if place < 500 else 0.1} for place in range(1000)]
    n_rows, strays = usual.strays(asked)
    assert n_rows <= MOST_ROWS
    assert strays == {("strength", "out_of_range"): n_rows // 2}
    assert usual.strays([]) == (0, {})


def test_a_release_without_a_reference_finds_nothing_unusual() -> None:
    assert UsualCells(small_case("binary"), None).strays([{"strength": 1e6}]) == (1, {})


@pytest.fixture
def served(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        made.promote(_with_reference())
        made.look()
        yield made


def test_the_figures_count_them(served: World) -> None:
    n_before = served.figure("evergreen_compared_rows_total")
    assert served.predict(rows(3, colour="mauve", noise=0.0, is_known="true")).status == 200
    assert served.figure("evergreen_compared_rows_total") == n_before + 3
    assert served.figure('evergreen_unusual_cells_total{column="colour",kind="rare_word"}') == 3
