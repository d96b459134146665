"""A run that is killed leaves one whole champion, wherever it was; the next run ends what it began."""

import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evergreen.datasets.champion_dataset import ChampionDataset
from evergreen.errors import ReleaseError
from evergreen.releases import LoadedRelease, Promotion, Rollback, model_to_bytes
from tests.pipelines.retraining.line import LATER, Place, fitted, release, rows

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")

_MOVES = {"os.rename", "os.mkdir", "os.remove", "os.rmdir", "shutil.move", "shutil.rmtree"}
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def changes_a_file(event: str, told: tuple[Any, ...]) -> bool:
    """Whether it is about to change a file."""
    return event in _MOVES or (event == "open" and bool(told[2] & _WRITES))


def in_child(
    work: Callable[[], object], *, killed_at: int | None = None, is_counted: Callable[..., bool] = changes_a_file
) -> int:
    """Do work in a process that kills itself at the n-th event; says how many there were, -1 where it was killed."""
    told, tell = os.pipe()
    child = os.fork()
    if not child:
        os.close(told)
        n_events = 0

        def count(event: str, told: tuple[Any, ...]) -> None:
            nonlocal n_events
            if is_counted(event, told):
                n_events += 1
                if n_events == killed_at:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(count)
        try:
            work()
            os.write(tell, str(n_events).encode())
        finally:
            os._exit(0)
    os.close(tell)
    with os.fdopen(told) as stream:
        found = stream.read()
    os.waitpid(child, 0)
    return int(found) if found else -1


def opens_or_changes(event: str, told: tuple[Any, ...]) -> bool:
    """Whether it is about to read or change a file."""
    return event == "open" or changes_a_file(event, told)


def champion_of(place: Place) -> str:
    """The name of the live release, read and checked whole."""
    champion = place.store.champion()
    assert isinstance(champion, LoadedRelease)
    assert champion.model is not None
    return champion.release_id


def new_place(folder: Path) -> Place:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return Place(folder)


@pytest.mark.parametrize("is_rollback", [False, True], ids=["promotion", "rollback"])
def test_the_champion_is_whole_wherever_its_change_is_cut_off(tmp_path: Path, *, is_rollback: bool) -> None:
    first, second = release(is_good=False), release(is_good=True)
    start = new_place(tmp_path / "start")
    start.promote(first)
    change: Promotion | Rollback = Promotion(second, LATER, "Retraining.", replaces=first.release_id)
    if is_rollback:
        start.promote(second)
        change = Rollback(second.release_id, LATER, "Retraining.")
    old, new = (second, first) if is_rollback else (first, second)
    place = Place(tmp_path / "cut")

    def save() -> None:
        ChampionDataset(path=str(place.folder / "models")).save(change)

    shutil.copytree(start.folder, place.folder)
    n_events = in_child(save)
    assert champion_of(place) == new.release_id
    assert n_events >= 4
    seen = set()
    for n in range(1, n_events + 1):
        shutil.rmtree(place.folder)
        shutil.copytree(start.folder, place.folder)
        assert in_child(save, killed_at=n) == -1
        seen.add(champion_of(place))
        save()
        assert place.store.champion_id() == new.release_id
        kinds = [one.kind for one in place.store.history()]
        assert kinds == [one.kind for one in start.store.history()] + ["rollback" if is_rollback else "promote"]
    assert seen <= {old.release_id, new.release_id}
    assert old.release_id in seen


def test_a_run_that_is_killed_anywhere_is_ended_by_the_next(tmp_path: Path) -> None:
    old, place = release(is_good=False), new_place(tmp_path / "line")
    place.promote(old)
    # Nodes touch no file, so that all that can be left half are the saves.
    outcome = place.work_out(refit=False)
    n_events = in_child(lambda: place.save(outcome), is_counted=opens_or_changes)
    new = champion_of(place)
    assert new != old.release_id
    for n in sorted(np.random.default_rng(4).choice(np.arange(1, n_events + 1), 5, replace=False)):
        new_place(place.folder).promote(old)
        assert in_child(lambda: place.save(outcome), killed_at=n, is_counted=opens_or_changes) == -1
        assert champion_of(place) in (old.release_id, new)
        told = place.told if (place.folder / "retraining.json").exists() else {}
        assert told in ({}, outcome.told)
    place.run(refit=False)
    assert champion_of(place) == new
    assert len(place.store.history()) == 2
    # Without a refit what goes live is what was judged.
    documents, model = place.store.load(new).documents, place.store.load(new).model
    n_learnt = int((rows()["decided_at"] <= documents["split_card"]["learnt_until"]).sum())
    assert "refit" not in documents
    assert model_to_bytes(model) == model_to_bytes(fitted(is_good=True, n_rows=n_learnt))


def test_what_was_compared_with_another_champion_is_not_promoted(tmp_path: Path) -> None:
    place = new_place(tmp_path / "line")
    live = place.promote(release(is_good=False))
    dataset = ChampionDataset(path=str(place.folder / "models"))
    with pytest.raises(Exception, match=f"was compared with 'abc', but '{live}' is live by now") as refused:
        dataset.save(Promotion(release(is_good=True), LATER, "Retraining.", replaces="abc"))
    assert isinstance(refused.value.__cause__ or refused.value, ReleaseError)
    with pytest.raises(Exception, match=f"Release 'abc' was found to do harm, but '{live}' is live by now"):
        dataset.save(Rollback("abc", LATER, "Retraining."))
    assert champion_of(place) == live
