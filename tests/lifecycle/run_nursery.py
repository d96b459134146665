"""Runs of a project that start at once: ``python -m tests.lifecycle.run_nursery FILE`` imports everything, and forks.

It is started in the root of a project. Each line of its input is an order: ``{"run": [arguments of kedro], "printed":
file}`` forks a process, the leader of a group of its own, and is answered by its id; ``{"wait": id}`` by how it ended.
What a run has imported late is imported here when it has ended, so that the next one need not: FILE names it.
"""

import importlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lifecycle.world import ROOT

_SECONDS = 240


@dataclass(frozen=True)
class Run:
    """A command of kedro that runs.

    Attributes:
        process_id: of the process, and of its group.
        printed: what it prints, both streams.
        nursery: where it comes from.
    """

    process_id: int
    printed: Path
    nursery: "RunNursery"

    def text(self) -> str:
        """What it has printed so far."""
        return self.printed.read_text()

    def wait_until(self, is_so: Callable[[], bool]) -> None:
        """Wait for something while it runs."""
        until = time.monotonic() + _SECONDS
        while not is_so():
            assert time.monotonic() < until, self.text()
            time.sleep(0.002)

    def kill(self) -> None:
        """End it with all its children at once; it must still run."""
        os.killpg(self.process_id, signal.SIGKILL)
        assert self.wait() == -signal.SIGKILL, self.text()

    def wait(self) -> int:
        """Wait for its end and give its exit code, below 0 the signal that ended it."""
        ended: int = self.nursery.tell({"wait": self.process_id})
        return ended


@dataclass(frozen=True)
class RunNursery:
    """Starts commands of kedro in one project."""

    process: subprocess.Popen[str]
    folder: Path

    def start(self, *arguments: str) -> Run:
        """Start one."""
        printed = self.folder / f"printed_{len(list(self.folder.glob('printed_*')))}"
        printed.touch()
        return Run(self.tell({"run": arguments, "printed": str(printed)}), printed, self)

    def tell(self, order: dict[str, Any]) -> Any:
        """Give an order and wait for the answer."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{json.dumps(order)}\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


@contextmanager
def run_nursery(project: Path, folder: Path) -> Iterator[RunNursery]:
    """Have a nursery in a project."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(project / "src"), str(ROOT)])}
    command = [sys.executable, "-m", "tests.lifecycle.run_nursery", str(folder / "imported.json")]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    folder.mkdir(exist_ok=True)
    with (
        (folder / "stderr").open("wb") as file,
        subprocess.Popen(command, cwd=project, env=environment, stderr=file, text=True, **pipes) as made,
    ):
        yield RunNursery(made, folder)


def main() -> None:
    """Fork or wait, whatever a line says; end with the input."""
    from kedro.framework.cli.cli import KedroCLI
    from kedro.framework.project import pipelines

    commands = KedroCLI(project_path=Path.cwd())
    dict(pipelines)
    imported = Path(sys.argv[1])
    for line in sys.stdin:
        order = json.loads(line)
        is_end = "wait" in order
        told = _ended(order["wait"]) if is_end else _forked(commands, order["run"], order["printed"], imported)
        if is_end:
            _import_what_was_imported(imported)
        sys.stdout.write(f"{json.dumps(told)}\n")
        sys.stdout.flush()


def _ended(process_id: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(process_id, 0)[1])


def _import_what_was_imported(place: Path) -> None:
    known = json.loads(place.read_text()) if place.exists() else []
    for name in known:
        if name not in sys.modules:
            # Some are no modules of their own, and some ask for what is not here.
            with suppress(Exception):
                importlib.import_module(name)


def _forked(commands: Any, arguments: list[str], printed: str, imported: Path) -> int:
    child = os.fork()
    if child:
        return child
    os.setsid()
    for stream, place in ((0, os.devnull), (1, printed), (2, printed)):
        os.dup2(os.open(place, os.O_RDWR | os.O_APPEND), stream)
    code = 1
    try:
        commands.main(args=arguments, prog_name="kedro")
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException as error:  # told as Python tells what nobody catches
        sys.excepthook(type(error), error, error.__traceback__)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        imported.write_text(json.dumps(sorted(sys.modules)))
        os._exit(code)
    return 0


if __name__ == "__main__":
    main()
