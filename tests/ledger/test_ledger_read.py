"""Reading the ledger as tables."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergreen.errors import EvergreenError
from evergreen.ledger import read_runs, read_steps, time_shares
from evergreen.ledger.store import open_ledger, put
from tests.ledger.records import a_run, a_step

_ROOT = Path(__file__).parents[2]
_KILLED = """
import sys
from dataclasses import replace
from pathlib import Path
from evergreen.ledger import Recorder
from evergreen.ledger.process import this_process
from tests.ledger.records import a_run, a_step

me = this_process()
recorder = Recorder(Path(sys.argv[1]))
recorder.start(a_run(host=me.host, pid=me.pid, process_start=me.start))
recorder.put(a_step())
print("started", flush=True)
input()
"""


def _ledger(path: Path, *records: object) -> Path:
    connection = open_ledger(path / "ledger.db")
    for record in records:
        put(connection, record)  # type: ignore[arg-type]
    connection.close()
    return path / "ledger.db"


def test_runs_come_oldest_first_with_what_follows_from_their_steps(tmp_path: Path) -> None:
    path = _ledger(
        tmp_path,
        a_run(run_id="late", started_at="2024-03-01T00:00:00.000+00:00", status="done", wall_seconds=2.0),
        a_run(run_id="early", status="done", wall_seconds=8.0, startup_seconds=2.0),
        a_step(run_id="early", wall_seconds=5.0, load_seconds=1.0, save_seconds=0.5),
        a_step(run_id="early", step="split", wall_seconds=1.0, load_seconds=0.5, save_seconds=0.0),
    )
    runs = read_runs(path)
    assert runs["run_id"].tolist() == ["early", "late"]
    assert runs.loc[0, ["node_seconds", "load_seconds", "save_seconds"]].tolist() == [6.0, 1.5, 0.5]
    assert runs["outside_share"].tolist() == pytest.approx([0.4, 1.0])
    assert read_runs(path, last=1)["run_id"].tolist() == ["late"]


def test_steps_side_by_side_have_no_share_outside_them(tmp_path: Path) -> None:
    path = _ledger(
        tmp_path,
        a_run(status="done", wall_seconds=1.0),
        a_step(wall_seconds=0.8),
        a_step(step="beside", wall_seconds=0.7),
    )
    assert read_runs(path)["outside_share"].isna().all()


def test_steps_come_in_order_of_the_newest_run_or_the_one_named(tmp_path: Path) -> None:
    path = _ledger(
        tmp_path,
        a_run(),
        a_run(run_id="r2", started_at="2024-03-01T00:00:00.000+00:00"),
        a_step(run_id="r2", step="second", position=2),
        a_step(run_id="r2", step="first", position=1),
        a_step(),
    )
    assert read_steps(path)["step"].tolist() == ["first", "second"]
    assert read_steps(path, run_id="r1")["step"].tolist() == ["repair"]


def test_a_killed_run_is_seen_as_interrupted(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    environ = {**os.environ, "PYTHONPATH": f"{_ROOT / 'src'}{os.pathsep}{_ROOT}"}
    run = subprocess.Popen(
        [sys.executable, "-c", _KILLED, path], env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert run.stdout is not None
    run.stdout.readline()
    assert read_runs(path)["status"].tolist() == ["running"]
    run.send_signal(signal.SIGKILL)
    run.communicate()
    assert read_runs(path)["status"].tolist() == ["interrupted"]
    assert read_steps(path)["status"].tolist() == ["interrupted"]


def test_time_is_shared_out_by_environment_and_pipeline(tmp_path: Path) -> None:
    path = _ledger(
        tmp_path,
        a_run(status="done", wall_seconds=5.0, startup_seconds=1.0, cpu_seconds=3.0),
        a_run(run_id="r2", status="failed", wall_seconds=2.0, cpu_seconds=None),
        a_run(run_id="r3", status="interrupted", env="adhoc", pipeline="look"),
        a_step(run_id="r3", wall_seconds=1.0, load_seconds=0.5, save_seconds=0.5),
    )
    shares = time_shares(read_runs(path))
    assert shares[["env", "pipeline", "n_runs"]].values.tolist() == [["local", "__default__", 2], ["adhoc", "look", 1]]
    assert shares["wall_seconds"].tolist() == pytest.approx([8.0, 2.0])
    assert shares["wall_share"].tolist() == pytest.approx([0.8, 0.2])
    assert shares["cpu_share"].tolist() == pytest.approx([1.0, 0.0])


def test_an_empty_ledger_has_no_shares(tmp_path: Path) -> None:
    assert time_shares(read_runs(_ledger(tmp_path))).empty


@given(
    seconds=st.lists(
        st.tuples(st.sampled_from(["local", "adhoc"]), st.floats(0, 1e6), st.floats(0, 1e6)), min_size=1, max_size=20
    )
)
def test_shares_lie_between_0_and_1_and_add_up_to_1(seconds: list[tuple[str, float, float]]) -> None:
    runs = pd.DataFrame(seconds, columns=["env", "wall_seconds", "cpu_seconds"]).assign(
        run_id="r", pipeline="p", startup_seconds=None, node_seconds=0.0, load_seconds=0.0, save_seconds=0.0
    )
    shares = time_shares(runs)
    for kind in ("wall", "cpu"):
        share = shares[f"{kind}_share"]
        assert share.between(0, 1).all()
        assert share.sum() == pytest.approx(1) or runs[f"{kind}_seconds"].sum() == 0
    assert shares["n_runs"].sum() == len(seconds)


def test_a_ledger_that_is_not_there_is_named_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(EvergreenError, match=r"ledger.db' does not exist yet. Run a pipeline first: kedro run."):
        read_runs(tmp_path / "ledger.db")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_ledger_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.write_text("no database " * 100)
    with pytest.raises(EvergreenError, match="cannot be read"):
        read_runs(path)


@pytest.mark.parametrize("run_id", ["r9", None])
def test_a_run_that_is_not_there_is_refused(tmp_path: Path, run_id: str | None) -> None:
    path = _ledger(tmp_path, *([a_run()] if run_id else []))
    with pytest.raises(EvergreenError, match=r"un.* is not in the ledger .* kedro ledger runs"):
        read_steps(path, run_id=run_id)
