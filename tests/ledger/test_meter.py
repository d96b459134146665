"""Processor time and memory are those of the stretch that is measured."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from evergreen.ledger import meter as meter_module
from evergreen.ledger.meter import NoMeter, ProcessMeter, cpu_seconds, peak_memory_mb

_CAN_RESET = Path("/proc/self/clear_refs").exists()
_BURN = "import time\nstart = time.process_time()\nwhile time.process_time() - start < 0.2: pass\n"
_MB = 2**20


def test_own_work_is_counted() -> None:
    before, start = cpu_seconds(), time.process_time()
    while time.process_time() - start < 0.05:
        pass
    assert 0.05 <= cpu_seconds() - before < 5


def test_the_work_of_a_child_that_ended_is_counted() -> None:
    before = cpu_seconds()
    subprocess.run([sys.executable, "-c", _BURN], check=True)
    assert cpu_seconds() - before >= 0.2


@pytest.mark.skipif(not _CAN_RESET, reason="the system does not list living children")
def test_the_work_of_a_living_child_is_counted() -> None:
    before = cpu_seconds()
    child = subprocess.Popen(
        [sys.executable, "-c", _BURN + "print('burnt', flush=True)\ninput()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert child.stdout is not None
    child.stdout.readline()
    living = cpu_seconds() - before
    child.communicate(b"\n")
    # The system tells of a living child in ticks of a hundredth of a second, each for itself.
    assert 0.15 <= living <= cpu_seconds() - before + 0.05


@pytest.mark.skipif(not _CAN_RESET, reason="the system cannot begin anew")
def test_the_peak_is_that_of_the_step_and_of_the_run() -> None:
    meter = ProcessMeter()
    meter.start_peak()
    before = meter.peak_memory_mb()
    block = bytearray(b"x" * 64 * _MB)
    del block
    high = meter.peak_memory_mb()
    meter.start_peak()
    after = meter.peak_memory_mb()
    assert before is not None
    assert high is not None
    assert after is not None
    assert high >= before + 60
    assert after <= high - 60
    # What earlier tests of this process took may have been more.
    assert meter.highest_mb is not None
    assert meter.highest_mb >= high - 1


def test_what_was_before_the_run_is_forgotten() -> None:
    meter = ProcessMeter()
    meter.peak_memory_mb()
    meter.forget()
    assert meter.highest_mb is None


def test_without_proc_the_highest_since_the_start_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meter_module, "Path", lambda name: Path("/nowhere") / str(name).lstrip("/"))
    ProcessMeter().start_peak()
    assert 1 < (peak_memory_mb() or 0) < 1_000_000


def test_what_no_source_tells_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meter_module, "Path", lambda name: Path("/nowhere") / str(name).lstrip("/"))
    monkeypatch.setattr(meter_module, "resource", None)
    meter = ProcessMeter()
    assert meter.peak_memory_mb() is None
    assert meter.highest_mb is None
    assert meter.cpu_seconds() > 0


def test_no_meter_reads_nothing() -> None:
    meter = NoMeter()
    meter.start_peak()
    assert (meter.cpu_seconds(), meter.peak_memory_mb()) == (None, None)
