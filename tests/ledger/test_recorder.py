"""The ledger never stands in the way of a run."""

import logging
import multiprocessing
import sqlite3
from pathlib import Path

import pytest

from evergreen.ledger import Recorder, recorder, store
from evergreen.ledger.store import open_ledger
from tests.ledger.records import a_run, a_step


def _rows(path: Path, query: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(path)
    rows = connection.execute(query).fetchall()
    connection.close()
    return rows


def test_a_run_and_its_steps_are_entered(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    recorder = Recorder(path)
    run = recorder.start(a_run())
    recorder.put(a_step())
    recorder.put(a_step(status="done"))
    recorder.end(a_run(status="done"))
    assert run == a_run()
    assert _rows(path, "SELECT status FROM runs") == [("done",)]
    assert _rows(path, "SELECT status FROM steps") == [("done",)]


def test_without_a_path_nothing_happens(tmp_path: Path) -> None:
    recorder = Recorder(None)
    assert recorder.start(a_run()) == a_run()
    recorder.put(a_step())
    recorder.end(a_run(status="done"))


def test_a_ledger_that_cannot_be_written_costs_one_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "data").write_text("a file, not a folder")
    recorder = Recorder(tmp_path / "data" / "ledger.db")
    with caplog.at_level(logging.WARNING):
        recorder.start(a_run())
        for number in range(10):
            recorder.put(a_step(step=f"step_{number}"))
        recorder.end(a_run(status="done"))
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "The run goes on without it" in caplog.text


def test_a_locked_ledger_is_waited_for_once_and_gets_the_end_of_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "ledger.db"
    open_ledger(path).close()
    monkeypatch.setattr(recorder, "open_ledger", lambda path: store.open_ledger(path, busy_seconds=0.01))
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    hand = Recorder(path)
    hand.start(a_run())
    hand.put(a_step())
    holder.execute("COMMIT")
    holder.close()
    hand.end(a_run(status="done"))
    assert caplog.text.count("database is locked") == 1
    assert _rows(path, "SELECT status FROM runs") == [("done",)]
    assert _rows(path, "SELECT * FROM steps") == []


def test_a_forked_worker_enters_its_steps_and_leaves_the_parent_its_connection(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    recorder = Recorder(path)
    recorder.start(a_run())
    worker = multiprocessing.get_context("fork").Process(target=recorder.put, args=(a_step(step="of the worker"),))
    worker.start()
    recorder.put(a_step(step="of the parent"))
    worker.join(timeout=30)
    recorder.end(a_run(status="failed"))
    assert worker.exitcode == 0
    assert {row[0] for row in _rows(path, "SELECT step FROM steps")} == {"of the parent", "of the worker"}
