from pathlib import Path

import pytest
from kedro.io import DatasetError

from evergreen.datasets.champion_recipe_dataset import ChampionRecipeDataset
from evergreen.errors import ReleaseError
from evergreen.releases import Release, ReleaseStore, assemble_release
from tests.models.small import small_case, trained
from tests.releases.small import entry, small_release

RECIPE = {"members": [{"settings": {"candidate": "linear"}, "weight": 1.0}]}


def live(folder: Path, release: Release) -> ChampionRecipeDataset:
    store = ReleaseStore(str(folder))
    store.add(release)
    store.promote(entry(release))
    return ChampionRecipeDataset(path=str(folder))


def test_the_recipe_is_that_of_the_live_release(tmp_path: Path) -> None:
    dataset = live(tmp_path, assemble_release(small_case("binary"), trained("binary").model, {"recipe": RECIPE}))
    assert dataset.exists()
    assert dataset.load()() == RECIPE


def test_there_is_none_before_the_first_release_and_in_one_that_kept_none(tmp_path: Path) -> None:
    dataset = ChampionRecipeDataset(path=str(tmp_path / "none"))
    assert not dataset.exists()
    assert dataset.load()() is None
    assert live(tmp_path / "old", small_release()).load()() is None


def test_a_damaged_release_is_told_only_when_the_recipe_is_asked_for(tmp_path: Path) -> None:
    dataset = live(tmp_path, small_release())
    (tmp_path / "releases" / small_release().release_id / "metrics.json").write_text("{}")
    read = dataset.load()
    with pytest.raises(ReleaseError, match="was changed after it was made"):
        read()


def test_it_is_never_saved(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="kept with its release"):
        ChampionRecipeDataset(path=str(tmp_path)).save(RECIPE)
