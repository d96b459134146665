"""The file that a study is kept in, line by line."""

import errno
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock

from evergreen.errors import DataError

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows
    fcntl = None  # type: ignore[assignment]

_BEGIN = b'{"op_code":'
_CURE = "Restore it from a backup, or move it aside: the search then begins anew."


def open_journal(path: Path) -> JournalStorage:
    """Open the file of a study; it comes into being with its first line.

    Args:
        path: the file.

    Returns:
        The storage.

    Raises:
        DataError: where the file is damaged; it is left as it is.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        _refuse_damaged(path)
    try:
        return JournalStorage(StudyJournal(str(path)))
    except (ValueError, LookupError, TypeError, AttributeError, AssertionError) as error:
        finding = f"cannot be replayed ({type(error).__name__})"
        raise DataError(f"The study file '{path}'", finding, _CURE) from error


class StudyJournal(JournalFileBackend):
    """Optuna's journal, with a lock that dies with its process, and no half line left by one that was killed.

    A line is handed to the system whole; the death of the process loses none, a power cut may lose the last ones.

    Args:
        path: the file.
    """

    def __init__(self, path: str) -> None:
        super().__init__(path, lock_obj=JournalFileOpenLock(path))
        self._path = Path(path)

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Add lines, all or none."""
        lines = b"".join(json.dumps(log, separators=(",", ":")).encode() + b"\n" for log in logs)
        with _locked(self._path) as file:
            end = _end_of_whole_lines(file)
            file.truncate(end)
            try:
                file.seek(end)
                # A full disk takes what still fits, and complains only when nothing does.
                if file.write(lines) != len(lines):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            except OSError:
                file.truncate(end)
                raise


@contextmanager
def _locked(path: Path) -> Iterator[IO[bytes]]:
    with path.open("r+b", buffering=0) as file:
        if fcntl is not None:
            fcntl.flock(file, fcntl.LOCK_EX)
        # Closing the file lets go of the lock.
        yield file


def _end_of_whole_lines(file: IO[bytes]) -> int:
    end = file.seek(0, os.SEEK_END)
    if end == 0:
        return 0
    file.seek(end - 1)
    if file.read(1) == b"\n":
        return end
    file.seek(0)
    return file.read().rfind(b"\n") + 1


def _refuse_damaged(path: Path) -> None:
    lines = path.read_bytes().split(b"\n")
    torn = lines.pop()
    thing = f"The study file '{path}'"
    for number, line in enumerate(lines, start=1):
        try:
            is_entry = isinstance(json.loads(line), dict)
        except ValueError:
            is_entry = False
        if not is_entry:
            raise DataError(thing, f"is damaged (first: line {number})", _CURE)
    # Half a line is what a process that was killed leaves behind; anything else is none of its doing.
    if torn and not (torn.startswith(_BEGIN) or _BEGIN.startswith(torn)):
        raise DataError(thing, f"is damaged (first: line {len(lines) + 1})", _CURE)
