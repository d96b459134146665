from datetime import datetime

import narwhals.stable.v2 as nw
import pandas as pd
import pytest

from evergreen.tables.engines import as_frame, as_native, as_pandas, count, is_pandas, like, same_engine, where
from tests.cases import LIBRARIES, frame_of, plain, rows_of

EVERY_ENGINE = pytest.mark.parametrize("library", [*LIBRARIES, pytest.param("spark", marks=pytest.mark.spark)])
TABLE = {
    "number": [1.5, None, 3.0],
    "word": ["a", None, "c"],
    "moment": [datetime(2020, 1, 5, 10), None, datetime(9999, 12, 31)],
    "is_known": [True, False, True],
}


def in_order(frame, by):
    return sorted(rows_of(frame), key=lambda row: (row[by] is None, row[by]))


@EVERY_ENGINE
def test_a_table_goes_through_the_catalog_unchanged(library):
    frame = frame_of(TABLE, library)
    assert plain(as_frame(as_native(frame))) == TABLE
    assert type(as_native(frame)).__module__.partition(".")[0] == {"duckdb": "ibis", "spark": "pyspark"}.get(
        library, library
    )


@EVERY_ENGINE
def test_a_small_table_comes_to_pandas_and_goes_to_any_engine(library):
    frame = frame_of(TABLE, library)
    found = as_pandas(frame)
    assert {name: str(dtype) for name, dtype in found.dtypes.items()} == {
        "number": "float64",
        "word": "str",
        "moment": "datetime64[us]",
        "is_known": "bool",
    }
    back = like(found, frame)
    assert back.implementation == frame.implementation
    assert plain(back) == TABLE
    assert back.collect_schema() == frame.collect_schema()


@EVERY_ENGINE
def test_a_table_moves_to_the_engine_of_another_one(library):
    here = frame_of({"word": ["b"]}, library)
    for other in LIBRARIES:
        moved = same_engine(frame_of(TABLE, other), here)
        assert moved.implementation == here.implementation
        assert plain(moved) == TABLE
        joined = here.with_columns(nw.lit("a").alias("word")).join(moved, on="word", how="inner")
        assert plain(joined)["number"] == [1.5]


def test_a_table_moves_to_the_connection_of_another_one(tmp_path):
    import ibis

    file = tmp_path / "table.parquet"
    pd.DataFrame({"word": ["a", "b"], "number": [1.5, 3.0]}).to_parquet(file)
    here, there = (as_frame(ibis.duckdb.connect().read_parquet(file)) for _ in range(2))
    moved = same_engine(there.rename({"number": "other"}), here)
    joined = here.join(moved, on="word", how="left").sort("word")
    assert plain(joined) == {"word": ["a", "b"], "number": [1.5, 3.0], "other": [1.5, 3.0]}
    # What lies there already, or in no database, is not moved.
    assert same_engine(here, here) is here
    loose = frame_of({"word": ["b"]}, "duckdb")
    assert same_engine(loose, here) is loose
    assert same_engine(here, loose) is here


@EVERY_ENGINE
def test_it_knows_pandas_and_counts_rows(library):
    frame = frame_of(TABLE, library)
    assert is_pandas(frame) is (library == "pandas")
    assert count(frame) == 3
    assert count(frame.filter(nw.col("number") > 5)) == 0


@EVERY_ENGINE
def test_what_cannot_be_compared_does_not_hold(library):
    frame = frame_of(TABLE, library).with_columns(where(nw.col("number") > 2).alias("is_large"))
    assert plain(frame)["is_large"] == [False, False, True]
    assert plain(frame.filter(~nw.col("is_large")))["word"] == ["a", None]


@EVERY_ENGINE
def test_times_with_a_zone_are_taken_in_utc(library):
    moment = pd.Series(pd.to_datetime(["2009-02-28 11:00", "2009-07-01 00:30"])).dt.tz_localize("Europe/Berlin")
    table = pd.DataFrame({"moment": moment, "other": moment.dt.tz_convert("America/New_York")})
    frame = as_frame(as_native(frame_of(table, library)))
    assert set(frame.collect_schema().values()) == {nw.Datetime("us")}
    expected = [datetime(2009, 2, 28, 10), datetime(2009, 6, 30, 22, 30)]
    assert [row["moment"] for row in in_order(frame, "moment")] == expected
    assert plain(frame)["moment"] == plain(frame)["other"]


@pytest.mark.parametrize("thing", [7, "table.csv", [1, 2], None], ids=repr)
def test_refuses_what_is_no_table(thing):
    with pytest.raises(TypeError):
        as_frame(thing)
