import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import fsspec
import pandas as pd
import pytest

from evergreen.errors import ReleaseError
from evergreen.models.decide import predict_rows
from evergreen.releases import LoadedRelease, NoChampion, ReleaseStore
from tests.models.small import small_case, small_rows, trained
from tests.releases.small import entry, small_release
from tests.releases.test_release import FILES

FIRST, SECOND = small_release(), small_release(note="second")


@pytest.fixture(params=["local", "memory"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "local":
        yield str(tmp_path / "case")
        return
    url = f"memory://{uuid4().hex}"
    yield url
    fs, path = fsspec.core.url_to_fs(url)
    if fs.exists(path):
        fs.rm(path, recursive=True)


@pytest.fixture
def store(root: str) -> ReleaseStore:
    return ReleaseStore(root)


def _files(root: str) -> dict[str, bytes]:
    fs, path = fsspec.core.url_to_fs(root)
    return {name.removeprefix(path): fs.cat_file(name) for name in sorted(fs.find(path))}


def _write(root: str, name: str, content: bytes) -> None:
    fs, path = fsspec.core.url_to_fs(root)
    fs.makedirs(f"{path}/{name}".rpartition("/")[0], exist_ok=True)
    fs.pipe_file(f"{path}/{name}", content)


def _fail(*_: Any, **__: Any) -> None:
    raise OSError("The machine went down.")


def test_a_stored_release_predicts_as_the_model_it_was_made_of(store: ReleaseStore) -> None:
    store.add(FIRST)
    loaded, rows = store.load(FIRST.release_id), small_rows("binary", 30, seed=4)
    assert loaded.release_id == FIRST.release_id
    expected = predict_rows(trained("binary").model, rows, small_case("binary"))
    pd.testing.assert_frame_equal(predict_rows(loaded.model, rows, loaded.problem), expected)


def test_adding_again_changes_no_byte(store: ReleaseStore, root: str) -> None:
    store.add(FIRST)
    before = _files(root)
    store.add(FIRST)
    assert _files(root) == before
    assert len(before) == len(FILES)


def test_releases_lie_as_plain_files_under_their_names(store: ReleaseStore, root: str) -> None:
    store.add(FIRST)
    store.promote(entry(FIRST))
    found = _files(root)
    assert {name: found.pop(name) for name in ("/champion.json",)} == {
        "/champion.json": json.dumps({"release_id": FIRST.release_id}).encode()
    }
    assert found.pop("/history.jsonl").count(b"\n") == 1
    assert found == {f"/releases/{FIRST.release_id}/{name}": content for name, content in FIRST.files.items()}


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_release_is_refused_wherever_it_is_used(store: ReleaseStore, root: str, name: str) -> None:
    store.add(FIRST)
    store.promote(entry(FIRST))
    _write(root, f"releases/{FIRST.release_id}/{name}", FIRST.files[name][:-1])
    for use in (lambda: store.load(FIRST.release_id), store.champion, lambda: store.add(FIRST)):
        with pytest.raises(ReleaseError, match=name):
            use()
    with pytest.raises(ReleaseError, match=name):
        store.promote(entry(FIRST))


@pytest.mark.parametrize("added", ["notes.txt", "folder/notes.txt", ".hidden"])
def test_what_does_not_belong_to_a_release_is_found(store: ReleaseStore, root: str, added: str) -> None:
    store.add(FIRST)
    _write(root, f"releases/{FIRST.release_id}/{added}", b"by hand")
    with pytest.raises(ReleaseError, match=added.partition("/")[0]):
        store.load(FIRST.release_id)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_found(store: ReleaseStore, root: str, name: str) -> None:
    store.add(FIRST)
    fs, path = fsspec.core.url_to_fs(root)
    fs.rm_file(f"{path}/releases/{FIRST.release_id}/{name}")
    with pytest.raises(ReleaseError, match=name):
        store.load(FIRST.release_id)


def test_nothing_is_champion_before_the_first_promotion(store: ReleaseStore) -> None:
    store.add(FIRST)
    assert store.champion() == NoChampion()
    assert store.champion_id() is None
    assert store.history() == []


def test_promotions_move_the_pointer_and_are_remembered_oldest_first(store: ReleaseStore) -> None:
    told = [entry(FIRST), entry(SECOND, FIRST), entry(FIRST, SECOND)]
    store.add(FIRST)
    store.add(SECOND)
    for one in told:
        store.promote(one)
        champion = store.champion()
        assert isinstance(champion, LoadedRelease)
        assert champion.release_id == store.champion_id() == one.release_id
    assert store.history() == told


def test_promoting_the_champion_again_appends_nothing(store: ReleaseStore, root: str) -> None:
    store.add(FIRST)
    store.promote(entry(FIRST))
    before = _files(root)
    store.promote(entry(FIRST, FIRST))
    assert _files(root) == before


def test_a_release_nobody_stored_cannot_be_promoted(store: ReleaseStore) -> None:
    store.add(FIRST)
    store.promote(entry(FIRST))
    with pytest.raises(ReleaseError, match=f"'{SECOND.release_id}' is not in .* Promote one that exists"):
        store.promote(entry(SECOND, FIRST))
    assert store.champion_id() == FIRST.release_id
    assert len(store.history()) == 1


def test_a_damaged_release_cannot_be_promoted(store: ReleaseStore, root: str) -> None:
    for release in (FIRST, SECOND):
        store.add(release)
    store.promote(entry(FIRST))
    _write(root, f"releases/{SECOND.release_id}/model.skops", b"")
    with pytest.raises(ReleaseError, match=r"model.skops"):
        store.promote(entry(SECOND, FIRST))
    assert store.champion_id() == FIRST.release_id


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"null", b"7", b"\xff", b'{"id": "x"}'])
def test_a_damaged_pointer_is_refused_with_a_way_out(store: ReleaseStore, root: str, content: bytes) -> None:
    store.add(FIRST)
    store.promote(entry(FIRST))
    _write(root, "champion.json", content)
    for use in (store.champion, store.champion_id, lambda: store.promote(entry(FIRST))):
        with pytest.raises(ReleaseError, match=r"champion.json' cannot be read. .*last entry of history.jsonl"):
            use()


@pytest.mark.parametrize("target", ["0000000000000000", "../elsewhere", ""])
def test_a_pointer_to_nowhere_is_refused(store: ReleaseStore, root: str, target: str) -> None:
    store.add(FIRST)
    _write(root, "elsewhere/manifest.json", FIRST.files["manifest.json"])
    _write(root, "champion.json", json.dumps({"release_id": target}).encode())
    with pytest.raises(ReleaseError, match=f"Release '{target}'|champion.json' cannot be read"):
        store.champion()


@pytest.mark.parametrize("line", [b"{", b"[]", b'{"release_id": "x"}', b"7"])
def test_a_broken_line_of_the_history_is_refused(store: ReleaseStore, root: str, line: bytes) -> None:
    store.add(FIRST)
    store.promote(entry(FIRST))
    _write(root, "history.jsonl", _files(root)["/history.jsonl"] + line)
    with pytest.raises(ReleaseError, match=r"history.jsonl' cannot be read. Restore it"):
        store.history()


def test_reasons_in_any_words_survive_the_history(store: ReleaseStore) -> None:
    told = replace(entry(FIRST), why="Für Zoë\u2028, «vrai»\nand more.")
    store.add(FIRST)
    store.promote(told)
    assert store.history() == [told]


@pytest.mark.parametrize("step", ["mv", "pipe_file"])
def test_a_crash_while_storing_leaves_no_release_and_the_next_try_works(
    store: ReleaseStore, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(store._fs, step, _fail)
        if step == "mv":
            patch.setattr(Path, "rename", _fail)
        with pytest.raises(OSError, match="went down"):
            store.add(FIRST)
    with pytest.raises(ReleaseError, match="is not in"):
        store.load(FIRST.release_id)
    assert store.champion() == NoChampion()
    store.add(FIRST)
    assert store.load(FIRST.release_id).release_id == FIRST.release_id


def test_of_two_runs_that_store_the_same_release_both_end_well(root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = ReleaseStore(root), ReleaseStore(root)
    looked = second._fs.exists

    def store_meanwhile(path: str) -> bool:
        found = looked(path)
        monkeypatch.undo()
        first.add(FIRST)
        return bool(found)

    monkeypatch.setattr(second._fs, "exists", store_meanwhile)
    second.add(FIRST)
    assert second.load(FIRST.release_id).release_id == FIRST.release_id
    assert [name for name in _files(root) if "draft" in name] == []


@pytest.mark.parametrize("step", ["mv", "pipe_file"])
def test_a_crash_while_promoting_keeps_the_old_champion_and_is_completed_later(
    store: ReleaseStore, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    for release in (FIRST, SECOND):
        store.add(release)
    store.promote(entry(FIRST))
    with monkeypatch.context() as patch:
        patch.setattr(store._fs, step, _fail)
        with pytest.raises(OSError, match="went down"):
            store.promote(entry(SECOND, FIRST))
    assert store.champion_id() == FIRST.release_id
    store.promote(entry(SECOND, FIRST))
    assert store.champion_id() == SECOND.release_id
    assert store.history() == [entry(FIRST), entry(SECOND, FIRST)]
