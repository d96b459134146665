"""Connections to the database of a log: an SQLite file, or a PostgreSQL server."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import QueuePool

from evergreen.errors import LogError

Durability = Literal["full", "normal"]

_CACHE_KIB = 16_000
_RETRY_SECONDS = 0.01
_IS_WRITING = "evergreen_is_writing"


@dataclass(frozen=True)
class Terms:
    """How a log is opened.

    Attributes:
        durability: "full": what is written survives a power cut; "normal": the kill of any process, while a power cut
            may lose the last moments. Of SQLite only; a server has settings of its own.
        wait_seconds: how long a write waits for another process to finish its own, > 0.
        is_read_only: whether nothing may be written or made.
    """

    durability: Durability = "full"
    wait_seconds: float = 5.0
    is_read_only: bool = False


@dataclass(frozen=True)
class Database:
    """Where a log is.

    Attributes:
        engine: for everything but the quick way of appending to a file.
        place: what messages call it; without a password.
        path: the file of SQLite; None for a server.
        terms: how it is opened.
    """

    engine: Engine
    place: str
    path: Path | None
    terms: Terms

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a transaction that holds the right to write from its start, and commits at its end."""
        with self.engine.connect().execution_options(**{_IS_WRITING: True}) as connection, connection.begin():
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a transaction that nobody has to wait for."""
        with self.engine.connect() as connection:
            yield connection


def find_database(url: str, terms: Terms) -> Database:
    """Find a database; it is not connected to yet.

    Args:
        url: ``sqlite:///folder/log.db`` or ``postgresql+psycopg://user:password@host/database``.
        terms: how it is opened.

    Returns:
        The database.

    Raises:
        LogError: where the address is none of the two.
        ModuleNotFoundError: where the server's driver is not installed.
    """
    cure = "Write sqlite:///folder/log.db or postgresql+psycopg://user:password@host/database."
    try:
        address = make_url(url)
    except ArgumentError as error:
        raise LogError("The address of the log", "cannot be read", cure) from error
    place = f"The log '{address.render_as_string(hide_password=True)}'"
    if address.get_backend_name() == "postgresql":
        return Database(_server_engine(address, terms), place, None, terms)
    if address.get_backend_name() != "sqlite" or address.database in (None, "", ":memory:"):
        raise LogError(place, "is neither a file of SQLite nor a PostgreSQL server", cure)
    path = Path(str(address.database))
    return Database(_file_engine(path, terms), f"The log '{path}'", path, terms)


def connect_file(path: Path, terms: Terms) -> sqlite3.Connection:
    """Connect to a file; any thread may use the connection, one at a time.

    Args:
        path: the file.
        terms: how it is opened.

    Returns:
        A connection in which every statement is its own transaction until one is begun.
    """
    mode = "ro" if terms.is_read_only else "rwc"
    address = f"file:{quote(str(path))}?mode={mode}"
    wait = terms.wait_seconds
    connection = sqlite3.connect(address, timeout=wait, isolation_level=None, check_same_thread=False, uri=True)
    try:
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        if not terms.is_read_only:
            _make_lasting(connection, terms)
    except BaseException:
        connection.close()
        raise
    return connection


def _make_lasting(connection: sqlite3.Connection, terms: Terms) -> None:
    # SQLite does not wait here by itself, and two processes may both be the first to come.
    deadline = time.monotonic() + terms.wait_seconds
    while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(_RETRY_SECONDS)
    connection.execute(f"PRAGMA synchronous = {terms.durability.upper()}")
    # What was purged must not stand in the file any more.
    connection.execute("PRAGMA secure_delete = ON")


def _file_engine(path: Path, terms: Terms) -> Engine:
    engine = create_engine("sqlite://", creator=lambda: connect_file(path, terms), poolclass=QueuePool)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        is_writing = connection.get_execution_options().get(_IS_WRITING, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing else "BEGIN")

    return engine


def _server_engine(address: URL, terms: Terms) -> Engine:
    seconds = max(1, round(terms.wait_seconds))
    arguments = {"connect_timeout": seconds} if address.get_driver_name() == "psycopg" else {}
    engine = create_engine(address, connect_args=arguments)

    @event.listens_for(engine, "connect")
    def _limit(connection: Any, _: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = {round(1000 * terms.wait_seconds)}")
            if terms.is_read_only:
                cursor.execute("SET default_transaction_read_only = on")
        connection.commit()

    return engine
