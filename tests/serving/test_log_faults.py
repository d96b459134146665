"""An answer leaves only after it is in the log; and one request is not made to suffer for another."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.serving.world import ROW, rows, wait_for, world


def test_while_the_log_fails_nothing_is_answered_and_it_recovers_by_itself(tmp_path: Path) -> None:
    with world(tmp_path) as made:
        made.log.fault = "is full"
        told = made.predict([ROW])
        assert told.status == 503
        assert "could not be written into the log" in told.json["error"]
        assert "score" not in told.body.decode()
        ready = made.ask("GET", "/health/ready")
        assert ready.status == 503
        assert ready.json["reason"] == "The log does not work: The log is full. Make room."
        assert made.figure("evergreen_log_failures_total") == 1
        assert made.figure("evergreen_ready") == 0
        made.log.fault = ""
        wait_for(lambda: made.ask("GET", "/health/ready").status == 200)
        assert made.predict([ROW]).status == 200
        assert len(made.log.predictions) == 1


def test_a_request_finds_out_that_the_log_works_again_before_anybody_looks(tmp_path: Path) -> None:
    with world(tmp_path, poll_seconds=1000) as made:
        made.log.fault = "is full"
        assert made.predict([ROW]).status == 503
        made.log.fault = ""
        assert made.predict([ROW]).status == 200
        assert made.ask("GET", "/health/ready").status == 200


def test_where_it_is_allowed_answers_leave_unlogged(tmp_path: Path) -> None:
    with world(tmp_path, unlogged="allow") as made:
        made.log.fault = "is full"
        assert made.predict([ROW]).json["predictions"][0]["score"] == 0.5
        assert made.ask("GET", "/health/ready").status == 200
        assert made.log.predictions == []
        assert made.figure("evergreen_log_failures_total") == 1


def test_outcomes_that_cannot_be_logged_are_refused(tmp_path: Path) -> None:
    with world(tmp_path) as made:
        made.log.fault = "is full"
        told = made.ask("POST", "/outcomes", {"outcomes": [{"row_id": 1, "outcome": "yes"}]})
        assert told.status == 503
        assert "Send them again later" in told.json["error"]


def test_cells_that_cannot_be_written_hurt_their_own_request_alone(tmp_path: Path) -> None:
    with world(tmp_path) as made, ThreadPoolExecutor(5) as clients:
        made.log.poison = "ink"
        quick = next(iter(made.answerers.values()))
        quick.gate = threading.Event()
        first = clients.submit(made.predict, [ROW])
        wait_for(lambda: made.service.n_in_flight == 1)
        others = [clients.submit(made.predict, rows(1, note=note)) for note in ("a", "ink", "b")]
        wait_for(lambda: made.service.n_in_flight == 4)
        quick.gate.set()
        assert [one.result().status for one in (first, *others)] == [200, 200, 503, 200]
        wait_for(lambda: made.ask("GET", "/health/ready").status == 200)


def test_a_row_the_release_fails_on_takes_nobody_down(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with world(tmp_path) as made, ThreadPoolExecutor(5) as clients:
        quick = next(iter(made.answerers.values()))
        quick.gate = threading.Event()
        first = clients.submit(made.predict, [ROW])
        wait_for(lambda: made.service.n_in_flight == 1)
        others = [clients.submit(made.predict, rows(1, note=note)) for note in ("a", "break", "b")]
        mixed = clients.submit(made.predict, [ROW, {**ROW, "note": "break"}, ROW])
        wait_for(lambda: made.service.n_in_flight == 5)
        quick.gate.set()
        assert [one.result().status for one in (first, *others)] == [200, 200, 500, 200]
        told = mixed.result()
        assert told.status == 200
        assert [one.get("score") for one in told.json["predictions"]] == [0.5, None, 0.5]
        assert told.json["predictions"][1]["error"] == "the release failed on this row"
    failed = [one for one in made.log.predictions if one.reasons]
    assert len(failed) == 2
    assert "ValueError" in str([vars(record).get("told") for record in caplog.records])
    assert "secret" not in caplog.text
    assert "secret" not in others[1].result().body.decode()


def test_hidden_columns_reach_no_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with world(tmp_path) as made:
        duty = made.service.router.duty
        assert duty is not None
        monkeypatch.setitem(vars(duty.champion.problem), "hidden_columns", ("colour",))
        assert made.predict([ROW]).status == 200
        assert "colour" not in made.log.predictions[0].cells


def test_old_rows_leave_the_log(tmp_path: Path) -> None:
    with world(tmp_path, retention_days=30) as made:
        wait_for(lambda: made.log.n_purges)


def test_no_line_of_the_service_tells_a_cell(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG", "evergreen"), world(tmp_path, key="sesame") as made:
        for note in ("break", "whisper"):
            assert made.predict(rows(2, note=note), X_API_Key="sesame").status in (200, 500)
        made.predict(rows(1, note="whisper"), X_API_Key="guess")
    lines = str([vars(record) for record in caplog.records if record.name.startswith("evergreen.serving")])
    assert "Request" in lines
    for word in ("whisper", "sesame", "guess", "secret"):
        assert word not in lines
