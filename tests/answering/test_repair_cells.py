"""Cells repaired one by one against the rules on tables."""

from collections import Counter
from math import inf, isnan, nan
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from evergreen.answering import CompiledAnswerer, PlainAnswerer
from evergreen.answering.agreement import describe_difference
from evergreen.answering.repair_cells import ColumnRepair
from evergreen.answering.repaired import MOST_CELLS, OwnRules, Repaired, RepairedColumn
from evergreen.problem import Problem
from evergreen.tables.outliers import Fence, OutlierLimits
from tests.answering.small import one_model
from tests.models.small import small_case

_REQUIRED = {"is_required": True}
_COLUMNS: dict[str, dict[str, Any]] = {
    "plain": {"type": "number"},
    "gauge": {"type": "number", "sentinels": [-999]},
    "years": {"type": "integer", "range": [0, 100], "sentinels": [999, "unknown"], "when_invalid": "blank"},
    "shares": {"type": "number", "range": [None, 1], "is_required": True, "when_invalid": "blank"},
    "amount": {"type": "number", "range": [-5, None], "outlier_fences": 3, "decimal": ",", "thousands": "."},
    "rest": {"type": "number", "outlier_fences": 3, "when_outlier": "blank", "is_required": True},
    "count": {"type": "integer", "outlier_fences": 3, "sentinels": [-1]},
    "grade": {
        "type": "category",
        "values": ["1", "2", "new york"],
        "synonyms": {"ny": "new york"},
        "sentinels": ["n/a"],
    },
    "town": {
        "type": "category",
        "synonyms": {"NYC": "new york"},
        "sentinels": ["unknown", "\u00e4"],
        "is_required": True,
    },
    "named": {"type": "category"},
    "flag": {"type": "boolean", "sentinels": ["unknown"], "when_invalid": "blank"},
    "words": {"type": "category", "values": ["yes", "no"]},
    "prose": {"type": "text", "sentinels": ["None", "no comment"]},
    "free": {"type": "text", "is_required": True},
    "since": {"type": "timestamp", "sentinels": ["9999-12-31", "never"], "when_invalid": "blank"},
    "at": {"type": "timestamp", "is_required": True},
    "day": {"type": "timestamp", "time_format": "day_first"},
    "photo": {"type": "image", "source": "photos", "raw_name": "image"},
}
LIMITS = OutlierLimits(
    {
        "amount": Fence(low=-2.5, high=50.25, when_outlier="clip"),
        "rest": Fence(low=0, high=1e6, when_outlier="blank"),
        "count": Fence(low=0, high=20, when_outlier="clip"),
    }
)
_MOMENTS = st.datetimes().map(str)
_ODD_TEXTS = [
    *(
        "1",
        " 2",
        "New  York",
        "ny",
        "NYC",
        "nyc ",
        "n/a",
        "N/A",
        "unknown",
        "UNKNOWN",
        "\u00e4",
        "\u00c4",
        "yes",
        "No",
    ),
    *(
        "true",
        "F",
        "0",
        "",
        "   ",
        "\u00a0",
        "None",
        "no comment",
        "No  Comment",
        "a longer text, with signs!",
        "\u0130x",
    ),
    *(
        "\u03a3\u0391\u03a3",
        "x" * 250,
        " padded ",
        "tab\tinside",
        "12",
        "-3.5",
        "1e3",
        "1.234,5",
        "999",
        "1,5",
        "inf",
    ),
    *("2020-02-29", "2021-02-29", "2020-02-29T10:00Z", "2020-02-29 10:00:30.999+00:00", "2020-02-29T10:00+02:00"),
    *("9999-12-31", "9999-12-31T00:00", "never", "0001-01-01 00:00", "0000-01-01", "29/02/2020", "1.2.2020 10:00"),
    *("2020-02-29 24:00", "2020-2-9", "\u0662020-01-01", "00" * 768, "00" * 767, "FF" * 768, "not an image: x"),
]
TEXTS = st.sampled_from(_ODD_TEXTS) | st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | _MOMENTS
_ODD_NUMBERS = [
    *(0, -0.0, 1, 999, -1, 100, 101, -5, -5.000001, 2**53 - 1, 2**53, 2**53 + 1, 10**400, -(10**400)),
    *(inf, -inf, nan, 0.5, 5e-324, 1e308, 50.25, 20, 20.5, -2.5, 1e6, 1.0, 2.0),
]
NUMBERS = st.sampled_from(_ODD_NUMBERS) | st.integers() | st.floats()
FLAGS = st.sampled_from([True, False])


def wide_case() -> Problem:
    told = small_case("binary").model_dump(mode="json", exclude_none=True)
    told["sources"]["photos"] = {"join_on": ["row_id"]}
    own = {name: {"why": "For the test.", "is_feature": False, **column} for name, column in _COLUMNS.items()}
    told["columns"] |= own
    return Problem.model_validate(told)


CASE = wide_case()


def _cells_of(column: RepairedColumn) -> list[Repaired]:
    return [column.odd.get(place, Repaired(value)) for place, value in enumerate(column.values)]


def _as_told(cell: Repaired) -> tuple[Any, ...]:
    value = "nan" if isinstance(cell.value, float) and isnan(cell.value) else cell.value
    return type(cell.value), value, cell.repairs, cell.faults


@pytest.mark.parametrize("name", _COLUMNS)
@example(_ODD_TEXTS, _ODD_NUMBERS, [True, False])
@given(st.lists(TEXTS | st.none(), max_size=40), st.lists(NUMBERS | st.none(), max_size=40), st.lists(FLAGS))
@settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck))
def test_cells_become_what_the_rules_make_of_them(
    name: str, texts: list[Any], numbers: list[Any], flags: list[Any]
) -> None:
    repair, own = ColumnRepair(name, CASE, LIMITS), OwnRules(name, CASE, LIMITS)
    wanted = [cell for cells in (texts, numbers, flags) if cells for cell in own.run(cells)]
    # Twice, since the second time much is remembered.
    for _ in range(2):
        assert list(map(_as_told, _cells_of(repair([*texts, *numbers, *flags])))) == list(map(_as_told, wanted))


_WORDS = ["true", "1", "no", "new york", "ny", "NYC", "n/a", "unknown"]


@pytest.mark.parametrize("name", _COLUMNS)
@example([-999, -1, 999, 0, 2**53], [-999.0, -1.0, 0.5, nan, inf], _WORDS)
@given(st.lists(st.integers(-5, 120)), st.lists(st.floats()), st.lists(st.sampled_from(_WORDS)))
@settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck))
def test_cells_of_one_kind_become_what_the_rules_make_of_them(name: str, whole: Any, numbers: Any, words: Any) -> None:
    repair, own = ColumnRepair(name, CASE, LIMITS), OwnRules(name, CASE, LIMITS)
    for cells in (whole, numbers, words, [*whole, *numbers]):
        wanted = list(map(_as_told, own.run(cells))) if cells else []
        assert list(map(_as_told, _cells_of(repair(cells)))) == wanted
        # Alone a cell is all there is of its column, so that nothing beside it keeps it from the quickest way.
        assert [_as_told(one) for cell in cells for one in _cells_of(repair([cell]))] == wanted


_ANY = st.none() | TEXTS | NUMBERS | FLAGS
_USUAL = {
    "row_id": st.integers(0, 10**6),
    "decided_at": st.datetimes().map(str),
    "strength": NUMBERS,
    "noise": NUMBERS | st.none(),
    "colour": st.sampled_from(["red", "blue", " GREEN", "pink", None]),
    "is_known": st.sampled_from(["true", "no", None]),
}
_ROWS = st.fixed_dictionaries(_USUAL, optional={"since": st.datetimes().map(str), "note": TEXTS, "shop": _ANY})


@pytest.fixture(scope="module")
def both() -> tuple[PlainAnswerer, CompiledAnswerer]:
    model, problem = one_model("linear", "binary")
    return PlainAnswerer(model, problem, LIMITS), CompiledAnswerer(model, problem, LIMITS)


@given(rows=st.lists(_ROWS, min_size=1, max_size=3))
@settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck))
def test_random_rows_are_answered_alike(both: tuple[PlainAnswerer, CompiledAnswerer], rows: list[Any]) -> None:
    plain, compiled = both
    pairs = zip(plain.answer(rows), compiled.answer(rows), strict=True)
    assert [describe_difference(*pair) for pair in pairs] == [""] * len(rows)


def test_a_word_is_asked_about_once_and_a_long_text_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: Counter[Any] = Counter()
    whole = OwnRules.run
    monkeypatch.setattr(OwnRules, "run", lambda own, cells: asked.update(cells) or whole(own, cells))
    repair = ColumnRepair("town", CASE, LIMITS)
    asked.clear()
    for _ in range(3):
        assert repair(["\u00d6rebro", "NYC", "plain", 1, 1.0, True]) == repair(
            ["\u00d6rebro", "NYC", "plain", 1, 1.0, True]
        )
        repair(["\u00f6" * 1000])
    assert asked["\u00d6rebro"] == 1
    assert asked["plain"] == 0
    assert asked[1] == 3, "1, 1.0 and true are equal, and three words."
    assert asked["\u00f6" * 1000] == 3


def test_no_more_than_so_many_cells_are_remembered() -> None:
    own = OwnRules("named", CASE, LIMITS)
    own.ask([f"\u00e9 {number}" for number in range(MOST_CELLS + 5)])
    assert len(own._known) == MOST_CELLS
