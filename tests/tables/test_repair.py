from collections import Counter

import narwhals.stable.v2 as nw
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evergreen.tables.engines import as_frame
from evergreen.tables.outliers import NO_LIMITS
from evergreen.tables.repair import REASONS, mark_rows, repairs_table, tally_rows, unusable_rows, usable_rows
from tests.cases import IN_MEMORY, LIBRARIES, binary_case, column_case, frame_of, plain, repaired_rows, rows_of, stored
from tests.tables.naive import naive_repair
from tests.tables.raw_rows import CASE, LIMITS, raw_rows, tables, text_frame

ENGINES = pytest.mark.parametrize("library", LIBRARIES)
MEMORY = pytest.mark.parametrize("library", IN_MEMORY)
EVERY_ENGINE = pytest.mark.parametrize("library", [*LIBRARIES, pytest.param("spark", marks=pytest.mark.spark)])
LIMITED = pytest.mark.parametrize("limits", [NO_LIMITS, LIMITS], ids=["without-fences", "with-fences"])
SMALL = column_case(
    {
        "n_calls": {"type": "integer", "range": [0, 50], "sentinels": [999, "n/a"]},
        "balance": {"type": "number", "range": [-100, None], "when_invalid": "blank"},
        "job": {
            "type": "category",
            "values": ["nurse", "clerk"],
            "synonyms": {"office worker": "clerk"},
            "sentinels": ["unknown"],
        },
        "is_owner": {"type": "boolean", "when_invalid": "blank"},
        "since": {"type": "timestamp", "sentinels": ["9999-12-31"], "when_invalid": "blank"},
        "note": {"type": "text"},
    }
)
EXAMPLE = {
    "call_id": [1, 2, 3, 4, 5],
    "client_id": [10, 11, 12, 13, 14],
    "called_at": ["2020-01-01", "2020-01-02 10:00:00", "2020-01-03", "2020-13-01", "2020-01-05"],
    "bought": ["no", "YES", None, "no", "no"],
    "n_calls": [0, 3, 999, 60, 2],
    "balance": [10.5, -500.0, None, 0.0, 1.0],
    "job": ["nurse", "Office  Worker", "unknown", "pilot", " clerk"],
    "is_owner": ["yes", "0", "perhaps", "no", None],
    "since": ["2010-01-01", "9999-12-31", "", "2010-01-04", "before"],
    "note": ["asked twice", "  no answer ", " ", None, "x"],
}
REPAIRED = {
    "call_id": [1, 2, 3, 5],
    "client_id": [10.0, 11.0, 12.0, 14.0],
    "bought": ["no", "yes", None, "no"],
    "n_calls": [0.0, 3.0, None, 2.0],
    "balance": [10.5, None, None, 1.0],
    "job": ["nurse", "clerk", None, "clerk"],
    "is_owner": ["true", "false", None, None],
    "note": ["asked twice", "no answer", None, "x"],
}
REPAIRS = {
    ("bought", "canonical_text"): 1,
    ("n_calls", "sentinel"): 1,
    ("balance", "blanked: is below -100"): 1,
    ("job", "canonical_text"): 2,
    ("job", "synonym"): 1,
    ("job", "sentinel"): 1,
    ("is_owner", "blanked: is not an allowed value"): 1,
    ("since", "sentinel"): 1,
    ("since", "blanked: is no date or time"): 1,
    ("note", "canonical_text"): 2,
}


def mark(rows, library, limits=NO_LIMITS):
    return stored(mark_rows(text_frame(rows, library), CASE, limits))


def as_set(rows):
    return Counter(tuple(row.items()) for row in rows)


def usable(marked, problem=CASE):
    return as_set(rows_of(usable_rows(marked, problem)))


def unusable(marked, problem=CASE):
    return as_set(rows_of(unusable_rows(marked, problem)))


def expected(rows, limits=NO_LIMITS):
    """What plain Python makes of raw rows: usable ones, unusable ones, and the count of repairs."""
    naive = naive_repair(rows, CASE, limits.root)
    bad = [{**rows[position], REASONS: reasons} for position, reasons in naive.reasons.items()]
    return as_set(naive.rows), as_set(bad), naive.repairs


@EVERY_ENGINE
def test_a_table_is_repaired_cell_by_cell(library):
    marked = stored(mark_rows(frame_of(EXAMPLE, library), SMALL))
    found = plain(usable_rows(marked, SMALL).sort("call_id"))
    assert {name: found[name] for name in REPAIRED} == REPAIRED
    assert [str(time) for time in found["called_at"][:2]] == ["2020-01-01 00:00:00", "2020-01-02 10:00:00"]
    assert [str(time) for time in found["since"]] == ["2010-01-01 00:00:00", "None", "None", "None"]
    tally = tally_rows(marked, SMALL)
    assert (tally.n_rows, tally.n_unusable, dict(tally.repairs)) == (5, 1, REPAIRS)


@EVERY_ENGINE
def test_a_row_that_cannot_be_used_is_kept_as_it_came_with_all_its_reasons(library):
    marked = stored(mark_rows(frame_of(EXAMPLE, library), SMALL))
    (row,) = rows_of(unusable_rows(marked, SMALL))
    raw = {name: str(column[3]) if column[3] is not None else None for name, column in EXAMPLE.items()}
    assert row == {**raw, "balance": "0"} | {
        REASONS: "called_at is no date or time; n_calls is above 50; job is not an allowed value"
    }


@EVERY_ENGINE
def test_columns_have_the_types_of_the_contract(library):
    schema = usable_rows(mark_rows(frame_of(EXAMPLE, library), SMALL), SMALL).collect_schema()
    assert schema["call_id"] == nw.Int64()
    assert {schema[name] for name in ("client_id", "n_calls", "balance")} == {nw.Float64()}
    assert {schema[name] for name in ("bought", "job", "is_owner", "note")} == {nw.String()}
    assert {schema[name] for name in ("called_at", "since")} == {nw.Datetime("us")}


@EVERY_ENGINE
def test_only_unusable_rows_carry_their_raw_cells(library):
    marked = mark_rows(frame_of(EXAMPLE, library), SMALL)
    raw = plain(marked.select("call_id", "_raw_job", REASONS).sort("call_id"))
    if library == "pandas":
        # In memory the raw cells lie there already.
        raw["_raw_job"] = [cell if reason else None for cell, reason in zip(raw["_raw_job"], raw[REASONS], strict=True)]
    assert raw["_raw_job"] == [None, None, None, "pilot", None]


@EVERY_ENGINE
def test_rows_that_keep_the_contract_pass_untouched(library):
    case = binary_case()
    rows = frame_of(repaired_rows(case, 50), library)
    marked = stored(mark_rows(rows, case))
    assert plain(usable_rows(marked, case).sort("call_id")) == plain(rows.sort("call_id"))
    tally = tally_rows(marked, case)
    assert (tally.n_rows, tally.n_unusable, dict(tally.repairs)) == (50, 0, {})
    assert unusable_rows(marked, case).collect_schema().names() == [*case.columns, REASONS]


@EVERY_ENGINE
def test_a_table_may_have_no_usable_row_and_no_row_at_all(library):
    table = frame_of(EXAMPLE, library)
    spoilt = stored(mark_rows(table.with_columns(nw.lit("x").alias("call_id")), SMALL))
    assert (len(rows_of(usable_rows(spoilt, SMALL))), len(rows_of(unusable_rows(spoilt, SMALL)))) == (0, 5)
    assert usable_rows(spoilt, SMALL).collect_schema()["call_id"] == nw.Int64()
    empty = stored(mark_rows(table.head(0), SMALL))
    assert (rows_of(usable_rows(empty, SMALL)), rows_of(unusable_rows(empty, SMALL))) == ([], [])
    tally = tally_rows(empty, SMALL)
    assert (tally.n_rows, tally.n_unusable, dict(tally.repairs)) == (0, 0, {})
    assert unusable_rows(empty, SMALL).collect_schema()[REASONS] == nw.String()


@EVERY_ENGINE
def test_a_contract_of_numbers_alone_has_nothing_to_count_and_loses_no_row(library):
    case = column_case({"balance": {"type": "number", "range": [0, None]}})
    columns = {name: column for name, column in case.columns.items() if column.type != "category"}
    bare = case.model_copy(update={"columns": columns})
    raw = {name: column for name, column in EXAMPLE.items() if name in columns}
    marked = stored(mark_rows(frame_of(raw, library), bare))
    tally = tally_rows(marked, bare)
    assert (tally.n_rows, tally.n_unusable, dict(tally.repairs)) == (5, 2, {})


def test_many_rules_are_counted_each_for_itself():
    # 40 columns have 80 rules that are counted, more than one whole number has bits.
    columns = {f"word_{n}": {"type": "category", "sentinels": ["unknown"]} for n in range(40)}
    case = column_case(columns)
    raw = {name: EXAMPLE[name] for name in case.columns if name in EXAMPLE} | {"called_at": ["2020-01-01"] * 5}
    raw |= {name: ["a", "A ", "UNKNOWN", "a", "unknown"][n % 3 :] + ["a"] * (n % 3) for n, name in enumerate(columns)}
    for library in LIBRARIES:
        tally = tally_rows(stored(mark_rows(frame_of(raw, library), case)), case)
        for n, name in enumerate(columns):
            assert tally.repairs[name, "canonical_text"] == [2, 2, 1][n % 3]
            assert tally.repairs[name, "sentinel"] == 2


def test_repairs_are_a_table_with_and_without_rows():
    some = repairs_table({("age", "sentinel"): 2, ("sex", "synonym"): 1})
    assert some.to_dict("list") == {"column": ["age", "sex"], "rule": ["sentinel", "synonym"], "n_cells": [2, 1]}
    assert repairs_table({}).dtypes.to_dict() == some.dtypes.to_dict()


@LIMITED
@ENGINES
@given(rows=tables(max_size=30))
@settings(max_examples=6, deadline=None)
def test_repair_is_what_plain_python_makes_of_each_cell(library, limits, rows):
    marked = mark(rows, library, limits)
    tally = tally_rows(marked, CASE)
    assert (usable(marked), unusable(marked), tally.repairs) == expected(rows, limits)
    assert (tally.n_rows, tally.n_unusable) == (len(rows), sum(unusable(marked).values()))


@pytest.mark.spark
@given(rows=tables(min_size=40, max_size=40))
@settings(max_examples=1, deadline=None)
def test_repair_on_spark_is_what_plain_python_makes_of_each_cell(rows):
    marked = mark(rows, "spark", LIMITS)
    assert (usable(marked), unusable(marked), tally_rows(marked, CASE).repairs) == expected(rows, LIMITS)


@LIMITED
@ENGINES
@given(rows=tables(max_size=30))
@settings(max_examples=3, deadline=None)
def test_repairing_again_changes_nothing(library, limits, rows):
    once = stored(usable_rows(mark(rows, library, limits), CASE))
    marked = stored(mark_rows(once, CASE, limits))
    again = usable_rows(marked, CASE)
    assert (usable(marked), again.collect_schema()) == (as_set(rows_of(once)), once.collect_schema())
    tally = tally_rows(marked, CASE)
    assert (tally.n_unusable, dict(tally.repairs)) == (0, {})


# What plain Python makes of each cell knows no order: on engines that agree with it, these two laws hold as well.
@MEMORY
@given(rows=tables(max_size=30), order=st.randoms(use_true_random=False))
@settings(max_examples=3, deadline=None)
def test_the_order_of_rows_changes_nothing(library, rows, order):
    first, second = (mark(one, library, LIMITS) for one in (rows, order.sample(rows, len(rows))))
    assert (usable(first), unusable(first)) == (usable(second), unusable(second))
    assert tally_rows(first, CASE) == tally_rows(second, CASE)


@MEMORY
@given(rows=st.lists(raw_rows(), min_size=2, max_size=4))
@settings(max_examples=3, deadline=None)
def test_each_row_is_treated_by_itself(library, rows):
    together = mark(rows, library, LIMITS)
    alone = [mark([row], library, LIMITS) for row in rows]
    assert usable(together) == sum(map(usable, alone), Counter())
    assert unusable(together) == sum(map(unusable, alone), Counter())
    assert tally_rows(together, CASE).repairs == sum((tally_rows(one, CASE).repairs for one in alone), Counter())


def test_the_index_of_a_pandas_table_does_not_matter():
    table = pd.DataFrame(EXAMPLE, index=[7, 7, 1, 0, 3])
    marked, plainly = mark_rows(as_frame(table), SMALL), mark_rows(frame_of(EXAMPLE, "pandas"), SMALL)
    assert rows_of(usable_rows(marked, SMALL)) == rows_of(usable_rows(plainly, SMALL))
    assert rows_of(unusable_rows(marked, SMALL)) == rows_of(unusable_rows(plainly, SMALL))


def test_the_given_table_is_not_changed():
    given_table = pd.DataFrame(EXAMPLE)
    mark_rows(as_frame(given_table), SMALL)
    pd.testing.assert_frame_equal(given_table, pd.DataFrame(EXAMPLE))
