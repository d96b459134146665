"""Two runs of one case never mix: the second is refused, and a lock that nobody holds any more is free."""

import logging
import os
import signal
from dataclasses import replace
from pathlib import Path
from socket import gethostname
from threading import Event, Thread
from typing import Any

import pytest

from evergreen.errors import BusyError
from evergreen.hooks import run_lock
from evergreen.hooks.run_lock import Holder, RunLock
from evergreen.ledger import read_runs
from tests.hooks.staged_project import FIRST, SECOND, make_staged, outputs, run_that_waits
from tests.hooks.tiny_project import TinyProject

_HOLDER = Holder("shop", "modelling", "local", 4711, "mill", "2024-02-29T12:00:00.000+00:00")


def test_a_second_one_is_refused_and_told_who_runs(tmp_path: Path) -> None:
    first, second = RunLock(tmp_path / ".shop.lock"), RunLock(tmp_path / ".shop.lock")
    first.take(_HOLDER)
    with pytest.raises(BusyError) as refused:
        second.take(replace(_HOLDER, pid=4712))
    assert str(refused.value) == (
        "Case 'shop' is being run by process 4711 on host 'mill' since 2024-02-29T12:00:00.000+00:00 (pipeline "
        "modelling, environment 'local'), and two runs would mix their tables. Wait until it has ended, or stop that "
        "process; to look at the data meanwhile use the environment 'adhoc'."
    )
    first.free()
    second.take(_HOLDER)
    second.free()
    assert list(tmp_path.iterdir()) == []


def test_the_locks_of_two_cases_do_not_meet(tmp_path: Path) -> None:
    locks = [RunLock(tmp_path / f".{case}.lock") for case in ("shop", "mill")]
    for lock in locks:
        lock.take(_HOLDER)
    for lock in locks:
        lock.free()


def test_a_lock_that_is_not_signed_yet_is_a_lock(tmp_path: Path) -> None:
    first = RunLock(tmp_path / ".shop.lock")
    first.take(_HOLDER)
    (tmp_path / ".shop.lock").write_text("")
    with pytest.raises(BusyError, match="Case 'shop' is being run by another process, and two runs"):
        RunLock(tmp_path / ".shop.lock").take(_HOLDER)
    first.free()


def test_a_file_that_is_left_over_is_no_lock(tmp_path: Path) -> None:
    (tmp_path / ".shop.lock").write_text('{"pid": 1}' * 100)
    lock = RunLock(tmp_path / ".shop.lock")
    lock.take(_HOLDER)
    assert b'"pid": 4711' in (tmp_path / ".shop.lock").read_bytes()
    lock.free()


def test_a_file_that_its_holder_removes_meanwhile_is_no_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, flock, calls = tmp_path / ".shop.lock", run_lock.fcntl.flock, []

    def remove_first(handle: int, how: int) -> None:
        calls.append(handle)
        if len(calls) == 1:
            path.unlink()
        flock(handle, how)

    monkeypatch.setattr(run_lock.fcntl, "flock", remove_first)
    lock = RunLock(path)
    lock.take(_HOLDER)
    assert len(calls) == 2
    with pytest.raises(BusyError):
        RunLock(path).take(_HOLDER)
    lock.free()


def test_a_child_does_not_hold_what_its_parent_lets_go(tmp_path: Path) -> None:
    lock = RunLock(tmp_path / ".shop.lock")
    lock.take(_HOLDER)
    (is_up, tell_up), (may_end, tell_end) = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        os.close(tell_end)
        os.write(tell_up, b"!")
        os.read(may_end, 1)
        os._exit(0)
    os.read(is_up, 1)
    lock.close()
    other = RunLock(tmp_path / ".shop.lock")
    other.take(_HOLDER)
    other.free()
    for handle in (tell_end, may_end, is_up, tell_up):
        os.close(handle)
    os.waitpid(child, 0)


def test_a_place_that_knows_no_locks_costs_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "data").write_text("a file")
    lock = RunLock(tmp_path / "data" / ".shop.lock")
    with caplog.at_level(logging.WARNING):
        lock.take(_HOLDER)
    assert "cannot be used" in caplog.text
    assert "See that no other run is under way." in caplog.text
    lock.free()


@pytest.fixture
def staged(project: TinyProject) -> TinyProject:
    return make_staged(project)


def test_a_second_run_of_the_case_is_refused_until_the_first_has_ended(staged: TinyProject) -> None:
    with run_that_waits(staged) as first:
        expected = (
            rf"Case 'tiny' is being run by process {first.pid} on host '{gethostname()}' since 20.* \(pipeline __def"
        )
        with pytest.raises(BusyError, match=expected):
            staged.run("second")
        # Two environments may be of one case.
        (staged.path / "conf" / "engine").mkdir()
        with pytest.raises(BusyError, match=expected):
            staged.run(env="engine")
    assert first.returncode == 0
    assert set(outputs(staged)) == {*FIRST, *SECOND}
    assert read_runs(staged.ledger)["pid"].tolist() == [first.pid]
    staged.run()


def test_other_cases_and_work_beside_production_go_on(staged: TinyProject) -> None:
    staged.run()
    staged.write("conf/other/globals.yml", "case: other\n")
    staged.write("conf/other/catalog.yml", "verdict:\n  type: MemoryDataset\nreport:\n  type: MemoryDataset\n")
    staged.write("conf/adhoc/catalog_memory.yml", "verdict:\n  type: MemoryDataset\nreport:\n  type: MemoryDataset\n")
    with run_that_waits(staged) as first:
        for env in ("other", "adhoc"):
            staged.run("second", env=env)
        assert staged.context().catalog.load("report") == "<h1>10</h1>"
    # Nobody cleared away what it had staged.
    assert first.returncode == 0


def test_the_lock_of_a_run_that_was_killed_is_free(staged: TinyProject) -> None:
    with run_that_waits(staged) as first:
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
        assert (staged.path / "data" / ".tiny.lock").exists()
        staged.run()
    assert set(outputs(staged)) == {*FIRST, *SECOND}


def test_a_run_that_failed_lets_go(staged: TinyProject) -> None:
    with pytest.raises(ValueError, match="tidy is upset"):
        staged.run(trouble="raise in tidy")
    assert not (staged.path / "data" / ".tiny.lock").exists()
    staged.run()


def test_a_run_that_was_stopped_by_hand_lets_go_in_its_own_process(staged: TinyProject) -> None:
    with pytest.raises(KeyboardInterrupt):
        staged.run(trouble="stop in tidy")
    assert (staged.path / "data" / ".tiny.lock").exists()
    staged.run()


def test_a_run_in_another_thread_does_not_lose_its_lock(staged: TinyProject, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting, go_on = Event(), Event()

    def wait(_: Any = None) -> str:
        waiting.set()
        go_on.wait()
        return ""

    monkeypatch.setattr("builtins.input", wait)
    thread = Thread(target=lambda: staged.run(trouble="wait in make_rows"))
    thread.start()
    waiting.wait()
    try:
        with pytest.raises(BusyError, match=f"process {os.getpid()} on"):
            staged.run()
    finally:
        go_on.set()
        thread.join()
    staged.run()
    assert set(outputs(staged)) == {*FIRST, *SECOND}
