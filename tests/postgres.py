"""A real PostgreSQL server for tests, from the machine's own binaries: on loopback, in a temporary folder."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pandas as pd
import pytest
from sqlalchemy import URL, Engine, create_engine, text

USER, PASSWORD, DATABASE = "evergreen", "pa:ss@w/rd of the test", "postgres"
_PLACES = ("/usr/lib/postgresql/*/bin", "/usr/local/pgsql/bin", "/opt/homebrew/opt/postgresql*/bin")
# initdb refuses to work for root, so root lends it to the first of these that exists.
_UNPRIVILEGED = ("postgres", "nobody")
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    # Nothing here must survive a crash of the machine.
    "fsync": "off",
    "max_connections": "20",
    "shared_buffers": "16MB",
    "lc_messages": "C",
}
_SECONDS = 60
_TRIES = 5


@dataclass(frozen=True)
class Postgres:
    """A running server.

    Attributes:
        port: on 127.0.0.1.
    """

    port: int

    def con(self, password: str = PASSWORD, *, user: str = USER, database: str = DATABASE) -> str:
        """The connection string that a credentials file would hold."""
        url = URL.create("postgresql+psycopg", user, password, "127.0.0.1", self.port, database)
        return url.render_as_string(hide_password=False)

    def write(self, name: str, table: pd.DataFrame) -> None:
        """Make a table, in place of a former one and of what was built on it."""
        self.run(f'drop table if exists "{name}" cascade')
        with self._engine() as engine, engine.begin() as connection:
            table.to_sql(name, connection, index=False)

    def run(self, sql: str) -> list[tuple[object, ...]]:
        """Run a statement as the owner of everything; give the rows, if it has any."""
        with self._engine(isolation_level="AUTOCOMMIT") as engine, engine.connect() as connection:
            found = connection.execute(text(sql))
            return [tuple(row) for row in found] if found.returns_rows else []

    @contextmanager
    def _engine(self, **settings: str) -> Iterator[Engine]:
        engine = create_engine(self.con(), **settings)
        try:
            yield engine
        finally:
            engine.dispose()


@contextmanager
def running_server() -> Iterator[Postgres]:
    """Start a server and stop it at the end; skip the test where the machine has none, fail it where CI is "true"."""
    pytest.importorskip("psycopg", reason="no psycopg in this environment: pip install 'evergreen[postgres]'")
    binaries = _find_binaries()
    folder = Path(tempfile.mkdtemp(prefix="evergreen-postgres-"))
    owner = _owner()
    if owner is not None:
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    server = _Server(binaries, folder, owner)
    try:
        server.make()
        yield Postgres(server.start())
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class _Server:
    binaries: Path
    folder: Path
    owner: pwd.struct_passwd | None

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def make(self) -> None:
        secret = self.folder / "password"
        secret.write_text(PASSWORD)
        if self.owner is not None:
            os.chown(secret, self.owner.pw_uid, self.owner.pw_gid)
        auth = ("--auth=scram-sha-256", f"--username={USER}", f"--pwfile={secret}")
        self._call("initdb", f"--pgdata={self.data}", *auth, "--no-locale", "--encoding=UTF8", "--no-sync")
        with (self.data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in _SETTINGS.items())

    def start(self) -> int:
        """Start on a free port; another program may take it first, so it is tried again."""
        for _ in range(_TRIES):
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                port = int(probe.getsockname()[1])
            log = f"--log={self.folder / 'log'}"
            options = ("--pgdata", str(self.data), log, f"--options=-p {port}", "--wait", f"--timeout={_SECONDS}")
            if self._call("pg_ctl", "start", *options, must=False) == 0:
                return port
        pytest.fail(f"PostgreSQL does not start: {(self.folder / 'log').read_text()[-2000:]}")

    def stop(self) -> None:
        if (self.data / "postmaster.pid").exists():
            self._call("pg_ctl", "stop", "--pgdata", str(self.data), "--mode=immediate", "--wait", must=False)

    def _call(self, program: str, *arguments: str, must: bool = True) -> int:
        lent = {} if self.owner is None else {"user": self.owner.pw_uid, "group": self.owner.pw_gid, "extra_groups": []}
        # A server that stays keeps its output open: into a file, not into a pipe that would never end.
        with (self.folder / "output").open("ab") as output:
            done = subprocess.run(
                [str(self.binaries / program), *arguments],
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                check=False,
                timeout=2 * _SECONDS,
                **lent,  # type: ignore[call-overload]
            )
        if must and done.returncode != 0:
            pytest.fail(f"{program} failed: {(self.folder / 'output').read_text()[-2000:]}")
        return int(done.returncode)


def _owner() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    return next(known[name] for name in _UNPRIVILEGED if name in known)


def _find_binaries() -> Path:
    config = shutil.which("pg_config")
    told = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=True).stdout if config else ""
    places = [Path(told.strip())] if told else []
    for pattern in _PLACES:
        places.extend(sorted(Path("/").glob(pattern.lstrip("/")), reverse=True))
    found = next((place for place in places if (place / "initdb").exists() and (place / "pg_ctl").exists()), None)
    return found if found is not None else _refuse()


def _refuse() -> NoReturn:
    missing = (
        "no PostgreSQL server on this machine (looked for initdb); install Debian's package postgresql to run this"
    )
    if os.environ.get("CI") == "true":
        pytest.fail(missing)
    pytest.skip(missing)
