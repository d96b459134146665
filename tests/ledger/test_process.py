"""A process is told from every other, also from a later one with its number."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from evergreen.ledger import process as process_module
from evergreen.ledger.process import ProcessIdentity, is_alive, this_process

_HAS_PROC = Path("/proc/self/stat").exists()
_NO_PROCESS = 2**22 + 1


def test_this_process_is_alive() -> None:
    assert this_process().pid == os.getpid()
    assert is_alive(this_process())


@pytest.mark.skipif(not _HAS_PROC, reason="the system does not say when a process started")
def test_a_later_process_with_the_same_number_is_another() -> None:
    me = this_process()
    assert not is_alive(replace(me, start=(me.start or 0) - 1))


def test_a_process_that_ended_is_not_alive_even_before_it_is_fetched() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    start = process_module._start_ticks(child.pid)
    child.kill()
    if start is not None:
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert not is_alive(ProcessIdentity(this_process().host, child.pid, start))
    child.communicate()
    assert not is_alive(ProcessIdentity(this_process().host, child.pid, start))


@pytest.mark.parametrize(("pid", "expected"), [(os.getpid(), True), (_NO_PROCESS, False)], ids=["mine", "nobody"])
def test_without_a_start_the_number_decides(pid: int, expected: bool) -> None:
    assert is_alive(ProcessIdentity(this_process().host, pid, None)) is expected


def test_of_another_machine_nothing_is_known() -> None:
    assert is_alive(ProcessIdentity("elsewhere", _NO_PROCESS, 1))
