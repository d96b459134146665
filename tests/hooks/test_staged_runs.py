"""Whole runs that end badly at every point: what was there before is there after, byte for byte."""

import logging
from pathlib import Path
from typing import Any

import pytest
from kedro.io import DatasetError
from kedro.pipeline import Pipeline
from kedro.runner import SequentialRunner, ThreadRunner
from kedro_datasets.json import JSONDataset

from evergreen.hooks import stage_hooks
from evergreen.ledger import read_steps
from evergreen.staging import StagedCatalog
from evergreen.staging import staging as staging_module
from evergreen.staging.moves import Move
from tests.hooks.staged_project import (
    FIRST,
    SECOND,
    assert_killed,
    make_staged,
    outputs,
    run_elsewhere,
    staged_folders,
)
from tests.hooks.tiny_project import TinyProject

pytestmark = pytest.mark.filterwarnings("ignore:register_new_resolver")

_NODES = ("make_rows", "halve_rows", "tidy", "conclude", "write_note", "write_report")


@pytest.fixture
def staged(project: TinyProject) -> TinyProject:
    """A project with two stages; the second reads the rows of the first."""
    return make_staged(project)


@pytest.fixture
def mixed_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nodes run in Kedro's order, in which the second stage ends before the first; in threads they may anyway."""
    monkeypatch.setattr(stage_hooks, "stage_by_stage", lambda pipeline: list(pipeline.nodes))


def only(found: dict[str, bytes], names: tuple[str, ...]) -> dict[str, bytes]:
    return {name: content for name, content in found.items() if name in names}


def runners() -> dict[str, Any]:
    return {
        "in order": SequentialRunner,
        "in threads": ThreadRunner,
        "asynchronous": lambda: SequentialRunner(is_async=True),
    }


@pytest.mark.parametrize("runner", runners())
def test_a_run_that_ends_well_leaves_its_outputs_and_nothing_else(staged: TinyProject, runner: str) -> None:
    staged.run(runner=runners()[runner]())
    assert set(outputs(staged)) == {*FIRST, *SECOND}
    assert (staged.path / "data" / "2" / "report.html").read_text() == "<h1>10</h1>"


def test_nothing_of_a_stage_is_seen_before_its_last_node_has_ended(staged: TinyProject) -> None:
    staged.run()
    note = (staged.path / "data" / "1" / "note.txt").read_text()
    assert note == "10 rows, there: .tiny.journal .tiny.lock"


@pytest.mark.parametrize("runner", runners())
@pytest.mark.parametrize("node", _NODES)
def test_a_node_that_fails_leaves_all_of_its_stage_as_it_was(staged: TinyProject, node: str, runner: str) -> None:
    for n_rows in (10, 20):
        staged.run(n_rows=n_rows)
    wanted = outputs(staged)
    staged.run(n_rows=10)
    before = outputs(staged)
    with pytest.raises(ValueError, match=f"{node} is upset"):
        staged.run(runner=runners()[runner](), n_rows=20, trouble=f"raise in {node}")
    after = outputs(staged)
    assert set(after) == set(before)
    assert only(after, SECOND) == only(before, SECOND)
    # The first stage does not rest on the second, and in threads it may end before or after the other fails.
    may_end = node in ("conclude", "write_report")
    assert only(after, FIRST) in ([only(before, FIRST)] + may_end * [only(wanted, FIRST)])


def test_a_stage_that_has_ended_stays(staged: TinyProject) -> None:
    staged.run()
    before = outputs(staged)
    with pytest.raises(ValueError, match="conclude is upset"):
        staged.run("second", trouble="raise in conclude")
    assert outputs(staged) == before
    staged.run("first", n_rows=20)
    after_first = outputs(staged)
    assert only(after_first, FIRST) != only(before, FIRST)
    with pytest.raises(ValueError, match="write_report is upset"):
        staged.run("second", trouble="raise in write_report")
    assert outputs(staged) == after_first


def test_a_stage_ends_before_the_next_begins(staged: TinyProject) -> None:
    staged.run()
    assert read_steps(staged.ledger)["step"].tolist() == [
        *("make_rows", "halve_rows", "tidy", "write_note"),
        *("conclude", "write_report"),
    ]
    before = outputs(staged)
    with pytest.raises(ValueError, match="conclude is upset"):
        staged.run(n_rows=20, trouble="raise in conclude")
    assert only(outputs(staged), FIRST) != only(before, FIRST)
    assert only(outputs(staged), SECOND) == only(before, SECOND)


def test_a_stage_does_not_stay_without_one_it_has_read_from(staged: TinyProject, mixed_order: None) -> None:
    staged.run()
    before = outputs(staged)
    with pytest.raises(ValueError, match="write_note is upset"):
        staged.run(n_rows=20, trouble="raise in write_note")
    steps = read_steps(staged.ledger).set_index("step")["status"]
    assert (steps["conclude"], steps["write_report"], steps["write_note"]) == ("done", "done", "failed")
    assert outputs(staged) == before


def test_a_save_that_breaks_off_leaves_all_as_it_was(staged: TinyProject, monkeypatch: pytest.MonkeyPatch) -> None:
    staged.run()
    before = outputs(staged)
    monkeypatch.setenv("HALF_SAVE", "upset")
    with pytest.raises(DatasetError, match=r"note: .*data/1/note\.txt'\)\.\nthe disk is full") as raised:
        staged.run(n_rows=20)
    assert ".staged-" not in str(raised.value)
    assert outputs(staged) == before


def test_a_first_run_that_fails_leaves_nothing(staged: TinyProject) -> None:
    with pytest.raises(ValueError, match="tidy is upset"):
        staged.run(trouble="raise in tidy")
    assert outputs(staged) == {}
    assert not (staged.path / "data" / "1").exists()


@pytest.mark.parametrize("node", ["halve_rows", "write_note"])
def test_a_run_that_is_killed_leaves_all_as_it_was_and_the_next_one_clears_up(staged: TinyProject, node: str) -> None:
    staged.run()
    before = outputs(staged)
    assert_killed(run_elsewhere(staged, n_rows=20, trouble=f"kill in {node}"))
    assert only(outputs(staged), (*FIRST, *SECOND)) == before
    assert staged_folders(staged.path)
    with pytest.raises(ValueError, match="make_rows is upset"):
        staged.run(trouble="raise in make_rows")
    assert outputs(staged) == before
    assert staged_folders(staged.path) == []


def test_a_run_that_is_killed_while_it_saves_leaves_all_as_it_was(
    staged: TinyProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    staged.run()
    before = outputs(staged)
    monkeypatch.setenv("HALF_SAVE", "kill")
    assert_killed(run_elsewhere(staged, n_rows=20))
    monkeypatch.delenv("HALF_SAVE")
    assert only(outputs(staged), (*FIRST, *SECOND)) == before
    staged.run()
    assert {name: outputs(staged)[name] for name in SECOND} == only(before, SECOND)
    assert staged_folders(staged.path) == []


_KILL_AT_MOVE = """
import os, signal
from evergreen.staging import staging

put, moves = staging.put, []

def put_and_die(move):
    moves.append(move)
    put(move)
    if len(moves) == {at}:
        os.kill(os.getpid(), signal.SIGKILL)

staging.put = put_and_die
"""


@pytest.mark.parametrize("at", [1, 3])
def test_a_stage_that_was_being_put_into_place_is_finished_by_the_next_run(
    staged: TinyProject, at: int, caplog: pytest.LogCaptureFixture
) -> None:
    for n_rows in (10, 20):
        staged.run(n_rows=n_rows)
    wanted = outputs(staged)
    staged.run(n_rows=10)
    before = outputs(staged)
    assert_killed(run_elsewhere(staged, before=_KILL_AT_MOVE.format(at=at), n_rows=20))
    between = only(outputs(staged), FIRST)
    assert only(before, FIRST) != between != only(wanted, FIRST)
    with pytest.raises(ValueError, match="make_rows is upset"):
        staged.run(trouble="raise in make_rows")
    assert "A run was cut off while it put" in caplog.text
    assert only(outputs(staged), FIRST) == only(wanted, FIRST)


def test_a_run_that_is_stopped_by_hand_is_cleared_up_when_its_process_ends(staged: TinyProject) -> None:
    staged.run()
    before = outputs(staged)
    done = run_elsewhere(staged, n_rows=20, trouble="stop in write_note")
    assert "KeyboardInterrupt" in done.stderr
    assert {name for name in outputs(staged) if name not in before} <= {".tiny.lock"}
    assert only(outputs(staged), (*FIRST, *SECOND)) == before


def test_a_run_that_is_stopped_by_hand_in_a_notebook_is_cleared_up_by_the_next_one(staged: TinyProject) -> None:
    staged.run()
    before = outputs(staged)
    with pytest.raises(KeyboardInterrupt):
        staged.run(n_rows=20, trouble="stop in write_note")
    assert staged_folders(staged.path)
    with pytest.raises(ValueError, match="make_rows is upset"):
        staged.run(trouble="raise in make_rows")
    assert outputs(staged) == before
    assert staged_folders(staged.path) == []


def test_what_is_shown_to_everybody_comes_after_what_it_rests_on(staged: TinyProject, mixed_order: None) -> None:
    staged.run("published", n_rows=10)
    before = outputs(staged)
    with pytest.raises(ValueError, match="write_note is upset"):
        staged.run("published", n_rows=20, trouble="raise in write_note")
    after = outputs(staged)
    assert after["window.txt"] == (
        b"20 rows, there: .tiny.journal .tiny.lock 1/card.json 1/half.csv 1/note.txt 1/rows.parquet "
        b"2/report.html 2/verdict.json window.txt"
    )
    # What was shown cannot be taken back. So what it rests on is in place, and the rest of the stages is as it was.
    changed = {name for name in before if after[name] != before[name]}
    assert changed == {"window.txt", "2/verdict.json", "1/rows.parquet"}


def test_a_node_that_yields_is_staged(staged: TinyProject) -> None:
    staged.run("streaming", n_rows=10)
    before = outputs(staged)
    assert b"x\n0\n1\n" in before["1/parts.csv"]
    with pytest.raises(ValueError, match="write_note is upset"):
        staged.run("streaming", n_rows=1, trouble="raise in write_note")
    assert outputs(staged) == before
    staged.run("streaming", n_rows=1, runner=ThreadRunner())
    assert outputs(staged)["1/parts.csv"] == b"x\n0\n"
    assert staged_folders(staged.path) == []


def test_a_stage_does_not_wait_for_nodes_whose_outputs_are_there(staged: TinyProject) -> None:
    staged.run()
    for name in ("1/note.txt", "2/report.html"):
        (staged.path / "data" / name).unlink()
    with staged.session(trouble="raise in write_note") as session, pytest.raises(ValueError, match="upset"):
        session.run(only_missing_outputs=True)
    # Of the second stage only the report was to be made.
    assert set(outputs(staged)) == {*FIRST, *SECOND} - {"1/note.txt"}


def test_kedro_is_told_from_where_a_failed_run_can_go_on(staged: TinyProject, caplog: pytest.LogCaptureFixture) -> None:
    staged.run()
    with caplog.at_level(logging.WARNING), pytest.raises(ValueError, match="write_note is upset"):
        staged.run(n_rows=20, trouble="raise in write_note")
    assert '--from-nodes "first.make_rows"' in caplog.text
    staged.run("first")
    caplog.clear()
    with caplog.at_level(logging.WARNING), pytest.raises(ValueError, match="write_report is upset"):
        staged.run("second", trouble="raise in write_report")
    assert '--from-nodes "second.conclude"' in caplog.text


def test_a_guarded_run_is_staged_too_and_keeps_no_journal(staged: TinyProject) -> None:
    catalog = (staged.path / "conf" / "base" / "catalog.yml").read_text()
    staged.write("conf/adhoc/catalog_all.yml", catalog.replace("${globals:data}", "${globals:writable_root}"))
    staged.write("conf/adhoc/parameters.yml", f"data: {staged.path}/data/scratch\n")
    staged.run(env="adhoc")
    before = outputs(staged)
    assert set(before) == {f"scratch/{name}" for name in (*FIRST, *SECOND)}
    assert b".journal" not in before["scratch/1/note.txt"]
    with pytest.raises(ValueError, match="write_note is upset"):
        staged.run(env="adhoc", n_rows=20, trouble="raise in write_note")
    assert outputs(staged) == before


def test_the_results_of_a_run_can_be_read(staged: TinyProject) -> None:
    result = staged.run()
    assert result["report"].load() == "<h1>10</h1>"
    assert result["note"].load().startswith("10 rows")


def test_the_ledger_knows_the_size_of_what_was_staged(staged: TinyProject) -> None:
    staged.run()
    sizes = read_steps(staged.ledger).set_index("step")["bytes_out"]
    data = staged.path / "data"
    assert sizes["make_rows"] == (data / "1" / "rows.parquet").stat().st_size
    assert sizes["halve_rows"] == sum((data / "1" / name).stat().st_size for name in ("half.csv", "card.json"))
    assert sizes["write_report"] == (data / "2" / "report.html").stat().st_size


def test_what_was_read_does_not_count_as_read_where_the_last_outputs_cannot_be_put_into_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Move) -> None:
        raise OSError("the disk is gone")

    catalog = StagedCatalog({"verdict": JSONDataset(filepath=str(tmp_path / "verdict.json"))})
    run = stage_hooks.StagedRun(Pipeline([]), catalog, None, is_sequential=True)
    confirmed: list[str] = []
    run.staging.later(lambda: confirmed.append("parts"))
    catalog.save("verdict", {"n": 1})
    monkeypatch.setattr(staging_module, "put", refuse)
    with pytest.raises(OSError, match="the disk is gone"):
        run.close(is_done=True)
    assert confirmed == []
    assert not (tmp_path / "verdict.json").exists()
    assert staged_folders(tmp_path) == []
