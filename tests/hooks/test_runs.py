"""Whole runs of a tiny project: what they leave in the ledger and on the terminal."""

import json
import sqlite3
from typing import Any

import pandas as pd
import pytest
from kedro.framework.hooks import _create_hook_manager
from kedro.io import DataCatalog, DatasetError, MemoryDataset
from kedro.pipeline import Node, Pipeline
from kedro.runner import ParallelRunner, SequentialRunner, ThreadRunner

from evergreen.errors import WriteRefusedError
from evergreen.hooks import LedgerHooks, ProgressHooks
from evergreen.ledger import read_runs, read_steps
from tests.hooks.tiny_project import TinyProject

pytestmark = pytest.mark.filterwarnings("ignore:register_new_resolver")


def _run(project: TinyProject) -> dict[str, Any]:
    return dict(read_runs(project.ledger).iloc[-1])


def test_a_run_is_in_the_ledger(project: TinyProject) -> None:
    project.run(n_rows=8, db={"password": "x"})
    run = _run(project)
    assert {name: run[name] for name in ("case", "env", "pipeline", "runner", "as_of", "n_steps", "status")} == {
        "case": "tiny",
        "env": "local",
        "pipeline": "__default__",
        "runner": "SequentialRunner",
        "as_of": "2024-02-29",
        "n_steps": 4,
        "status": "done",
    }
    assert json.loads(run["runtime_params"]) == {"n_rows": 8, "db": {"password": "***"}}
    assert pd.isna(run["startup_seconds"])
    assert 0 < run["node_seconds"] < run["wall_seconds"]
    assert run["cpu_seconds"] > 0
    assert run["peak_memory_mb"] > 10


def test_its_steps_are_in_the_ledger_in_order_with_rows_bytes_and_times(project: TinyProject) -> None:
    project.run(n_rows=8)
    steps = read_steps(project.ledger)
    told = steps[["position", "stage", "step", "status", "rows_in", "rows_out"]].astype(object)
    assert told.where(told.notna(), None).values.tolist() == [
        [1, "data", "make_rows", "done", None, 8],
        [2, "data", "halve_rows", "done", 8, 4],
        [3, "evaluation", "conclude", "done", 4, None],
        [4, "evaluation", "write_report", "done", None, None],
    ]
    sizes = [(project.path / "data" / name).stat().st_size for name in ("rows.parquet", "half.csv")]
    assert steps["bytes_out"].tolist()[:2] == sizes
    for figure in ("wall_seconds", "load_seconds", "save_seconds", "cpu_seconds", "peak_memory_mb"):
        assert (steps[figure] >= 0).all()
    assert steps["started_at"].is_monotonic_increasing


def test_the_terminal_tells_each_step_and_sums_up(project: TinyProject, capsys: pytest.CaptureFixture[str]) -> None:
    project.run(n_rows=9_600)
    captured = capsys.readouterr()
    lines = captured.err.splitlines()
    assert captured.out == ""
    assert lines[0].endswith(": __default__, case tiny, env local, as of 2024-02-29, 4 steps")
    assert lines[1].startswith("[1/4] data        make_rows   ")
    assert lines[2].endswith(" s  9,600 rows in, 4,800 out")
    assert lines[5:9] == [
        "Verdict on case 'tiny' as of 2024-02-29: release",
        "  - It pays.",
        "Release: r1",
        "Report: data/report.html",
    ]
    assert lines[9].startswith("Took ")


def test_a_run_that_does_not_touch_the_verdict_tells_the_old_one(
    project: TinyProject, capsys: pytest.CaptureFixture[str]
) -> None:
    project.run()
    capsys.readouterr()
    project.run("memory")
    told = capsys.readouterr().err
    assert "2024-02-29: release (from an earlier run)" in told
    assert "report.html (from an earlier run)" in told


def test_drills_are_told_by_the_run_that_held_them_alone(
    project: TinyProject, capsys: pytest.CaptureFixture[str]
) -> None:
    project.run()
    project.run("drills")
    lines = capsys.readouterr().err.splitlines()
    assert lines[-3:-1] == [
        "Drills: data/drills.html",
        "Drills: 2 faults were put into real windows, and the watch is blind to 'sign turned'.",
    ]
    project.run("memory")
    assert "Drills" not in capsys.readouterr().err


def test_a_verdict_that_cannot_be_read_does_not_end_a_run(
    project: TinyProject, capsys: pytest.CaptureFixture[str]
) -> None:
    project.run()
    (project.path / "data" / "verdict.json").write_text("{")
    project.run("memory")
    assert "The verdict of an earlier run cannot be read" in capsys.readouterr().err
    assert _run(project)["status"] == "done"


def test_a_failed_step_is_told_and_entered_and_what_was_before_stays(
    project: TinyProject, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ValueError, match="has no end"):
        project.run("failing")
    told = capsys.readouterr().err
    assert "FAILED in step 'fail' (2 of 2): ValueError: Column 'x' has no end." in told
    assert "Finished stages are kept; of the others nothing was replaced." in told
    assert (_run(project)["status"], _run(project)["error"]) == ("failed", "ValueError: Column 'x' has no end.")
    steps = read_steps(project.ledger)
    assert steps["status"].tolist() == ["done", "failed"]
    assert steps["error"].tolist()[1] == "ValueError: Column 'x' has no end."
    assert steps["rows_in"].tolist()[1] == 10


def test_a_step_that_cannot_read_or_write_failed_too(project: TinyProject) -> None:
    (project.path / "data" / "half.csv").mkdir(parents=True)
    with pytest.raises(DatasetError):
        project.run()
    assert read_steps(project.ledger)["status"].tolist() == ["done", "failed"]
    (project.path / "data" / "rows.parquet").write_text("broken")
    with pytest.raises(DatasetError):
        project.run("memory")
    step = read_steps(project.ledger).iloc[0]
    assert step["status"] == "failed"
    assert pd.isna(step["wall_seconds"])


def test_a_run_that_is_stopped_by_hand_is_closed_by_the_next_one(
    project: TinyProject, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(KeyboardInterrupt):
        project.run("stopped")
    assert _run(project)["status"] == "running"
    assert read_steps(project.ledger)["status"].tolist() == ["done", "running"]
    project.run()
    runs = read_runs(project.ledger)
    assert runs["status"].tolist() == ["interrupted", "done"]
    stopped = read_steps(project.ledger, run_id=runs["run_id"][0])
    assert stopped["status"].tolist() == ["done", "interrupted"]
    assert capsys.readouterr().err.count("Took ") == 1


def test_a_step_that_yields_is_counted_whole(project: TinyProject) -> None:
    project.run("streaming")
    steps = read_steps(project.ledger)
    assert steps["rows_out"].tolist() == [10, 5]
    assert steps["status"].tolist() == ["done", "done"]
    assert steps["wall_seconds"].tolist()[1] > 0


@pytest.mark.parametrize(
    "runner",
    [
        pytest.param(ThreadRunner, id="threads"),
        pytest.param(lambda: ParallelRunner(max_workers=1), id="processes"),
        pytest.param(lambda: SequentialRunner(is_async=True), id="asynchronous"),
    ],
)
def test_every_runner_enters_its_steps(
    project: TinyProject, monkeypatch: pytest.MonkeyPatch, runner: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KEDRO_MP_CONTEXT", "fork")
    project.run(runner=runner())
    steps = read_steps(project.ledger)
    assert steps["step"].tolist() == ["make_rows", "halve_rows", "conclude", "write_report"]
    assert steps["status"].tolist() == ["done"] * 4
    assert _run(project)["status"] == "done"
    assert "2024-02-29: release\n" in capsys.readouterr().err


def test_a_step_that_fails_in_a_worker_is_entered(project: TinyProject, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEDRO_MP_CONTEXT", "fork")
    with pytest.raises(ValueError, match="has no end"):
        project.run("failing", runner=ParallelRunner(max_workers=1))
    assert read_steps(project.ledger)["status"].tolist() == ["done", "failed"]


def test_a_ledger_that_cannot_be_written_does_not_end_a_run(
    project: TinyProject, caplog: pytest.LogCaptureFixture
) -> None:
    project.write("conf/base/globals.yml", "case: tiny\ndata: data\nledger: pyproject.toml/ledger.db\n")
    project.run()
    assert (project.path / "data" / "report.html").exists()
    assert caplog.text.count("The run goes on without it") == 1


def test_the_ledger_can_be_elsewhere_or_off(project: TinyProject) -> None:
    project.write("conf/local/globals.yml", "ledger: runs.db\n")
    project.run()
    assert len(read_runs(project.path / "runs.db")) == 1
    project.write("conf/local/globals.yml", "ledger: null\n")
    project.run()
    assert len(read_runs(project.path / "runs.db")) == 1
    assert not project.ledger.exists()


def test_a_run_that_is_refused_writes_nothing_and_is_not_in_the_ledger(project: TinyProject) -> None:
    with pytest.raises(WriteRefusedError, match=r"Datasets 'half', 'report', 'rows', 'verdict' belong to production"):
        project.run(env="adhoc")
    assert not (project.path / "data").exists()


def test_a_run_beside_the_pipelines_is_in_the_same_ledger_with_its_environment(project: TinyProject) -> None:
    project.run()
    project.run("scratch", env="adhoc")
    assert read_runs(project.ledger)["env"].tolist() == ["local", "adhoc"]
    assert (project.path / "data" / "scratch" / "tiny" / "half.parquet").exists()


def test_a_bare_runner_is_not_watched(project: TinyProject, capsys: pytest.CaptureFixture[str]) -> None:
    manager = _create_hook_manager()
    manager.register(LedgerHooks())
    manager.register(ProgressHooks())
    pipeline = Pipeline([Node(len, inputs="word", outputs="length", name="count")])
    SequentialRunner().run(pipeline, DataCatalog({"word": MemoryDataset("four")}), manager)
    manager.hook.before_pipeline_run(run_params={}, pipeline=pipeline, catalog=DataCatalog())
    manager.hook.after_pipeline_run(run_params={}, run_result={}, pipeline=pipeline, catalog=DataCatalog())
    assert capsys.readouterr().err == ""
    assert not project.ledger.exists()


def test_nothing_is_left_open(project: TinyProject) -> None:
    project.run()
    connection = sqlite3.connect(project.ledger)
    assert connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    connection.close()
