"""Appending answers: straight to a file, or through SQLAlchemy to a server."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path
from threading import Lock
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError

from evergreen.errors import LogError
from evergreen.prediction_log.database import Database, connect_file
from evergreen.prediction_log.encode import NAMES, Row
from evergreen.prediction_log.faults import is_disconnected
from evergreen.prediction_log.schema import PREDICTIONS

_INSERT = (
    f"INSERT INTO {PREDICTIONS.name} ({', '.join(NAMES)}) VALUES ({', '.join('?' * len(NAMES))}) "  # noqa: S608
    "ON CONFLICT (request_id, row, role) DO NOTHING"
)


class Writer(Protocol):
    """Appends rows."""

    def write(self, rows: Sequence[Row]) -> None:
        """Write rows in one commit; rows that are there already are left as they are.

        Args:
            rows: in the order of ``NAMES``.
        """
        ...

    def close(self) -> None:
        """Let go of the database."""
        ...


def writer_for(database: Database) -> Writer:
    """Find the way of appending.

    Args:
        database: a file or a server.

    Returns:
        Its writer.
    """
    return ServerWriter(database) if database.path is None else FileWriter(database, database.path)


class FileWriter:
    """Writes to an SQLite file without SQLAlchemy, which would cost more than all else.

    Args:
        database: the log.
        path: its file.
    """

    def __init__(self, database: Database, path: Path) -> None:
        self._place, self._path = database.place, path
        self._connection = connect_file(path, database.terms)
        self._lock = Lock()
        self._file_id = _file_id(path)

    def write(self, rows: Sequence[Row]) -> None:
        """Write rows in one commit.

        Args:
            rows: in the order of ``NAMES``.

        Raises:
            sqlite3.Error: where they cannot be written; none of them is.
            LogError: where the file is no longer the one that was opened.
        """
        with self._lock:
            self._refuse_other_file()
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                self._connection.executemany(_INSERT, rows)
                self._connection.execute("COMMIT")
            except BaseException:
                self._undo()
                raise

    def close(self) -> None:
        """Let go of the file."""
        with self._lock, closing(self._connection):
            pass

    def _undo(self) -> None:
        # A full disk has ended the transaction already.
        if self._connection.in_transaction:
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")

    def _refuse_other_file(self) -> None:
        """Rows written to a file that was moved or deleted would be read by nobody."""
        if _file_id(self._path) != self._file_id:
            cure = "Start anew what writes to it; to move a log, stop that first."
            raise LogError(self._place, "was moved, deleted or replaced while it was written to", cure)


class ServerWriter:
    """Writes to a server.

    Args:
        database: the log.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._insert = insert(PREDICTIONS).on_conflict_do_nothing()

    def write(self, rows: Sequence[Row]) -> None:
        """Write rows in one commit; a connection that was lost since the last time is made anew once.

        Args:
            rows: in the order of ``NAMES``.

        Raises:
            SQLAlchemyError: where they cannot be written; none of them is.
        """
        named = [dict(zip(NAMES, row, strict=True)) for row in rows]
        try:
            self._write(named)
        except DBAPIError as error:
            if not is_disconnected(error):
                raise
            # Had the commit come through after all, the same rows are ignored.
            self._write(named)

    def close(self) -> None:
        """There is nothing of its own to let go of."""

    def _write(self, named: list[dict[str, object]]) -> None:
        with self._database.writing() as connection:
            if named:
                connection.execute(self._insert, named)
            else:
                connection.execute(select(1))


def _file_id(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino
