"""Every kind of dataset that is staged, with two values to save and a way to look at what was loaded."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import polars as pl
import pyarrow as pa
from kedro.io import AbstractDataset, CachedDataset
from kedro.io.core import Version
from kedro_datasets.ibis import FileDataset
from kedro_datasets.json import JSONDataset
from kedro_datasets.pandas import CSVDataset, ParquetDataset
from kedro_datasets.partitions import PartitionedDataset
from kedro_datasets.plotly import JSONDataset as FigureDataset
from kedro_datasets.polars import EagerPolarsDataset, LazyPolarsDataset
from kedro_datasets.text import TextDataset
from sklearn.dummy import DummyRegressor

from evergreen.datasets.skops_dataset import SkopsDataset


def table(*values: int) -> pd.DataFrame:
    return pd.DataFrame({"x": list(values)})


def model(constant: float) -> DummyRegressor:
    return DummyRegressor(strategy="constant", constant=constant).fit([[0.0]], [0.0])


def ibis_table(*values: int) -> Any:
    import ibis

    return ibis.memtable(pa.table({"x": list(values)}))


def spark_table(*values: int) -> Any:
    from pyspark.sql import SparkSession

    return SparkSession.builder.getOrCreate().createDataFrame([(value,) for value in values], "x long")


def column(loaded: Any) -> list[int]:
    """Read the column x of a table of any library, computing it now."""
    if isinstance(loaded, pl.LazyFrame):
        loaded = loaded.collect()
    if hasattr(loaded, "to_pyarrow"):
        return sorted(loaded.to_pyarrow()["x"].to_pylist())
    if hasattr(loaded, "toArrow"):
        return sorted(loaded.toArrow()["x"].to_pylist())
    return sorted(loaded["x"].to_list())


@dataclass(frozen=True)
class Kind:
    """A kind of dataset.

    Attributes:
        make: gives the dataset for a path.
        first, second: gives a value to save.
        look: reads what was loaded, in a form that can be compared.
        name: the last part of its path.
    """

    make: Callable[[str], AbstractDataset[Any, Any]]
    first: Callable[[], Any]
    second: Callable[[], Any]
    look: Callable[[Any], Any]
    name: str = "thing.parquet"


def _spark(path: str) -> AbstractDataset[Any, Any]:
    from kedro_datasets.spark import SparkDatasetV2

    return SparkDatasetV2(filepath=path, save_args={"mode": "overwrite"})


def _partitions(path: str, **more: Any) -> AbstractDataset[Any, Any]:
    return PartitionedDataset(path=path, dataset=CSVDataset, filename_suffix=".csv", **more)


def look_at_partitions(loaded: Any) -> dict[str, list[int]]:
    return {name: column(load()) for name, load in loaded.items()}


KINDS: dict[str, Kind] = {
    "pandas": Kind(lambda path: ParquetDataset(filepath=path), lambda: table(1), lambda: table(2, 3), column),
    "csv": Kind(lambda path: CSVDataset(filepath=path), lambda: table(1), lambda: table(2, 3), column, "x.csv"),
    "json": Kind(lambda path: JSONDataset(filepath=path), lambda: {"n": 1}, lambda: {"n": 2}, dict, "x.json"),
    "text": Kind(lambda path: TextDataset(filepath=path), lambda: "old", lambda: "new", str, "x.html"),
    "figure": Kind(
        lambda path: FigureDataset(filepath=path),
        lambda: go.Figure(layout={"title": {"text": "old"}}),
        lambda: go.Figure(layout={"title": {"text": "new"}}),
        lambda loaded: loaded.layout.title.text,
        "x.json",
    ),
    "model": Kind(
        lambda path: SkopsDataset(filepath=path),
        lambda: model(1.0),
        lambda: model(2.0),
        lambda loaded: float(loaded.constant),
        "x.skops",
    ),
    "polars": Kind(
        lambda path: EagerPolarsDataset(filepath=path, file_format="parquet"),
        lambda: pl.DataFrame({"x": [1]}),
        lambda: pl.DataFrame({"x": [2, 3]}),
        column,
    ),
    "lazy polars": Kind(
        lambda path: LazyPolarsDataset(filepath=path, file_format="parquet"),
        lambda: pl.LazyFrame({"x": [1]}),
        lambda: pl.LazyFrame({"x": [2, 3]}),
        column,
    ),
    "duckdb": Kind(lambda path: FileDataset(filepath=path), lambda: ibis_table(1), lambda: ibis_table(2, 3), column),
    "spark": Kind(_spark, lambda: spark_table(1), lambda: spark_table(2, 3), column),
    "partitions that replace": Kind(
        lambda path: _partitions(path, overwrite=True),
        lambda: {"may": table(1), "june": table(1)},
        lambda: {"june": table(2), "july": table(3)},
        look_at_partitions,
        "parts",
    ),
    "partitions that add": Kind(
        _partitions,
        lambda: {"may": table(1), "june": table(1)},
        lambda: {"june": table(2), "july": table(3)},
        look_at_partitions,
        "parts",
    ),
    "a new version each time": Kind(
        lambda path: JSONDataset(filepath=path, version=Version(None, None)),
        lambda: {"n": 1},
        lambda: {"n": 2},
        dict,
        "x.json",
    ),
    "cached": Kind(
        lambda path: CachedDataset(JSONDataset(filepath=path)), lambda: {"n": 1}, lambda: {"n": 2}, dict, "x.json"
    ),
}
EXPECTED: dict[str, tuple[Any, Any]] = {
    **dict.fromkeys(("pandas", "csv", "polars", "lazy polars", "duckdb", "spark"), ([1], [2, 3])),
    **dict.fromkeys(("json", "a new version each time", "cached"), ({"n": 1}, {"n": 2})),
    "text": ("old", "new"),
    "figure": ("old", "new"),
    "model": (1.0, 2.0),
    "partitions that replace": ({"june": [1], "may": [1]}, {"june": [2], "july": [3]}),
    "partitions that add": ({"june": [1], "may": [1]}, {"may": [1], "june": [2], "july": [3]}),
}
LAZY = ("lazy polars", "duckdb", "spark", "partitions that replace", "partitions that add")


def contents(folder: Path) -> dict[str, bytes]:
    """Read every file below a folder, hidden ones too."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def names(folder: Path) -> list[str]:
    """List every file and folder below a folder, hidden ones too."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))
