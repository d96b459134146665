from collections import Counter

import narwhals.stable.v2 as nw
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evergreen.tables.quarantine import all_as_text
from evergreen.tables.repair import REASONS, repair_rows
from tests.cases import LIBRARIES, binary_case, column_case, plain, repaired_rows, table_of
from tests.tables.naive import naive_repair

ENGINES = pytest.mark.parametrize("library", LIBRARIES)
CASE = column_case(
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
NUMBERS = st.one_of(
    st.sampled_from(
        ["999", " 7", "7.5", "-3", "51", "1e3", "n/a", "N/A ", "seven", "inf", "1e999", "", "9007199254740994"]
    ),
    st.none(),
)
WORDS = {
    "job": ["nurse", " NURSE", "Office  worker", "clerk", "Unknown", "pilot", "\u00a0", ""],
    "is_owner": ["yes", "No ", "1", "f", "TRUE", "perhaps", ""],
    "note": ["asked twice", "  no answer ", " ", "Call\nback"],
    "bought": ["yes", "no", "No", "maybe"],
}
TIMES = ["2020-01-05", "2020-02-30", "2020-01-05T10:00:00.5", "9999-12-31", "soon", " "]


def optional(values):
    return st.one_of(st.sampled_from(values), st.none())


ROWS = st.fixed_dictionaries(
    {
        "call_id": st.one_of(st.integers(1, 4).map(str), st.sampled_from(["x", "1.5", None])),
        "client_id": NUMBERS,
        "called_at": optional(TIMES),
        "bought": optional(WORDS["bought"]),
        "n_calls": NUMBERS,
        "balance": NUMBERS,
        "job": optional(WORDS["job"]),
        "is_owner": optional(WORDS["is_owner"]),
        "since": optional(TIMES),
        "note": optional(WORDS["note"]),
    }
)
TABLES = st.lists(ROWS, min_size=1, max_size=12)


def text_table(rows, library):
    """Raw rows as text, with a column of text even where nothing stands in it."""
    table = table_of({name: [row[name] for row in rows] for name in CASE.columns}, library)
    return table.with_columns(nw.all().cast(nw.String))


def rows_of(table):
    columns = plain(table)
    return [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]


def as_set(table):
    return Counter(tuple(row.values()) for row in rows_of(table))


def counts(repaired):
    return {(row["column"], row["rule"]): row["n_cells"] for row in rows_of(repaired.repairs)}


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


@ENGINES
def test_a_table_is_repaired_cell_by_cell(library):
    done = repair_rows(table_of(EXAMPLE, library), CASE)
    found = plain(done.rows)
    assert {name: found[name] for name in REPAIRED} == REPAIRED
    assert [str(time) for time in found["called_at"][:2]] == ["2020-01-01 00:00:00", "2020-01-02 10:00:00"]
    assert [str(time) for time in found["since"]] == ["2010-01-01 00:00:00", "None", "None", "None"]
    assert counts(done) == REPAIRS


@ENGINES
def test_a_row_that_cannot_be_used_is_kept_as_it_came_with_all_its_reasons(library):
    done = repair_rows(table_of(EXAMPLE, library), CASE)
    (row,) = rows_of(done.quarantine)
    assert row == {name: column[3] for name, column in EXAMPLE.items()} | {
        REASONS: "called_at is no date or time; n_calls is above 50; job is not an allowed value"
    }


@ENGINES
def test_columns_have_the_types_of_the_contract(library):
    schema = repair_rows(table_of(EXAMPLE, library), CASE).rows.schema
    assert schema["call_id"] == nw.Int64()
    assert {schema[name] for name in ("client_id", "n_calls", "balance")} == {nw.Float64()}
    assert {schema[name] for name in ("bought", "job", "is_owner", "note")} == {nw.String()}
    assert {schema[name] for name in ("called_at", "since")} == {nw.Datetime("us")}


@ENGINES
def test_rows_that_keep_the_contract_pass_untouched(library):
    case = binary_case()
    rows = table_of(repaired_rows(case, 50), library)
    done = repair_rows(rows, case)
    assert plain(done.rows) == plain(rows)
    assert (len(done.quarantine), len(done.repairs)) == (0, 0)
    assert done.quarantine.columns == [*rows.columns, REASONS]


@ENGINES
def test_a_table_may_have_no_usable_row_and_no_row_at_all(library):
    table = table_of(EXAMPLE, library)
    spoilt = repair_rows(table.with_columns(nw.lit("x").alias("call_id")), CASE)
    assert (len(spoilt.rows), len(spoilt.quarantine)) == (0, 5)
    assert spoilt.rows.schema["call_id"] == nw.Int64()
    empty = repair_rows(table.head(0), CASE)
    assert (len(empty.rows), len(empty.quarantine), len(empty.repairs)) == (0, 0, 0)
    assert empty.quarantine.schema[REASONS] == nw.String()


@ENGINES
@given(rows=TABLES)
@settings(max_examples=25, deadline=None)
def test_repair_is_what_plain_python_makes_of_each_cell(library, rows):
    done, naive = repair_rows(text_table(rows, library), CASE), naive_repair(rows, CASE)
    assert rows_of(done.rows) == naive.rows
    assert counts(done) == dict(naive.repairs)
    quarantined = [{**rows[position], REASONS: reasons} for position, reasons in naive.reasons.items()]
    assert rows_of(done.quarantine) == quarantined


@ENGINES
@given(rows=TABLES)
@settings(max_examples=8, deadline=None)
def test_no_row_is_lost_and_none_is_set_aside_without_a_reason(library, rows):
    done = repair_rows(text_table(rows, library), CASE)
    assert len(done.rows) + len(done.quarantine) == len(rows)
    assert all(row[REASONS] for row in rows_of(done.quarantine))


@ENGINES
@given(rows=TABLES)
@settings(max_examples=8, deadline=None)
def test_repairing_again_changes_nothing(library, rows):
    once = repair_rows(text_table(rows, library), CASE).rows
    again = repair_rows(once, CASE)
    assert (plain(again.rows), again.rows.schema) == (plain(once), once.schema)
    assert (len(again.quarantine), len(again.repairs)) == (0, 0)


@ENGINES
@given(rows=TABLES, order=st.randoms(use_true_random=False))
@settings(max_examples=8, deadline=None)
def test_the_order_of_rows_changes_nothing(library, rows, order):
    turned = order.sample(rows, len(rows))
    first, second = (repair_rows(text_table(one, library), CASE) for one in (rows, turned))
    assert as_set(first.rows) == as_set(second.rows)
    assert as_set(first.quarantine) == as_set(second.quarantine)
    assert counts(first) == counts(second)


@ENGINES
@given(rows=st.lists(ROWS, min_size=2, max_size=4))
@settings(max_examples=5, deadline=None)
def test_each_row_is_treated_by_itself(library, rows):
    together = repair_rows(text_table(rows, library), CASE)
    alone = [repair_rows(text_table([row], library), CASE) for row in rows]
    assert rows_of(together.rows) == [row for one in alone for row in rows_of(one.rows)]
    assert rows_of(together.quarantine) == [row for one in alone for row in rows_of(one.quarantine)]
    assert counts(together) == dict(sum((Counter(counts(one)) for one in alone), Counter()))


@given(rows=TABLES)
@settings(max_examples=8, deadline=None)
def test_all_libraries_repair_alike(rows):
    pandas, polars = (repair_rows(text_table(rows, library), CASE) for library in LIBRARIES)
    assert plain(pandas.rows) == plain(polars.rows)
    assert plain(pandas.quarantine) == plain(polars.quarantine)
    assert plain(pandas.repairs) == plain(polars.repairs)


def test_the_index_of_a_pandas_table_does_not_matter():
    table = pd.DataFrame(EXAMPLE, index=[7, 7, 1, 0, 3])
    done = repair_rows(nw.from_native(table, eager_only=True), CASE)
    plainly = repair_rows(table_of(EXAMPLE, "pandas"), CASE)
    assert plain(done.rows) == plain(plainly.rows)
    assert plain(all_as_text(done.quarantine)) == plain(all_as_text(plainly.quarantine))


def test_the_given_table_is_not_changed():
    given = pd.DataFrame(EXAMPLE)
    repair_rows(nw.from_native(given, eager_only=True), CASE)
    pd.testing.assert_frame_equal(given, pd.DataFrame(EXAMPLE))
