"""An environment that may only read production reads everything and writes nothing of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kedro.config import OmegaConfigLoader
from kedro.framework.context import CatalogCommandsMixin
from kedro.io import AbstractDataset, CachedDataset, DataCatalog, MemoryDataset
from kedro.runner import ParallelRunner
from kedro_datasets.json import JSONDataset
from kedro_datasets.pandas import CSVDataset, SQLTableDataset
from kedro_datasets.partitions import IncrementalDataset, PartitionedDataset

from evergreen.errors import WriteRefusedError
from evergreen.guarded_catalog import GuardedCatalog, WriteGuard, dataset_location, refuse_outputs
from evergreen.staging import StagedCatalog
from tests.hooks.tiny_project import CONF, TinyProject, tiny_project

pytestmark = pytest.mark.filterwarnings("ignore:register_new_resolver")

_ROWS = pd.DataFrame({"x": [1, 2]})


class _Odd(AbstractDataset[Any, Any]):
    """A dataset that has no path and keeps no promise."""

    def load(self) -> Any:
        return None

    def save(self, _data: Any) -> None:
        raise AssertionError("it was saved")

    def _describe(self) -> dict[str, Any]:
        return {}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TinyProject]:
    with tiny_project(tmp_path, monkeypatch) as made:
        yield made


def _guarded(root: Path, **datasets: Any) -> GuardedCatalog:
    catalog = GuardedCatalog(datasets)
    catalog.guard = WriteGuard(env="adhoc", root=root / "scratch")
    return catalog


@pytest.mark.parametrize(
    ("make", "is_free"),
    [
        pytest.param(lambda _: MemoryDataset(), True, id="memory"),
        pytest.param(lambda root: CSVDataset(filepath=str(root / "scratch" / "deep" / "x.csv")), True, id="below"),
        pytest.param(lambda root: CSVDataset(filepath=f"file://{root}/scratch/x.csv"), True, id="below, as an address"),
        pytest.param(
            lambda root: PartitionedDataset(path=str(root / "scratch"), dataset=CSVDataset), True, id="folder"
        ),
        pytest.param(lambda root: CSVDataset(filepath=str(root / "x.csv")), False, id="beside"),
        pytest.param(lambda root: CSVDataset(filepath=str(root / "scratch" / ".." / "x.csv")), False, id="around"),
        pytest.param(lambda root: CSVDataset(filepath=str(root / "scratch_2" / "x.csv")), False, id="same beginning"),
        pytest.param(lambda root: CSVDataset(filepath=str(root / "link" / "x.csv")), False, id="through a link"),
        pytest.param(lambda _: CSVDataset(filepath="memory://scratch/x.csv"), False, id="another store"),
        pytest.param(lambda root: CachedDataset(CSVDataset(filepath=str(root / "x.csv"))), False, id="cached"),
        pytest.param(
            lambda root: CachedDataset(CSVDataset(filepath=str(root / "scratch/x.csv"))), True, id="cached below"
        ),
        pytest.param(
            lambda _: SQLTableDataset(table_name="x", credentials={"con": "sqlite://"}), False, id="a database"
        ),
        pytest.param(lambda _: _Odd(), False, id="no path"),
    ],
)
def test_only_memory_and_the_writable_root_are_free(tmp_path: Path, make: Any, is_free: bool) -> None:
    (tmp_path / "production").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "production")
    guard = WriteGuard(env="adhoc", root=tmp_path / "scratch")
    assert guard.allows(make(tmp_path)) is is_free


@given(parts=st.lists(st.sampled_from(["..", "scratch", "a", "."]), min_size=1, max_size=6))
def test_no_path_leads_out_of_the_root(parts: list[str]) -> None:
    guard = WriteGuard(env="adhoc", root=Path("/project/scratch"))
    path = "/".join(["/project/scratch", *parts, "x.json"])
    depth, lowest = 0, 0
    for part in parts:
        depth += {"..": -1, ".": 0}.get(part, 1)
        lowest = min(lowest, depth)
    if guard.allows(JSONDataset(filepath=path)):
        assert Path(path).resolve().is_relative_to("/project/scratch")
    else:
        assert lowest < 0


def test_a_save_is_refused_by_name_with_the_way_out(tmp_path: Path) -> None:
    catalog = _guarded(tmp_path, verdict=JSONDataset(filepath=str(tmp_path / "verdict.json")))
    expected = (
        "Dataset 'verdict' belongs to production and the environment 'adhoc' may only read it. "
        "Save to 'scratch_verdict_table', 'scratch_verdict_json' or another pattern of conf/adhoc/catalog.yml, "
        "or run in the default environment."
    )
    with pytest.raises(WriteRefusedError) as refused:
        catalog.save("verdict", {})
    assert str(refused.value) == expected
    assert list(tmp_path.iterdir()) == []


def test_a_dataset_refuses_whoever_asks_it(tmp_path: Path) -> None:
    catalog = _guarded(tmp_path, verdict=JSONDataset(filepath=str(tmp_path / "verdict.json")))
    with pytest.raises(WriteRefusedError, match="'verdict' belongs to production"):
        catalog["verdict"].save({})
    with pytest.raises(WriteRefusedError, match="'verdict' belongs to production"):
        dict(catalog.items())["verdict"].save({})


def test_a_dataset_that_is_put_in_later_is_guarded_too(tmp_path: Path) -> None:
    catalog = _guarded(tmp_path)
    catalog["late"] = CSVDataset(filepath=str(tmp_path / "late.csv"))
    catalog["note"] = "in memory"
    catalog.save("note", "still in memory")
    with pytest.raises(WriteRefusedError, match="'late'"):
        catalog.save("late", _ROWS)


def test_the_mark_of_an_incremental_dataset_is_not_moved(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "a.csv").write_text("x\n1\n")
    catalog = _guarded(tmp_path, parts=IncrementalDataset(path=str(tmp_path / "parts"), dataset=CSVDataset))
    assert list(catalog.load("parts")) == ["a.csv"]
    with pytest.raises(WriteRefusedError, match="'parts'"):
        catalog.confirm("parts")
    with pytest.raises(WriteRefusedError, match="'parts'"):
        catalog["parts"].confirm()  # type: ignore[attr-defined]
    assert [path.name for path in (tmp_path / "parts").iterdir()] == ["a.csv"]


def test_reading_and_letting_go_are_free(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("x\n1\n")
    catalog = _guarded(tmp_path, x=CSVDataset(filepath=str(tmp_path / "x.csv")))
    assert len(catalog.load("x")) == 1
    assert catalog.exists("x")
    catalog.release("x")


def test_without_a_guard_everything_may_be_written(tmp_path: Path) -> None:
    catalog = GuardedCatalog({"x": CSVDataset(filepath=str(tmp_path / "x.csv"))})
    catalog.save("x", _ROWS)
    refuse_outputs(catalog, ["x"])
    refuse_outputs(DataCatalog({"x": CSVDataset(filepath=str(tmp_path / "x.csv"))}), ["x"])


def test_all_outputs_of_a_run_are_checked_at_once(tmp_path: Path) -> None:
    production = {name: CSVDataset(filepath=str(tmp_path / f"{name}.csv")) for name in ("a", "b")}
    catalog = _guarded(tmp_path, **production, c=CSVDataset(filepath=str(tmp_path / "scratch" / "c.csv")))
    refuse_outputs(catalog, ["c", "not in the catalog"])
    with pytest.raises(WriteRefusedError, match=r"Datasets 'a', 'b' belong to production .* may only read them"):
        refuse_outputs(catalog, ["a", "b", "c", "not in the catalog"])


def test_a_location_is_the_declared_one(tmp_path: Path) -> None:
    assert dataset_location(CSVDataset(filepath="memory://bucket/x.csv")) == "memory://bucket/x.csv"
    assert dataset_location(CachedDataset(CSVDataset(filepath="x.csv"))) == "x.csv"
    assert dataset_location(MemoryDataset()) is None
    assert dataset_location(None) is None


def test_the_default_environment_may_write_everything(project: TinyProject) -> None:
    catalog = project.context().catalog
    assert isinstance(catalog, StagedCatalog)
    assert not isinstance(catalog, GuardedCatalog)
    catalog.save("verdict", {"case": "tiny"})


def test_a_notebook_in_the_guarded_environment_reads_all_and_writes_aside(project: TinyProject) -> None:
    project.run()
    catalog = project.context(env="adhoc").catalog
    assert len(catalog.load("rows")) == 10
    catalog.save("scratch_by_month_table", _ROWS)
    catalog.save("scratch_note_json", {"n": 1})
    catalog.save("scratch_look_page", "<h1>look</h1>")
    written = sorted(path.name for path in (project.path / "data" / "scratch" / "tiny").iterdir())
    assert written == ["by_month.parquet", "look.html", "note.json"]
    assert catalog.load("scratch_note_json") == {"n": 1}
    for name in ("rows", "verdict", "report", "table"):
        with pytest.raises(WriteRefusedError, match=f"'{name}' belongs to production"):
            catalog.save(name, _ROWS)


def test_the_guarded_catalog_has_kedros_commands(project: TinyProject) -> None:
    catalog = project.context(env="adhoc").catalog
    assert isinstance(catalog, CatalogCommandsMixin)
    described = catalog.describe_datasets(["scratch"])["scratch"]
    assert described["factories"] == {"kedro_datasets.pandas.parquet_dataset.ParquetDataset": ["scratch_half_table"]}
    assert "scratch_{name}_table" in catalog.list_patterns()


def test_a_parallel_run_is_guarded_too(project: TinyProject, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEDRO_MP_CONTEXT", "fork")
    project.run()
    with pytest.raises(WriteRefusedError, match="belong to production"):
        project.run(env="adhoc", runner=ParallelRunner(max_workers=1))
    project.run("scratch", env="adhoc", runner=ParallelRunner(max_workers=1))
    assert (project.path / "data" / "scratch" / "tiny" / "half.parquet").exists()


@pytest.mark.parametrize("name", ["verdict", "report", "repaired", "training_table", "table_scratch_x", "scratch_x"])
def test_the_patterns_take_no_other_dataset(project: TinyProject, name: str) -> None:
    loader = OmegaConfigLoader(str(project.path / "conf"), base_env="base", env="adhoc")
    patterns = {key: value for key, value in loader["catalog"].items() if "{" in key}
    assert len(patterns) == 4
    assert DataCatalog.from_config(patterns).config_resolver.match_dataset_pattern(name) is None


def test_every_pattern_writes_below_the_writable_root() -> None:
    for entry in (CONF / "adhoc" / "catalog.yml").read_text().split("filepath: ")[1:]:
        assert entry.startswith("${globals:writable_root}/${globals:case}/{name}.")
