"""One change at a time in a store of releases."""

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from evergreen.errors import BusyError

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows
    fcntl = None  # type: ignore[assignment]

logger = logging.getLogger(__name__)
_SECONDS_BETWEEN_TRIES = 0.05


@contextmanager
def folder_lock(folder: Path, *, patience_seconds: float = 120) -> Iterator[None]:
    """Hold the kernel's lock on a folder; nothing is left behind by a process that is killed.

    Args:
        folder: an existing folder. Where the system has no such locks (Windows, some network drives) nothing is held.
        patience_seconds: how long others may hold it meanwhile.

    Raises:
        BusyError: where others hold it longer.
    """
    if fcntl is None:  # pragma: no cover - Windows
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        _take(handle, folder, patience_seconds)
        yield
    finally:
        os.close(handle)


def _take(handle: int, folder: Path, patience_seconds: float) -> None:
    end = time.monotonic() + patience_seconds
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > end:
                finding = f"are being changed by another process for more than {patience_seconds:g} seconds"
                raise BusyError(f"The releases in '{folder}'", finding, "Wait until it has ended.") from error
            time.sleep(_SECONDS_BETWEEN_TRIES)
        except OSError as error:
            logger.warning("The folder '%s' cannot be locked (%s). Change releases one at a time.", folder, error)
            return
        else:
            return
