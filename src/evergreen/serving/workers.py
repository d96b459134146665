"""Several processes on one port: started, started again where one dies, and stopped together."""

import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from tempfile import TemporaryDirectory
from threading import Event
from typing import Any

from evergreen.serving.json_logs import log_as_json
from evergreen.serving.run import SPEC, ServiceSpec

_log = logging.getLogger(__name__)
_LOOK_SECONDS = 0.2
# A process that dies sooner than this is started again only after it.
_YOUNG_SECONDS = 5.0
_MODULE = "evergreen.serving.worker"


class Workers:
    """The processes.

    Args:
        spec: what each serves.
        listening: the socket they share.
    """

    def __init__(self, spec: ServiceSpec, listening: socket.socket) -> None:
        self._told = SPEC.dump_json(spec)
        self._listening = listening
        self._running: list[tuple[subprocess.Popen[bytes], float]] = []

    def fill(self, n_workers: int) -> None:
        """Start processes until there are enough.

        Args:
            n_workers: how many are wanted.
        """
        while len(self._running) < n_workers:
            self._running.append((self._start(), time.monotonic()))

    def bury(self) -> float:
        """Forget processes that have died.

        Returns:
            Seconds to wait before others take their place.
        """
        dead = [one for one in self._running if one[0].poll() is not None]
        for process, _ in dead:
            _log.error("A worker died", extra={"told": {"pid": process.pid, "exit_code": process.returncode}})
        self._running = [one for one in self._running if one not in dead]
        youngest = min((time.monotonic() - begun for _, begun in dead), default=_YOUNG_SECONDS)
        return max(0.0, _YOUNG_SECONDS - youngest)

    def tell(self, sig: int) -> None:
        """Send a signal to all.

        Args:
            sig: the signal.
        """
        for process, _ in self._running:
            if process.poll() is None:
                process.send_signal(sig)

    def finish(self, *, seconds: float) -> None:
        """Wait for all to end, and end those that do not.

        Args:
            seconds: to wait.
        """
        until = time.monotonic() + seconds
        for process, _ in self._running:
            try:
                process.wait(max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        number = self._listening.fileno()
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        command = [sys.executable, "-m", _MODULE, str(number)]
        process = subprocess.Popen(  # noqa: S603 - this very Python, with a module of its own
            command, pass_fds=[number], stdin=subprocess.PIPE, env=environment
        )
        if process.stdin is not None:
            # Passwords and keys go through the pipe: arguments and environment can be seen by others.
            with process.stdin as pipe:
                pipe.write(self._told)
        return process


def run_workers(spec: ServiceSpec, listening: socket.socket) -> int:
    """Keep processes running until a signal comes.

    Args:
        spec: what each serves.
        listening: the socket they share.

    Returns:
        0 once all have ended.
    """
    log_as_json()
    stopping = Event()
    with TemporaryDirectory(prefix="evergreen-metrics-") as folder:
        workers = Workers(replace(spec, metrics_folder=folder), listening)
        handlers = _listen_to_signals(workers, stopping)
        try:
            while not stopping.is_set():
                wait = workers.bury()
                if wait and stopping.wait(wait):
                    break
                workers.fill(spec.params.workers)
                stopping.wait(_LOOK_SECONDS)
        finally:
            workers.tell(signal.SIGTERM)
            workers.finish(seconds=spec.params.drain_seconds + spec.params.stop_seconds + _YOUNG_SECONDS)
            for sig, handler in handlers:
                signal.signal(sig, handler)
    return 0


def _listen_to_signals(workers: Workers, stopping: Event) -> Sequence[tuple[int, Any]]:
    def stop(*_: Any) -> None:
        stopping.set()

    def look(*_: Any) -> None:
        workers.tell(signal.SIGHUP)

    wanted = ((signal.SIGTERM, stop), (signal.SIGINT, stop), (signal.SIGHUP, look))
    return [(sig, signal.signal(sig, handler)) for sig, handler in wanted]
