"""What a look at the store does after something was refused."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evergreen.releases import Release, ReleaseStore
from evergreen.serving.figures import Figures
from evergreen.serving.params import ServingParams
from evergreen.serving.router import Router
from evergreen.serving.watcher import Sources, Watcher
from tests.releases.small import entry, small_release
from tests.serving.world import Quick

FIRST, OTHER = small_release(), small_release(note="second")
MISSING = "abcd"


class Place:
    """A store, and one who watches it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, **params: Any) -> None:
        self.pointer, self.store = folder / "champion.json", ReleaseStore(str(folder))
        self.router, self.figures = Router(), Figures()
        self.watcher = Watcher(Sources(self.store, ServingParams(**params), Quick), self.router, self.figures)
        self.loaded: list[str] = []
        whole = self.store.load
        monkeypatch.setattr(self.store, "load", lambda name: self.loaded.append(name) or whole(name))

    def promote(self, release: Release) -> None:
        self.store.add(release)
        self.store.promote(entry(release))

    def point_at(self, text: str) -> None:
        self.pointer.write_text(text)

    def look(self, times: int = 1) -> None:
        for _ in range(times):
            asyncio.run(self.watcher.look())

    @property
    def champion(self) -> str | None:
        return self.router.duty and self.router.duty.champion.release_id


Make = Callable[..., Place]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    return lambda **params: Place(tmp_path, monkeypatch, **params)


_BESIDE = [{"shadow": MISSING}, {"canary": {"release_id": MISSING, "share": 0.5}}]


@pytest.mark.parametrize("beside", _BESIDE, ids=["shadow", "canary"])
def test_what_is_refused_beside_the_champion_does_not_hold_up_the_next_one(make: Make, beside: dict[str, Any]) -> None:
    place = make(**beside)
    place.promote(FIRST)
    place.look(40)
    assert place.champion == FIRST.release_id
    place.promote(OTHER)
    place.look()
    assert place.champion == OTHER.release_id
    shown = [sample.labels["release_id"] for one in place.figures.release.collect() for sample in one.samples]
    assert shown == [OTHER.release_id]


def test_a_refused_release_is_tried_more_and_more_rarely_until_another_is_named(make: Make) -> None:
    place = make(shadow=MISSING)
    place.promote(FIRST)
    place.look(40)
    assert place.loaded == [FIRST.release_id, *[MISSING] * 6]
    place.promote(OTHER)
    place.look(3)
    assert place.loaded[7:] == [OTHER.release_id, MISSING, MISSING]


@pytest.mark.parametrize("told", [json.dumps({"release_id": MISSING}), "{"], ids=["missing", "damaged"])
def test_after_a_bad_start_the_next_champion_is_on_duty_at_once(make: Make, told: str) -> None:
    place = make()
    place.promote(FIRST)
    good = place.pointer.read_text()
    place.point_at(told)
    place.look(40)
    assert (place.champion, len(place.loaded)) == (None, 0 if told == "{" else 6)
    place.point_at(good)
    place.look()
    assert (place.champion, place.watcher.reason) == (FIRST.release_id, "")
