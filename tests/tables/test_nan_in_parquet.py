"""DuckDB 2.0 believes the bounds that Arrow writes into Parquet, which leave not-a-number out (its issue 25521)."""

from functools import cache

import narwhals.stable.v2 as nw
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evergreen.tables.cells import is_nan, text_of
from evergreen.tables.engines import as_frame
from evergreen.tables.join import join_source
from evergreen.tables.repair import mark_rows, unusable_rows, usable_rows
from evergreen.tables.settle import settle_rows
from tests.cases import LIBRARIES, binary_case, column_case, plain, rows_of

NAN = float("nan")
ENGINES = pytest.mark.parametrize("library", LIBRARIES)
CASE = column_case({"x": {"type": "number", "range": [0, 100]}, "n": {"type": "integer"}, "word": {"type": "category"}})
ROWS = {
    "call_id": [1, 2, 3, 4],
    "client_id": [1, 1, 1, 1],
    "called_at": ["2020-01-01"] * 4,
    "bought": ["no", "yes", "no", "yes"],
    "x": [1.0, NAN, 500.0, NAN],
    "n": [NAN, 2.0, 3.0, NAN],
    "word": [NAN, 7.0, NAN, 7.5],
}


@pytest.fixture
def file(tmp_path):
    pq.write_table(pa.table(ROWS), tmp_path / "calls.parquet")
    bounds = pq.read_metadata(tmp_path / "calls.parquet").row_group(0).column(4).statistics
    assert (bounds.min, bounds.max, bounds.null_count) == (1.0, 500.0, 0)
    return tmp_path / "calls.parquet"


def read(library, file):
    if library == "pandas":
        import pandas as pd

        return as_frame(pd.read_parquet(file))
    if library == "polars":
        import polars as pl

        return as_frame(pl.scan_parquet(file))
    return as_frame(_connection().read_parquet(file))


@cache
def _connection():
    import ibis

    # Tables of two connections cannot be joined.
    return ibis.duckdb.connect()


@pytest.mark.parametrize("library", ["polars", "duckdb"])
def test_not_a_number_is_found(library, file):
    found = plain(read(library, file).select(is_nan(nw.col("x")).alias("is_nan")))
    assert found["is_nan"] == [False, True, False, True]


def test_without_a_detour_duckdb_looks_away(file):
    # Once this fails, `cells.is_nan` may be as plain as on the other engines.
    assert not any(plain(read("duckdb", file).select(nw.col("x").is_nan()))["x"])


@ENGINES
def test_written_as_text_it_is_missing(library, file):
    words = read(library, file).select(text_of(nw.col("word"), nw.Float64()), text_of(nw.col("x"), nw.Float64()))
    assert plain(words) == {"word": [None, "7", None, "7.5"], "x": ["1", None, "500", None]}


@ENGINES
def test_not_a_number_is_missing_and_not_above(library, file):
    marked = mark_rows(read(library, file), CASE)
    usable = {row["call_id"]: (row["x"], row["n"], row["word"]) for row in rows_of(usable_rows(marked, CASE))}
    assert usable == {1: (1.0, None, None), 2: (None, 2.0, "7"), 4: (None, None, "7.5")}
    assert [(row["call_id"], row["reasons"]) for row in rows_of(unusable_rows(marked, CASE))] == [
        ("3", "x is above 100")
    ]


@ENGINES
def test_a_plan_upon_it_counts_each_row_once(library, file):
    later = read(library, file).filter(nw.col("call_id") > 1).with_columns(nw.col("x") / 1)
    settled = settle_rows(mark_rows(later, CASE), CASE)
    assert (settled.n_rows, settled.n_usable, settled.n_quarantined) == (3, 2, 1)


@ENGINES
def test_an_id_that_is_not_a_number_joins_nothing(library, tmp_path):
    case = binary_case()
    pq.write_table(pa.table({"client_id": [1.0, NAN], "call_id": [1, 2]}), tmp_path / "calls.parquet")
    facts = {
        "client_id": [1.0, NAN, NAN],
        "age_years": [30, 40, 50],
        "sex": ["f", "m", "f"],
        "is_owner": ["y", "n", "y"],
    }
    pq.write_table(pa.table(facts), tmp_path / "clients.parquet")
    rows, table = read(library, tmp_path / "calls.parquet"), read(library, tmp_path / "clients.parquet")
    found = {row["call_id"]: row["age_years"] for row in rows_of(join_source(rows, table, case, "clients"))}
    assert found == {1: 30, 2: None}
