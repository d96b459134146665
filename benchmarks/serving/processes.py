"""Servers as processes of their own: started on one core, asked what they cost, and stopped."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.serving.load import ask_once

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 1e6
_PATIENCE = 120.0


@dataclass(frozen=True)
class Running:
    """A server that runs.

    Attributes:
        port: where it listens.
        process_id: of its first process.
    """

    port: int
    process_id: int

    def cpu_seconds(self) -> float:
        """What it and its children have taken so far, in user and kernel."""
        told = [_stat(one) for one in _family(self.process_id)]
        return sum(int(one[11]) + int(one[12]) for one in told) / _TICKS

    def memory_mb(self) -> float:
        """What it and its children hold, in MB."""
        pages = [int(Path(f"/proc/{one}/statm").read_text().split()[1]) for one in _family(self.process_id)]
        return sum(pages) * _PAGE_MB


def free_port() -> int:
    """Find a port that nobody listens on.

    Returns:
        Its number.
    """
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def running(
    command: Sequence[str], *, port: int, core: int, environment: Mapping[str, str], first: bytes, output: Path
) -> Iterator[Running]:
    """Start a server on one core, wait until it answers, and stop it in the end.

    Args:
        command: that starts it.
        port: where it will listen.
        core: the one it may use.
        environment: besides that of this process.
        first: a request that it must answer.
        output: the file that takes what it prints.

    Yields:
        The server.

    Raises:
        RuntimeError: where it ends, or does not answer in time.
    """
    with output.open("wb") as told:
        process = subprocess.Popen(
            ["taskset", "-c", str(core), *command],  # noqa: S607
            stdout=told,
            stderr=told,
            env={**os.environ, **environment},
            start_new_session=True,
        )
        try:
            _wait(process, port, first, output)
            yield Running(port, process.pid)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait(process: "subprocess.Popen[bytes]", port: int, first: bytes, output: Path) -> None:
    until, error = time.monotonic() + _PATIENCE, ""
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            ask_once(port, first)
        except (OSError, RuntimeError) as found:
            error = str(found)
            time.sleep(0.2)
        else:
            return
    raise RuntimeError(f"No answer: {error}\n{output.read_text(errors='replace')[-3000:]}")


def _family(process_id: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for one in Path("/proc").iterdir():
        if one.name.isdecimal() and (told := _stat(int(one.name))):
            children.setdefault(int(told[1]), []).append(int(one.name))
    found = [process_id]
    for one in found:
        found.extend(children.get(one, ()))
    return found


def _stat(process_id: int) -> list[str]:
    """The fields of /proc/PID/stat from the third on: state, parent, ..."""
    try:
        return Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []
