import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

from tests.prediction_log.small import address, opened
from tests.prediction_log.writer import N_BATCHES, N_KILLS, N_ROWS

ROOT = Path(__file__).resolve().parents[2]


def run_writers(what: str, url: str) -> list[str]:
    command = [sys.executable, "-m", "tests.prediction_log.writer", what, url]
    done = subprocess.run(
        command, cwd=ROOT, env={"PYTHONPATH": "src:."}, capture_output=True, text=True, check=True, timeout=120
    )
    told: list[str] = json.loads(done.stdout)
    return told


def test_a_killed_writer_leaves_every_batch_whole_and_none_half(tmp_path: Path) -> None:
    told = run_writers("kill", address(tmp_path))
    with opened(tmp_path) as log:
        written = Counter(log.read()["_request_id"])
    assert len({request.partition("-")[0] for request in told}) == N_KILLS
    assert set(told) <= set(written)
    assert set(written.values()) == {N_ROWS}


def test_two_writers_at_once_lose_nothing_and_write_nothing_twice(tmp_path: Path) -> None:
    assert run_writers("together", address(tmp_path)) == ["done", "done"]
    with opened(tmp_path) as log:
        written = Counter(log.read()["_request_id"])
        assert log.add_outcomes([]).n_new == 0
        with log._database.reading() as connection:
            n_outcomes = connection.exec_driver_sql("SELECT count(*) FROM evergreen_outcomes").scalar_one()
    assert written == {f"{who}-{batch}": N_ROWS for who in ("0", "1", "both") for batch in range(N_BATCHES)}
    assert n_outcomes == 3 * N_BATCHES // 10
