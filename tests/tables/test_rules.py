from datetime import date, datetime
from functools import cache

import narwhals.stable.v2 as nw
import pandas as pd
import pytest

from evergreen.problem import Column
from evergreen.tables.engines import as_frame
from evergreen.tables.outliers import Fence
from evergreen.tables.rules import countable_rules, rules_of
from evergreen.tables.run_rules import fault_columns, packed_rules, run_rules, unpack_rules
from tests.cases import LIBRARIES, frame_of, plain

EVERY_ENGINE = pytest.mark.parametrize("library", [*LIBRARIES, pytest.param("spark", marks=pytest.mark.spark)])
COLOUR = {"type": "category", "values": ["blue", "red"], "synonyms": {"Navy  Blue": "blue"}, "sentinels": ["?", "n/a"]}
ANSWER = {"type": "category", "values": ["no", "yes"]}
NUMBER = {"type": "number", "range": [0, 100], "sentinels": [-1, "n/a"]}
COUNT = {"type": "integer", "range": [0, None], "sentinels": [-999]}
ENGLISH = {"type": "number", "thousands": ",", "sentinels": ["n,a"]}
GERMAN = {"type": "number", "decimal": ",", "thousands": ".", "range": [0, 2000]}
FLAG = {"type": "boolean", "synonyms": {"ja": "yes"}, "sentinels": ["?"]}
DAY = {"type": "timestamp", "sentinels": ["never", "9999-12-31"]}
DAY_FIRST = {"type": "timestamp", "time_format": "day_first", "sentinels": ["31/12/9999", "9999-12-31"]}
MONTH_FIRST = {"type": "timestamp", "time_format": "month_first"}
NOTE = {"type": "text", "sentinels": ["No Comment"]}
IMAGE = {"type": "image"}
PIXELS = "ff8000" * 256
CLIP, BLANK = (Fence(low=-5, high=50, when_outlier=way) for way in ("clip", "blank"))

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
    "answer-taken-for-a-boolean": (ANSWER, True, "yes", [], []),
    "answer-no-taken-for-a-boolean": (ANSWER, False, "no", [], []),
    "boolean-of-many-answers": ({"type": "category", "values": ["yes", "y", "true"]}, True, "true", [], []),
    "boolean-as-a-free-word": ({"type": "category"}, False, "false", [], []),
    "boolean-that-is-no-answer": (COLOUR, True, "true", [], ["is not an allowed value"]),
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
    "thousands": (ENGLISH, "1,234.5", 1234.5, [], []),
    "thousands-in-no-threes": (ENGLISH, "1,23", None, [], ["is no number"]),
    "thousands-that-mean-nothing": (ENGLISH, "N,A", None, ["sentinel"], []),
    "thousands-already-read": (ENGLISH, 1234.5, 1234.5, [], []),
    "decimal-comma": (GERMAN, "1.234,5", 1234.5, [], []),
    "decimal-comma-alone": (GERMAN, "0,5", 0.5, [], []),
    "decimal-point-where-a-comma-belongs": (GERMAN, "0.5", None, [], ["is no number"]),
    "decimal-comma-above": (GERMAN, "12.345,6", 12345.6, [], ["is above 2000"]),
    "count": (COUNT, 3, 3.0, [], []),
    "count-as-a-decimal": (COUNT, "3.0", 3.0, [], []),
    "count-of-parts": (COUNT, 3.5, 3.5, [], ["is no whole number"]),
    "count-not-finite": (COUNT, float("inf"), float("inf"), [], ["is not finite"]),
    "count-of-two-faults": (COUNT, -3.5, -3.5, [], ["is no whole number", "is below 0"]),
    "id-kept-exactly": (COUNT, 2**53 - 1, 2.0**53 - 1, [], []),
    "id-that-another-is-rounded-to": (COUNT, 2**53, 2.0**53, [], ["is too large to be exact"]),
    "id-that-is-rounded": (COUNT, 2**53 + 1, 2.0**53, [], ["is too large to be exact"]),
    "day": (DAY, "2020-02-29", datetime(2020, 2, 29), [], []),
    "day-as-a-time": (DAY, datetime(2020, 2, 29, 1, 2, 3), datetime(2020, 2, 29, 1, 2, 3), [], []),
    "day-as-a-date": (DAY, date(2020, 2, 29), datetime(2020, 2, 29), [], []),
    "day-that-is-none": (DAY, "2021-02-29", None, [], ["is no date or time"]),
    "day-blanked": ({**DAY, "when_invalid": "blank"}, "soon", None, ["blanked: is no date or time"], []),
    "day-empty": (DAY, " ", None, [], []),
    "day-sentinel-word": (DAY, "NEVER", None, ["sentinel"], []),
    "day-sentinel": (DAY, "9999-12-31 00:00:00", None, ["sentinel"], []),
    "day-sentinel-as-a-time": (DAY, datetime(9999, 12, 31), None, ["sentinel"], []),
    "hour-without-seconds": (DAY, "2020-02-29 23:59", datetime(2020, 2, 29, 23, 59), [], []),
    "hour-in-utc": (DAY, "2020-02-29T23:59:01Z", datetime(2020, 2, 29, 23, 59, 1), [], []),
    "hour-of-another-zone": (DAY, "2020-02-29T23:59+01:00", None, [], ["has a time zone other than UTC"]),
    "hour-of-another-zone-on-no-day": (DAY, "2021-02-29T23:59+01:00", None, [], ["is no date or time"]),
    "hour-of-another-zone-blanked": (
        {**DAY, "when_invalid": "blank"},
        "2020-02-29T23:59+01:00",
        None,
        ["blanked: has a time zone other than UTC"],
        [],
    ),
    "day-first": (DAY_FIRST, "1/2/2020", datetime(2020, 2, 1), [], []),
    "day-first-with-an-hour": (DAY_FIRST, "29.02.2020 23:59", datetime(2020, 2, 29, 23, 59), [], []),
    "day-first-in-american": (DAY_FIRST, "02/29/2020", None, [], ["is no date or time"]),
    "day-first-in-iso": (DAY_FIRST, "2020-02-29", None, [], ["is no date or time"]),
    "day-first-empty": (DAY_FIRST, "", None, [], []),
    "day-first-sentinel": (DAY_FIRST, "31/12/9999", None, ["sentinel"], []),
    "day-first-sentinel-written-otherwise": (DAY_FIRST, "31.12.9999", None, ["sentinel"], []),
    "day-first-of-another-zone": (
        DAY_FIRST,
        "29/02/2020 10:00:00-0330",
        None,
        [],
        ["has a time zone other than UTC"],
    ),
    "day-first-already-read": (DAY_FIRST, datetime(2020, 2, 1), datetime(2020, 2, 1), [], []),
    "month-first": (MONTH_FIRST, "2/29/2020", datetime(2020, 2, 29), [], []),
    "month-first-in-british": (MONTH_FIRST, "29/2/2020", None, [], ["is no date or time"]),
    "image": (IMAGE, PIXELS, PIXELS, [], []),
    "image-missing": (IMAGE, None, None, [], []),
    "image-too-short": (IMAGE, PIXELS[:-2], PIXELS[:-2], [], ["is no image"]),
    "image-that-did-not-load": (IMAGE, "no image: damaged", "no image: damaged", [], ["is no image"]),
    "image-blanked": ({**IMAGE, "when_invalid": "blank"}, "x", None, ["blanked: is no image"], []),
}
FENCED = {
    "outlier-clipped": ({"type": "number"}, CLIP, 50.5, 50.0, ["outlier"], []),
    "outlier-clipped-below": ({"type": "number"}, CLIP, "-6", -5.0, ["outlier"], []),
    "outlier-blanked": ({"type": "number"}, BLANK, 50.5, None, ["outlier"], []),
    "outlier-at-its-fence": ({"type": "number"}, BLANK, -5, -5.0, [], []),
    "outlier-missing": ({"type": "number"}, CLIP, None, None, [], []),
    "outlier-at-fault-too": (
        {"type": "number", "range": [0, 99]},
        CLIP,
        100,
        50.0,
        ["outlier"],
        ["is above 99"],
    ),
    "outlier-blanked-for-its-fault-is-none": (
        {"type": "number", "range": [0, 99], "when_invalid": "blank"},
        CLIP,
        100,
        None,
        ["blanked: is above 99"],
        [],
    ),
    "outlier-sentinel-is-none": ({"type": "number", "sentinels": [999]}, CLIP, 999, None, ["sentinel"], []),
}
REQUIRED = {
    "gap": (COLOUR, None, ["is missing"]),
    "sentinel": (COLOUR, "n/a", ["is missing"]),
    "unknown-word": (COLOUR, "green", ["is not an allowed value"]),
    "blanked": ({**COLOUR, "when_invalid": "blank"}, "green", ["is missing"]),
    "no-number": (NUMBER, "x", ["is no number"]),
    "number-sentinel": (NUMBER, "-1", ["is missing"]),
    "no-day": (DAY, "2021-02-29", ["is no date or time"]),
    "no-day-in-its-format": (DAY_FIRST, "2021-02-01", ["is no date or time"]),
    "other-zone": (DAY, "2021-02-01 10:00+05:00", ["has a time zone other than UTC"]),
    "no-time": (DAY, None, ["is missing"]),
    "no-image": (IMAGE, None, ["is missing"]),
}
PLAIN = {name: (told, None, *rest) for name, (told, *rest) in EXAMPLES.items()} | FENCED


def column_of(told):
    return Column.model_validate({"why": "For the test.", **told})


def run(cells, columns, library, *, fences=None, is_required=False):
    """Run the rules of one column for each cell, all in one table: name -> (value, rules that changed it, faults)."""
    table = frame_of({name: [cell] for name, cell in cells.items()}, library)
    schema = table.collect_schema()
    rules = {
        name: rules_of(column, schema[name], is_required=is_required, fence=(fences or {}).get(name))
        for name, column in columns.items()
    }
    faults, packed = fault_columns(rules), packed_rules(rules, columns)
    done = plain(run_rules(table, rules).select(*cells, *faults, *packed.values()))
    changed = [unpack_rules({done[name][0]: 1}, int(name.rpartition("_")[2]), columns) for name in packed]
    found = {name: (done[name][0], [], []) for name in cells}
    for name, rule in (pair for one in changed for pair in one):
        found[name][1].append(rule)
    for mark, fault in faults.items():
        name, _, reason = fault.partition(" ")
        found[name][2].extend([reason] * bool(done[mark][0]))
    return found


@cache
def outcomes(library):
    columns = {name: column_of(told) for name, (told, *_) in PLAIN.items()}
    fences = {name: example[1] for name, example in PLAIN.items()}
    return run({name: example[2] for name, example in PLAIN.items()}, columns, library, fences=fences)


@cache
def required_faults(library):
    columns = {name: column_of(told) for name, (told, _, _) in REQUIRED.items()}
    found = run({name: example[1] for name, example in REQUIRED.items()}, columns, library, is_required=True)
    return {name: faults for name, (_, _, faults) in found.items()}


@EVERY_ENGINE
@pytest.mark.parametrize("name", PLAIN)
def test_every_rule_does_what_it_is_for(library, name):
    assert outcomes(library)[name] == PLAIN[name][3:]


@EVERY_ENGINE
@pytest.mark.parametrize("name", REQUIRED)
def test_a_required_cell_is_missing_unless_it_is_at_fault(library, name):
    assert required_faults(library)[name] == REQUIRED[name][2]


def test_a_column_names_every_rule_that_may_count_cells():
    blanked = column_of({**NUMBER, "type": "integer", "when_invalid": "blank"})
    assert countable_rules(blanked) == (
        "sentinel",
        "blanked: is no number",
        "blanked: is not finite",
        "blanked: is no whole number",
        "blanked: is too large to be exact",
        "blanked: is below 0",
        "blanked: is above 100",
        "outlier",
    )
    assert countable_rules(column_of(COLOUR)) == ("canonical_text", "synonym", "sentinel", "outlier")


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
    table = as_frame(pd.DataFrame({"x": cells}))
    rules = {"x": rules_of(column_of({"type": "number"}), table.collect_schema()["x"])}
    (mark,) = (name for name, reason in fault_columns(rules).items() if reason == "x is no number")
    done = plain(run_rules(table, rules))
    assert done["x"] == [12.0, None, None]
    assert done[mark] == [False, True, False]


@pytest.mark.parametrize("kind", ["Int64", "int64[pyarrow]"])
def test_numbers_may_come_in_the_types_that_know_gaps(kind):
    table = as_frame(pd.DataFrame({"x": pd.Series([12, -1, None, 101], dtype=kind)}))
    rules = {"x": rules_of(column_of(NUMBER), table.collect_schema()["x"])}
    done = run_rules(table, rules).collect()
    (mark,) = (name for name, reason in fault_columns(rules).items() if reason == "x is above 100")
    assert [None if pd.isna(cell) else cell for cell in done["x"].to_list()] == [12.0, None, None, 101.0]
    assert done[mark].to_list() == [False, False, False, True]


def test_a_rule_needs_no_certain_type_of_raw_cells():
    assert rules_of(column_of(DAY), nw.String()).reasons == ("is no date or time", "has a time zone other than UTC")
    assert rules_of(column_of(DAY), nw.Date()).reasons == ()
    assert rules_of(column_of(NUMBER), nw.Float64()).reasons == ("is not finite", "is below 0", "is above 100")
