from datetime import datetime

import narwhals.stable.v2 as nw
import pytest

from evergreen.tables.quarantine import all_as_text, common_reasons, count_reasons
from evergreen.tables.repair import REASONS
from tests.cases import LIBRARIES, frame_of, plain, rows_of

ENGINES = pytest.mark.parametrize("library", [*LIBRARIES, pytest.param("spark", marks=pytest.mark.spark)])
TOLD = ["age is above 100", "age is above 100; job is missing", "job is missing", "age is above 100", "a", "b", "c"]


def quarantine(library, reasons):
    return frame_of({REASONS: reasons}, library).with_columns(nw.col(REASONS).cast(nw.String))


@ENGINES
def test_raw_and_repaired_rows_can_stand_in_one_table(library):
    raw = frame_of({"age": ["x"], "at": ["2020-01-01"], REASONS: ["age is no number"]}, library)
    repaired = frame_of({"age": [30.5], "at": [datetime(2020, 1, 1)], REASONS: ["key is shared"]}, library)
    both = nw.concat([all_as_text(raw), all_as_text(repaired)])
    assert set(both.collect_schema().values()) == {nw.String()}
    assert sorted(rows_of(both), key=lambda row: row["age"]) == [
        {"age": "30.5", "at": "2020-01-01 00:00:00", REASONS: "key is shared"},
        {"age": "x", "at": "2020-01-01", REASONS: "age is no number"},
    ]


@ENGINES
def test_what_is_missing_stays_missing(library):
    assert plain(all_as_text(frame_of({"x": ["a", None]}, library)))["x"] == ["a", None]


@ENGINES
def test_a_row_counts_for_each_of_its_reasons(library):
    assert count_reasons(quarantine(library, TOLD)) == {
        "age is above 100": 3,
        "job is missing": 2,
        "a": 1,
        "b": 1,
        "c": 1,
    }
    assert count_reasons(quarantine(library, [])) == {}


@ENGINES
def test_only_the_commonest_reasons_are_named(library):
    assert common_reasons(quarantine(library, TOLD)) == "age is above 100: 3 rows, job is missing: 2 rows, a: 1 rows"
