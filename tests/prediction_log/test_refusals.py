"""Every way in which a log can fail, and what is told and kept then."""

import math
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from evergreen.errors import LogError
from evergreen.prediction_log import AbsentLogError, LogReader, open_log
from tests.prediction_log.small import CASE, address, opened, outcome, prediction


def refusal(work: Any, *given: Any, **terms: Any) -> str:
    with pytest.raises(LogError) as caught:
        work(*given, **terms)
    assert len(str(caught.value)) < 400
    return str(caught.value)


def change(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(folder / "log.db")) as plain, plain:
        plain.execute(statement)


def test_the_log_of_another_case_is_refused(tmp_path: Path) -> None:
    opened(tmp_path).close()
    told = refusal(opened, tmp_path, case="loans")
    assert (
        told == f"The log '{tmp_path}/log.db' is that of case 'calls', not of 'loans'. Give each case a log of its own."
    )


@pytest.mark.parametrize("is_read_only", [True, False])
def test_the_log_of_another_version_is_refused(tmp_path: Path, is_read_only: bool) -> None:
    opened(tmp_path).close()
    change(tmp_path, "UPDATE evergreen_log SET value = '99' WHERE name = 'version'")
    assert "has version 99, and this installation knows 1. Move it away" in refusal(
        opened, tmp_path, is_read_only=is_read_only
    )


def test_a_file_of_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    change(tmp_path, "CREATE TABLE runs (run_id TEXT)")
    assert "holds tables of something else. Name another file." in refusal(opened, tmp_path)
    with closing(sqlite3.connect(tmp_path / "log.db")) as plain:
        assert plain.execute("SELECT name FROM sqlite_master").fetchall() == [("runs",)]


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "log.db").write_text("client_id,age\n1,41\n" * 100)
    assert "is damaged (file is not a database). Restore it from a copy" in refusal(opened, tmp_path)
    assert (tmp_path / "log.db").read_text().startswith("client_id")


def test_damage_inside_the_file_is_told_when_it_is_met(tmp_path: Path) -> None:
    with opened(tmp_path) as log:
        log.append([prediction(row, cells={"job": "x" * 500}) for row in range(200)])
    file = tmp_path / "log.db"
    whole = file.read_bytes()
    file.write_bytes(whole[:8192] + b"\xa5" * (len(whole) - 8192))
    with opened(tmp_path) as log:
        assert "is damaged (database disk image is malformed)" in refusal(log.read)
        assert "is damaged (database disk image is malformed)" in refusal(log.append, [prediction(0, request_id="r2")])


@pytest.mark.parametrize(
    ("url", "finding"),
    [
        ("nonsense", "The address of the log cannot be read. Write sqlite:///folder/log.db or"),
        ("mysql://u:secret@h/d", "The log 'mysql://u:***@h/d' is neither a file of SQLite nor a PostgreSQL server"),
        ("sqlite://", "is neither a file of SQLite nor a PostgreSQL server"),
        ("sqlite:///:memory:", "is neither a file of SQLite nor a PostgreSQL server"),
        ("postgresql+nothing://u:secret@h/d", "postgresql.nothing"),
    ],
)
def test_an_address_that_cannot_be_used_is_told(url: str, finding: str) -> None:
    told = refusal(open_log, url, case=CASE)
    assert finding in told
    assert "secret" not in told


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    assert "cannot be opened" in refusal(opened, tmp_path / "data" / "case")


def test_a_locked_log_is_waited_for_and_then_told(tmp_path: Path) -> None:
    with opened(tmp_path, wait_seconds=0.05) as log, closing(sqlite3.connect(tmp_path / "log.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        for work, given in ((log.append, [prediction()]), (log.append, []), (log.add_outcomes, [outcome(0)])):
            told = refusal(work, given)
            assert "was kept by another process for too long, and nothing was changed. Try again" in told
        assert "was kept by another process" in refusal(log.purge, before="2025-01-01")
        assert log.read().empty
        other.rollback()
        log.append([prediction()])
        assert log.add_outcomes([outcome(0)]).n_new == 1


def test_a_full_disk_keeps_all_of_a_batch_out_and_is_got_over(tmp_path: Path) -> None:
    with opened(tmp_path) as log:
        log.append([prediction(0)])
        disk = log._writer._connection  # type: ignore[union-attr]
        n_pages = disk.execute("PRAGMA page_count").fetchone()[0]
        disk.execute(f"PRAGMA max_page_count = {n_pages + 8}")
        many = [prediction(row, cells={"note": "x" * 1000}) for row in range(1, 200)]
        assert "has no room left, and nothing was changed. Make room" in refusal(log.append, many)
        assert log.read()["_row"].tolist() == [0]
        disk.execute("PRAGMA max_page_count = 100000")
        log.append(many)
        assert len(log.read()) == 200


def test_a_row_that_the_database_refuses_keeps_its_batch_out_and_harms_no_other(tmp_path: Path) -> None:
    with opened(tmp_path) as log:
        told = refusal(log.append, [prediction(0), prediction(1, latency_ms=math.nan)])
        assert "cannot be written (NOT NULL constraint failed: evergreen_predictions.latency_ms)" in told
        log.append([prediction(2)])
        assert log.read()["_row"].tolist() == [2]


def test_outcomes_on_a_full_disk_are_all_kept_out(tmp_path: Path) -> None:
    with opened(tmp_path) as log:
        with log._database.engine.connect() as connection:
            n_pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {n_pages + 2}")
        assert "has no room left" in refusal(log.add_outcomes, [outcome(f"{row}" * 50) for row in range(1000)])
        with log._database.reading() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM evergreen_outcomes").scalar_one() == 0


@pytest.mark.parametrize("what", ["moved", "deleted", "replaced"])
def test_answers_are_not_written_into_a_file_that_nobody_reads(tmp_path: Path, what: str) -> None:
    with opened(tmp_path) as log:
        log.append([prediction(0)])
        shutil.copy(tmp_path / "log.db", tmp_path / "other.db")
        if what == "moved":
            (tmp_path / "log.db").rename(tmp_path / "old.db")
        elif what == "deleted":
            (tmp_path / "log.db").unlink()
        else:
            (tmp_path / "other.db").replace(tmp_path / "log.db")
        assert "was moved, deleted or replaced while it was written to" in refusal(log.append, [prediction(1)])


def test_a_closed_log_and_one_for_reading_alone_are_not_written(tmp_path: Path) -> None:
    log = opened(tmp_path)
    log.close()
    log.close()
    with opened(tmp_path, is_read_only=True) as reader:
        for one in (log, reader):
            for work in (one.append, one.add_outcomes):
                assert "is closed, or open for reading alone. Open it for writing." in refusal(work, [])
            assert "is closed, or open for reading alone" in refusal(one.purge, before="2025-01-01")


def test_reading_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(AbsentLogError, match="does not exist yet"):
        opened(tmp_path / "nowhere", is_read_only=True)
    (tmp_path / "log.db").touch()
    with pytest.raises(AbsentLogError, match="holds no log yet"):
        opened(tmp_path, is_read_only=True)
    assert [path.stat().st_size for path in tmp_path.iterdir()] == [0]


def test_a_reader_does_not_take_damage_for_absence(tmp_path: Path) -> None:
    (tmp_path / "log.db").write_text("no database, but text" * 100)
    reader = LogReader(address(tmp_path), CASE)
    for work in (reader.is_there, reader.read, lambda: list(reader.read_parts(n_rows=1))):
        assert "is damaged" in refusal(work)


def test_a_time_that_is_none_is_told(tmp_path: Path) -> None:
    with opened(tmp_path) as log:
        told = refusal(log.append, [prediction(0), prediction(1, answered_at="now")])
        assert told == "Row 1 of request 'r1' has answered_at 'now'. Give an ISO time in UTC."
        assert log.read().empty
        for terms in ({"since": "x"}, {"until": "x"}, {"known_until": "x"}):
            assert "The moment 'x' cannot be read. Write it as 2024-02-29." in refusal(log.read, **terms)
        assert "The moment 'x' cannot be read" in refusal(log.purge, before="x")


def test_a_key_cannot_be_hidden(tmp_path: Path) -> None:
    with opened(tmp_path, hidden_columns=["client_id"]) as log:
        told = refusal(log.append, [prediction()])
        assert told.startswith("Column 'client_id' is hidden from the log and names the rows. Let it be logged")
        assert log.read().empty
