"""Compare what a request costs: ``python -m benchmarks.serving demo data --fit adult data --mlflow PYTHON``.

The same model on the same core: evergreen's service, which repairs, decides and logs; FastAPI, pandas and the model as
people write it; and ``mlflow models serve`` by a Python that has what ``benchmarks/requirements-serving.txt`` lists.
Processor seconds are those of the server's processes, from /proc; the client has the other core. Answers that differ
are refused before anything is timed.
"""

import argparse
import json
import math
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import joblib
import orjson

from benchmarks.serving.load import ask_once, closed_loop, open_loop
from benchmarks.serving.processes import Running, free_port, running
from benchmarks.serving.worlds import World, champion_world, fitted_world
from evergreen.releases import HistoryEntry, ReleaseStore
from evergreen.serving.params import ServingParams
from evergreen.serving.run import SPEC, ServiceSpec

_ROOT, _HERE = Path(__file__).resolve().parents[2], Path(__file__).resolve().parent
_SERVER_CORE, _CLIENT_CORE = 0, 1
_CONDITIONS = ((16, 1), (1, 1), (16, 100))
_N_CHECKED = 100
_N_OPEN = 64
Requests = Callable[[int, int], list[bytes]]


@dataclass(frozen=True)
class Way:
    """One way of serving, which runs.

    Attributes:
        name: of the way.
        server: its processes.
        requests: from port and rows of each to requests.
        scores: from the body of an answer to the probabilities of the second class.
    """

    name: str
    server: Running
    requests: Requests
    scores: Callable[[bytes], list[float]]


def main(arguments: list[str] | None = None) -> None:
    """Run everything and print a table for each case.

    Args:
        arguments: of the command line.
    """
    asked = _parse(arguments)
    os.sched_setaffinity(0, {_CLIENT_CORE})
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {asked.seconds:g} s a figure")
    for make, pair in [*((champion_world, one) for one in asked.champion), *((fitted_world, one) for one in asked.fit)]:
        world = make(pair[0], Path(pair[1]))
        with TemporaryDirectory(dir=asked.folder) as folder, ExitStack() as stack:
            ways = [stack.enter_context(one) for one in _ways(world, Path(folder), asked)]
            _check(ways)
            _compare(world, ways, asked.seconds)
            if asked.soak:
                _soak(ways[0], asked.soak)


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serving", description=__doc__)
    pair = {"nargs": 2, "action": "append", "default": [], "metavar": ("CASE", "DATA")}
    parser.add_argument("--champion", help="serve the champion of a case in a data folder", **pair)  # type: ignore[arg-type]
    parser.add_argument("--fit", help="fit a model to the training rows of a data folder", **pair)  # type: ignore[arg-type]
    parser.add_argument("--mlflow", type=Path, default=None, help="a Python that has MLflow; left out without it")
    parser.add_argument("--seconds", type=float, default=6.0, help="of each figure")
    parser.add_argument("--soak", type=int, default=0, help="so many requests to evergreen in the end, for its memory")
    parser.add_argument("--durability", choices=("full", "normal"), default="full", help="of the log")
    parser.add_argument("--folder", type=Path, default=None, help="where models and the log lie meanwhile")
    return parser.parse_args(arguments)


def _ways(world: World, folder: Path, asked: argparse.Namespace) -> Iterator["contextmanager[Way]"]:  # type: ignore[valid-type]
    joblib.dump(world.model, folder / "model.joblib")
    yield _evergreen(world, folder, asked.durability)
    yield _plain(world, folder)
    if asked.mlflow is not None:
        yield _mlflow(world, folder, asked.mlflow)


@contextmanager
def _evergreen(world: World, folder: Path, durability: str) -> Iterator[Way]:
    port, place = free_port(), folder / "releases"
    store = ReleaseStore(str(place))
    store.add(world.release)
    now = datetime.now(tz=UTC).isoformat()
    store.promote(HistoryEntry(world.release.release_id, None, None, now, "the benchmark", "It is measured."))
    params = ServingParams(port=port, durability=durability, max_body_bytes=5_000_000)  # type: ignore[arg-type]
    spec = ServiceSpec(case=world.name, releases=str(place), log=f"sqlite:///{folder}/log.db", params=params)
    (folder / "spec.json").write_bytes(SPEC.dump_json(spec))
    command = [sys.executable, "-m", "benchmarks.serving.ours", str(folder / "spec.json")]
    first = world.raw_requests(port, 1)[0]
    with _started(command, port, first, folder / "evergreen.txt") as server:
        yield Way("evergreen", server, world.raw_requests, lambda body: _column(body, "score"))


@contextmanager
def _plain(world: World, folder: Path) -> Iterator[Way]:
    port, told = free_port(), folder / "columns.json"
    told.write_text(json.dumps({"columns": world.columns, "features": list(world.features)}))
    command = [sys.executable, str(_HERE / "plain_service.py"), str(folder / "model.joblib"), str(told), str(port)]
    with _started(command, port, world.raw_requests(port, 1)[0], folder / "plain.txt") as server:
        yield Way("FastAPI + pandas", server, world.raw_requests, lambda body: _column(body, "score"))


@contextmanager
def _mlflow(world: World, folder: Path, python: Path) -> Iterator[Way]:
    port, rows, model = free_port(), folder / "rows.pkl", folder / "mlflow"
    world.features.to_pickle(rows)
    script = [str(python), str(_HERE / "mlflow_model.py"), str(folder / "model.joblib"), str(rows), str(model)]
    subprocess.run(script, check=True, env={**os.environ, "PYTHONPATH": str(_ROOT / "src")}, capture_output=True)
    command = [str(python), "-m", "mlflow", "models", "serve", "-m", str(model), "--env-manager", "local"]
    command += ["-p", str(port), "--workers", "1"]
    path = {"PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}"}
    with _started(command, port, world.split_requests(port, 1)[0], folder / "mlflow.txt", path) as server:
        yield Way("MLflow", server, world.split_requests, _seconds)


def _started(
    command: Sequence[str], port: int, first: bytes, output: Path, environment: dict[str, str] | None = None
) -> "contextmanager[Running]":  # type: ignore[valid-type]
    known = {"PYTHONPATH": f"{_ROOT / 'src'}{os.pathsep}{_ROOT}", "DO_NOT_TRACK": "1", **(environment or {})}
    return running(command, port=port, core=_SERVER_CORE, environment=known, first=first, output=output)


def _column(body: bytes, name: str) -> list[float]:
    return [one[name] for one in orjson.loads(body)["predictions"]]


def _seconds(body: bytes) -> list[float]:
    return [row[1] for row in orjson.loads(body)["predictions"]]


def _check(ways: Sequence[Way]) -> None:
    told = [one.scores(ask_once(one.server.port, one.requests(one.server.port, _N_CHECKED)[0])) for one in ways]
    for way, scores in zip(ways, told, strict=True):
        is_same = all(math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12) for a, b in zip(scores, told[0], strict=True))
        assert is_same, f"{way.name} gives other scores than {ways[0].name}."


def _compare(world: World, ways: Sequence[Way], seconds: float) -> None:
    print(f"\n{world.name}: CPU ms a request (times evergreen's) [requests a second]")
    print(f"{'':28}" + "".join(f"{one.name:>32}" for one in ways), flush=True)
    rates: dict[str, float] = {}
    for n_connections, n_rows in _CONDITIONS:
        told = [_cost(one, n_connections, n_rows, seconds) for one in ways]
        rates = rates or {one.name: rate for one, (_, rate) in zip(ways, told, strict=True)}
        cells = (f"{cost * 1000:.3f} ({cost / told[0][0]:.1f}) [{rate:.0f}]" for cost, rate in told)
        print(f"{n_connections:3} connections, {n_rows:3} rows   " + "".join(f"{one:>32}" for one in cells), flush=True)
    cells = (_waits(one, rates[one.name] / 2, seconds) for one in ways)
    print(f"{'half of saturation':28}" + "".join(f"{one:>32}" for one in cells), flush=True)
    print(f"{'memory':28}" + "".join(f"{f'{one.server.memory_mb():.0f} MB':>32}" for one in ways), flush=True)


def _cost(way: Way, n_connections: int, n_rows: int, seconds: float) -> tuple[float, float]:
    port = way.server.port
    requests = way.requests(port, n_rows)
    closed_loop(port, requests, n_connections=n_connections, seconds=seconds / 4)
    before = way.server.cpu_seconds()
    load = closed_loop(port, requests, n_connections=n_connections, seconds=seconds)
    return (way.server.cpu_seconds() - before) / load.n_requests, load.n_requests / load.seconds


def _waits(way: Way, per_second: float, seconds: float) -> str:
    port = way.server.port
    requests = way.requests(port, 1)
    load = open_loop(port, requests, n_connections=_N_OPEN, seconds=2 * seconds, per_second=per_second)
    waits = sorted(load.waits)
    p50, p99 = (waits[int(len(waits) * share)] * 1000 for share in (0.5, 0.99))
    return f"p50 {p50:.2f} ms, p99 {p99:.2f} ms ({p99 / p50:.1f})"


def _soak(way: Way, n: int) -> None:
    port = way.server.port
    requests = way.requests(port, 1)
    closed_loop(port, requests, n_connections=16, seconds=0, n=n // 20)
    before = way.server.memory_mb()
    closed_loop(port, requests, n_connections=16, seconds=0, n=n)
    print(f"memory over {n} requests: {before:.0f} to {way.server.memory_mb():.0f} MB", flush=True)


if __name__ == "__main__":
    main()
