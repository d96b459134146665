"""Writing the ledger: one file, many writers, nothing lost."""

import os
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from evergreen.errors import EvergreenError
from evergreen.ledger.process import this_process
from evergreen.ledger.schema import SCHEMA_VERSION
from evergreen.ledger.store import end_run, open_ledger, put, start_run
from tests.ledger.records import a_run, a_step

_NO_PROCESS = 2**22 + 1
_WRITER = """
import sys
from pathlib import Path
from evergreen.ledger.store import end_run, open_ledger, put, start_run
from tests.ledger.records import a_run, a_step

path, name, go = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
while not go.exists():
    pass
connection = open_ledger(path, busy_seconds=20)
run = start_run(connection, a_run(run_id=name))
for number in range(200):
    put(connection, a_step(run_id=name, step=f"step_{number}", position=number))
end_run(connection, run)
connection.close()
"""


def _rows(path: Path, query: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(path)
    rows = connection.execute(query).fetchall()
    connection.close()
    return rows


def test_a_record_entered_twice_is_there_once_and_anew(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "ledger.db"
    connection = open_ledger(path)
    put(connection, a_run())
    put(connection, a_step())
    put(connection, a_step(status="done", rows_out=7))
    put(connection, a_run(status="done", wall_seconds=1.5))
    connection.close()
    assert _rows(path, 'SELECT run_id, "case", status, wall_seconds FROM runs') == [("r1", "demo", "done", 1.5)]
    assert _rows(path, "SELECT step, status, rows_out FROM steps") == [("repair", "done", 7)]


def test_the_file_lets_readers_read_while_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    connection = open_ledger(path)
    put(connection, a_run())
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("UPDATE runs SET status = 'done'")
    assert _rows(path, "SELECT status FROM runs") == [("running",)]
    connection.execute("COMMIT")
    assert _rows(path, "PRAGMA journal_mode") == [("wal",)]
    connection.close()


def test_a_run_whose_id_is_taken_gets_another(tmp_path: Path) -> None:
    connection = open_ledger(tmp_path / "ledger.db")
    first = start_run(connection, a_run(pid=11))
    second = start_run(connection, a_run(pid=12))
    connection.close()
    assert (first.run_id, second.run_id) == ("r1", "r1-12")


def test_a_new_run_closes_those_whose_process_is_gone_and_no_other(tmp_path: Path) -> None:
    path, me = tmp_path / "ledger.db", this_process()
    connection = open_ledger(path)
    for run in (
        a_run(run_id="dead", host=me.host, pid=_NO_PROCESS, process_start=5),
        a_run(run_id="mine", host=me.host, pid=me.pid, process_start=me.start),
        a_run(run_id="far", host="elsewhere", pid=_NO_PROCESS),
        a_run(run_id="over", host=me.host, pid=_NO_PROCESS, process_start=5, status="done"),
    ):
        put(connection, run)
        put(connection, a_step(run_id=run.run_id))
    start_run(connection, a_run(run_id="new", host=me.host, pid=me.pid, process_start=me.start))
    connection.close()
    status = dict(_rows(path, "SELECT run_id, status FROM runs"))  # type: ignore[arg-type]
    assert status == {"dead": "interrupted", "mine": "running", "far": "running", "over": "done", "new": "running"}
    assert _rows(path, "SELECT run_id FROM steps WHERE status = 'interrupted'") == [("dead",)]


def test_the_end_of_a_run_ends_its_open_steps(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    connection = open_ledger(path)
    put(connection, a_step(status="done"))
    put(connection, a_step(step="cut off", position=2))
    end_run(connection, a_run(status="failed", error="ValueError: no"))
    connection.close()
    assert _rows(path, "SELECT status FROM steps ORDER BY position") == [("done",), ("interrupted",)]
    assert _rows(path, "SELECT status, error FROM runs") == [("failed", "ValueError: no")]


def test_two_processes_write_at_once_from_the_very_beginning(tmp_path: Path) -> None:
    path, go = tmp_path / "ledger.db", tmp_path / "go"
    root = Path(__file__).parents[2]
    environ = {**os.environ, "PYTHONPATH": f"{root / 'src'}{os.pathsep}{root}"}
    writers = [
        subprocess.Popen([sys.executable, "-c", _WRITER, path, name, go], env=environ) for name in ("first", "second")
    ]
    go.touch()
    assert [writer.wait(timeout=60) for writer in writers] == [0, 0]
    counts = _rows(path, "SELECT run_id, count(*) FROM steps GROUP BY run_id ORDER BY run_id")
    assert counts == [("first", 200), ("second", 200)]
    assert _rows(path, "PRAGMA integrity_check") == [("ok",)]


def test_a_ledger_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    connection.close()
    with pytest.raises(EvergreenError, match=r"ledger.db' has version 2, .* Upgrade evergreen"):
        open_ledger(path)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.write_text("a letter to my aunt, longer than the header of a database file would be " * 20)
    with pytest.raises(sqlite3.DatabaseError, match="not a database"):
        open_ledger(path)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file, not a folder")
    with pytest.raises(OSError, match="data"):
        open_ledger(tmp_path / "data" / "ledger.db")


def test_the_host_is_the_one_that_is_compared(tmp_path: Path) -> None:
    assert this_process().host == socket.gethostname()


def test_a_new_file_that_another_holds_is_waited_for_and_then_given_up(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        open_ledger(path, busy_seconds=0.05)
    holder.execute("COMMIT")
    holder.close()
    open_ledger(path).close()
