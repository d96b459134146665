"""Processes of a service that start at once: ``python -m tests.serving.nursery`` imports everything, and forks.

Its first argument says what is served; each line of its input starts two processes, and each line of its output names
them.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evergreen.answering import Answer
from evergreen.releases import LoadedRelease
from evergreen.serving.json_logs import log_as_json
from evergreen.serving.run import SPEC, ServiceSpec, bind, make_server

ROOT = Path(__file__).resolve().parents[2]
N_PROCESSES = 2


class Marked:
    """Answers at once, and every release otherwise."""

    is_compiled, note = True, ""

    def __init__(self, loaded: LoadedRelease) -> None:
        self._mark = int(loaded.release_id[:6], 16) / 16**6

    def answer(self, rows: Sequence[Mapping[str, Any]]) -> list[Answer]:
        """Answer by strength and release."""
        return [Answer((float(row.get("strength", 0)) * self._mark,), "call", None, ()) for row in rows]


@dataclass(frozen=True)
class Forked:
    """Processes that run."""

    process_ids: Sequence[int]

    def kill(self) -> None:
        """End them at once."""
        self.tell(signal.SIGKILL)

    def tell(self, number: int) -> None:
        """Send them a signal."""
        for one in self.process_ids:
            os.kill(one, number)


@dataclass(frozen=True)
class Nursery:
    """Starts processes on one port."""

    process: subprocess.Popen[str]
    port: int

    def start(self) -> Forked:
        """Start two."""
        assert self.process.stdin is not None
        self.process.stdin.write("start\n")
        self.process.stdin.flush()
        return Forked(self._read())

    def _read(self) -> Any:
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())


@contextmanager
def nursery(spec: ServiceSpec, lines: Path) -> Iterator[Nursery]:
    """Have a nursery that writes what its processes say into a file."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    command = [sys.executable, "-m", "tests.serving.nursery", SPEC.dump_json(spec).decode()]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with lines.open("wb") as file, subprocess.Popen(command, env=environment, stderr=file, text=True, **pipes) as made:
        assert made.stdout is not None
        yield Nursery(made, int(made.stdout.readline()))


def main() -> None:
    """Fork whenever a line comes; end with the input."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    spec = SPEC.validate_json(sys.argv[1])
    listening = bind(spec.params)
    _tell(listening.getsockname()[1])
    for _ in sys.stdin:
        _tell([_fork(spec, listening) for _ in range(N_PROCESSES)])


def _tell(what: Any) -> None:
    sys.stdout.write(f"{json.dumps(what)}\n")
    sys.stdout.flush()


def _fork(spec: ServiceSpec, listening: Any) -> int:
    number = os.fork()
    if number:
        return number
    sys.stdin.close()
    log_as_json()
    make_server(replace(spec.surroundings(), make=Marked)).run(sockets=[listening])
    os._exit(0)


if __name__ == "__main__":
    main()
