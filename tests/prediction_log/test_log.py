import json
import math
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evergreen.prediction_log import LogReader, PredictionLog, open_log
from evergreen.prediction_log.database import Terms, find_database
from evergreen.prediction_log.frames import META, scores_of
from evergreen.prediction_log.reading import Window, select_part
from tests.prediction_log.small import CASE, address, opened, outcome, prediction


@pytest.fixture
def log(tmp_path: Path) -> Iterator[PredictionLog]:
    with opened(tmp_path) as made:
        yield made


def test_an_answer_comes_back_as_it_was_given(log: PredictionLog) -> None:
    cells = {"client_id": 7, "age_years": None, "job": "Zoë\0\ud800", "balance": math.inf, "is_new": True}
    log.append([prediction(7, cells=cells, scores=(np.float64(0.25), 0.75))])
    (row,) = log.read().to_dict(orient="records")
    assert {name: row[name] for name in cells} == cells
    assert {name: row[name] for name in META if name not in ("_outcome", "_outcome_known_at")} == {
        "_request_id": "r1",
        "_row": 7,
        "_role": "champion",
        "_key": '{"client_id":"7"}',
        "_event_time": "2024-01-08T10:00:00.000000",
        "_repairs": [["age_years", "canonical_text"]],
        "_reasons": "",
        "_scores": [0.25, 0.75],
        "_action": "call",
        "_expected_payoff": 1.5,
        "_release_id": "ab12",
        "_answered_at": "2024-02-01T00:00:07.000000+00:00",
        "_latency_ms": 0.5,
    }
    assert row["_outcome"] is None


def test_raw_cells_keep_their_kinds(log: PredictionLog) -> None:
    mixed = [1, 1.0, "1", True, None, 10**30]
    log.append([prediction(place, cells={"balance": cell}) for place, cell in enumerate(mixed)])
    frame = log.read()
    assert frame["balance"].dtype == object
    assert [(cell, type(cell)) for cell in frame["balance"]] == [(cell, type(cell)) for cell in mixed]


def test_a_row_that_could_not_be_used_is_logged_with_its_reasons(log: PredictionLog) -> None:
    unusable = prediction(1, scores=(), action=None, expected_payoff=None, reasons="age_years: below its range")
    log.append([prediction(0), unusable])
    frame = log.read()
    assert frame["_reasons"].tolist() == ["", "age_years: below its range"]
    assert frame["_action"].tolist() == ["call", None]
    np.testing.assert_array_equal(scores_of(frame), [[0.25, 0.75], [np.nan, np.nan]])


def test_a_decided_quantity_stays_a_number(log: PredictionLog) -> None:
    log.append([prediction(0, action=12.5), prediction(1, action=np.float64(3))])
    assert log.read()["_action"].tolist() == [12.5, 3]


def test_the_same_again_is_ignored_and_another_role_is_not(log: PredictionLog) -> None:
    log.append([prediction(0), prediction(1)])
    log.append([prediction(1, action="skip"), prediction(2), prediction(1, role="shadow")])
    assert log.read()["_row"].tolist() == [0, 1, 2]
    assert log.read()["_action"].tolist() == ["call"] * 3
    assert log.read(roles=["shadow", "canary"])["_row"].tolist() == [1]


def test_a_window_begins_with_its_first_moment_and_ends_before_its_last(log: PredictionLog) -> None:
    log.append([prediction(row) for row in range(10)])
    frame = log.read(since="2024-02-01T00:00:03", until="2024-02-01T01:00:06+01:00")
    assert frame["_row"].tolist() == [3, 4, 5]
    assert log.read(since="2024-02-02").empty
    assert len(log.read(until="2024-02-02")) == 10


def test_a_window_of_decisions_goes_by_their_own_time(log: PredictionLog) -> None:
    log.append([prediction(row) for row in range(5)] + [prediction(5, event_time=None)])
    frame = log.read(by="event_time", since="2024-01-02", until="2024-01-04")
    assert frame["_row"].tolist() == [1, 2]
    assert log.read(by="event_time")["_row"].tolist() == [0, 1, 2, 3, 4]


def test_answers_come_in_the_order_of_time_whatever_the_order_of_writing(log: PredictionLog) -> None:
    log.append([prediction(row) for row in (3, 1, 4)])
    log.append([prediction(row) for row in (2, 0)])
    assert log.read()["_row"].tolist() == [0, 1, 2, 3, 4]
    assert log.newest(2)["_row"].tolist() == [3, 4]


@pytest.mark.parametrize("n_rows", [1, 3, 5, 7, 100])
@pytest.mark.parametrize("by", ["answered_at", "event_time"])
def test_parts_are_the_whole(log: PredictionLog, n_rows: int, by: str) -> None:
    # Many share a time, so that a part ends between two of them.
    log.append([prediction(row, answered_at=f"2024-02-0{1 + row // 6}", event_time="2024-01-01") for row in range(15)])
    log.add_outcomes([outcome(3)])
    parts = list(log.read_parts(n_rows=n_rows, by=by, since="2024-01-01"))  # type: ignore[arg-type]
    assert all(0 < len(part) <= n_rows for part in parts)
    pd.testing.assert_frame_equal(
        pd.concat(parts, ignore_index=True),
        log.read(by=by),  # type: ignore[arg-type]
    )


def test_rows_written_between_two_parts_are_seen(log: PredictionLog) -> None:
    log.append([prediction(row) for row in range(4)])
    parts = log.read_parts(n_rows=2)
    seen = next(parts)["_row"].tolist()
    log.append([prediction(row) for row in (0, 9)])
    assert seen + [row for part in parts for row in part["_row"]] == [0, 1, 2, 3, 9]


@pytest.mark.parametrize("by", ["answered_at", "event_time"])
@pytest.mark.parametrize("after", [None, ("2024-01-05", 3)])
def test_nothing_older_than_the_window_is_read(tmp_path: Path, by: str, after: tuple[str, int] | None) -> None:
    opened(tmp_path).close()
    database = find_database(address(tmp_path), Terms())
    query = select_part(Window("2024-01-03", "2024-01-09", by=by), after, 10)  # type: ignore[arg-type]
    text = str(query.compile(database.engine, compile_kwargs={"literal_binds": True}))
    with database.reading() as connection:
        plan = [row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}")]
    (found,) = [step for step in plan if "evergreen_predictions" in step]
    assert found.startswith("SEARCH")
    assert f"({by}>? AND {by}<?)" in found


def test_the_last_part_costs_what_the_first_one_does(log: PredictionLog) -> None:
    log.append([prediction(row) for row in range(2000)])
    costs = []
    for after in (None, ("2024-02-01T00:32:00.000000+00:00", 0)):
        with log._database.reading() as connection:
            n_steps = 0

            def step() -> int:
                nonlocal n_steps
                n_steps += 1
                return 0

            connection.connection.driver_connection.set_progress_handler(step, 10)  # type: ignore[union-attr]
            assert len(connection.execute(select_part(Window(since="2024-02-01"), after, 20)).all()) == 20
            connection.connection.driver_connection.set_progress_handler(None, 10)  # type: ignore[union-attr]
        costs.append(n_steps)
    assert costs[1] < 2 * costs[0]


def test_a_request_has_as_many_rows_as_were_answered_by_anybody(log: PredictionLog) -> None:
    log.append([prediction(0), prediction(3, role="canary"), prediction(7, request_id="r2")])
    assert log.find_sizes(["r1", "nobody", "r2"]) == {"r1": 4, "r2": 8}
    assert log.find_sizes([]) == {}
    many = [prediction(0, request_id=f"one-{number}") for number in range(1100)]
    log.append(many)
    assert log.find_sizes([one.request_id for one in many]) == {one.request_id: 1 for one in many}


def test_only_the_cells_that_are_asked_for_are_given(log: PredictionLog) -> None:
    log.append([prediction(0)])
    frame = log.read(columns=["job", "salary"])
    assert frame.columns.tolist() == [*META, "job", "salary"]
    assert frame["salary"].tolist() == [None]


def test_an_empty_window_has_its_columns(log: PredictionLog) -> None:
    frame = log.read(columns=["job"])
    assert frame.columns.tolist() == [*META, "job"]
    assert frame.dtypes["_row"] == "int64"
    assert list(log.read_parts(n_rows=5)) == []


def test_hidden_cells_are_nowhere_in_the_file(tmp_path: Path) -> None:
    with opened(tmp_path, hidden_columns=["name"]) as log:
        log.append([prediction(0, cells={"client_id": 0, "name": "Rumpelstilzchen", "job": "Goldspinner"})])
        assert "name" not in log.read()
        written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"Rumpelstilzchen" not in written
    assert b"Goldspinner" in written


def test_what_is_old_is_deleted_and_its_outcomes_with_it(log: PredictionLog, tmp_path: Path) -> None:
    log.append([prediction(row, cells={"job": f"job-{row}"}) for row in range(6)])
    log.append([prediction(2, role="shadow")])
    log.append([prediction(1, request_id="again", answered_at="2024-02-03")])
    log.add_outcomes([outcome(row, known_at="2024-01-15") for row in (0, 1, 5, 99)])
    assert log.purge(before="2024-02-01T00:00:04") == 5
    assert log.read()["_row"].tolist() == [4, 5, 1]
    assert log.read()["_outcome"].tolist() == [None, "yes", "yes"]
    with sqlite3.connect(tmp_path / "log.db") as plain:
        keys = [json.loads(key)["client_id"] for (key,) in plain.execute("SELECT key FROM evergreen_outcomes")]
    assert keys == ["1", "5"]
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"job-3" not in written
    assert b"job-4" in written
    assert log.purge(before="2024-02-01T00:00:04") == 0


def test_outcomes_that_are_newer_wait_for_their_answers(log: PredictionLog) -> None:
    log.add_outcomes([outcome(8, known_at="2024-03-01")])
    assert log.purge(before="2024-02-01") == 0
    log.append([prediction(8)])
    assert log.read()["_outcome"].tolist() == ["yes"]


def test_more_is_deleted_than_goes_into_one_step(log: PredictionLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evergreen.prediction_log.purging._N_ROWS", 3)
    log.append([prediction(row) for row in range(10)])
    log.add_outcomes([outcome(row) for row in range(10)])
    assert log.purge(before="2025-01-01") == 10
    assert log.read().empty


def test_threads_share_a_log(log: PredictionLog) -> None:
    def work(thread: int) -> int:
        for batch in range(5):
            log.append([prediction(row, request_id=f"{thread}-{batch}") for row in range(4)])
            log.add_outcomes([outcome(thread * 100 + batch)])
        return len(log.read())

    with ThreadPoolExecutor(4) as pool:
        assert max(pool.map(work, range(4))) == 80


def test_a_log_goes_on_where_it_was(tmp_path: Path) -> None:
    for request in range(3):
        with opened(tmp_path) as log:
            log.append([prediction(0, request_id=f"r{request}")])
    with opened(tmp_path, is_read_only=True) as log:
        assert log.read()["_request_id"].tolist() == ["r0", "r1", "r2"]


def test_a_reader_reads_while_the_log_is_written_and_before_there_is_one(tmp_path: Path) -> None:
    reader = LogReader(address(tmp_path), CASE)
    assert not reader.is_there()
    assert reader.read(columns=["job"]).columns.tolist() == [*META, "job"]
    assert list(reader.read_parts(n_rows=2)) == []
    assert list(tmp_path.iterdir()) == []
    with opened(tmp_path) as log:
        log.append([prediction(row) for row in range(3)])
        assert reader.is_there()
        assert reader.read(since="2024-02-01T00:00:01")["_row"].tolist() == [1, 2]
        assert [len(part) for part in reader.read_parts(n_rows=2)] == [2, 1]


@pytest.mark.parametrize(("terms", "level"), [({}, 2), ({"durability": "full"}, 2), ({"durability": "normal"}, 1)])
def test_durability_is_what_was_asked_for(tmp_path: Path, terms: dict[str, Any], level: int) -> None:
    with open_log(address(tmp_path), case=CASE, **terms) as log:
        for connection in (log._writer._connection, log._database.engine.raw_connection()):  # type: ignore[union-attr]
            assert connection.execute("PRAGMA synchronous").fetchone()[0] == level
            assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
            connection.close()
