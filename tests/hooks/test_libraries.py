"""The library that reads the decisions is the one that keeps the tables made of them."""

from typing import Any

import pytest
from kedro.io import DataCatalog

from evergreen.errors import CaseError
from evergreen.hooks.libraries import refuse_mixed_engines

DATASETS: dict[str, dict[str, Any]] = {
    "pandas": {"type": "pandas.CSVDataset", "filepath": "x.csv"},
    "sql": {"type": "pandas.SQLTableDataset", "table_name": "x", "credentials": {"con": "sqlite:///x.db"}},
    "records": {"type": "evergreen.datasets.paged_json_dataset.PagedJSONDataset", "url": "http://localhost/x"},
    "json": {"type": "json.JSONDataset", "filepath": "x.json"},
    "polars": {"type": "polars.EagerPolarsDataset", "filepath": "x.parquet", "file_format": "parquet"},
    "lazy": {"type": "polars.LazyPolarsDataset", "filepath": "x.parquet", "file_format": "parquet"},
    "duckdb": {"type": "ibis.FileDataset", "filepath": "x.parquet", "file_format": "parquet"},
    "spark": {"type": "spark.SparkDatasetV2", "filepath": "x.parquet"},
    "memory": {"type": "MemoryDataset"},
}
DATASETS["folder"] = {"type": "partitions.PartitionedDataset", "path": "x", "dataset": DATASETS["pandas"] | {}}
DATASETS["folder"]["dataset"].pop("filepath")
DATASETS["cached"] = {"type": "CachedDataset", "dataset": DATASETS["polars"]}


def look(decisions: str, tables: str) -> None:
    catalog = DataCatalog.from_config({"orders": DATASETS[decisions], "training@table": DATASETS[tables]})
    refuse_mixed_engines("orders", catalog)


@pytest.mark.parametrize("tables", ["polars", "duckdb", "spark"])
@pytest.mark.parametrize("decisions", ["pandas", "sql", "json", "records", "folder"])
def test_decisions_of_pandas_under_an_engine_are_refused(decisions: str, tables: str) -> None:
    with pytest.raises(CaseError, match=r"'orders' is read by pandas .* Add its entry as .* docs/how-to/scale\.md"):
        look(decisions, tables)


def test_a_refusal_names_the_type_to_write() -> None:
    with pytest.raises(CaseError) as refusal:
        look("pandas", "duckdb")
    assert str(refusal.value) == (
        "Source 'orders' is read by pandas (pandas.CSVDataset), while DuckDB keeps the tables that are made of its "
        "rows. Add its entry as ibis.FileDataset to a catalog file of the engine's folder, as docs/how-to/scale.md "
        "shows, or run the case without the engine."
    )


@pytest.mark.parametrize("decisions", ["polars", "duckdb", "spark", "cached"])
def test_decisions_of_an_engine_without_its_environment_are_refused(decisions: str) -> None:
    with pytest.raises(CaseError, match=r"while pandas keeps the tables .* \(--env CASE,ENGINE"):
        look(decisions, "pandas")


@pytest.mark.parametrize(
    ("decisions", "tables"),
    [
        ("pandas", "pandas"),
        ("json", "pandas"),
        ("folder", "pandas"),
        ("polars", "polars"),
        ("lazy", "polars"),
        ("cached", "polars"),
        ("duckdb", "duckdb"),
        ("spark", "spark"),
        ("memory", "spark"),
        ("polars", "memory"),
    ],
)
def test_decisions_where_the_tables_are_kept_pass(decisions: str, tables: str) -> None:
    look(decisions, tables)


def test_a_case_that_lacks_one_of_them_is_told_by_others() -> None:
    refuse_mixed_engines("orders", DataCatalog())
