from collections import Counter

import pytest
from hypothesis import given, settings

from evergreen.tables.outliers import NO_LIMITS
from evergreen.tables.repair import REASONS, mark_rows
from evergreen.tables.settle import settle_rows
from tests.cases import LIBRARIES, binary_case, frame_of, plain, repaired_rows, rows_of, stored
from tests.tables.naive import naive_repair
from tests.tables.raw_rows import CASE, LIMITS, tables, text_frame

ENGINES = pytest.mark.parametrize("library", LIBRARIES)
EVERY_ENGINE = pytest.mark.parametrize("library", [*LIBRARIES, pytest.param("spark", marks=pytest.mark.spark)])
SHARED = "key call_id is shared by different rows"


def settle(rows, library, limits=NO_LIMITS):
    return settle_rows(stored(mark_rows(text_frame(rows, library), CASE, limits)), CASE)


def as_set(rows):
    return Counter(tuple(row.items()) for row in rows)


def naive_settle(rows, limits=NO_LIMITS):
    """What plain Python makes of raw rows: usable ones, reasons of the others, and how many copies were dropped."""
    naive = naive_repair(rows, CASE, limits.root)
    different = list({tuple(row.items()): row for row in naive.rows}.values())
    keys = Counter(row["call_id"] for row in different)
    usable = [row for row in different if keys[row["call_id"]] == 1]
    reasons = Counter(naive.reasons.values()) + Counter({SHARED: len(different) - len(usable)})
    return as_set(usable), reasons, len(naive.rows) - len(different)


def holds(rows, library, limits=NO_LIMITS):
    """Every row is used, dropped as a copy or set aside with a reason; the counts say how many."""
    done = settle(rows, library, limits)
    quarantine = rows_of(done.quarantine)
    found = as_set(rows_of(done.rows)), Counter(row[REASONS] for row in quarantine), done.n_duplicates
    assert found == naive_settle(rows, limits)
    assert done.n_rows == len(rows) == done.n_usable + done.n_duplicates + done.n_quarantined
    assert (done.n_usable, done.n_quarantined) == (len(rows_of(done.rows)), len(quarantine))
    assert all(row[REASONS] for row in quarantine)


@EVERY_ENGINE
def test_rows_are_used_once_or_set_aside_with_their_reasons(library):
    case = binary_case()
    rows = repaired_rows(case, 6).assign(sex=["female", "none", *["male"] * 4])
    raw = {name: list(column) for name, column in plain(frame_of(rows, "pandas")).items()}
    copies = {name: [*cells, cells[2], cells[3], cells[4]] for name, cells in raw.items()}
    # A copy spelt in its own way, an exact one, and one that contradicts.
    copies["channel"][2] = copies["channel"][6].upper()
    copies["age_years"][8] = copies["age_years"][4] - 1
    done = settle_rows(stored(mark_rows(frame_of(copies, library), case)), case)
    assert sorted(plain(done.rows)["call_id"]) == [1, 3, 4, 6]
    told = plain(done.quarantine)
    assert sorted(zip(told["call_id"], told[REASONS], strict=True)) == [
        ("2", "sex is not an allowed value"),
        ("5", SHARED),
        ("5", SHARED),
    ]
    assert set(done.quarantine.collect_schema().dtypes()) == {frame_of({"x": ["a"]}, library).collect_schema()["x"]}
    assert (done.n_rows, done.n_quarantined, done.n_duplicates, done.n_usable) == (9, 3, 2, 4)
    assert done.repairs == {("channel", "canonical_text"): 1}


@EVERY_ENGINE
def test_nothing_is_settled_where_there_is_nothing(library):
    case = binary_case()
    none = frame_of(repaired_rows(case, 2), library).head(0)
    done = settle_rows(stored(mark_rows(none, case)), case)
    assert (rows_of(done.rows), rows_of(done.quarantine), dict(done.repairs)) == ([], [], {})
    assert (done.n_rows, done.n_quarantined, done.n_duplicates, done.n_usable) == (0, 0, 0, 0)


@ENGINES
@given(rows=tables(min_size=5, max_size=40))
@settings(max_examples=5, deadline=None)
def test_rows_in_are_rows_used_copies_dropped_and_rows_set_aside(library, rows):
    holds(rows, library)
    holds([*rows, *rows[::2]], library, LIMITS)


@pytest.mark.spark
@given(rows=tables(min_size=40, max_size=40))
@settings(max_examples=1, deadline=None)
def test_on_spark_too_rows_in_are_rows_out(rows):
    holds([*rows, *rows[::2]], "spark", LIMITS)
