"""Whatever breaks off at whatever moment: the old outputs or the new ones, never something between."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from kedro_datasets.json import JSONDataset
from kedro_datasets.pandas import CSVDataset
from kedro_datasets.partitions import PartitionedDataset

from evergreen.errors import EvergreenError
from evergreen.staging import StagedCatalog, Staging, recover
from evergreen.staging import staging as staging_module
from evergreen.staging.moves import Move, link, plan_moves, put, take_back
from evergreen.staging.places import Target
from tests.staging.kinds import contents, names, table

_CALLS = ("link", "rename", "replace", "mkdir", "unlink", "rmdir", "open")


class Cut(BaseException):
    """What a process feels when it is killed, as far as a test can play it."""


@contextmanager
def breaking(monkeypatch: pytest.MonkeyPatch, at: int, error: type[BaseException]) -> Iterator[list[int]]:
    """Let the system calls that change files fail from the one with a number on.

    A process that is killed does nothing more, not even tidy up; so a cut makes all later calls fail too.
    """
    count = [0]

    def sabotaged(call: Callable[..., Any]) -> Callable[..., Any]:
        def called(*args: Any, **kwargs: Any) -> Any:
            count[0] += 1
            if count[0] == at or (count[0] > at and error is Cut):
                raise error("out of order")
            return call(*args, **kwargs)

        return called

    with monkeypatch.context() as patch:
        for name in _CALLS:
            patch.setattr(os, name, sabotaged(getattr(os, name)))
        yield count


def catalog_in(folder: Path) -> StagedCatalog:
    """A file that exists, one that does not, a folder that is replaced, one that is added to."""
    return StagedCatalog(
        {
            "old": JSONDataset(filepath=str(folder / "old.json")),
            "fresh": JSONDataset(filepath=str(folder / "deep" / "fresh.json")),
            "replaced": PartitionedDataset(path=str(folder / "replaced"), dataset=CSVDataset, overwrite=True),
            "grown": PartitionedDataset(path=str(folder / "grown"), dataset=CSVDataset),
        }
    )


def save_first(catalog: StagedCatalog) -> None:
    catalog.save("old", {"n": 1})
    catalog.save("replaced", {"a.csv": table(1), "b.csv": table(1)})
    catalog.save("grown", {"a.csv": table(1), "sub/b.csv": table(1)})


def save_second(catalog: StagedCatalog) -> None:
    catalog.save("old", {"n": 2})
    catalog.save("fresh", {"n": 2})
    catalog.save("replaced", {"b.csv": table(2), "c.csv": table(2)})
    catalog.save("grown", {"sub/b.csv": table(2), "sub/c.csv": table(2), "new/d.csv": table(2)})


def new_contents(folder: Path) -> dict[str, bytes]:
    """What a run leaves that nothing disturbs."""
    folder.mkdir()
    catalog = catalog_in(folder)
    save_first(catalog)
    save_second(catalog)
    return contents(folder)


def staged_run(folder: Path) -> Staging:
    catalog = catalog_in(folder)
    save_first(catalog)
    staging = catalog.staging = Staging(folder / ".journal")
    save_second(catalog)
    return staging


def visible(folder: Path) -> dict[str, bytes]:
    return {name: content for name, content in contents(folder).items() if not name.startswith(".")}


def test_a_fault_while_moving_takes_everything_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = new_contents(tmp_path / "undisturbed")
    taken_back = 0
    for at in range(1, 200):
        folder = tmp_path / str(at)
        folder.mkdir()
        staging = staged_run(folder)
        before = visible(folder)
        with breaking(monkeypatch, at, OSError) as count, suppress(OSError):
            staging.commit()
        if count[0] < at:
            break
        staging.close()
        assert visible(folder) in (before, expected), at
        taken_back += visible(folder) == before
        recover(folder / ".journal")
        assert contents(folder) in (before, expected), at
    assert count[0] < at
    assert taken_back > 20


def test_a_run_that_is_killed_while_moving_is_finished_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = new_contents(tmp_path / "undisturbed")
    finished = 0
    for at in range(1, 200):
        folder = tmp_path / str(at)
        folder.mkdir()
        staging = staged_run(folder)
        before = visible(folder)
        with breaking(monkeypatch, at, Cut) as count, suppress(Cut):
            staging.commit()
        if count[0] < at:
            break
        recover(folder / ".journal")
        assert contents(folder) in (before, expected), at
        assert not any(name.startswith(".") for name in names(folder))
        finished += contents(folder) == expected
    assert count[0] < at
    assert finished > 10


def test_even_the_clearing_up_may_be_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = new_contents(tmp_path / "undisturbed")
    for at in range(1, 200):
        folder = tmp_path / str(at)
        folder.mkdir()
        staging = staged_run(folder)
        staging._journal.announce([move for one in staging._staged.values() for move in one.moves()])
        with breaking(monkeypatch, at, Cut) as count, suppress(Cut):
            recover(folder / ".journal")
        recover(folder / ".journal")
        assert contents(folder) == expected, at
        if count[0] < at:
            break
    assert count[0] < at


def test_moves_that_cannot_be_taken_back_are_finished_by_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = new_contents(tmp_path / "undisturbed")
    folder = tmp_path / "x"
    folder.mkdir()
    staging = staged_run(folder)
    put_first = iter([put, put])

    def full(move: Move) -> None:
        next(put_first, refuse)(move)

    def refuse(_: Move) -> None:
        raise OSError("the disk is gone")

    monkeypatch.setattr(staging_module, "put", full)
    monkeypatch.setattr(staging_module, "take_back", refuse)
    with pytest.raises(OSError, match="the disk is gone"):
        staging.commit()
    staging.close()
    recover(folder / ".journal")
    assert contents(folder) == expected


@pytest.mark.parametrize("is_replacing", [True, False], ids=["over another", "where nothing was"])
@pytest.mark.parametrize("is_folder", [True, False], ids=["a folder", "a file"])
def test_a_move_can_be_repeated_and_taken_back(is_folder: bool, is_replacing: bool, tmp_path: Path) -> None:
    def write(path: Path, text: str) -> None:
        (path / "part" if is_folder else path).parent.mkdir(parents=True, exist_ok=True)
        (path / "part" if is_folder else path).write_text(text)

    write(tmp_path / "source", "new")
    if is_replacing:
        write(tmp_path / "target", "old")
    before = {name: text for name, text in contents(tmp_path).items() if name.startswith("target")}
    [move] = plan_moves(tmp_path / "source", Target(tmp_path / "target", owns_folder=True), tmp_path / "aside")
    for _ in range(3):
        put(move)
        assert set(contents(tmp_path).values()) >= {b"new"}
        assert contents(tmp_path)["target/part" if is_folder else "target"] == b"new"
    for _ in range(2):
        take_back(move)
        assert {name: text for name, text in contents(tmp_path).items() if name.startswith("target")} == before


def test_taking_back_a_move_that_did_not_begin_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("old")
    take_back(Move(tmp_path / "source", tmp_path / "target", tmp_path / "aside", is_replacing=True))
    assert contents(tmp_path) == {"target": b"old"}


def test_a_file_system_without_links_is_served_by_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise OSError("no links here")

    monkeypatch.setattr(os, "link", refuse)
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x").write_text("one")
    link(tmp_path / "a", tmp_path / "b")
    assert contents(tmp_path) == {"a/x": b"one", "b/x": b"one"}
    expected = new_contents(tmp_path / "undisturbed")
    (tmp_path / "world").mkdir()
    staging = staged_run(tmp_path / "world")
    staging.commit()
    staging.close()
    assert contents(tmp_path / "world") == expected


def test_a_file_does_not_replace_a_folder_of_something_else(tmp_path: Path) -> None:
    (tmp_path / "x.json").mkdir()
    (tmp_path / "x.json" / "notes.txt").write_text("mine")
    (tmp_path / "source").write_text("new")
    with pytest.raises(
        EvergreenError, match=r"x\.json' is a folder, and a file would replace all that is in it\. Move"
    ):
        plan_moves(tmp_path / "source", Target(tmp_path / "x.json", owns_folder=False), tmp_path / "aside")


def test_a_folder_that_is_added_to_does_not_replace_a_file(tmp_path: Path) -> None:
    (tmp_path / "parts").write_text("mine")
    (tmp_path / "source").mkdir()
    with pytest.raises(EvergreenError, match=r"parts' is a file, and a folder would replace"):
        plan_moves(tmp_path / "source", Target(tmp_path / "parts", owns_folder=False), tmp_path / "aside")


def test_a_journal_that_cannot_be_read_is_told_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / ".journal").write_text("{}")
    with pytest.raises(EvergreenError, match=r"journal '.*' of a run that was cut off cannot be read\. Remove it"):
        recover(tmp_path / ".journal")
    assert (tmp_path / ".journal").exists()


def test_outputs_that_somebody_took_away_are_told_with_the_way_out(tmp_path: Path) -> None:
    staging = staged_run(tmp_path)
    before = visible(tmp_path)
    staging._journal.announce([move for one in staging._staged.values() for move in one.moves()])
    for folder in tmp_path.glob(".staged-*"):
        shutil.rmtree(folder)
    with pytest.raises(
        EvergreenError, match=r"cannot be put into their places \(.*\)\. Mend that .* or remove '.*journal'"
    ):
        recover(tmp_path / ".journal")
    (tmp_path / ".journal").unlink()
    recover(tmp_path / ".journal")
    assert visible(tmp_path) == before
