"""One run at a time on the data of a case."""

import json
import logging
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from weakref import WeakSet

from evergreen.errors import BusyError

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows
    fcntl = None  # type: ignore[assignment]

logger = logging.getLogger(__name__)
_MAX_BYTES = 4_096
_FOR_ALL = 0o666


@dataclass(frozen=True)
class Holder:
    """Who runs.

    Attributes:
        case: the case.
        pipeline: what it runs.
        env: the environment.
        pid: the process.
        host: the machine.
        since: when it began, UTC, ISO.
    """

    case: str
    pipeline: str
    env: str
    pid: int
    host: str
    since: str


class RunLock:
    """A lock that its process holds as long as it lives, and no longer.

    It is the kernel's lock on a file, not the file: one that is left by a process that was killed is free. Children
    that the process forks do not hold it. Systems without such locks (Windows) have none.

    Args:
        path: the file; there is one only while a run goes on.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.handle: int | None = None

    def take(self, holder: Holder) -> None:
        """Take the lock, at once or not at all.

        Args:
            holder: who takes it.

        Raises:
            BusyError: naming who holds it.
        """
        if fcntl is None:  # pragma: no cover - Windows
            return
        try:
            self.handle = self._locked(holder.case)
            os.ftruncate(self.handle, 0)
            os.write(self.handle, json.dumps(asdict(holder)).encode())
        except OSError as error:
            logger.warning("The lock '%s' cannot be used (%s). See that no other run is under way.", self._path, error)

    def free(self) -> None:
        """Let go of the lock; nothing happens where it is not held."""
        if self.handle is not None:
            # As long as the lock is held nobody else can have taken the file for theirs.
            with suppress(OSError):
                self._path.unlink(missing_ok=True)
            self.close()

    def close(self) -> None:
        """Close the file."""
        handle, self.handle = self.handle, None
        if handle is not None:
            os.close(handle)

    def _locked(self, case: str) -> int:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        while True:
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT, _FOR_ALL)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if _is_at(self._path, handle):
                    break
            except BlockingIOError as error:
                raise _busy(case, _signature(handle)) from error
            except OSError:
                os.close(handle)
                raise
            # The run before removed the file while this one waited for its lock.
            os.close(handle)
        with suppress(PermissionError):
            # Whoever works on the case next may be another user.
            os.fchmod(handle, _FOR_ALL)
        _OPEN.add(self)
        return handle


_OPEN: WeakSet[RunLock] = WeakSet()


def _close_in_child() -> None:
    for lock in tuple(_OPEN):
        lock.close()


if fcntl is not None:
    os.register_at_fork(after_in_child=_close_in_child)


def _is_at(path: Path, handle: int) -> bool:
    try:
        there, held = path.stat(), os.fstat(handle)
    except FileNotFoundError:
        return False
    return (there.st_dev, there.st_ino) == (held.st_dev, held.st_ino)


def _signature(handle: int) -> Holder | None:
    try:
        return Holder(**json.loads(os.pread(handle, _MAX_BYTES, 0)))
    except (TypeError, ValueError):
        # The other one has just taken it and not signed yet.
        return None
    finally:
        os.close(handle)


def _busy(case: str, holder: Holder | None) -> BusyError:
    who = "another process"
    if holder is not None:
        who = (
            f"process {holder.pid} on host '{holder.host}' since {holder.since} "
            f"(pipeline {holder.pipeline}, environment '{holder.env}')"
        )
    cure = "Wait until it has ended, or stop that process; to look at the data meanwhile use the environment 'adhoc'."
    return BusyError(f"Case '{case}'", f"is being run by {who}, and two runs would mix their tables", cure)
