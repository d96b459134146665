"""Which process this is, and whether another one still lives."""

import os
from dataclasses import dataclass
from pathlib import Path
from socket import gethostname

# Places in /proc/<pid>/stat, counted after the bracketed command name; see proc_pid_stat(5).
_STATE, _START_TICKS = 0, 19


@dataclass(frozen=True)
class ProcessIdentity:
    """A process, told from every other.

    Attributes:
        host: the machine.
        pid: its number, which a later process may get again.
        start: when it started, in clock ticks since boot; null where the system does not say.
    """

    host: str
    pid: int
    start: int | None


def this_process() -> ProcessIdentity:
    """Name the process that asks."""
    pid = os.getpid()
    return ProcessIdentity(host=gethostname(), pid=pid, start=_start_ticks(pid))


def is_alive(process: ProcessIdentity) -> bool:
    """Tell whether a process still runs.

    Args:
        process: what ``this_process`` said in it.

    Returns:
        False only where that is known: the process is of this machine, and its number is free or was given to
        another. True for one on another machine.
    """
    if process.host != gethostname() or os.name == "nt":
        return True
    if process.start is not None:
        return _start_ticks(process.pid) == process.start
    try:
        os.kill(process.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _start_ticks(pid: int) -> int | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
        fields = stat[stat.rindex(")") + 2 :].split()
        return None if fields[_STATE] in "ZX" else int(fields[_START_TICKS])
    except (OSError, ValueError, IndexError):
        return None
