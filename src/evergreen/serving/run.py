"""Run a service: one process, or several on one port."""

import gc
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn
from pydantic import TypeAdapter

from evergreen.errors import EvergreenError
from evergreen.prediction_log import PredictionLog, open_log
from evergreen.releases import ReleaseStore
from evergreen.serving.app import create_app
from evergreen.serving.connection import Connection
from evergreen.serving.json_logs import log_as_json
from evergreen.serving.params import ServingParams
from evergreen.serving.service import Service, Surroundings

_log = logging.getLogger(__name__)
_BACKLOG = 1024
# A thread that answers lets the one that listens have the interpreter after so many seconds; Python's own is 0.005.
_SWITCH_SECONDS = 0.001


@dataclass(frozen=True)
class ServiceSpec:
    """What a process needs to serve; it crosses to others as JSON.

    Attributes:
        case: the name of the case.
        releases: folder or URL of its releases.
        log: address of the log of predictions.
        params: of the service.
        storage_options: of the releases, for fsspec.
        api_key: what a client must show.
        metrics_folder: where processes tell each other their figures.
    """

    case: str
    releases: str
    log: str = field(repr=False)
    params: ServingParams
    storage_options: dict[str, Any] = field(default_factory=dict, repr=False)
    api_key: str | None = field(default=None, repr=False)
    metrics_folder: str | None = None

    def surroundings(self) -> Surroundings:
        """Make what a service is given.

        Returns:
            The store of releases, and how to open the log.
        """
        return Surroundings(
            case=self.case,
            store=ReleaseStore(self.releases, self.storage_options),
            params=self.params,
            open_log=self._open_log,
            api_key=self.api_key,
            metrics_folder=Path(self.metrics_folder) if self.metrics_folder else None,
        )

    def _open_log(self) -> PredictionLog:
        return open_log(self.log, case=self.case, durability=self.params.durability)


SPEC = TypeAdapter(ServiceSpec)


class Server(uvicorn.Server):
    """A server that says it is not ready before it closes its port.

    Args:
        config: of uvicorn.
        service: what it serves.
        drain_seconds: between the two.
    """

    def __init__(self, config: uvicorn.Config, service: Service, *, drain_seconds: float) -> None:
        super().__init__(config)
        self._service = service
        self._drain_seconds = drain_seconds
        self._loop: Any = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and look for another champion whenever SIGHUP comes."""
        import asyncio
        import threading

        self._loop = asyncio.get_running_loop()
        if threading.current_thread() is threading.main_thread():
            self._loop.add_signal_handler(signal.SIGHUP, self._service.look_again)
        await super().startup(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop after a while; at once where it is asked twice."""
        del sig, frame
        if self._service.is_stopping or self._loop is None:
            self.should_exit = True
            return
        self._service.is_stopping = True
        self._loop.call_soon_threadsafe(self._loop.call_later, self._drain_seconds, self._leave)

    def _leave(self) -> None:
        self.should_exit = True


def make_server(given: Surroundings) -> Server:
    """Make a server.

    Args:
        given: what its service is given.

    Returns:
        The server; ``run`` it with the sockets it listens on.
    """
    app = create_app(given)
    config = uvicorn.Config(
        app,
        http=Connection,
        ws="none",
        loop="uvloop",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=max(1, round(given.params.stop_seconds)),
    )
    return Server(config, app.state.service, drain_seconds=given.params.drain_seconds)


def bind(params: ServingParams) -> socket.socket:
    """Take the port.

    Args:
        params: of the service.

    Returns:
        A socket that listens.

    Raises:
        EvergreenError: where the port is taken, or the address is not of this machine.
    """
    family = socket.AF_INET6 if ":" in params.host else socket.AF_INET
    taken = socket.socket(family)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((params.host, params.port))
    except OSError as error:
        taken.close()
        cure = "Choose others: serving.host, serving.port."
        place = f"{params.host}:{params.port}"
        raise EvergreenError(f"The address {place}", f"cannot be listened on ({error.strerror})", cure) from error
    taken.listen(_BACKLOG)
    taken.set_inheritable(True)
    return taken


def run_server(spec: ServiceSpec, listening: socket.socket) -> None:
    """Serve until a signal comes.

    Args:
        spec: what is served.
        listening: a socket that listens.
    """
    log_as_json()
    sys.setswitchinterval(_SWITCH_SECONDS)
    server = make_server(spec.surroundings())
    # Modules stay until the end: the collector of garbage need not go through them beside every few answers.
    gc.collect()
    gc.freeze()
    server.run(sockets=[listening])


def serve(spec: ServiceSpec, *, announce: Callable[[str], None]) -> int:
    """Serve until a signal comes, in as many processes as the parameters say.

    Args:
        spec: what is served.
        announce: is told the address.

    Returns:
        What the process is to exit with.

    Raises:
        EvergreenError: where the port cannot be taken.
    """
    from evergreen.serving.workers import run_workers

    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    with bind(spec.params) as listening:
        host, port = listening.getsockname()[:2]
        announce(f"http://{f'[{host}]' if ':' in host else host}:{port}")
        if spec.params.workers > 1:
            return run_workers(spec, listening)
        run_server(spec, listening)
    return 0
