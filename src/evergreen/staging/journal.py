"""What a run is about to do with files, written down first, so that the next run can finish it or clear it away."""

import json
import logging
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from evergreen.errors import EvergreenError
from evergreen.staging.moves import Move, put

logger = logging.getLogger(__name__)


class Journal:
    """The notes of one run.

    Args:
        path: the file; None keeps the notes in memory alone.

    Attributes:
        moves: what is on its way to its place at this moment.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._roots: list[Path] = []
        self.moves: list[Move] = []

    def add_root(self, root: Path) -> None:
        """Note a folder for staged files, before it is made."""
        if root not in self._roots:
            self._roots.append(root)
            self._write(self.moves)

    def announce(self, moves: Iterable[Move]) -> None:
        """Note moves that are about to begin: all their sources are whole."""
        announced = list(moves)
        self._write(announced)
        self.moves = announced

    def settle(self) -> None:
        """Note that the moves are done, or taken back."""
        self._write([])
        self.moves = []

    def clear(self) -> None:
        """Remove everything that was staged, and the notes."""
        for root in self._roots:
            shutil.rmtree(root, ignore_errors=True)
        if self._path is not None:
            _draft(self._path).unlink(missing_ok=True)
            self._path.unlink(missing_ok=True)
        self._roots = []

    def _write(self, moves: list[Move]) -> None:
        if self._path is None:
            return
        notes = {"roots": [str(root) for root in self._roots], "moves": [move.as_json() for move in moves]}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with _draft(self._path).open("w") as file:
            json.dump(notes, file)
            file.flush()
            os.fsync(file.fileno())
        _draft(self._path).replace(self._path)

    @classmethod
    def read(cls, path: Path) -> "Journal":
        """Read the notes of a run that was cut off.

        Args:
            path: the file.

        Returns:
            The notes.

        Raises:
            EvergreenError: where the file is no journal.
        """
        journal = cls(path)
        try:
            notes = json.loads(path.read_text())
            journal._roots = [Path(root) for root in notes["roots"]]
            journal.moves = [Move.from_json(entry) for entry in notes["moves"]]
        except (KeyError, TypeError, ValueError) as error:
            cure = "Remove it and the folders '.staged-*' in data, then run the stages again from the first one."
            raise EvergreenError(f"The journal '{path}' of a run that was cut off", "cannot be read", cure) from error
        return journal


def recover(path: Path) -> None:
    """Finish or clear away what a run left that was cut off. Nobody else may run on these files meanwhile.

    A stage that was being put into place is whole, so it is put there to the end; other staged files are removed.

    Args:
        path: the journal; there need be none.

    Raises:
        EvergreenError: where the journal cannot be read, or a file cannot be put into its place.
    """
    if not path.exists():
        _draft(path).unlink(missing_ok=True)
        return
    journal = Journal.read(path)
    _finish(path, journal.moves)
    if journal.moves:
        logger.warning("A run was cut off while it put %d outputs into place; now they are.", len(journal.moves))
        journal.settle()
    journal.clear()


def _finish(path: Path, moves: list[Move]) -> None:
    try:
        for move in moves:
            put(move)
    except OSError as error:
        finding = f"that a run left when it was cut off cannot be put into their places ({error})"
        cure = f"Mend that and run again; or remove '{path}', and run the stages again from the first one."
        raise EvergreenError("Outputs", finding, cure) from error


def _draft(path: Path) -> Path:
    return path.with_name(f"{path.name}.draft")
