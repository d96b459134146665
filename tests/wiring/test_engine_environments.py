"""The environments of the engines change where and by what tables are kept, and nothing else."""

from pathlib import Path
from typing import Any

import pytest
import yaml

CONF = Path(__file__).resolve().parents[2] / "conf"
ENGINES = {"polars": "polars.", "duckdb": "ibis.", "spark": "spark."}
# The tables with one row per decision, of the cases that are shipped on engines.
CASES = ("base", "bank_marketing", "bike", "dry_bean", "sms_spam")
SPINES = {"contacts", "calls", "hours", "beans", "messages"}
EVERY_ENGINE = pytest.mark.parametrize("engine", ENGINES)


def entries(env: str) -> dict[str, Any]:
    """The catalog entries of an environment as they are written."""
    found: dict[str, Any] = {}
    for file in sorted((CONF / env).glob("catalog*.yml")):
        found |= yaml.safe_load(file.read_text())
    return {name: entry for name, entry in found.items() if not name.startswith("_")}


def of_all_cases() -> dict[str, Any]:
    """The entries of all cases that are shipped on engines."""
    return {name: entry for case in CASES for name, entry in entries(case).items()}


@EVERY_ENGINE
def test_it_holds_a_catalog_alone(engine: str) -> None:
    files = {file.name for file in (CONF / engine).iterdir()}
    assert files == ({"catalog.yml", "spark.yml"} if engine == "spark" else {"catalog.yml"})


@EVERY_ENGINE
def test_it_keeps_tables_that_there_are_in_its_own_way(engine: str) -> None:
    known, found = of_all_cases(), entries(engine)
    assert found.keys() <= known.keys()
    assert found.keys() >= SPINES
    for name, entry in found.items():
        kind = entry["dataset"]["type"] if entry["type"] == "partitions.PartitionedDataset" else entry["type"]
        # In memory an engine hands on its plan, not rows.
        assert kind.startswith((ENGINES[engine], "MemoryDataset")), name


@EVERY_ENGINE
def test_what_it_writes_lies_where_pandas_looks_for_it(engine: str) -> None:
    known, found = of_all_cases(), entries(engine)
    for name, entry in found.items():
        place, usual = (one.get("filepath", one.get("path")) for one in (entry, known[name]))
        is_in_memory = "MemoryDataset" in (entry["type"], known[name]["type"])
        assert place == usual or is_in_memory, name


def test_all_engines_keep_what_pandas_writes() -> None:
    usual = {"marked", "repaired", "quarantine", "training@table", "holdout@table", "new_rows_marked"}
    assert {engine: sorted(usual - entries(engine).keys()) for engine in ENGINES} == {engine: [] for engine in ENGINES}


def test_no_engine_guesses_what_a_column_is() -> None:
    told = {engine: entries(engine) for engine in ENGINES}
    texts = [name for name, entry in told["spark"].items() if entry["file_format"] == "csv"]
    assert set(texts) == SPINES - {"contacts"}
    assert not any("inferSchema" in told["spark"][name].get("load_args", {}) for name in texts)
    assert all(told["duckdb"][name]["load_args"]["all_varchar"] is True for name in texts)
    assert all(told["polars"][name]["load_args"]["infer_schema"] is False for name in texts)
