"""First lines that would be read as another table, on the datasets that read them."""

import gzip
from pathlib import Path
from typing import Any

import pytest
from kedro.io import DataCatalog

from evergreen.errors import DataError
from evergreen.hooks.csv_heads import refuse_odd_heads

TWICE = "Source 'shops' has 'a' more than once in its header. Give every column a name of its own in the first line"
WIDE = "Source 'shops' has 3 cells in its first row and 2 in its header. Name every cell in the first line"
GUESS = "Source 'shops' is read by DuckDB, which takes 03/04 for the day that fits its guess. Write all_varchar: true"
PANDAS = {"type": "pandas.CSVDataset"}
POLARS = {"type": "polars.EagerPolarsDataset", "file_format": "csv"}
DUCKDB = {"type": "ibis.FileDataset", "file_format": "csv"}
SPARK = {"type": "spark.SparkDatasetV2", "file_format": "csv"}
HEADER = {"header": True}
BLANK = "Source 'shops' has a blank line, which Polars takes for a row without values. Take it away"
TEXT = {"all_varchar": True}


def look(entry: dict[str, Any], file: Path, content: str | bytes, **load_args: Any) -> None:
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    told = {**entry, "filepath": str(file), "load_args": load_args}
    refuse_odd_heads("shops", DataCatalog.from_config({"shops": told}).get("shops"))


REFUSED: dict[str, tuple[dict[str, Any], dict[str, Any], str, str]] = {
    "twice, pandas": (PANDAS, {}, "a,b,a\n1,2,3\n", TWICE),
    "twice, Polars": (POLARS, {}, "a,b,a\n1,2,3\n", TWICE),
    "twice, DuckDB": (DUCKDB, TEXT, "a,b,a\n1,2,3\n", TWICE),
    "twice behind a mark": (PANDAS, {}, "\ufeffa,b,a\n1,2,3\n", TWICE),
    "twice in quotes": (PANDAS, {}, '"a","b\nc","a"\n1,2,3\n', TWICE),
    "twice by semicolons": (POLARS, {"separator": ";"}, "a;b;a\n1;2;3\n", TWICE),
    "twice in another encoding": (PANDAS, {"encoding": "utf-16"}, "a,b,a\n1,2,3\n", TWICE),
    "twice with other quotes": (POLARS, {"quote_char": "'"}, "'a','b,','a'\n1,2,3\n", TWICE),
    "twice without quotes": (POLARS, {"quote_char": None}, 'a,"b,a\n1,2,3\n', TWICE),
    "a wide row": (PANDAS, {}, "a,b\n1,2,3\n", WIDE),
    "a separator too many": (PANDAS, {}, "\n\na,b\n\n1,2,\n", WIDE),
    "twice, Spark": (SPARK, HEADER, "a,b,a\n1,2,3\n", TWICE),
    "twice by semicolons, Spark": (SPARK, {"header": "true", "sep": ";"}, "a;b;a\n1;2;3\n", TWICE),
    "a wide row, Spark": (SPARK, HEADER, "a,b\n1,2,3\n", WIDE),
    "a blank line": (POLARS, {}, "a,b\n\n1,2\n", BLANK),
    "a blank line at the end": (POLARS, {}, "a,b\r\n1,2\r\n\r\n", BLANK),
    "a blank line without a header": (POLARS, {"has_header": False}, "1,2\n\n3,4", BLANK),
    "a blank line behind many": (POLARS, {}, "a,b\n" + "1,2\n" * 300_000 + "\n", BLANK),
    "a guess": (DUCKDB, {}, "a,b\n1,2\n", GUESS),
    "a guess with a separator": (DUCKDB, {"sep": ";"}, "a;b\n1;2\n", GUESS),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_head_that_would_be_misread_is_refused(name: str, tmp_path: Path) -> None:
    entry, load_args, content, told = REFUSED[name]
    raw = content.encode(load_args.get("encoding", "utf-8"))
    with pytest.raises(DataError) as refusal:
        look(entry, tmp_path / "shops.csv", raw, **load_args)
    assert str(refusal.value).startswith(told)


PASSED: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "a plain file": (PANDAS, {}, "a,b\n1,2\n"),
    "names of rows": (PANDAS, {"index_col": 0}, "a,b\n1,2,3\n"),
    "some columns": (PANDAS, {"usecols": ["a"]}, "a,b\n1,2,\n"),
    "names in the catalog": (PANDAS, {"header": 0, "names": ["a", "b", "c"]}, "a,b,a\n1,2,3\n"),
    "columns without a name": (PANDAS, {}, "a,,\n1,2,3\n"),
    "a separator in quotes": (PANDAS, {}, 'a,b\n1,"2,3"\n'),
    "a pattern between cells": (PANDAS, {"sep": r"\s+"}, "a b a\n1 2 3\n"),
    "a header alone": (PANDAS, {}, "a,b,a\n"),
    "nothing": (PANDAS, {}, ""),
    "a wide row that Polars tells of": (POLARS, {}, "a,b\n1,2,3\n"),
    "a wide row that DuckDB reads": (DUCKDB, TEXT, "a,b\n1,2,\n"),
    "a header that Spark does not take for one": (SPARK, {}, "a,b,a\n1,2,3\n"),
    "no header, Spark": (SPARK, {"header": False}, "a,a\n1,2,3\n"),
    "a schema, Spark": (SPARK, {"header": True, "schema": "a STRING, b STRING"}, "a,b,a\n1,2,3\n"),
    "what to do with wide rows, Spark": (SPARK, {"header": True, "mode": "FAILFAST"}, "a,b\n1,2,3\n"),
    "a blank line that pandas passes over": (PANDAS, {}, "a,b\n\n1,2\n\n"),
    "blank lines before the header": (POLARS, {}, "\n\na,b\n1,2\n"),
    "a blank line in quotes": (POLARS, {}, 'a,b\n1,"x\n\ny"\n'),
    "types in the catalog": (DUCKDB, {"types": {"a": "VARCHAR"}}, "a,b\n1,2\n"),
    "another encoding": (PANDAS, {"encoding": "no-such"}, "a,b,a\n1,2,3\n"),
}


@pytest.mark.parametrize("name", PASSED)
def test_what_is_read_as_it_stands_passes(name: str, tmp_path: Path) -> None:
    entry, load_args, content = PASSED[name]
    look(entry, tmp_path / "shops.csv", content, **load_args)


def test_a_row_longer_than_what_is_looked_at_passes(tmp_path: Path) -> None:
    look(PANDAS, tmp_path / "shops.csv", "a,b\n" + "1," * 1_000_000)


def test_a_packed_file_is_looked_into(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="more than once"):
        look(PANDAS, tmp_path / "shops.csv.gz", gzip.compress(b"a,b,a\n1,2,3\n"))
    look(PANDAS, tmp_path / "shops.csv.gz", b"no such thing")


@pytest.mark.parametrize("entry", [PANDAS, POLARS, {**DUCKDB, "load_args": TEXT}], ids=["pandas", "Polars", "DuckDB"])
def test_each_file_of_a_folder_is_looked_at(entry: dict[str, Any], tmp_path: Path) -> None:
    for month, header in {"2024-01": "a,b", "2024-02": "b,b"}.items():
        (tmp_path / f"{month}.csv").write_text(f"{header}\n1,2\n")
    folder = {"type": "partitions.PartitionedDataset", "path": str(tmp_path), "filename_suffix": ".csv"}
    dataset = DataCatalog.from_config({"shops": {**folder, "dataset": entry}}).get("shops")
    with pytest.raises(DataError, match="Source 'shops', partition '2024-02' has 'b' more than once in its header"):
        refuse_odd_heads("shops", dataset)


def test_what_is_no_file_of_separated_values_passes(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{}")
    folder = {"type": "partitions.PartitionedDataset", "path": str(tmp_path), "dataset": "json.JSONDataset"}
    entries = {
        "memory": {"type": "MemoryDataset"},
        "json": {"type": "json.JSONDataset", "filepath": "x.json"},
        "folder": folder,
        "polars": {"type": "polars.EagerPolarsDataset", "file_format": "parquet", "filepath": "x.parquet"},
    }
    catalog = DataCatalog.from_config(entries)
    for name in entries:
        refuse_odd_heads(name, catalog.get(name))
