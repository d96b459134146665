"""Files that no reader can read, as the catalog or a plan that runs later raises them, and as a user reads of them."""

import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from kedro.io import DataCatalog

from evergreen.errors import DataError
from evergreen.hooks.broken_files import broken_file
from evergreen.hooks.plain_errors import mendable_fault
from evergreen.tables.engines import as_frame, as_pandas
from evergreen.tables.sources import read_source
from tests.cases import regression_case

TYPES = {"pandas": "pandas.CSVDataset", "polars": "polars.EagerPolarsDataset", "duckdb": "ibis.FileDataset"}
PARQUET = {**TYPES, "pandas": "pandas.ParquetDataset"}
MANY = "a,b\n" + "1,2\n" * 30_000


def reading(engine: str, file: Path, **load_args: Any) -> Callable[[], object]:
    """Read a file and compute every cell of it."""
    is_csv = ".csv" in file.name
    entry: dict[str, Any] = {"type": (TYPES if is_csv else PARQUET)[engine], "filepath": str(file)}
    if engine != "pandas":
        entry["file_format"] = "csv" if is_csv else "parquet"
    catalog = DataCatalog.from_config({"shops": {**entry, "load_args": load_args}})
    return lambda: as_pandas(as_frame(catalog.load("shops")))


def told(act: Callable[[], object]) -> str:
    """What a user reads of the exception that an act raises."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 - which one is the question
        act()
    fault = mendable_fault(caught.value)
    assert isinstance(fault, DataError), caught.value
    assert len(str(fault)) < 500
    return str(fault)


def shops(number: Any, note: Any) -> bytes:
    return f"a,b\n{number},{note}\n".encode()


BROKEN_CSV: dict[str, tuple[bytes, dict[str, str]]] = {
    "encoding": (
        "a,b\n1,Tür\n".encode("latin-1"),
        dict.fromkeys(TYPES, " is not written in UTF-8. Save it as UTF-8, or name its encoding in its catalog entry"),
    ),
    "empty": (b"", dict.fromkeys(("pandas", "polars"), " is empty. Look at how it was made or fetched.")),
    "wide": (
        b"a,b\n1,2\n1,2,3\n",
        {
            "pandas": " has 3 cells in line 3, where 2 belong. Put cells that hold the separator into quotes",
            "polars": " has a line with more cells than its header. Put cells that hold the separator into quotes",
        },
    ),
    "quote": (b'a,b\n1,"2\n3,4\n', dict.fromkeys(("pandas", "polars"), " has a quote that is never closed (")),
    "long line": (
        b"a,b\n1," + b"x" * 3_000_000,
        {"duckdb": " has a line of more than 2000000 bytes. Raise max_line_size"},
    ),
}


@pytest.mark.parametrize(
    ("fault", "engine"), [(name, engine) for name, (_, all_) in BROKEN_CSV.items() for engine in all_]
)
def test_a_broken_text_is_told(fault: str, engine: str, tmp_path: Path) -> None:
    file = tmp_path / "shops.csv"
    file.write_bytes(BROKEN_CSV[fault][0])
    found = told(reading(engine, file, **({"all_varchar": True} if engine == "duckdb" else {})))
    # DuckDB reads in a plan that knows its file alone.
    assert found.startswith(("Dataset 'shops'", f"The file '{file}'"))
    assert BROKEN_CSV[fault][1][engine] in found


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_a_cell_that_a_guess_does_not_fit_is_shown(engine: str, tmp_path: Path) -> None:
    file = tmp_path / "shops.csv"
    file.write_text(f"{MANY}{'x' * 5000},2\n")
    found = told(reading(engine, file))
    assert f" holds '{'x' * 80}' in a column whose first lines were taken for " in found
    assert "Have it read as text, for the contract says what it is: infer_schema: false in its load_args" in found


SPOILT: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda whole: whole[:-100],
    "cut to nothing": lambda whole: whole[:7],
    "with a footer of no size": lambda whole: whole[:-8] + b"\xff\xff\xff\x7f" + whole[-4:],
    "with a hole": lambda whole: whole[:200] + bytes(200) + whole[400:],
    "another file": lambda _: b"a,b\n1,2\n" * 100,
}


@pytest.mark.parametrize("engine", PARQUET)
@pytest.mark.parametrize("fault", SPOILT)
def test_a_broken_parquet_file_is_told(fault: str, engine: str, tmp_path: Path) -> None:
    file = tmp_path / "shops.parquet"
    pd.DataFrame({"a": range(1000), "b": ["x", "y"] * 500}).to_parquet(file)
    file.write_bytes(SPOILT[fault](file.read_bytes()))
    found = told(reading(engine, file))
    assert " is no whole Parquet file (" in found
    assert found.endswith("It was cut short or damaged: fetch or write it again.")


def test_a_packed_file_that_is_broken_is_told(tmp_path: Path) -> None:
    for name, content in {"csv.xz": lzma.compress(b"a\n1\n" * 99)[:-20], "csv.gz": b"x", "csv.zip": b"x"}.items():
        file = tmp_path / f"shops.{name}"
        file.write_bytes(content)
        assert told(reading("pandas", file)).startswith("Dataset 'shops' is cut short or damaged (")
    with zipfile.ZipFile(tmp_path / "shops.csv.zip", "w") as packed:
        packed.writestr("shops.csv", "a\n1\n")
    assert len(reading("pandas", tmp_path / "shops.csv.zip")()) == 1  # type: ignore[arg-type]


def test_an_answer_that_is_no_json_is_told(tmp_path: Path) -> None:
    (tmp_path / "shops.json").write_text("[1, 2")
    entry = {"type": "json.JSONDataset", "filepath": str(tmp_path / "shops.json")}
    found = told(lambda: DataCatalog.from_config({"shops": entry}).load("shops"))
    assert found.startswith("Dataset 'shops' is no JSON (Expecting ',' delimiter: line 1 column 6")


def test_of_many_files_the_broken_one_is_named(tmp_path: Path) -> None:
    case = regression_case()
    (tmp_path / "2024-01.csv").write_text(",".join(case.columns) + "\n" + ",".join("1" * len(case.columns)) + "\n")
    (tmp_path / "2024-02.csv").write_bytes(b"")
    entry = {"type": "partitions.PartitionedDataset", "path": str(tmp_path), "dataset": "pandas.CSVDataset"}
    catalog = DataCatalog.from_config({"hours": entry})
    found = told(lambda: read_source(catalog.load("hours"), case, "hours"))
    assert found == "Source 'hours', partition '2024-02.csv' is empty. Look at how it was made or fetched."


def test_a_plan_that_fails_where_its_result_is_saved_speaks_of_what_it_reads(tmp_path: Path) -> None:
    raw, made = tmp_path / "shops.csv", tmp_path / "made.parquet"
    raw.write_bytes(MANY.encode() + "1,Tür\n".encode("latin-1"))
    entry = {"type": "ibis.FileDataset"}
    catalog = DataCatalog.from_config(
        {
            "shops": {**entry, "filepath": str(raw), "file_format": "csv", "load_args": {"all_varchar": True}},
            "made": {**entry, "filepath": str(made)},
        }
    )
    assert told(lambda: catalog.save("made", catalog.load("shops"))).startswith(
        f"The file '{raw}' is not written in UTF-8."
    )


@pytest.mark.parametrize(
    "error",
    [
        ValueError("Parquet magic bytes"),
        UnicodeDecodeError("utf-8", b"x", 0, 1, "in a step"),
        EOFError("x"),
        KeyError("y"),
    ],
    ids=repr,
)
def test_what_was_raised_by_a_step_is_left_alone(error: Exception) -> None:
    assert broken_file([error]) is None


def test_what_is_read_and_no_known_fault_is_left_alone() -> None:
    loading = RuntimeError("shops: Failed while loading data from dataset X(filepath='parquet.csv').\nNo luck")
    assert broken_file([loading, ValueError("No luck")]) is None
