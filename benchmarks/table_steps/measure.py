"""CPU seconds, wall seconds and peak memory of a process and its children."""

import json
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_CHILDREN_PATH = "/proc/{pid}/task/{pid}/children"


@contextmanager
def measured() -> Iterator[None]:
    """Measure what is done inside, and print it as JSON: ``cpu_seconds``, ``wall_seconds``, ``peak_mb``.

    The CPU of Spark's Java process, a child that lives on, counts too.
    """
    wall, cpu = time.perf_counter(), _cpu_seconds()
    yield
    figures = {"cpu_seconds": _cpu_seconds() - cpu, "wall_seconds": time.perf_counter() - wall, "peak_mb": _peak_mb()}
    print(json.dumps(figures))


def _cpu_seconds() -> float:
    own = resource.getrusage(resource.RUSAGE_SELF)
    return own.ru_utime + own.ru_stime + sum(_child_seconds(pid) for pid in _children())


def _peak_mb() -> float:
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return own + sum(_child_peak_mb(pid) for pid in _children())


def _children() -> list[int]:
    found, open_ones = [], [Path("/proc/self").resolve().name]
    while open_ones:
        text = Path(_CHILDREN_PATH.format(pid=open_ones.pop())).read_text()
        found += [int(pid) for pid in text.split()]
        open_ones += text.split()
    return found


def _child_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    ticks = int(fields[11]) + int(fields[12])
    return ticks / 100


def _child_peak_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    peak = next((line for line in lines if line.startswith("VmHWM")), "VmHWM: 0 kB")
    return int(peak.split()[1]) / 1024
