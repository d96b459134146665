"""The real log and real releases in bad shape: readiness tells, nobody is answered wrongly, and it mends by itself."""

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from evergreen.prediction_log import PredictionLog, open_log
from evergreen.releases import Release, ReleaseStore, assemble_release, load_release
from evergreen.releases.release import verify_files
from evergreen.serving.params import ServingParams
from evergreen.serving.served import serve_release
from evergreen.serving.service import Surroundings
from tests.models.small import small_case, trained
from tests.releases.small import entry, small_release
from tests.serving.world import ROW, MemoryLog, Quick, World, rows, running, wait_for

OTHER = small_release(note="second")


@dataclass
class Disk:
    """A log in a file, on a disk that may be full."""

    path: Path
    is_full: bool = False

    def open(self) -> PredictionLog:
        log = open_log(f"sqlite:///{self.path}", case="small", wait_seconds=0.1)
        if self.is_full:
            writer: Any = log._writer
            n_pages = writer._connection.execute("PRAGMA page_count").fetchone()[0]
            writer._connection.execute(f"PRAGMA max_page_count = {n_pages + 1}")
        return log


@contextmanager
def served(folder: Path, open_it: Callable[[], Any], release: Release | None = None) -> Iterator[World]:
    """A service that opens its log so; it may not be ready."""
    store, made = ReleaseStore(str(folder)), release or small_release()
    store.add(made)
    store.promote(entry(made))
    params = ServingParams(port=0, poll_seconds=0.05, drain_seconds=0.0, stop_seconds=5.0, max_body_bytes=2_000_000)
    with running(Surroundings("small", store, params, open_it, make=Quick)) as (server, port):
        yield World(store, folder, MemoryLog(), {}, server, port)


def is_ready(made: World) -> bool:
    return made.ask("GET", "/health/ready").status == 200


def reason(made: World) -> str:
    found: str = made.ask("GET", "/health/ready").json.get("reason", "")
    return found


def n_logged(path: Path) -> int:
    with open_log(f"sqlite:///{path}", case="small") as log:
        return len(log.read())


def test_on_a_full_disk_nothing_is_answered_until_there_is_room(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "log.db", is_full=True)
    with served(tmp_path, disk.open) as made:
        wait_for(lambda: is_ready(made))
        told = made.predict(rows(500, note="x" * 1000))
        assert told.status == 503
        assert "score" not in told.body.decode()
        assert "/" not in told.json["error"]
        disk.is_full = False
        wait_for(lambda: is_ready(made))
        assert made.predict(rows(500, note="x" * 1000)).status == 200
    assert n_logged(disk.path) == 500


def test_while_somebody_keeps_the_log_nothing_is_answered(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "log.db")
    with served(tmp_path, disk.open) as made:
        wait_for(lambda: is_ready(made))
        with closing(sqlite3.connect(disk.path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            assert made.predict([ROW]).status == 503
            assert "was kept by another process for too long" in reason(made)
            other.execute("ROLLBACK")
        wait_for(lambda: is_ready(made))
        assert made.predict([ROW]).status == 200
    assert n_logged(disk.path) == 1


def test_a_log_that_is_moved_away_is_begun_anew_and_no_answer_gets_lost(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "log.db")
    with served(tmp_path, disk.open) as made:
        wait_for(lambda: is_ready(made))
        assert made.predict([ROW]).status == 200
        moved = tmp_path / "moved"
        moved.mkdir()
        for path in tmp_path.glob("log.db*"):
            shutil.move(path, moved)
        assert made.predict([ROW]).status == 503
        wait_for(lambda: is_ready(made))
        assert made.predict([ROW]).status == 200
    assert (n_logged(disk.path), n_logged(moved / "log.db")) == (1, 1)


def test_the_log_of_another_case_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    open_log(f"sqlite:///{path}", case="another").close()
    with served(tmp_path, Disk(path).open) as made:
        wait_for(lambda: "is that of case 'another', not of 'small'" in reason(made))
        assert made.predict([ROW]).status == 503


def test_a_file_that_is_no_log_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    path.write_bytes(b"no log at all " * 1000)
    with served(tmp_path, Disk(path).open) as made:
        wait_for(lambda: "is damaged" in reason(made))
        assert made.predict([ROW]).status == 503
    assert path.read_bytes() == b"no log at all " * 1000


def damaged(folder: Path, name: str, release: Release) -> None:
    path = folder / "releases" / release.release_id / name
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2] if name == "model.skops" else content.replace(b"5", b"6", 1))


DAMAGES = ("model.skops", "contract.json", "metrics.json", "manifest.json")


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_release_is_served_neither_at_the_start_nor_later(tmp_path: Path, name: str) -> None:
    store = ReleaseStore(str(tmp_path))
    store.add(OTHER)
    damaged(tmp_path, name, OTHER)
    (tmp_path / "champion.json").write_text(json.dumps({"release_id": OTHER.release_id}))
    params, log = ServingParams(port=0, poll_seconds=0.02, drain_seconds=0.0), MemoryLog()
    with running(Surroundings("small", store, params, lambda: log, make=Quick)) as (server, port):
        made = World(store, tmp_path, log, {}, server, port)
        wait_for(lambda: f"Release '{OTHER.release_id}'" in reason(made))
        assert made.predict([ROW]).status == 503
        assert made.ask("GET", "/health/live").status == 200
        made.promote(small_release())
        wait_for(lambda: is_ready(made))
        (tmp_path / "champion.json").write_text(json.dumps({"release_id": OTHER.release_id}))
        made.look()
        wait_for(lambda: made.figure("evergreen_release_refusals_total") >= 2)
        assert made.predict([ROW]).json["release_id"] == small_release().release_id


def test_a_release_of_another_scikit_learn_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evergreen.releases.release.versions_here", lambda: {"scikit-learn": "0.1"})
    release = assemble_release(small_case("binary"), trained("binary").model, {"note": {"is": "old"}})
    verify_files(release.release_id, release.files)
    loaded = load_release(release.release_id, release.files)
    with pytest.raises(Exception, match=r"was made with scikit-learn 0\.1, and here is"):
        serve_release(loaded, ServingParams(), Quick)


NAMES = ("../../etc", "..", "/etc/passwd", "abc/../def", "ABC", "", "a\n", "abc%2f", "a" * 5000)


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_a_pointer_leads_to_no_other_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "champion.json").write_text(json.dumps({"release_id": name}))
    params, log = ServingParams(port=0, poll_seconds=0.02, drain_seconds=0.0), MemoryLog()
    given = Surroundings("small", ReleaseStore(str(tmp_path)), params, lambda: log, make=Quick)
    with running(given) as (server, port):
        made = World(given.store, tmp_path, log, {}, server, port)
        wait_for(lambda: made.figure("evergreen_release_refusals_total"))
        assert not is_ready(made)
        assert len(reason(made)) < 1000
