"""Writing a run into the ledger without ever standing in its way."""

import logging
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from threading import Lock

from evergreen.errors import EvergreenError
from evergreen.ledger.schema import RunRecord, StepRecord
from evergreen.ledger.store import end_run, open_ledger, put, start_run

logger = logging.getLogger(__name__)


class Recorder:
    """Enters one run and its steps; a ledger that cannot be written costs one warning and nothing else.

    After a fault the steps are no longer entered, so that a locked file does not slow each of them down; the end of
    the run is tried again. Threads take turns. A forked worker opens a connection of its own.

    Args:
        path: the ledger; None records nothing.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._is_broken = False
        self._lock = Lock()
        self._connection: sqlite3.Connection | None = None
        self._inherited: sqlite3.Connection | None = None
        self._pid = os.getpid()

    def start(self, run: RunRecord) -> RunRecord:
        """Enter the run; return it as entered, under another id where its own is taken."""
        entered = [run]

        def enter(connection: sqlite3.Connection) -> None:
            entered[0] = start_run(connection, run)

        self._write(enter)
        return entered[0]

    def put(self, step: StepRecord) -> None:
        """Enter a step, or enter it anew."""
        if not self._is_broken:
            self._write(lambda connection: put(connection, step))

    def end(self, run: RunRecord) -> None:
        """Enter how the run ended and close the ledger."""
        self._write(lambda connection: end_run(connection, run))
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._connection is not None and self._pid == os.getpid():
                self._connection.close()
            self._connection = None

    def _write(self, action: Callable[[sqlite3.Connection], object]) -> None:
        if self._path is None:
            return
        try:
            with self._lock:
                action(self._open(self._path))
        except (OSError, sqlite3.Error, EvergreenError) as error:
            if not self._is_broken:
                logger.warning("The ledger '%s' cannot be written (%s). The run goes on without it.", self._path, error)
            self._is_broken = True

    def _open(self, path: Path) -> sqlite3.Connection:
        if self._pid != os.getpid():
            # SQLite forbids a connection in a fork even to be closed, so it is kept and never touched.
            self._inherited, self._connection, self._pid = self._connection, None, os.getpid()
        if self._connection is None:
            self._connection = open_ledger(path)
        return self._connection
