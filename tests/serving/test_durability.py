"""Processes are killed and champions change under load; what clients have stays true. The long form is a benchmark."""

import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from benchmarks.durability import Load, contradictions, kill_often, not_logged, switch_often
from evergreen.prediction_log import open_log
from evergreen.releases import ReleaseStore
from evergreen.serving.params import ServingParams
from evergreen.serving.run import ServiceSpec
from tests.releases.small import entry, small_release
from tests.serving.nursery import Marked, Nursery, nursery
from tests.serving.world import rows

RELEASES = [small_release(), small_release(note="second")]
NAMES = [one.release_id for one in RELEASES]
ROWS = [{**row, "strength": (place + 1) / 100} for place, row in enumerate(rows(50))]


@dataclass(frozen=True)
class Ground:
    """A nursery, and what its processes stand on."""

    nursery: Nursery
    store: ReleaseStore
    url: str
    lines: Path

    def load(self) -> Load:
        return Load(self.nursery.port, ROWS)

    def missing(self, load: Load) -> list[object]:
        """The answers that are not in the log."""
        return [*not_logged(load.told, self.url, "small")]


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    folder = tmp_path_factory.mktemp("durability")
    store = ReleaseStore(str(folder))
    for one in RELEASES:
        store.add(one)
    # Only a signal makes these processes look for another champion.
    params = ServingParams(port=0, poll_seconds=1000)
    spec = ServiceSpec("small", str(folder), f"sqlite:///{folder}/log.db", params)
    with nursery(spec, folder / "stderr") as made:
        yield Ground(made, store, spec.log, folder / "stderr")


@pytest.mark.slow
def test_an_answer_that_a_client_has_survives_the_kill_of_all_processes(ground: Ground) -> None:
    ground.store.promote(entry(RELEASES[0]))
    load = ground.load()
    kill_often(ground.nursery.start, load, n_kills=3, n_between=60)
    assert len(load.told) >= 180
    assert load.n_broken > 0
    assert {one.partition(":")[0] for one in load.refused} <= {"503"}
    assert ground.missing(load) == []
    with closing(sqlite3.connect(ground.url.removeprefix("sqlite:///"))) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@pytest.mark.slow
def test_while_champions_change_each_answer_is_from_the_release_it_names(ground: Ground) -> None:
    ground.store.promote(entry(RELEASES[0]))
    running = ground.nursery.start()
    try:
        with ground.load() as first:
            first.wait(50)
        load = ground.load()
        switch_often(ground.store, NAMES, load, n_requests=600, n_switches=4, look=lambda: running.tell(signal.SIGHUP))
    finally:
        running.kill()
    assert (load.refused, load.n_broken) == ([], 0)
    right = {name: Marked(ground.store.load(name)).answer(ROWS) for name in NAMES}
    assert contradictions(load.told, right) == []
    assert {one.release_id for one in load.told} == set(NAMES)
    assert ground.missing(load) == []


def test_the_checks_find_what_they_look_for(ground: Ground, tmp_path: Path) -> None:
    right = {name: Marked(ground.store.load(name)).answer(ROWS) for name in NAMES}
    ground.store.promote(entry(RELEASES[0]))
    running, load = ground.nursery.start(), ground.load()
    try:
        with load:
            load.wait(20)
    finally:
        running.kill()
    swapped = [replace(one, release_id=NAMES[1 - NAMES.index(one.release_id)]) for one in load.told]
    assert contradictions(swapped, right) == swapped
    assert not_logged(swapped, ground.url, "small") == swapped
    url = f"sqlite:///{tmp_path}/log.db"
    open_log(url, case="small").close()
    assert not_logged(load.told, url, "small") == load.told
