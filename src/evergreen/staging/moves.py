"""Putting what was written aside into its place, so that it can be done again and taken back.

What is moved is linked, not taken away: tables that were read from the staged files without being computed yet go on
finding them until the run has ended.
"""

import os
import re
import shutil
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, Self

from evergreen.errors import EvergreenError
from evergreen.staging.places import Target

_N_AT_ONCE = 8
# What Spark leaves in the folder of a table, besides the folders of its partitions.
_OF_SPARK = re.compile(r"_SUCCESS|part-.*|\..*\.crc|_committed_.*|_started_.*")


@dataclass(frozen=True)
class Move:
    """One file or folder that comes to its place.

    Attributes:
        source: what was written aside.
        target: where it belongs.
        slot: the beginning of the names, on the same file system, of what is on its way in or out.
        is_replacing: whether something was at the target when the move was planned.
    """

    source: Path
    target: Path
    slot: Path
    is_replacing: bool

    @property
    def fresh(self) -> Path:
        """What comes to the target."""
        return self.slot.with_name(f"{self.slot.name}.in")

    @property
    def former(self) -> Path:
        """What was at the target."""
        return self.slot.with_name(f"{self.slot.name}.out")

    def as_json(self) -> dict[str, Any]:
        """Write it for the journal."""
        paths = {name: str(getattr(self, name)) for name in ("source", "target", "slot")}
        return {**paths, "is_replacing": self.is_replacing}

    @classmethod
    def from_json(cls, entry: dict[str, Any]) -> Self:
        """Read it from the journal."""
        source, target, slot = (Path(entry[name]) for name in ("source", "target", "slot"))
        return cls(source, target, slot, bool(entry["is_replacing"]))


def plan_moves(source: Path, target: Target, slot: Path) -> list[Move]:
    """Say which moves bring a dataset to its place.

    Args:
        source: what was written aside.
        target: where it belongs.
        slot: the beginning of names that nothing else has, on the same file system.

    Returns:
        One move for a file or for a folder that the dataset owns; for another folder one for each part that is new or
        replaced.

    Raises:
        EvergreenError: where a file stands in the place of a folder, or a folder in that of a file.
    """
    pairs = list(_pairs(source, target.path, owns_folder=target.owns_folder))
    return [
        Move(part, place, slot.with_name(f"{slot.name}_{number}"), os.path.lexists(place))
        for number, (part, place) in enumerate(pairs)
    ]


def put(move: Move) -> None:
    """Bring what was written aside to its place; doing it twice does no more.

    A file is replaced in one step. A folder is exchanged in two, between which nothing is there.

    Args:
        move: the move.

    Raises:
        OSError: where the file system refuses.
    """
    fresh = move.fresh
    remove(fresh)
    link(move.source, fresh)
    _set_aside(move, is_file=fresh.is_file())
    move.target.parent.mkdir(parents=True, exist_ok=True)
    if fresh.is_file():
        fresh.replace(move.target)
    elif not os.path.lexists(move.target):
        fresh.rename(move.target)


def take_back(move: Move) -> None:
    """Undo a move, whether it was done, half done or not begun.

    Args:
        move: the move.

    Raises:
        OSError: where the file system refuses.
    """
    if not move.is_replacing:
        remove(move.target)
    elif os.path.lexists(move.former):
        if not (move.former.is_file() and move.target.is_file()):
            remove(move.target)
        move.former.replace(move.target)


def remove(path: Path) -> None:
    """Remove a file or a folder with all that is in it; nothing there is fine."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def link(source: Path, target: Path) -> None:
    """Make the same files appear in a second place; they are copied where the file system knows no links.

    Args:
        source: a file or a folder.
        target: the second place, on the same file system; nothing may be there.
    """
    if source.is_dir():
        shutil.copytree(source, target, copy_function=_link_file)
    else:
        _link_file(source, target)


def flush(paths: Iterable[Path]) -> None:
    """Have the system write files, and all files of folders, to the disk.

    Args:
        paths: the files and folders.
    """
    files = [file for path in paths for file in (path.rglob("*") if path.is_dir() else [path]) if file.is_file()]
    # The disk takes many files in little more time than one, if it is told of them at once.
    with ThreadPoolExecutor(_N_AT_ONCE) as pool:
        list(pool.map(_flush_file, files))


def _flush_file(file: Path) -> None:
    handle = os.open(file, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _pairs(source: Path, target: Path, *, owns_folder: bool) -> Iterator[tuple[Path, Path]]:
    if source.is_dir() and target.is_dir() and not owns_folder:
        for part in sorted(source.iterdir()):
            yield from _pairs(part, target / part.name, owns_folder=False)
        return
    if source.is_file() and target.is_dir() and not _is_table_of_spark(target):
        _refuse(target, found="a folder", wanted="a file")
    if source.is_dir() and target.is_file() and not owns_folder:
        _refuse(target, found="a file", wanted="a folder")
    yield source, target


def _refuse(target: Path, *, found: str, wanted: str) -> NoReturn:
    finding = f"is {found}, and {wanted} would replace all that is in it"
    raise EvergreenError(f"'{target}'", finding, "Move it away, or mend the path in the catalog.")


def _is_table_of_spark(folder: Path) -> bool:
    return (folder / "_SUCCESS").exists() and _holds_parts_only(folder)


def _holds_parts_only(folder: Path) -> bool:
    return all(
        "=" in part.name and _holds_parts_only(part) if part.is_dir() else _OF_SPARK.fullmatch(part.name)
        for part in folder.iterdir()
    )


def _set_aside(move: Move, *, is_file: bool) -> None:
    former, target = move.former, move.target
    if os.path.lexists(former) or not os.path.lexists(target):
        return
    if is_file and target.is_file():
        draft = move.slot.with_name(f"{move.slot.name}.draft")
        remove(draft)
        link(target, draft)
        draft.rename(former)
    else:
        target.rename(former)


def _link_file(source: Path | str, target: Path | str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
