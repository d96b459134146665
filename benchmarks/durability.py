"""Whether an answer that a client has is in the log whatever happens, and from one release alone.

    python -m benchmarks.durability FOLDER [kills|switches|memory]

FOLDER holds releases (``data/06_models/demo``); its champion is served by two processes, and asked its own check rows.
*kills*: the service is killed under load, 20 times, with all its processes. *switches*: 10,000 requests while the
champion changes 20 times. *memory*: 200,000 requests of one row, and what the processes hold meanwhile.
"""

import http.client
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from evergreen.answering import Answer
from evergreen.prediction_log import open_log
from evergreen.releases import HistoryEntry, LoadedRelease, Release, ReleaseStore, assemble_release
from evergreen.serving.params import ServingParams
from evergreen.serving.run import SPEC, ServiceSpec, bind

_START = """
import sys
from evergreen.serving.run import SPEC, serve
sys.exit(serve(SPEC.validate_json(sys.stdin.buffer.read()), announce=print))
"""
_PATIENCE = 180.0
_SOURCE = Path(__file__).resolve().parents[1] / "src"
_N_CLIENTS = 8
# A service that is starting has other things to do than to refuse.
_PAUSE_SECONDS = 0.05
_N_KILLS, _N_SWITCHES, _N_REQUESTS, _N_ANSWERS = 20, 20, 10_000, 200_000

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Told:
    """One answer that a client has.

    Attributes:
        request_id: the name of the request in the log.
        release_id: who answered.
        place: of the row that was asked.
        answer: score or scores, and action.
    """

    request_id: str
    release_id: str
    place: int
    answer: Mapping[str, Any]


@dataclass
class Load:
    """Clients that ask one row after another, each on a connection of its own, until they are stopped.

    Attributes:
        port: of the service, on this machine.
        rows: that are asked in turn.
        told: all answers that came.
        refused: statuses other than 200, with what was said.
        n_broken: requests that got no answer.
    """

    port: int
    rows: Sequence[Row]
    told: list[Told] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    n_broken: int = 0
    _is_over: threading.Event = field(default_factory=threading.Event)
    _clients: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> "Load":
        self._clients = [threading.Thread(target=self._ask_on, args=(one,)) for one in range(_N_CLIENTS)]
        for client in self._clients:
            client.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        for client in self._clients:
            client.join()

    def wait(self, n_told: int) -> None:
        """Wait until so many answers have come in all.

        Args:
            n_told: answers.

        Raises:
            TimeoutError: where they do not come.
        """
        until = time.monotonic() + _PATIENCE
        while len(self.told) < n_told:
            if time.monotonic() > until:
                raise TimeoutError(f"{len(self.told)} of {n_told} answers have come")
            time.sleep(0.001)

    def _ask_on(self, number: int) -> None:
        place, connection = number, http.client.HTTPConnection("127.0.0.1", self.port, timeout=_PATIENCE)
        while not self._is_over.is_set():
            place = (place + 1) % len(self.rows)
            body = json.dumps({"rows": [self.rows[place]]})
            try:
                connection.request("POST", "/predict", body, {"Content-Type": "application/json"})
                reply = connection.getresponse()
                content = reply.read()
            except (OSError, http.client.HTTPException):
                self.n_broken += 1
                connection.close()
                time.sleep(_PAUSE_SECONDS)
                continue
            self._take(reply.status, content, place)
        connection.close()

    def _take(self, status: int, content: bytes, place: int) -> None:
        if status != http.client.OK:
            self.refused.append(f"{status}: {content.decode()}")
            time.sleep(_PAUSE_SECONDS)
            return
        told = json.loads(content)
        self.told.append(Told(told["request_id"], told["release_id"], place, told["predictions"][0]))


class Running(Protocol):
    """A service that runs."""

    def kill(self) -> None:
        """End all its processes at once, by SIGKILL."""


def kill_often(start: Callable[[], Running], load: Load, *, n_kills: int, n_between: int, seed: int = 0) -> None:
    """Kill a service under load, and start it again.

    Args:
        start: starts it; it may still be starting when this returns.
        load: that is on it.
        n_kills: how often.
        n_between: answers that come before it is killed, and up to as many more.
        seed: of how many more.
    """
    draw = random.Random(seed)  # noqa: S311 - moments to kill at, no secret
    with load:
        for _ in range(n_kills):
            running = start()
            try:
                load.wait(len(load.told) + n_between + draw.randrange(n_between))
            finally:
                running.kill()


def not_logged(told: Sequence[Told], url: str, case: str) -> list[Told]:
    """Look answers up in the log.

    Args:
        told: what clients have.
        url: address of the log.
        case: whose log it is.

    Returns:
        The answers that are not there, or by another release there.
    """
    with open_log(url, case=case) as log:
        rows = log.read()
    logged = dict(zip(rows["_request_id"], rows["_release_id"], strict=True))
    return [one for one in told if logged.get(one.request_id) != one.release_id]


def switch_often(
    store: ReleaseStore, names: Sequence[str], load: Load, *, n_requests: int, n_switches: int, look: Callable[[], None]
) -> None:
    """Change the champion back and forth under load.

    Args:
        store: of the releases.
        names: two releases; the first is champion.
        load: that is on the service.
        n_requests: answers that come meanwhile.
        n_switches: changes, at even steps.
        look: tells the service to look.
    """
    with load:
        for number in range(1, n_switches + 1):
            load.wait(number * n_requests // (n_switches + 1))
            store.promote(_entry(names[number % 2]))
            look()
        load.wait(n_requests)


def contradictions(told: Sequence[Told], right: Mapping[str, Sequence[Answer]]) -> list[Told]:
    """Hold answers against what the release that they name says.

    Args:
        told: what clients have.
        right: answers of each release to all rows.

    Returns:
        The answers that are not those of their release.
    """
    return [one for one in told if not _is_right(one, right[one.release_id][one.place])]


def _is_right(told: Told, right: Answer) -> bool:
    scores = tuple(told.answer["scores"].values()) if "scores" in told.answer else (told.answer["score"],)
    is_close = all(abs(one - other) < 1e-9 for one, other in zip(scores, right.scores, strict=True))
    return is_close and told.answer["action"] == right.action


def _entry(name: str) -> HistoryEntry:
    return HistoryEntry(name, None, None, "2024-01-01T00:00:00+00:00", "durability", "It is tried.")


@dataclass(frozen=True)
class _Group:
    """A service in a session of its own: the process that was started, and those that it started."""

    process: subprocess.Popen[bytes]

    @classmethod
    def start(cls, spec: ServiceSpec) -> "_Group":
        command, environment = [sys.executable, "-c", _START], {**os.environ, "PYTHONPATH": str(_SOURCE)}
        with _words(spec).open("ab") as words:
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=words, stderr=words, start_new_session=True, env=environment
            )
        if process.stdin is not None:
            with process.stdin as pipe:
                pipe.write(SPEC.dump_json(spec))
        return cls(process)

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def memory_mb(self) -> float:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        pages = sum(int(Path(f"/proc/{one}/statm").read_text().split()[1]) for one in children)
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _words(spec: ServiceSpec) -> Path:
    """Where a service writes what it has to say."""
    return Path(spec.releases) / "service.txt"


def _free_port() -> int:
    with bind(ServingParams(port=0)) as taken:
        return int(taken.getsockname()[1])


def _twin(release: LoadedRelease) -> Release:
    """The same release, but that it is surer of everything."""
    model: Any = deepcopy(release.model)
    model.slope *= 1.25
    documents = {name: told for name, told in release.documents.items() if name not in ("check_rows", "versions")}
    return assemble_release(release.problem, model, documents)


@dataclass(frozen=True)
class _Trial:
    spec: ServiceSpec
    store: ReleaseStore
    champion: LoadedRelease
    rows: Sequence[Row]

    @classmethod
    def make(cls, folder: Path, releases: str) -> "_Trial":
        champion = ReleaseStore(releases).champion()
        if not isinstance(champion, LoadedRelease):
            raise SystemExit(f"There is no champion in {releases}.")
        store = ReleaseStore(str(folder))
        store.add(Release(champion.release_id, ReleaseStore(releases).files(champion.release_id)))
        store.promote(_entry(champion.release_id))
        params = ServingParams(port=_free_port(), workers=2, poll_seconds=1.0)
        spec = ServiceSpec(champion.problem.name, str(folder), f"sqlite:///{folder}/log.db", params)
        return cls(spec, store, champion, champion.documents["check_rows"]["rows"])

    def load(self) -> Load:
        return Load(self.spec.params.port, self.rows)


def _kills(trial: _Trial) -> None:
    load = trial.load()
    kill_often(lambda: _Group.start(trial.spec), load, n_kills=_N_KILLS, n_between=200)
    missing = not_logged(load.told, trial.spec.log, trial.spec.case)
    print(f"{_N_KILLS} kills: {len(load.told):,} answers, {load.n_broken:,} requests without one, "
          f"{len(load.refused)} refused, {len(missing)} answers not in the log")  # fmt: skip
    print(*load.refused[:3], sep="\n")


def _switches(trial: _Trial) -> None:
    from evergreen.answering import PlainAnswerer

    trial.store.add(_twin(trial.champion))
    names = [trial.champion.release_id, _twin(trial.champion).release_id]
    both = {name: trial.store.load(name) for name in names}
    right = {
        name: PlainAnswerer(one.model, one.problem, one.outlier_limits).answer(trial.rows) for name, one in both.items()
    }
    load, running = trial.load(), _Group.start(trial.spec)

    def look() -> None:
        os.kill(running.process.pid, signal.SIGHUP)

    try:
        with trial.load() as first:
            first.wait(100)
        switch_often(trial.store, names, load, n_requests=_N_REQUESTS, n_switches=_N_SWITCHES, look=look)
    finally:
        running.kill()
    wrong, missing = contradictions(load.told, right), not_logged(load.told, trial.spec.log, trial.spec.case)
    shares = {name: sum(one.release_id == name for one in load.told) for name in names}
    n_differing = sum(one.scores != other.scores for one, other in zip(*right.values(), strict=True))
    print(f"{_N_SWITCHES} switches: {len(load.told):,} answers {shares}, {len(load.refused)} refused, "
          f"{load.n_broken} without an answer, {len(wrong)} not of the release they name, {len(missing)} not in the "
          f"log; the releases differ on {n_differing} of {len(trial.rows)} rows")  # fmt: skip


def _memory(trial: _Trial) -> None:
    running, load = _Group.start(trial.spec), trial.load()
    try:
        with load:
            for number in range(0, _N_ANSWERS + 1, _N_ANSWERS // 10):
                load.wait(max(number, 100))
                print(f"{number:8,} answers: {running.memory_mb():,.0f} MB", flush=True)
    finally:
        running.kill()


def main(arguments: Sequence[str]) -> None:
    """Try what was asked for.

    Args:
        arguments: the folder of releases, and what to try; everything where it is not said.
    """
    trials = {"kills": _kills, "switches": _switches, "memory": _memory}
    for name in arguments[1:] or trials:
        with tempfile.TemporaryDirectory() as folder:
            trial = _Trial.make(Path(folder), arguments[0])
            try:
                trials[name](trial)
            except TimeoutError as error:
                last = _words(trial.spec).read_text(errors="replace").splitlines()[-1:]
                raise SystemExit(f"{error}. The service said last: {''.join(last)}") from error


if __name__ == "__main__":
    main(sys.argv[1:])
