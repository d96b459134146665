"""A service on a real port, with releases that answer at once and a log that fails when it is told to."""

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evergreen.answering import Answer
from evergreen.errors import LogError
from evergreen.prediction_log import Outcome, Prediction, Receipt
from evergreen.releases import LoadedRelease, Release, ReleaseStore
from evergreen.serving.params import ServingParams
from evergreen.serving.run import Server, bind, make_server
from evergreen.serving.service import Service, Surroundings
from tests.releases.small import entry, small_release

PATIENCE = 20.0
ROW: dict[str, Any] = {"row_id": 1, "decided_at": "2024-02-29T10:00:00", "strength": 0.5, "colour": "red"}


def rows(n: int, **cells: Any) -> list[dict[str, Any]]:
    """Rows with keys of their own."""
    return [{**ROW, "row_id": number + 1, **cells} for number in range(n)]


class Quick:
    """Answers at once: the score is the row's strength, the money a number that only this release gives."""

    is_compiled, note = True, ""

    def __init__(self, loaded: LoadedRelease) -> None:
        self.mark = float(int(loaded.release_id[:6], 16))
        self.gate: threading.Event | None = None
        self.batches: list[int] = []
        self.is_broken = False

    def answer(self, asked: Sequence[Mapping[str, Any]]) -> list[Answer]:
        """Answer; a note can break it, and a gate hold it up."""
        self.batches.append(len(asked))
        if self.gate is not None:
            assert self.gate.wait(PATIENCE)
        if self.is_broken or any(row.get("note") == "break" for row in asked):
            raise ValueError("secret cell")
        return [self._answer(row) for row in asked]

    def _answer(self, row: Mapping[str, Any]) -> Answer:
        if row.get("colour") == "purple":
            return Answer((), None, None, (), "colour is not among the values; row_id is missing")
        return Answer((float(row["strength"]),), "call", self.mark, (("colour", "synonym"),))


@dataclass
class MemoryLog:
    """Keeps what it is given, and fails where it is told to."""

    predictions: list[Prediction] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    n_commits: int = 0
    fault: str = ""
    poison: str = ""
    n_purges: int = 0

    def append(self, predictions: Sequence[Prediction]) -> None:
        self._may_fail()
        if self.poison and any(one.cells.get("note") == self.poison for one in predictions):
            raise TypeError("secret cell")
        self.n_commits += bool(predictions)
        self.predictions.extend(predictions)

    def add_outcomes(self, outcomes: Sequence[Outcome]) -> Receipt:
        self._may_fail()
        self.outcomes.extend(outcomes)
        return Receipt(len(outcomes), 0, 0, 1)

    def purge(self, *, before: str) -> int:
        self._may_fail()
        self.n_purges += 1
        return len(before)

    def close(self) -> None:
        """Nothing is open."""

    def _may_fail(self) -> None:
        if self.fault:
            raise LogError("The log", self.fault, "Make room.")


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class World:
    """A running service and what it stands on."""

    store: ReleaseStore
    folder: Path
    log: MemoryLog
    answerers: dict[str, Quick]
    server: Server
    port: int

    @property
    def service(self) -> Service:
        return self.server._service

    def ask(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Reply:
        """Ask once, on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        told = {"Content-Type": "application/json", **(headers or {})}
        try:
            connection.request(method, path, content, {name: word for name, word in told.items() if word})
            reply = connection.getresponse()
            return Reply(reply.status, {k.lower(): v for k, v in reply.getheaders()}, reply.read())
        finally:
            connection.close()

    def predict(self, asked: list[Any], **headers: str) -> Reply:
        return self.ask("POST", "/predict", {"rows": asked}, {k.replace("_", "-"): v for k, v in headers.items()})

    def figure(self, name: str) -> float:
        """One figure of /metrics, by its name and labels as they are written there; 0 where it is not there."""
        lines = self.ask("GET", "/metrics").body.decode().splitlines()
        return next((float(line.rpartition(" ")[2]) for line in lines if line.rpartition(" ")[0] == name), 0.0)

    def promote(self, release: Release) -> None:
        """Make a release champion, and have the service look."""
        self.store.add(release)
        self.store.promote(entry(release))
        self.look()

    def look(self) -> None:
        self.loop.call_soon_threadsafe(self.service.look_again)

    @property
    def loop(self) -> Any:
        return self.server._loop

    def champion(self) -> str | None:
        duty = self.service.router.duty
        return duty.champion.release_id if duty else None


def wait_for(condition: Callable[[], Any]) -> Any:
    """Wait until something holds."""
    until = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < until, "it never came to be"
        time.sleep(0.005)
    return found


@contextmanager
def world(folder: Path, *, release: Release | None = None, key: str | None = None, **params: Any) -> Iterator[World]:
    """Start a service with a small release, and stop it at the end."""
    store, log, answerers = ReleaseStore(str(folder)), MemoryLog(), dict[str, Quick]()

    def make(loaded: LoadedRelease) -> Quick:
        return answerers.setdefault(loaded.release_id, Quick(loaded))

    release = release or small_release()
    store.add(release)
    store.promote(entry(release))
    told = ServingParams(**{"port": 0, "poll_seconds": 0.05, "drain_seconds": 0.0, "stop_seconds": 5.0, **params})
    given = Surroundings("small", store, told, lambda: log, key, make)
    with running(given) as (server, port):
        made = World(store, folder, log, answerers, server, port)
        wait_for(lambda: not made.service.fault)
        yield made


@contextmanager
def running(given: Surroundings) -> Iterator[tuple[Server, int]]:
    """Start the server of a service in a thread, and stop it at the end."""
    listening = bind(given.params)
    server = make_server(given)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        wait_for(lambda: server.started)
        yield server, listening.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
        listening.close()
        assert not thread.is_alive()
