"""What a stretch of work costs: processor time and memory of this process and its children.

Wall time is ``time.perf_counter``. Where the system lacks a source the figure is None, never a guess.
"""

import os
import sys
import time
from pathlib import Path
from typing import Protocol

try:
    import resource
except ImportError:  # pragma: no cover - Windows
    resource = None  # type: ignore[assignment]

_KB_PER_MB = 1024
_BYTES_PER_KB = 1024
_MAX_PROC_BYTES = 65_536
# Places in /proc/<pid>/stat, counted after the bracketed command name: utime, stime, cutime, cstime.
_CPU_FIELDS = slice(11, 15)


class Meter(Protocol):
    """What is read before and after a stretch of work."""

    def cpu_seconds(self) -> float | None:
        """Processor time so far."""

    def start_peak(self) -> None:
        """Begin to look for the highest memory anew."""

    def peak_memory_mb(self) -> float | None:
        """The highest memory since ``start_peak``."""


class ProcessMeter:
    """Reads this process.

    Attributes:
        highest_mb: the highest memory seen since the meter was made or ``forget`` was called; None where unknown.
    """

    def __init__(self) -> None:
        self.highest_mb: float | None = None

    def forget(self) -> None:
        """Start a new run: what was highest before does not count."""
        _reset_peak()
        self.highest_mb = None

    def cpu_seconds(self) -> float:
        """Processor time so far, in seconds: user and system, of this process and its children, dead or living."""
        return cpu_seconds()

    def start_peak(self) -> None:
        """Begin to look for the highest memory anew."""
        self.peak_memory_mb()
        _reset_peak()

    def peak_memory_mb(self) -> float | None:
        """The highest resident memory since ``start_peak``, in units of 2**20 bytes.

        Where the system cannot begin anew it is the highest since the process started.
        """
        peak = peak_memory_mb()
        if peak is not None:
            self.highest_mb = max(peak, self.highest_mb or 0.0)
        return peak


class NoMeter:
    """Reads nothing, for those who need the wall time alone."""

    def cpu_seconds(self) -> float | None:
        """None."""
        return None

    def start_peak(self) -> None:
        """Do nothing."""

    def peak_memory_mb(self) -> float | None:
        """None."""
        return None


def cpu_seconds() -> float:
    """Processor time so far, in seconds.

    Returns:
        User and system time of this process, of its children that have ended, and of those that live (a pool of
        workers), each with its own ended children. Living grandchildren are not counted.
    """
    return time.process_time() + _ended_children_seconds() + _living_children_seconds()


def peak_memory_mb() -> float | None:
    """The highest resident memory of this process, in units of 2**20 bytes; None where the system does not say."""
    try:
        status = Path("/proc/self/status").read_bytes()
        start = status.index(b"VmHWM:") + len(b"VmHWM:")
        return int(status[start : status.index(b"kB", start)]) / _KB_PER_MB
    except (OSError, ValueError):
        return _rusage_peak_mb()


def _reset_peak() -> None:
    # "5" sets VmHWM back to the memory held now; see proc_pid_clear_refs(5).
    try:
        Path("/proc/self/clear_refs").write_bytes(b"5")
    except OSError:
        return


def _rusage_peak_mb() -> float | None:
    if resource is None:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # macOS counts bytes, the other systems kilobytes.
    return peak / _KB_PER_MB / (_BYTES_PER_KB if sys.platform == "darwin" else 1)


def _ended_children_seconds() -> float:
    if resource is None:
        return 0.0
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _living_children_seconds() -> float:
    try:
        with os.scandir("/proc/self/task") as entries:
            threads = [entry.path for entry in entries]
    except OSError:
        return 0.0
    children = [pid for thread in threads for pid in _words(f"{thread}/children")]
    return sum(_child_seconds(pid) for pid in children)


def _child_seconds(pid: str) -> float:
    stat = " ".join(_words(f"/proc/{pid}/stat"))
    fields = stat[stat.rfind(")") + 2 :].split()[_CPU_FIELDS]
    return sum(map(int, fields)) / os.sysconf("SC_CLK_TCK")


def _words(path: str) -> list[str]:
    # Plain calls: a file object costs three times as much, and there is one file a thread.
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return []
    try:
        return os.read(handle, _MAX_PROC_BYTES).decode(errors="replace").split()
    except OSError:
        return []
    finally:
        os.close(handle)
