"""A study whose file cannot be written, or was spoilt, in runs of the modelling pipeline as users start them."""

import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from evergreen.datasets import study_journal
from evergreen.datasets.search_dataset import FolderKeeper
from evergreen.errors import DataError
from evergreen.models.recipe import Recipe
from evergreen.releases import model_from_bytes
from tests.lifecycle.world import DEMO_FILES, World

pytestmark = pytest.mark.slow

PARAMS = {"as_of": "2007-09-30"}
MODELLING = {"candidates": ["linear"], "random_state": 1, "budget_trials": 3, "max_latency_ratio": 2.0}


@pytest.fixture(scope="module")
def tuned(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Nine months of the demonstration, searched without trouble; nobody may change it."""
    folder = tmp_path_factory.mktemp("tuned")
    raw = folder / "raw"
    shutil.copytree(DEMO_FILES, raw)
    for file in sorted((raw / "contacts").glob("*.parquet"))[9:]:
        file.unlink()
    world = World.make(folder, raw_dir=raw, modelling=MODELLING)
    world.run("data_processing", "modelling", params=PARAMS)
    return world


@pytest.fixture
def untuned(tuned: World, tmp_path: Path) -> World:
    """The same before its search."""
    world = World.copy(tuned, tmp_path)
    shutil.rmtree(world.path("06_models", ""))
    return world


def made(world: World) -> list[bytes]:
    return [world.path("06_models", name).read_bytes() for name in ("recipe.json", "challenger.skops")]


def assert_searched(world: World) -> list[str]:
    """There is a model of as many trials as were asked for; give the words about them."""
    words = world.table("06_models", "tuning_history.parquet")["word"].tolist()
    assert sum(one != "Its process ended before it did." for one in words) == MODELLING["budget_trials"]
    assert Recipe.model_validate(world.json("06_models", "recipe.json")).members
    assert model_from_bytes(made(world)[1]).training_id
    return words


def study(world: World) -> Path:
    (found,) = world.path("06_models", "search").glob("*/study.log")
    return found


class Filling:
    """A disk with room for so many bytes of studies: what is beyond is cut off, then refused."""

    def __init__(self, n_bytes: int) -> None:
        self.n_left = n_bytes
        self._locked = study_journal._locked

    @contextmanager
    def locked(self, path: Path) -> Any:
        with self._locked(path) as file:
            yield _OnDisk(file, self)


class _OnDisk:
    def __init__(self, file: Any, disk: Filling) -> None:
        self._file, self._disk = file, disk

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def write(self, content: bytes) -> int:
        if not self._disk.n_left:
            raise OSError(28, "No space left on device")
        n_written: int = self._file.write(content[: self._disk.n_left])
        self._disk.n_left -= n_written
        return n_written


@pytest.mark.parametrize("share", [0.05, 0.6])
def test_a_disk_that_fills_up_while_the_study_is_written_costs_no_model(
    share: float, tuned: World, untuned: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Filling(int(share * study(tuned).stat().st_size))
    monkeypatch.setattr(study_journal, "_locked", disk.locked)
    untuned.run("modelling", params=PARAMS)
    word = "From here on the study is kept in memory only (No space left on device)."
    assert sum(word in one for one in assert_searched(untuned)) == 1
    # With room again the search goes on from the whole lines that were written.
    monkeypatch.undo()
    untuned.run("modelling", params=PARAMS)
    assert not any(word in one for one in assert_searched(untuned))


def test_predictions_that_cannot_be_kept_cost_no_model(
    tuned: World, untuned: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(FolderKeeper, "keep", refuse)
    untuned.run("modelling", params=PARAMS)
    assert made(untuned) == made(tuned)


def test_a_study_that_was_cut_short_is_gone_on_with(tuned: World, tmp_path: Path) -> None:
    world = World.copy(tuned, tmp_path)
    file = study(world)
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    world.run("modelling", params=PARAMS)
    assert_searched(world)


def test_a_study_that_is_damaged_stops_the_run_and_changes_no_output(tuned: World, tmp_path: Path) -> None:
    world = World.copy(tuned, tmp_path)
    file = study(world)
    file.write_bytes(b"\x00" * 4096 + file.read_bytes())
    before = world.files()
    with pytest.raises(DataError, match=r"The study file '.*study.log' is damaged .* or move it aside"):
        world.run("modelling", params=PARAMS)
    assert world.files() == before
