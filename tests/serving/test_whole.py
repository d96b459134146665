"""A real release, the real log, explanations, and several processes on one port."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from evergreen.answering import Answerer, PlainAnswerer
from evergreen.errors import EvergreenError, ReleaseError
from evergreen.models.explain_row import choose_background
from evergreen.prediction_log import open_log
from evergreen.releases import Release, ReleaseStore, assemble_release, load_release
from evergreen.releases.check_rows import background_rows
from evergreen.serving.desk import Done, Job
from evergreen.serving.explain import explain_answers
from evergreen.serving.params import ServingParams
from evergreen.serving.router import Duty
from evergreen.serving.run import SPEC, ServiceSpec, bind
from evergreen.serving.served import make_answerer, serve_release
from evergreen.serving.service import Surroundings
from tests.models.small import small_case, small_rows, trained
from tests.releases.small import entry, small_release
from tests.serving.world import ROW, MemoryLog, Quick, World, running, wait_for

ROOT = Path(__file__).resolve().parents[2]


@cache
def explained_release() -> Release:
    problem, model = small_case("binary"), trained("binary").model
    background = background_rows(model, small_rows("binary", 60), problem)
    return assemble_release(problem, model, {"background": background})


@cache
def compiled() -> Answerer:
    """Compiling takes seconds, so it is done once."""
    return make_answerer(load_release(explained_release().release_id, explained_release().files))


def test_a_real_release_answers_explains_and_logs(tmp_path: Path) -> None:
    store, release = ReleaseStore(str(tmp_path)), explained_release()
    store.add(release)
    store.promote(entry(release))
    spec = ServiceSpec("small", str(tmp_path), f"sqlite:///{tmp_path}/log.db", ServingParams(port=0, drain_seconds=0))
    with running(replace(spec.surroundings(), make=lambda _: compiled())) as (server, port):
        made = World(store, tmp_path, MemoryLog(), {}, server, port)
        wait_for(lambda: made.ask("GET", "/health/ready").status == 200)
        told = made.ask("POST", "/predict?explain=true", {"rows": [ROW, {**ROW, "colour": "purple"}]}).json
        assert made.ask("POST", "/outcomes", {"outcomes": [{"row_id": 1, "outcome": "yes"}]}).json["new"] == 1
    usable, unusable = told["predictions"]
    loaded = load_release(release.release_id, release.files)
    (expected,) = PlainAnswerer(loaded.model, loaded.problem, loaded.outlier_limits).answer([ROW])
    assert usable["score"] == pytest.approx(expected.scores[0], rel=1e-9)
    assert (usable["action"], usable["expected_payoff"]) == (expected.action, pytest.approx(expected.expected_payoff))
    why = usable["explanation"]
    assert why["baseline"] + sum(why["contributions"].values()) == pytest.approx(why["score"])
    assert set(why["contributions"]) == set(loaded.problem.feature_columns)
    assert unusable["error"] == "colour is not an allowed value"
    assert unusable["explanation"] is None
    with open_log(f"sqlite:///{tmp_path}/log.db", case="small") as log:
        rows = log.read()
    assert rows["_request_id"].tolist() == [told["request_id"]] * 2
    assert rows["_outcome"].tolist() == ["yes", "yes"]


def test_the_compiled_and_the_plain_way_explain_alike() -> None:
    release = explained_release()
    loaded = load_release(release.release_id, release.files)
    ways = [serve_release(loaded, ServingParams(), lambda _: compiled())]
    ways.append(
        serve_release(loaded, ServingParams(), lambda one: PlainAnswerer(one.model, one.problem, one.outlier_limits))
    )
    assert [one.answerer.is_compiled for one in ways] == [True, False]
    told = []
    for served in ways:
        job = Job("r", [ROW], [{}], Duty(served), [served], 0.0)
        told.append(explain_answers(Done(job, served.answerer.answer([ROW])))[0])
    assert told[0] is not None
    assert told[1] is not None
    assert told[0]["contributions"] == pytest.approx(told[1]["contributions"], abs=1e-9)
    background = ways[0].background
    assert background is not None
    assert len(background) == len(choose_background(loaded.model, small_rows("binary", 60), loaded.problem))


@pytest.mark.parametrize(("scores", "finding"), [([0.5, 0.5], ""), ([0.5, 0.500001], "check row 2 of 2 scores 0.5,")])
def test_a_release_that_answers_otherwise_than_it_did_is_refused(scores: list[float], finding: str) -> None:
    told = {"rows": [ROW, ROW], "scores": [[score] for score in scores], "actions": ["call", "call"]}
    release = assemble_release(small_case("binary"), trained("binary").model, {"check_rows": told})
    loaded = load_release(release.release_id, release.files)
    if not finding:
        assert serve_release(loaded, ServingParams(), Quick).release_id == release.release_id
        return
    with pytest.raises(ReleaseError, match=f"answers otherwise than when it was judged: {finding}"):
        serve_release(loaded, ServingParams(), Quick)


def test_a_release_that_cannot_answer_is_refused() -> None:
    loaded = load_release(small_release().release_id, small_release().files)
    quick = Quick(loaded)
    quick.is_broken = True
    with pytest.raises(ReleaseError, match=r"fails on rows of its contract \(ValueError\)"):
        serve_release(loaded, ServingParams(), lambda _: quick)


@dataclass
class Processes:
    """Several processes on one port, and what they stand on."""

    world: World
    process: subprocess.Popen[bytes]
    folder: Path


_START = """
import sys
from evergreen.serving.run import SPEC, serve
sys.exit(serve(SPEC.validate_json(sys.stdin.buffer.read()), announce=lambda place: print(place, flush=True)))
"""


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    store = ReleaseStore(str(tmp_path))
    store.add(small_release())
    store.promote(entry(small_release()))
    params = ServingParams(port=0, workers=2, poll_seconds=0.2, drain_seconds=0.0, stop_seconds=5.0)
    spec = ServiceSpec("small", str(tmp_path), f"sqlite:///{tmp_path}/log.db", params, api_key="sesame")
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    environment = {**os.environ, "PYTHONPATH": paths, "TMPDIR": str(tmp_path)}
    with (tmp_path / "stderr").open("wb") as lines:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": lines}
        process = subprocess.Popen([sys.executable, "-c", _START], env=environment, **pipes)
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdin as pipe:
        pipe.write(SPEC.dump_json(spec))
    port = int(process.stdout.readline().rpartition(b":")[2])
    server: Any = None
    yield Processes(World(store, tmp_path, MemoryLog(), {}, server, port), process, tmp_path)
    process.kill()
    process.wait()
    process.stdout.close()


def children(process: subprocess.Popen[bytes]) -> list[int]:
    told = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    return [int(one) for one in told.split()]


def n_told(folder: Path) -> float:
    told = [one for path in folder.glob("evergreen-metrics-*/*.json") for one in json.loads(path.read_text())]
    return sum(value for name, _, value in told if name == "evergreen_rows_total")


@pytest.mark.slow
def test_several_processes_share_a_port_their_figures_and_the_log(processes: Processes) -> None:
    made, process = processes.world, processes.process

    def ask(path: str, body: Any = None) -> Any:
        return made.ask("POST" if body else "GET", path, body, {"X-API-Key": "sesame"})

    def figure(name: str) -> float:
        lines = ask("/metrics").body.decode().splitlines()
        return next((float(line.rpartition(" ")[2]) for line in lines if line.rpartition(" ")[0] == name), 0.0)

    until = time.monotonic() + 60
    while figure("evergreen_ready") != 2:
        assert time.monotonic() < until
        time.sleep(0.05)
    assert [ask("/predict", {"rows": [ROW]}).status for _ in range(40)] == [200] * 40
    answered = f'evergreen_rows_total{{release_id="{made.store.champion_id()}",role="champion"}}'
    wait_for(lambda: figure(answered) == 40)
    with open_log(f"sqlite:///{processes.folder}/log.db", case="small") as log:
        assert len(log.read()) == 40
    # What a process has not told the others yet dies with it.
    wait_for(lambda: n_told(processes.folder) == 40)
    victim, survivor = children(process)
    os.kill(victim, signal.SIGKILL)
    wait_for(lambda: victim not in children(process))
    assert ask("/predict", {"rows": [ROW]}).status == 200
    wait_for(lambda: figure(answered) == 41)
    assert survivor in children(process)
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    lines = (processes.folder / "stderr").read_text().splitlines()
    assert "A worker died" in {json.loads(line)["event"] for line in lines}
    assert "sesame" not in str(lines)
    assert "sesame" not in Path("/proc/self/cmdline").read_text()


def test_a_port_that_is_taken_is_told() -> None:
    with bind(ServingParams(port=0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            EvergreenError, match=rf"127\.0\.0\.1:{port} cannot be listened on \(Address already in use"
        ):
            bind(ServingParams(port=port))


def test_secrets_are_not_shown() -> None:
    spec = ServiceSpec("small", "x", "postgresql://ann:secret@host/db", ServingParams(), {"key": "secret"}, "secret")
    assert "secret" not in repr(spec)
    store: Any = None
    shown = Surroundings("small", store, ServingParams(), MemoryLog, "secret")
    assert "secret" not in repr(shown)
    assert SPEC.validate_json(SPEC.dump_json(spec)) == spec
