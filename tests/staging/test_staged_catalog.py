"""What the catalog does around a staged save."""

from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from kedro.io import DatasetError, DatasetNotFoundError, MemoryDataset
from kedro.io.core import Version
from kedro_datasets.json import JSONDataset
from kedro_datasets.pandas import CSVDataset, SQLTableDataset
from kedro_datasets.partitions import IncrementalDataset, PartitionedDataset

from evergreen.errors import WriteRefusedError
from evergreen.guarded_catalog import GuardedCatalog, WriteGuard
from evergreen.staging import StagedCatalog, Staging, dataset_location
from evergreen.staging import staging as staging_module
from evergreen.staging.moves import Move
from tests.staging.kinds import contents, names, table


def a_json(path: Path, **more: Any) -> JSONDataset:
    return JSONDataset(filepath=str(path), **more)


def test_a_save_that_breaks_off_leaves_the_old_file(tmp_path: Path) -> None:
    catalog = StagedCatalog({"x": a_json(tmp_path / "x.json")})
    catalog.save("x", {"n": 1})
    with pytest.raises(DatasetError, match=r"x: Failed while saving .*x\.json") as raised:
        catalog.save("x", {"n": 2, "bad": object()})
    assert ".staged-" not in str(raised.value)
    assert catalog.load("x") == {"n": 1}
    assert names(tmp_path) == ["x.json"]


def test_partitions_break_off_as_one(tmp_path: Path) -> None:
    parts = PartitionedDataset(path=str(tmp_path / "parts"), dataset=CSVDataset, overwrite=True)
    catalog = StagedCatalog({"parts": parts})
    catalog.save("parts", {"a.csv": table(1), "b.csv": table(1)})
    before = contents(tmp_path)
    with pytest.raises(DatasetError):
        catalog.save("parts", {"a.csv": table(2), "b.csv": "no table"})
    assert contents(tmp_path) == before


def test_no_partitions_replace_all_partitions(tmp_path: Path) -> None:
    parts = PartitionedDataset(path=str(tmp_path / "parts"), dataset=CSVDataset, overwrite=True)
    catalog = StagedCatalog({"parts": parts})
    catalog.save("parts", {"a.csv": table(1)})
    catalog.save("parts", {})
    assert contents(tmp_path) == {}


def test_a_file_does_not_replace_a_folder(tmp_path: Path) -> None:
    (tmp_path / "x.json").mkdir()
    (tmp_path / "x.json" / "notes.txt").write_text("mine")
    catalog = StagedCatalog({"x": a_json(tmp_path / "x.json")})
    with pytest.raises(DatasetError, match=r"x: '.*x\.json' is a folder, and a file would replace all that is in it"):
        catalog.save("x", {"n": 1})
    assert contents(tmp_path) == {"x.json/notes.txt": b"mine"}


def test_a_version_is_not_saved_twice(tmp_path: Path) -> None:
    version = Version(None, "2024-02-29T00.00.00.000Z")
    catalog = StagedCatalog({"x": a_json(tmp_path / "x.json", version=version)})
    catalog.save("x", {"n": 1})
    with pytest.raises(DatasetError, match="must not exist if versioning is enabled"):
        catalog.save("x", {"n": 2})
    assert catalog.load("x") == {"n": 1}


def test_the_newest_version_is_found_although_an_older_one_was_read_before(tmp_path: Path) -> None:
    older, newer = (Version(None, f"202{year}-01-01T00.00.00.000Z") for year in (3, 4))
    StagedCatalog({"x": a_json(tmp_path / "x.json", version=older)}).save("x", {"n": 1})
    catalog = StagedCatalog({"x": a_json(tmp_path / "x.json", version=newer)})
    assert catalog.load("x") == {"n": 1}
    staging = catalog.staging = Staging()
    catalog.save("x", {"n": 2})
    assert catalog.load("x") == {"n": 2}
    assert catalog.load("x", version="2023-01-01T00.00.00.000Z") == {"n": 1}
    staging.commit()
    staging.close()
    assert catalog.load("x") == {"n": 2}


def test_a_link_to_another_disk_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "x.json").write_text("{}")
    (tmp_path / "x.json").symlink_to(tmp_path / "disk" / "x.json")
    StagedCatalog({"x": a_json(tmp_path / "x.json")}).save("x", {"n": 1})
    assert (tmp_path / "x.json").is_symlink()
    assert names(tmp_path) == ["disk", "disk/x.json", "x.json"]


def test_what_cannot_be_staged_is_written_directly(tmp_path: Path) -> None:
    log = CSVDataset(filepath=str(tmp_path / "log.csv"), save_args={"mode": "a", "header": False})
    rows = SQLTableDataset(
        table_name="rows",
        credentials={"con": f"sqlite:///{tmp_path}/x.db"},
        save_args={"index": False, "if_exists": "replace"},
    )
    catalog = StagedCatalog({"log": log, "rows": rows, "memory": MemoryDataset()})
    staging = catalog.staging = Staging()
    for name in ("log", "rows", "memory"):
        catalog.save(name, table(1))
    staging.close()
    assert sorted(names(tmp_path)) == ["log.csv", "x.db"]
    assert len(catalog.load("rows")) == len(catalog.load("memory")) == 1


def test_an_unknown_dataset_is_told_by_kedro(tmp_path: Path) -> None:
    with pytest.raises(DatasetNotFoundError, match="'x' not found"):
        StagedCatalog({}).save("x", 1)


def test_kedro_is_told_that_staged_data_are_not_kept(tmp_path: Path) -> None:
    table_of, page_of = a_json(tmp_path / "x.json"), a_json(tmp_path / "x.json")
    catalog = StagedCatalog({"x@table": table_of, "x@page": page_of})
    staging = catalog.staging = Staging(readers={tmp_path / "x.json": [table_of, page_of]})
    catalog.save("x@table", {"n": 1})
    assert (table_of._EPHEMERAL, page_of._EPHEMERAL) == (True, True)
    staging.commit()
    assert (table_of._EPHEMERAL, page_of._EPHEMERAL) == (False, False)


def test_the_location_of_a_staged_dataset_is_where_it_is_written(tmp_path: Path) -> None:
    catalog = StagedCatalog({"x": a_json(tmp_path / "x.json")})
    staging = catalog.staging = Staging()
    catalog.save("x", {"n": 1})
    location = dataset_location(catalog.get("x"))
    assert location is not None
    assert Path(location).exists()
    staging.commit()
    staging.close()
    assert dataset_location(catalog.get("x")) == str(tmp_path / "x.json")


def test_what_rests_on_another_comes_into_place_after_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moved: list[str] = []
    put = staging_module.put

    def put_and_note(move: Move) -> None:
        moved.append(move.target.name)
        put(move)

    monkeypatch.setattr(staging_module, "put", put_and_note)
    catalog = StagedCatalog({name: a_json(tmp_path / name) for name in "abc"})
    staging = catalog.staging = Staging()
    for name in "cab":
        catalog.save(name, {})
    staging.commit(["b", "c"])
    assert moved == ["c", "b"]
    staging.commit()
    assert moved == ["c", "b", "a"]
    staging.close()


def test_the_same_place_may_be_staged_again_after_it_was_put_into_place(tmp_path: Path) -> None:
    catalog = StagedCatalog({"x": a_json(tmp_path / "x.json"), "again": a_json(tmp_path / "x.json")})
    staging = catalog.staging = Staging()
    catalog.save("x", {"n": 1})
    staging.commit()
    catalog.save("again", {"n": 2})
    assert contents(tmp_path)["x.json"] == b'{\n  "n": 1\n}'
    staging.close()
    assert catalog.load("x") == {"n": 1}


def test_what_somebody_took_away_is_not_passed_over(tmp_path: Path) -> None:
    catalog = StagedCatalog({name: a_json(tmp_path / name) for name in "ab"})
    catalog.save("a", {"n": 1})
    staging = catalog.staging = Staging()
    for name in "ab":
        catalog.save(name, {"n": 2})
    next(tmp_path.glob(".staged-*/*/b")).unlink()
    with pytest.raises(FileNotFoundError):
        staging.commit()
    staging.close()
    assert contents(tmp_path) == {"a": b'{\n  "n": 1\n}'}


def test_one_may_save_while_another_reads(tmp_path: Path) -> None:
    catalog = StagedCatalog({"x": a_json(tmp_path / "x.json")})
    catalog.save("x", {"n": 0})
    seen: list[int] = []
    threads = [Thread(target=lambda: seen.extend(catalog.load("x")["n"] for _ in range(50))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for number in range(50):
        catalog.save("x", {"n": number})
    for thread in threads:
        thread.join()
    assert len(seen) == 100
    assert set(seen) <= set(range(50))


def test_what_was_read_counts_as_read_only_once_all_is_in_place(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "a.csv").write_text("x\n1\n")
    parts = IncrementalDataset(path=str(tmp_path / "parts"), dataset=CSVDataset)
    catalog = StagedCatalog({"parts": parts})
    for is_done, expected in ((False, ["a.csv"]), (True, [])):
        catalog.staging = Staging()
        assert list(catalog.load("parts")) == ["a.csv"]
        catalog.confirm("parts")
        catalog.staging.close(is_done=is_done)
        catalog.staging = None
        catalog.release("parts")
        assert list(catalog.load("parts")) == expected


def test_the_guard_stands_before_the_staging(tmp_path: Path) -> None:
    (tmp_path / "production").mkdir()
    catalog = GuardedCatalog(
        {"mine": a_json(tmp_path / "scratch" / "x.json"), "theirs": a_json(tmp_path / "production" / "x.json")}
    )
    catalog.guard = WriteGuard(env="adhoc", root=tmp_path / "scratch")
    staging = catalog.staging = Staging()
    catalog.save("mine", {"n": 1})
    catalog.save("mine", {"n": 2})
    with pytest.raises(WriteRefusedError, match="'theirs' belongs to production"):
        catalog.save("theirs", {})
    assert names(tmp_path / "production") == []
    assert catalog.load("mine") == {"n": 2}
    staging.commit()
    staging.close()
    assert contents(tmp_path) == {"scratch/x.json": b'{\n  "n": 2\n}'}
