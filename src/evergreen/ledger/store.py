"""Writing the ledger: an SQLite file that several processes may write at once."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from evergreen.errors import EvergreenError
from evergreen.ledger.process import ProcessIdentity, is_alive
from evergreen.ledger.schema import DDL, SCHEMA_VERSION, RunRecord, StepRecord

BUSY_SECONDS = 2.0
_RETRY_SECONDS = 0.01


def open_ledger(path: Path, *, busy_seconds: float = BUSY_SECONDS) -> sqlite3.Connection:
    """Open the ledger for writing; make it where it does not exist.

    Args:
        path: the file; its folder is made.
        busy_seconds: how long a write waits for another process to finish its own, > 0.

    Returns:
        A connection in which every statement is its own transaction. Any thread may use it, one at a time; after a
        fork, only the process that opened it.

    Raises:
        OSError: where the folder cannot be made.
        sqlite3.Error: where the file cannot be opened or is no database.
        EvergreenError: where a later version of evergreen made the ledger.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=busy_seconds, isolation_level=None, check_same_thread=False)
    try:
        _prepare(connection, path, busy_seconds)
    except BaseException:
        connection.close()
        raise
    return connection


def start_run(connection: sqlite3.Connection, run: RunRecord) -> RunRecord:
    """Enter a run that begins, and close the runs of this machine whose process is gone.

    Args:
        connection: the open ledger.
        run: the run.

    Returns:
        The run as entered. Its id gets the process number behind it where another run has the same id.
    """
    with _transaction(connection):
        _close_dead_runs(connection, run.host)
        taken = connection.execute("SELECT 1 FROM runs WHERE run_id = ?", (run.run_id,)).fetchone()
        entered = replace(run, run_id=f"{run.run_id}-{run.pid}") if taken else run
        put(connection, entered)
    return entered


def end_run(connection: sqlite3.Connection, run: RunRecord) -> None:
    """Enter how a run ended; steps of it that are still open were cut off with it.

    Args:
        connection: the open ledger.
        run: the run with its figures.
    """
    with _transaction(connection):
        put(connection, run)
        _close_steps(connection, run.run_id)


def put(connection: sqlite3.Connection, record: RunRecord | StepRecord) -> None:
    """Enter a record, or enter it anew.

    Args:
        connection: the open ledger.
        record: a run or a step; it replaces the one with the same key.
    """
    is_run = isinstance(record, RunRecord)
    connection.execute(_PUT_RUN if is_run else _PUT_STEP, tuple(vars(record).values()))


def _put_statement(table: str, record: type[Any], key: str) -> str:
    names = list(record.__dataclass_fields__)
    columns = ", ".join(f'"{name}"' for name in names)
    marks = ", ".join("?" for _ in names)
    updates = ", ".join(f'"{name}" = excluded."{name}"' for name in names)
    return f"INSERT INTO {table} ({columns}) VALUES ({marks}) ON CONFLICT ({key}) DO UPDATE SET {updates}"  # noqa: S608


_PUT_RUN = _put_statement("runs", RunRecord, "run_id")
_PUT_STEP = _put_statement("steps", StepRecord, "run_id, step")


def _prepare(connection: sqlite3.Connection, path: Path, busy_seconds: float) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > SCHEMA_VERSION:
        raise EvergreenError(
            f"Ledger '{path}'",
            f"has version {version}, and this installation knows {SCHEMA_VERSION}",
            "Upgrade evergreen, or move the file away.",
        )
    if version < SCHEMA_VERSION:
        _turn_to_wal(connection, busy_seconds)
        with _transaction(connection):
            for statement in filter(str.strip, DDL.split(";")):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    # In WAL mode a power cut may lose the last lines, never the file.
    connection.execute("PRAGMA synchronous = NORMAL")


def _turn_to_wal(connection: sqlite3.Connection, busy_seconds: float) -> None:
    # SQLite does not wait here by itself, and two processes may both be the first to come.
    deadline = time.monotonic() + busy_seconds
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(_RETRY_SECONDS)


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _close_dead_runs(connection: sqlite3.Connection, host: str) -> None:
    query = "SELECT run_id, pid, process_start FROM runs WHERE status = 'running' AND host = ?"
    for run_id, pid, start in connection.execute(query, (host,)).fetchall():
        if not is_alive(ProcessIdentity(host=host, pid=pid, start=start)):
            connection.execute("UPDATE runs SET status = 'interrupted' WHERE run_id = ?", (run_id,))
            _close_steps(connection, run_id)


def _close_steps(connection: sqlite3.Connection, run_id: str) -> None:
    query = "UPDATE steps SET status = 'interrupted' WHERE run_id = ? AND status = 'running'"
    connection.execute(query, (run_id,))
