from datetime import datetime

import narwhals.stable.v2 as nw
import pandas as pd
import pytest

from evergreen.problem import Column
from evergreen.tables.repair_column import any_of, repair_column
from tests.cases import LIBRARIES, plain, table_of

ENGINES = pytest.mark.parametrize("library", LIBRARIES)
COLOUR = {"type": "category", "values": ["blue", "red"], "synonyms": {"Navy  Blue": "blue"}, "sentinels": ["?", "n/a"]}
NUMBER = {"type": "number", "range": [0, 100], "sentinels": [-1, "n/a"]}
COUNT = {"type": "integer", "range": [0, None], "sentinels": [-999]}
FLAG = {"type": "boolean", "synonyms": {"ja": "yes"}, "sentinels": ["?"]}
DAY = {"type": "timestamp", "sentinels": ["never", "9999-12-31"]}
NOTE = {"type": "text", "sentinels": ["No Comment"]}


def repair(told, cells, library, *, is_required=False):
    column = Column.model_validate({"why": "For the test.", **told})
    return repair_column(table_of({"x": cells}, library)["x"], column, is_required=is_required)


def outcome(done):
    """The cell, the rules that changed it and the faults of a column of one row."""
    value = plain(done.cells.to_frame())["x"][0]
    return value, [rule for rule, n in done.changed.items() if n], [f for f, where in done.faults.items() if where[0]]


EXAMPLES = {
    "word-as-it-should-be": (COLOUR, "blue", "blue", [], []),
    "word-in-capitals": (COLOUR, "  BLUE ", "blue", ["canonical_text"], []),
    "synonym": (COLOUR, "navy blue", "blue", ["synonym"], []),
    "synonym-in-capitals": (COLOUR, "Navy\u00a0 BLUE", "blue", ["canonical_text", "synonym"], []),
    "sentinel-word": (COLOUR, "N/A", None, ["canonical_text", "sentinel"], []),
    "empty-word": (COLOUR, "  ", None, ["canonical_text"], []),
    "missing-word": (COLOUR, None, None, [], []),
    "unknown-word": (COLOUR, "green", "green", [], ["is not an allowed value"]),
    "unknown-word-blanked": (
        {**COLOUR, "when_invalid": "blank"},
        "green",
        None,
        ["blanked: is not an allowed value"],
        [],
    ),
    "free-word": ({"type": "category"}, "Anything", "anything", ["canonical_text"], []),
    "code-that-came-as-a-number": ({"type": "category", "values": ["1"]}, 1.0, "1", [], []),
    "text-keeps-its-case": (NOTE, " Call  Mr X ", "Call  Mr X", ["canonical_text"], []),
    "text-that-says-nothing": (NOTE, "no  comment", None, ["sentinel"], []),
    "empty-text": (NOTE, "", None, ["canonical_text"], []),
    "flag-in-words": (FLAG, "Yes", "true", ["canonical_text"], []),
    "flag-in-digits": (FLAG, "0", "false", [], []),
    "flag-as-a-number": (FLAG, 1, "true", [], []),
    "flag-as-a-boolean": (FLAG, False, "false", [], []),
    "flag-in-german": (FLAG, "ja", "true", ["synonym"], []),
    "flag-unknown": (FLAG, "?", None, ["sentinel"], []),
    "flag-that-is-none": (FLAG, "perhaps", "perhaps", [], ["is not an allowed value"]),
    "number": (NUMBER, 12.5, 12.5, [], []),
    "number-in-words": (NUMBER, " 12.5 ", 12.5, [], []),
    "number-missing": (NUMBER, None, None, [], []),
    "number-empty": (NUMBER, " ", None, [], []),
    "number-sentinel": (NUMBER, -1, None, ["sentinel"], []),
    "number-sentinel-in-words": (NUMBER, "-1.0", None, ["sentinel"], []),
    "number-sentinel-word": (NUMBER, "N/A", None, ["sentinel"], []),
    "number-that-is-none": (NUMBER, "12,5", None, [], ["is no number"]),
    "number-below": (NUMBER, -0.5, -0.5, [], ["is below 0"]),
    "number-above": (NUMBER, "100.5", 100.5, [], ["is above 100"]),
    "number-at-the-low-end": (NUMBER, "0", 0.0, [], []),
    "number-at-the-high-end": (NUMBER, 100, 100.0, [], []),
    "number-above-a-large-end": ({"type": "number", "range": [0, 1234567.5]}, 2e6, 2e6, [], ["is above 1234567.5"]),
    "number-not-finite": ({"type": "number"}, float("inf"), float("inf"), [], ["is not finite"]),
    "number-blanked-for-two-reasons": (
        {**COUNT, "when_invalid": "blank"},
        -0.5,
        None,
        ["blanked: is no whole number", "blanked: is below 0"],
        [],
    ),
    "number-from-a-boolean": ({"type": "number"}, True, 1.0, [], []),
    "count": (COUNT, 3, 3.0, [], []),
    "count-as-a-decimal": (COUNT, "3.0", 3.0, [], []),
    "count-of-parts": (COUNT, 3.5, 3.5, [], ["is no whole number"]),
    "count-not-finite": (COUNT, float("inf"), float("inf"), [], ["is not finite"]),
    "count-of-two-faults": (COUNT, -3.5, -3.5, [], ["is no whole number", "is below 0"]),
    "id-kept-exactly": (COUNT, 2**53, 2.0**53, [], []),
    "id-that-would-be-rounded": (COUNT, 2**53 + 2, 2.0**53 + 2, [], ["is too large to be exact"]),
    "day": (DAY, "2020-02-29", datetime(2020, 2, 29), [], []),
    "day-as-a-time": (DAY, datetime(2020, 2, 29, 1, 2, 3), datetime(2020, 2, 29, 1, 2, 3), [], []),
    "day-that-is-none": (DAY, "2021-02-29", None, [], ["is no date or time"]),
    "day-blanked": ({**DAY, "when_invalid": "blank"}, "soon", None, ["blanked: is no date or time"], []),
    "day-empty": (DAY, " ", None, [], []),
    "day-sentinel-word": (DAY, "NEVER", None, ["sentinel"], []),
    "day-sentinel": (DAY, "9999-12-31 00:00:00", None, ["sentinel"], []),
    "day-sentinel-as-a-time": (DAY, datetime(9999, 12, 31), None, ["sentinel"], []),
}


@ENGINES
@pytest.mark.parametrize(("told", "raw", "value", "rules", "faults"), EXAMPLES.values(), ids=EXAMPLES.keys())
def test_every_rule_does_what_it_is_for(library, told, raw, value, rules, faults):
    assert outcome(repair(told, [raw], library)) == (value, rules, faults)


@ENGINES
@pytest.mark.parametrize(
    ("told", "raw", "faults"),
    [
        (COLOUR, None, ["is missing"]),
        (COLOUR, "n/a", ["is missing"]),
        (COLOUR, "green", ["is not an allowed value"]),
        ({**COLOUR, "when_invalid": "blank"}, "green", ["is missing"]),
        (NUMBER, "x", ["is no number"]),
        (NUMBER, "-1", ["is missing"]),
        (DAY, "2021-02-29", ["is no date or time"]),
        (DAY, None, ["is missing"]),
    ],
    ids=["gap", "sentinel", "unknown-word", "blanked", "no-number", "number-sentinel", "no-day", "no-time"],
)
def test_a_required_cell_is_missing_unless_it_is_at_fault(library, told, raw, faults):
    assert outcome(repair(told, [raw], library, is_required=True))[2] == faults


@ENGINES
def test_a_rule_counts_every_cell_it_changed(library):
    done = repair(COLOUR, ["BLUE", "blue", None, "", "navy blue", "NAVY BLUE", "n/a"], library)
    assert dict(done.changed) == {"canonical_text": 3, "synonym": 2, "sentinel": 1}


@ENGINES
def test_sentinels_in_words_and_in_numbers_are_counted_together(library):
    assert dict(repair(NUMBER, ["-1", "n/a", "5", None], library).changed) == {"sentinel": 2}


@ENGINES
@pytest.mark.parametrize("told", [COLOUR, NUMBER, COUNT, FLAG, DAY, NOTE], ids=lambda told: told["type"])
def test_a_column_may_be_empty_or_without_rows(library, told):
    missing = repair(told, [None, None], library, is_required=True)
    assert [f for f, where in missing.faults.items() if where.any()] == ["is missing"]
    text = table_of({"x": ["a"]}, library)["x"].head(0)
    column = Column.model_validate({"why": "For the test.", **told})
    nothing = repair_column(text, column, is_required=True)
    assert len(nothing.cells) == 0
    assert not any(nothing.changed.values())


@pytest.mark.parametrize(
    "cells",
    [
        pd.Series(["12", "x", None], dtype=object),
        pd.Series([12, "x", None], dtype=object),
        pd.Series(["12", "x", None], dtype="string"),
        pd.Series(["12", "x", None], dtype="category"),
    ],
    ids=["object", "mixed", "string", "category"],
)
def test_however_pandas_keeps_words_a_wrong_one_is_found(cells):
    series = nw.from_native(cells.rename("x"), series_only=True)
    done = repair_column(series, Column(type="number", why="For the test."), is_required=False)
    assert plain(done.cells.to_frame())["x"] == [12.0, None, None]
    assert done.faults["is no number"].to_list() == [False, True, False]


@pytest.mark.parametrize("kind", ["Int64", "int64[pyarrow]"])
def test_numbers_may_come_in_the_types_that_know_gaps(kind):
    series = nw.from_native(pd.Series([12, -1, None, 101], dtype=kind, name="x"), series_only=True)
    done = repair_column(series, Column.model_validate({"why": "For the test.", **NUMBER}), is_required=False)
    assert [None if pd.isna(cell) else cell for cell in done.cells.to_list()] == [12.0, None, None, 101.0]
    assert done.faults["is above 100"].to_list() == [False, False, False, True]


@ENGINES
def test_any_of_holds_where_one_holds(library):
    table = table_of({"a": [True, False, False], "b": [False, False, True]}, library)
    assert any_of([table["a"], table["b"]]).to_list() == [True, False, True]
