"""Which datasets are written aside, and what their saving replaces."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kedro.io import AbstractDataset, CachedDataset, MemoryDataset
from kedro.io.core import Version
from kedro_datasets.json import JSONDataset
from kedro_datasets.pandas import CSVDataset, SQLTableDataset
from kedro_datasets.partitions import PartitionedDataset
from kedro_datasets.spark import SparkDatasetV2

from evergreen.datasets.champion_dataset import ChampionDataset
from evergreen.staging.places import dataset_location, is_out_of_hand, local_path, save_target, stand_in

Made = Callable[[str], AbstractDataset[Any, Any]]


def csv(path: str, **more: Any) -> CSVDataset:
    return CSVDataset(filepath=path, **more)


def spark(path: str, **more: Any) -> SparkDatasetV2:
    return SparkDatasetV2(filepath=path, **more)


def json_of(version: Version) -> Made:
    return lambda path: JSONDataset(filepath=path, version=version)


class Loose(AbstractDataset[Any, Any]):
    """A dataset that takes whatever it is given."""

    def __init__(self, filepath: str, **more: Any) -> None:
        self.filepath, self.more = filepath, more

    def load(self) -> Any:
        return self.more

    def save(self, data: Any) -> None:
        Path(self.filepath).write_text(str(data))

    def _describe(self) -> dict[str, Any]:
        return {}


class DeltaTable(Loose):
    """Stands for those of kedro-datasets, whose library is not installed."""


STAGED: dict[str, tuple[Made, bool]] = {
    "a file": (csv, False),
    "a file, as an address": (lambda path: csv(f"file://{path}"), False),
    "a file that is opened to be written anew": (
        lambda path: csv(path, fs_args={"open_args_save": {"mode": "wb"}}),
        False,
    ),
    "cached": (lambda path: CachedDataset(csv(path)), False),
    "versions": (json_of(Version(None, None)), False),
    "partitions that add": (lambda path: PartitionedDataset(path=path, dataset=CSVDataset), False),
    "partitions that replace": (lambda path: PartitionedDataset(path=path, dataset=CSVDataset, overwrite=True), True),
    "a table of Spark": (lambda path: spark(path, save_args={"mode": "overwrite"}), True),
    "versions of Spark": (
        lambda path: spark(path, save_args={"mode": "overwrite"}, version=Version(None, "2024-01-01T00.00.00.000Z")),
        False,
    ),
    "any keywords": (lambda path: Loose(path, depth=3), False),
}
DIRECT: dict[str, Made] = {
    "another store": lambda _: csv("memory://bucket/x.csv"),
    "a database": lambda _: SQLTableDataset(table_name="x", credentials={"con": "sqlite://"}),
    "releases": lambda path: ChampionDataset(path=path),
    "a file that is added to": lambda path: csv(path, save_args={"mode": "a"}),
    "a file that is opened to be added to": lambda path: csv(path, fs_args={"open_args_save": {"mode": "ab"}}),
    "a table that Spark adds to": lambda path: spark(path, save_args={"mode": "append"}),
    "a table that Spark refuses to replace": spark,
    "a Delta table": lambda path: DeltaTable(path, save_args={"mode": "overwrite"}),
    "a Delta table of Spark": lambda path: spark(path, file_format="delta", save_args={"mode": "overwrite"}),
    "one version": json_of(Version("2024-01-01T00.00.00.000Z", None)),
}


@pytest.mark.parametrize("name", STAGED)
def test_what_replaces_a_place_of_its_own_is_staged(name: str, tmp_path: Path) -> None:
    make, owns_folder = STAGED[name]
    target = save_target(make(str(tmp_path / "x")))
    assert target is not None
    assert (target.path, target.owns_folder) == (tmp_path / "x", owns_folder)
    assert not is_out_of_hand(make(str(tmp_path / "x")))


@pytest.mark.parametrize("name", DIRECT)
def test_what_adds_or_lies_elsewhere_is_written_directly(name: str, tmp_path: Path) -> None:
    dataset = DIRECT[name](str(tmp_path / "x"))
    assert save_target(dataset) is None
    assert is_out_of_hand(dataset)


def test_memory_is_neither_staged_nor_out_of_hand() -> None:
    assert save_target(MemoryDataset()) is None
    assert not is_out_of_hand(MemoryDataset())
    assert not is_out_of_hand(CachedDataset(MemoryDataset()))


def test_a_place_behind_a_link_is_the_place_itself(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "data").symlink_to(tmp_path / "disk")
    assert local_path(csv(str(tmp_path / "data" / "x.csv"))) == tmp_path / "disk" / "x.csv"


def test_who_only_reads_a_place_is_known_by_it_too(tmp_path: Path) -> None:
    path = str(tmp_path / "x")
    assert local_path(spark(path)) == local_path(csv(path)) == tmp_path / "x"
    assert local_path(DIRECT["one version"](path)) is None
    assert local_path(MemoryDataset()) is None


def test_a_stand_in_is_the_same_in_all_but_its_place(tmp_path: Path) -> None:
    dataset = csv(f"file://{tmp_path}/x.csv", save_args={"sep": ";"}, load_args={"sep": ";"})
    target = save_target(dataset)
    assert target is not None
    other = stand_in(dataset, tmp_path / "aside" / "x.csv", target)
    assert type(other) is CSVDataset
    assert dataset_location(other) == str(tmp_path / "aside" / "x.csv")
    assert (other._save_args["sep"], other._load_args["sep"]) == (";", ";")
    assert dataset_location(dataset) == str(tmp_path / "x.csv")


def test_a_stand_in_keeps_any_keywords(tmp_path: Path) -> None:
    dataset = Loose(str(tmp_path / "x"), depth=3)
    target = save_target(dataset)
    assert target is not None
    assert stand_in(dataset, tmp_path / "aside", target).load() == {"depth": 3}
