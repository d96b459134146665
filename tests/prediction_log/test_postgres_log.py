"""The same log on a real PostgreSQL server."""

import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from evergreen.errors import LogError
from evergreen.prediction_log import LogReader, PredictionLog, Receipt, open_log
from tests.postgres import PASSWORD, Postgres
from tests.prediction_log.small import CASE, outcome, prediction
from tests.prediction_log.test_many_writers import run_writers
from tests.prediction_log.writer import N_BATCHES, N_ROWS

pytestmark = pytest.mark.postgres


@pytest.fixture
def url(postgres: Postgres) -> Iterator[str]:
    yield postgres.con()
    for table in ("evergreen_predictions", "evergreen_outcomes", "evergreen_log"):
        postgres.run(f"drop table if exists {table}")


@pytest.fixture
def log(url: str) -> Iterator[PredictionLog]:
    with open_log(url, case=CASE, hidden_columns=["name"], wait_seconds=0.1) as made:
        yield made


def test_answers_and_outcomes_come_back(log: PredictionLog, postgres: Postgres) -> None:
    cells = {"client_id": 0, "job": "Zoë\0\ud800", "balance": 10**30, "name": "Rumpelstilzchen"}
    log.append([prediction(row, cells=cells, reasons="odd \0", scores=(np.nan, 1.0)) for row in range(5)])
    log.append([prediction(4, action="skip"), prediction(4, role="shadow")])
    assert log.add_outcomes([outcome(1.0), outcome(77, 2.5)]) == Receipt(2, 0, 0, 1)
    assert log.add_outcomes([outcome("1"), outcome(1, "no", "2024-03-05")]) == Receipt(0, 1, 1, 0)
    frame = log.read(since="2024-02-01T00:00:01", until="2024-02-01T00:00:04")
    assert frame["_row"].tolist() == [1, 2, 3]
    assert frame["_outcome"].tolist() == ["no", None, None]
    assert log.read(known_until="2024-03-02")["_outcome"].tolist()[1] == "yes"
    assert frame["job"][0] == "Zoë\0\ud800"
    assert frame["balance"][0] == 10**30
    assert log.read()["_action"].tolist() == ["call"] * 5
    assert log.newest(2)["_row"].tolist() == [4, 4]
    assert "Rumpelstilzchen" not in str(postgres.run("select * from evergreen_predictions"))


def test_parts_and_retention(log: PredictionLog) -> None:
    log.append([prediction(row, answered_at=f"2024-02-0{1 + row // 3}") for row in range(9)])
    log.add_outcomes([outcome(row, known_at="2024-01-01") for row in range(9)])
    for by in ("answered_at", "event_time"):
        assert [len(part) for part in log.read_parts(n_rows=4, by=by)] == [4, 4, 1]  # type: ignore[arg-type]
    assert log.purge(before="2024-02-02") == 3
    assert log.read()["_row"].tolist() == [3, 4, 5, 6, 7, 8]
    assert log.add_outcomes([outcome(0, known_at="2024-01-01"), outcome(4, known_at="2024-01-01")]) == Receipt(
        1, 1, 0, 1
    )


def test_two_processes_lose_nothing_and_write_nothing_twice(url: str) -> None:
    assert run_writers("together", url) == ["done", "done"]
    reader = LogReader(url, CASE)
    written = Counter(reader.read()["_request_id"])
    assert written == {f"{who}-{batch}": N_ROWS for who in ("0", "1", "both") for batch in range(N_BATCHES)}


def test_the_same_outcomes_from_two_at_once_are_one(url: str, postgres: Postgres) -> None:
    def work(_: int) -> Receipt:
        with open_log(url, case=CASE) as log:
            return log.add_outcomes([outcome(row) for row in range(300)])

    with ThreadPoolExecutor(3) as pool:
        receipts = list(pool.map(work, range(3)))
    assert sorted(receipt.n_new for receipt in receipts) == [0, 0, 300]
    assert postgres.run("select count(*) from evergreen_outcomes") == [(300,)]


def test_a_connection_that_was_cut_is_made_anew(log: PredictionLog, postgres: Postgres) -> None:
    log.append([prediction(0)])
    cut = "select pg_terminate_backend(pid) from pg_stat_activity "
    assert postgres.run(cut + "where pid <> pg_backend_pid() and backend_type = 'client backend'")
    log.append([prediction(1)])
    assert log.read()["_row"].tolist() == [0, 1]


def test_a_table_that_is_kept_by_another_is_told(log: PredictionLog, postgres: Postgres) -> None:
    log.append([prediction(0)])
    with postgres._engine() as engine, engine.begin() as connection:
        connection.exec_driver_sql("lock table evergreen_predictions in access exclusive mode")
        with pytest.raises(LogError, match="was kept by another process for too long, and nothing was changed"):
            log.append([prediction(1)])
    log.append([prediction(1)])
    assert len(log.read()) == 2


def test_what_is_wrong_with_a_server_is_told_without_the_password(postgres: Postgres, log: PredictionLog) -> None:
    for url in (postgres.con("not " + PASSWORD), postgres.con(database="nowhere")):
        with pytest.raises(LogError, match=r"cannot be opened .*Check its address") as caught:
            open_log(url, case=CASE)
        assert PASSWORD not in str(caught.value)
    with pytest.raises(LogError, match="is that of case 'calls', not of 'loans'") as caught:
        open_log(postgres.con(), case="loans")
    assert PASSWORD not in f"{caught.value} {log.place} {LogReader(postgres.con(), CASE)!r}"


def test_a_reader_cannot_write_and_makes_nothing(url: str, postgres: Postgres) -> None:
    reader = LogReader(url, CASE)
    assert not reader.is_there()
    assert reader.read().empty
    tables = "select count(*) from information_schema.tables where table_name like 'evergreen_%'"
    assert postgres.run(tables) == [(0,)]
    open_log(url, case=CASE).close()
    with open_log(url, case=CASE, is_read_only=True) as log, log._database.reading() as connection:
        told = json.dumps([list(row) for row in connection.exec_driver_sql("show transaction_read_only")])
    assert told == '[["on"]]'
