"""The table steps of data_processing, run by Kedro through the catalog of an engine's environment."""

import sys
from pathlib import Path
from typing import Any

import yaml
from kedro.io import DataCatalog
from kedro.pipeline import Node, Pipeline
from kedro.runner import SequentialRunner

from benchmarks.table_steps.case import AS_OF, measured_case
from benchmarks.table_steps.measure import measured
from evergreen.preparing.decisions import (
    gather_decisions,
    mark_decisions,
    settle_decisions,
    split_decisions,
)
from evergreen.preparing.params import DataProcessingParams
from evergreen.problem import AsOf

CONF = Path(__file__).resolve().parents[2] / "conf"
_SOURCES: dict[str, dict[str, Any]] = {
    "pandas": {"type": "pandas.ParquetDataset"},
    "polars": {"type": "polars.EagerPolarsDataset", "file_format": "parquet"},
    "duckdb": {"type": "ibis.FileDataset"},
    "spark": {"type": "spark.SparkDatasetV2"},
}


def table_steps() -> Pipeline:
    """The steps that make tables.

    Returns:
        The pipeline, wired as in data_processing.
    """
    return Pipeline(
        [
            Node(
                gather_decisions,
                ["params:problem", "params:as_of", "orders", "clients", "rates"],
                ["gathered", "gathered_rows"],
            ),
            Node(mark_decisions, ["params:problem", "gathered"], "marked"),
            Node(
                settle_decisions, ["params:problem", "marked"], ["repaired", "quarantine", "repairs", "repaired_rows"]
            ),
            Node(
                split_decisions,
                ["params:problem", "params:as_of", "params:data_processing", "repaired"],
                ["training@table", "holdout@table", "split_card", "split_rows", "outlier_limits", "outlier_repairs"],
            ),
        ]
    )


def catalog_of(engine: str, raw: Path, data: Path) -> DataCatalog:
    """Take the entries an environment has for the tables, at another place.

    Args:
        engine: pandas, polars, duckdb or spark.
        raw: the folder of the sources.
        data: where tables go.

    Returns:
        The catalog.
    """
    entries = _entries("base", "catalog_data_processing.yml", data)
    if engine != "pandas":
        entries |= _entries(engine, "catalog.yml", data)
    outputs = table_steps().all_outputs()
    wanted = {name: entry for name, entry in entries.items() if name in outputs}
    for name in ("orders", "clients", "rates"):
        kind = _SOURCES[engine if name == "orders" else "pandas"]
        connection = {"connection": entries["_duckdb"]} if kind["type"].startswith("ibis") else {}
        wanted[name] = {**kind, **connection, "filepath": str(raw / f"{name}.parquet")}
    catalog = DataCatalog.from_config(wanted)
    catalog["params:problem"] = measured_case()
    catalog["params:as_of"] = AsOf(AS_OF)
    catalog["params:data_processing"] = DataProcessingParams.model_construct(random_state=1)
    return catalog


def _entries(env: str, name: str, data: Path) -> dict[str, Any]:
    text = (CONF / env / name).read_text()
    entries = yaml.safe_load(text.replace("${globals:data}", str(data)).replace("${globals:case}", "orders"))
    for entry in entries.values():
        if str(entry.get("connection", "")).startswith("${"):
            entry["connection"] = entries[entry["connection"][2:-1]]
        entry.pop("validator", None)
        entry.pop("metadata", None)
    return {name: entry for name, entry in entries.items() if isinstance(entry, dict)}


def main(engine: str, raw: Path, data: Path) -> None:
    """Run the table steps once and print what they cost.

    Args:
        engine: pandas, polars, duckdb or spark.
        raw: the folder of the sources.
        data: where tables go.
    """
    if engine == "spark":
        from pyspark.sql import SparkSession

        builder = SparkSession.builder
        for key, value in yaml.safe_load((CONF / "spark" / "spark.yml").read_text()).items():
            builder = builder.config(key, str(value).lower() if isinstance(value, bool) else str(value))
        builder.getOrCreate()
    if engine == "duckdb":
        import ibis

        ibis.duckdb.connect()  # libraries are loaded before the clock starts, as those of the script are
    catalog = catalog_of(engine, raw, data)
    with measured():
        SequentialRunner().run(table_steps(), catalog)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
