"""Promote, roll back, retire: one at a time, each with its reason, and never a champion that was not tried."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from evergreen.errors import BusyError, ReleaseError
from evergreen.releases import Release, ReleaseStore, promote, retire, roll_back
from evergreen.releases.history import HistoryEntry, Kind, champion_before, read_lines
from evergreen.releases.lock import folder_lock
from tests.releases.small import BY_ADA, small_release

A, B, C = (small_release(note=note) for note in ("first", "second", "third"))
ROOT = Path(__file__).parents[2]


@pytest.fixture
def store(tmp_path: Path) -> ReleaseStore:
    made = ReleaseStore(str(tmp_path / "case"))
    for release in (A, B, C):
        made.add(release)
    return made


@pytest.fixture(autouse=True)
def tried(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of releases that were tried; a process for each would take seconds."""
    names: list[str] = []
    monkeypatch.setattr("evergreen.releases.changes.try_in_fresh_process", lambda folder: names.append(folder.name))
    return names


def _promote(store: ReleaseStore, *releases: Release) -> None:
    for one in releases:
        promote(store, one.release_id, BY_ADA)


def test_each_release_is_tried_before_it_becomes_champion_and_the_champion_is_not(
    store: ReleaseStore, tried: list[str]
) -> None:
    _promote(store, A, A, B, B)
    assert tried == [A.release_id, B.release_id]
    assert store.champion_id() == B.release_id
    assert [one.kind for one in store.history()] == ["promote", "promote"]


def test_a_release_in_a_remote_store_is_tried_from_a_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict[str, bytes]] = []
    monkeypatch.setattr(
        "evergreen.releases.changes.try_in_fresh_process",
        lambda folder: seen.append({one.name: one.read_bytes() for one in folder.iterdir()}),
    )
    remote = ReleaseStore("memory://remote_trial")
    remote.add(A)
    promote(remote, A.release_id, BY_ADA)
    assert seen == [dict(A.files)]
    assert remote.champion_id() == A.release_id


def test_where_the_trial_fails_the_former_champion_stays_and_nothing_is_lost(
    store: ReleaseStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(folder: Path) -> None:
        raise ReleaseError(f"Release '{folder.name}'", "is not what was judged", "Train again.")

    _promote(store, A)
    monkeypatch.setattr("evergreen.releases.changes.try_in_fresh_process", refuse)
    with pytest.raises(ReleaseError, match="is not what was judged"):
        _promote(store, B)
    assert store.champion_id() == A.release_id
    assert len(store.history()) == 1
    assert store.files(B.release_id) == B.files


def test_a_rollback_goes_to_the_champion_before_and_a_second_one_further_back(store: ReleaseStore) -> None:
    _promote(store, A, B, C)
    assert roll_back(store, BY_ADA) == B.release_id == store.champion_id()
    assert roll_back(store, BY_ADA) == A.release_id == store.champion_id()
    with pytest.raises(ReleaseError, match="hold no earlier champion that is not retired"):
        roll_back(store, BY_ADA)
    last = store.history()[-1]
    assert (last.kind, last.previous_id, last.by, last.why) == ("rollback", B.release_id, "ada", "It pays.")


def test_a_rollback_is_tried_too(store: ReleaseStore, tried: list[str]) -> None:
    _promote(store, A, B)
    roll_back(store, BY_ADA)
    assert tried == [A.release_id, B.release_id, A.release_id]


def test_a_rollback_passes_retired_releases_over(store: ReleaseStore) -> None:
    _promote(store, A, B, C)
    retire(store, B.release_id, BY_ADA)
    assert roll_back(store, BY_ADA) == A.release_id


def test_before_anything_was_promoted_there_is_nothing_to_go_back_to(store: ReleaseStore) -> None:
    with pytest.raises(ReleaseError, match="hold no earlier champion"):
        roll_back(store, BY_ADA)
    assert store.history() == []


def test_a_retired_release_keeps_its_files_and_cannot_be_promoted(store: ReleaseStore, tried: list[str]) -> None:
    _promote(store, A, B)
    retire(store, A.release_id, BY_ADA)
    assert store.files(A.release_id) == A.files
    with pytest.raises(ReleaseError, match=r"was retired \(2020-07-01 by ada: It pays\.\) and cannot become champion"):
        _promote(store, A)
    assert store.champion_id() == B.release_id
    assert tried == [A.release_id, B.release_id]


def test_retiring_again_changes_nothing(store: ReleaseStore) -> None:
    _promote(store, A)
    retire(store, B.release_id, BY_ADA)
    before = store.history()
    retire(store, B.release_id, BY_ADA)
    assert store.history() == before
    assert (before[-1].kind, before[-1].release_id, before[-1].previous_id) == ("retire", B.release_id, A.release_id)


def test_the_champion_cannot_be_retired(store: ReleaseStore) -> None:
    _promote(store, A)
    with pytest.raises(ReleaseError, match=r"is the champion\. Roll back or promote another one first"):
        retire(store, A.release_id, BY_ADA)
    assert len(store.history()) == 1


@pytest.mark.parametrize("name", ["0000", "../releases", ""])
@pytest.mark.parametrize("change", [promote, retire])
def test_a_release_that_is_not_there_is_named(store: ReleaseStore, change: Callable[..., object], name: str) -> None:
    with pytest.raises(ReleaseError, match=f"Release '{name}' is not in"):
        change(store, name, BY_ADA)


def test_a_promotion_that_broke_off_before_a_retirement_is_completed(store: ReleaseStore) -> None:
    _promote(store, A)
    store._append(BY_ADA.entry("promote", B.release_id))
    retire(store, C.release_id, BY_ADA)
    _promote(store, B)
    assert store.champion_id() == B.release_id
    assert [one.kind for one in store.history()] == ["promote", "promote", "retire"]


def test_lines_without_a_kind_are_promotions(store: ReleaseStore, tmp_path: Path) -> None:
    _promote(store, A, B)
    file = tmp_path / "case" / "history.jsonl"
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    file.write_text("".join(json.dumps({k: v for k, v in one.items() if k != "kind"}) + "\n" for one in lines))
    assert [one.kind for one in store.history()] == ["promote", "promote"]
    assert roll_back(store, BY_ADA) == A.release_id


def test_a_kind_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="'burn' is no kind of change"):
        read_lines(
            [b'{"release_id": "a", "previous_id": null, "as_of": "", "at": "", "by": "", "why": "", "kind": "burn"}']
        )


def _history(told: str) -> list[HistoryEntry]:
    kinds: dict[str, Kind] = {"+": "promote", "<": "rollback", "x": "retire"}
    return [HistoryEntry(one[1], None, None, "", "", "", kinds[one[0]]) for one in told.split()]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("", None),
        ("+A", None),
        ("+A +B", "A"),
        ("+A +B +A", "B"),
        ("+A +B <A", None),
        ("+A +B <A +C", "A"),
        ("+A +B xA", None),
        ("+A +B xC", "A"),
        ("+A +B +C xB", "A"),
        ("+A +B +C <B xA", None),
        ("+A +B +A +C xB", "A"),
        ("+A +A", None),
    ],
)
def test_what_a_rollback_goes_back_to(told: str, expected: str | None) -> None:
    assert champion_before(_history(told)) == expected


_PROMOTER = """
import sys
from evergreen.releases import HistoryEntry, ReleaseStore
root, first, second = sys.argv[1:]
for number in range(20):
    release_id = (first, second)[number % 2]
    ReleaseStore(root).promote(HistoryEntry(release_id, None, None, str(number), "process", "It races."))
    assert ReleaseStore(root).champion_id() in (first, second)
"""


def test_of_processes_that_promote_at_once_no_line_is_lost(store: ReleaseStore, tmp_path: Path) -> None:
    root = str(tmp_path / "case")
    words = [sys.executable, "-c", _PROMOTER, root]
    pairs = [(A.release_id, B.release_id), (B.release_id, C.release_id), (C.release_id, A.release_id)]
    environment = {"PYTHONPATH": str(ROOT / "src"), "PATH": ""}
    running = [subprocess.Popen([*words, *pair], env=environment, stderr=subprocess.PIPE) for pair in pairs]
    said = [one.communicate(timeout=120)[1].decode() for one in running]
    assert [one.returncode for one in running] == [0, 0, 0], said
    history = store.history()
    # What was champion before is what the line before says: nobody changed it in between.
    assert [one.previous_id for one in history] == [None, *(one.release_id for one in history[:-1])]
    assert store.champion_id() == history[-1].release_id
    assert len(history) > 20
    assert list((tmp_path / "case").glob("*.draft")) == []


def test_who_waits_too_long_is_told(tmp_path: Path) -> None:
    with folder_lock(tmp_path), pytest.raises(BusyError, match="are being changed by another process"):  # noqa: SIM117
        with folder_lock(tmp_path, patience_seconds=0.1):
            raise AssertionError
    with folder_lock(tmp_path, patience_seconds=0):
        pass


def test_a_folder_that_cannot_be_locked_is_told_and_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("No locks available")

    monkeypatch.setattr("fcntl.flock", refuse)
    with folder_lock(tmp_path):
        assert "cannot be locked (No locks available). Change releases one at a time." in caplog.text
