"""The outputs of a run that are written but not in their places yet."""

import os
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock
from typing import Any
from uuid import uuid4

from evergreen.staging.journal import Journal
from evergreen.staging.moves import Move, flush, plan_moves, put, remove, take_back
from evergreen.staging.places import (
    Dataset,
    Target,
    forget_newest_version,
    is_versioned,
    local_path,
    refuse_version,
    save_target,
    stand_in,
)

_N_TOKEN = 12


@dataclass
class Staged:
    """One dataset that is written aside.

    Attributes:
        name: its name in the catalog.
        target: what it will replace.
        source: where it is written aside; it ends in the name of the target, since file types and versions go by it.
        slot: the beginning of names for its moves.
        readers: all datasets with this place, those of other types among them.
        is_written: whether a save has ended well and left something to be put into place.
    """

    name: str
    target: Target
    source: Path
    slot: Path
    readers: list[Dataset] = field(default_factory=list)
    is_written: bool = False

    def __post_init__(self) -> None:
        self._stand_ins: dict[int, Dataset] = {}
        self._not_kept: list[Dataset] = []

    def stand_in(self, dataset: Dataset) -> Dataset:
        """Give the dataset that reads and writes aside in place of one of the readers."""
        if dataset not in self.readers:
            self.readers.append(dataset)
        if id(dataset) not in self._stand_ins:
            self._stand_ins[id(dataset)] = stand_in(dataset, self.source, self.target)
        return self._stand_ins[id(dataset)]

    def begin(self) -> None:
        """Let Kedro know that the dataset is not kept yet: it tells a failed run from which node on to go on."""
        self._not_kept = [reader for reader in self.readers if not reader._EPHEMERAL]
        for reader in self._not_kept:
            reader._EPHEMERAL = True

    def end(self) -> None:
        """The dataset is in its place, or given up."""
        for reader in self._not_kept:
            del reader._EPHEMERAL
        for reader in self.readers:
            forget_newest_version(reader)

    def note_save(self) -> None:
        """Note that a save has ended well.

        Raises:
            EvergreenError: where a file and a folder would be in each other's way.
        """
        if self.target.owns_folder and not os.path.lexists(self.source):
            # No partitions were saved, and that replaces what was there too.
            self.source.mkdir(parents=True)
        self.is_written = os.path.lexists(self.source)
        self.moves()

    def moves(self) -> list[Move]:
        """Plan how it comes to its place."""
        return plan_moves(self.source, self.target, self.slot)


class Staging:
    """Keeps outputs aside until they are put into place together.

    Staged files lie in a hidden folder beside their places, so that a rename is enough. Threads take turns.

    Args:
        journal: where to note what is under way; None leaves the clearing after a crash to others.
        readers: the datasets of a run by place, as ``local_path`` gives it.
    """

    def __init__(self, journal: Path | None = None, readers: Mapping[Path, Collection[Dataset]] | None = None) -> None:
        self._journal = Journal(journal)
        self._readers = readers or {}
        self._staged: dict[Path, Staged] = {}
        self._token = uuid4().hex[:_N_TOKEN]
        self._taken: dict[tuple[Path, str], int] = {}
        self._later: list[Callable[[], Any]] = []
        self._lock = RLock()

    def admit(self, name: str, dataset: Dataset) -> Staged | None:
        """Take a dataset in that is about to be saved.

        Args:
            name: its name in the catalog.
            dataset: the dataset.

        Returns:
            Where it is written aside; None where it can only be written directly.

        Raises:
            DatasetError: where the version to be saved exists.
        """
        target = save_target(dataset)
        if target is None:
            return None
        if is_versioned(dataset):
            refuse_version(dataset)
        with self._lock:
            if target.path not in self._staged:
                self._staged[target.path] = self._take_in(name, dataset, target)
            return self._staged[target.path]

    def stand_in(self, dataset: Dataset) -> Dataset:
        """Give the dataset to ask instead of another.

        Args:
            dataset: any dataset of the catalog.

        Returns:
            One that reads and writes aside where its place is staged; else the dataset itself.
        """
        if not self._staged:
            return dataset
        path = local_path(dataset)
        staged = None if path is None else self._staged.get(path)
        if staged is None:
            return dataset
        with self._lock:
            return staged.stand_in(dataset)

    def later(self, action: Callable[[], Any]) -> None:
        """Put something off until all outputs are in place."""
        self._later.append(action)

    def commit(self, names: Collection[str] | None = None) -> None:
        """Put outputs into place, in the order in which they were saved first: what rests on another comes after it.

        Args:
            names: of which datasets; all where not said.

        Raises:
            EvergreenError: where a file and a folder are in each other's way.
            OSError: where the file system refuses. Then everything is taken back.
        """
        with self._lock:
            chosen = [one for one in self._staged.values() if names is None or one.name in names]
            written = [one for one in chosen if one.is_written]
            flush(one.source for one in written)
            self._move(move for one in written for move in one.moves())
            for one in chosen:
                del self._staged[one.target.path]
                one.end()

    def close(self, *, is_done: bool = False) -> None:
        """Give up what is not in place, and clear up.

        Args:
            is_done: whether the run ended well, so that what was put off is due.
        """
        with self._lock:
            for one in self._staged.values():
                one.end()
            self._staged = {}
            # Moves that could neither be finished nor taken back are left to the next run.
            if not self._journal.moves:
                self._journal.clear()
        for action in self._later if is_done else ():
            action()
        self._later = []

    def _take_in(self, name: str, dataset: Dataset, target: Target) -> Staged:
        root = _existing(target.path.parent) / f".staged-{self._token}"
        self._journal.add_root(root)
        # What was put into place stays here until the run ends, so the same name may be needed again.
        turn = self._taken.get((root, target.path.name), 0)
        self._taken[root, target.path.name] = turn + 1
        folder = root / str(turn)
        folder.mkdir(parents=True, exist_ok=True)
        slot = root / f"move_{sum(self._taken.values())}"
        staged = Staged(name, target, folder / target.path.name, slot, list(self._readers.get(target.path, ())))
        staged.stand_in(dataset)
        staged.begin()
        return staged

    def _move(self, moves: Iterable[Move]) -> None:
        self._journal.announce(moves)
        begun: list[Move] = []
        try:
            for move in self._journal.moves:
                begun.append(move)
                put(move)
        except BaseException:
            for move in reversed(begun):
                take_back(move)
            self._journal.settle()
            raise
        self._journal.settle()
        for move in begun:
            with suppress(OSError):
                remove(move.former)


def _existing(folder: Path) -> Path:
    return next(parent for parent in (folder, *folder.parents) if parent.is_dir())
