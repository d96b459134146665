from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from kedro.io import DatasetError

from evergreen.datasets.champion_dataset import ChampionDataset
from evergreen.errors import ReleaseError
from evergreen.releases import LoadedRelease, NoChampion, NoRelease, Promotion, Release, ReleaseStore, retire
from tests.releases.small import BY_ADA, small_release

FIRST, SECOND = small_release(), small_release(note="second")


def _promotion(release: Release | NoRelease) -> Promotion:
    return Promotion(release, "2020-06-30", "Its verdict on the holdout is release.")


@pytest.fixture(autouse=True)
def tried(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of releases that were tried; a process for each would take seconds."""
    names: list[str] = []
    monkeypatch.setattr("evergreen.releases.changes.try_in_fresh_process", lambda folder: names.append(folder.name))
    return names


@pytest.fixture
def dataset(tmp_path: Path) -> ChampionDataset:
    return ChampionDataset(path=str(tmp_path / "models"))


@pytest.fixture
def store(tmp_path: Path) -> ReleaseStore:
    return ReleaseStore(str(tmp_path / "models"))


def _files(folder: Path) -> dict[str, bytes]:
    return {str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*") if one.is_file()}


def test_before_the_first_release_there_is_no_champion(dataset: ChampionDataset) -> None:
    assert dataset.load() == NoChampion()
    assert not dataset.exists()


def test_a_release_that_is_saved_becomes_champion(dataset: ChampionDataset) -> None:
    dataset.save(_promotion(FIRST))
    champion = dataset.load()
    assert isinstance(champion, LoadedRelease)
    assert champion.release_id == FIRST.release_id
    assert dataset.exists()


def test_a_promotion_is_remembered_with_date_time_user_and_reason(
    dataset: ChampionDataset, store: ReleaseStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "ada")
    dataset.save(_promotion(FIRST))
    dataset.save(_promotion(SECOND))
    first, second = store.history()
    assert (first.release_id, first.previous_id) == (FIRST.release_id, None)
    assert (second.release_id, second.previous_id) == (SECOND.release_id, FIRST.release_id)
    assert (second.as_of, second.by, second.why) == ("2020-06-30", "ada", "Its verdict on the holdout is release.")
    assert datetime.now(UTC) - datetime.fromisoformat(second.at) < timedelta(minutes=1)


def test_a_user_without_a_name_may_promote(
    dataset: ChampionDataset, store: ReleaseStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> str:
        raise KeyError("getpwuid(): uid not found: 4711")

    monkeypatch.setattr("getpass.getuser", fail)
    dataset.save(_promotion(FIRST))
    assert store.history()[0].by == "unknown"


def test_no_release_leaves_everything_as_it_was(dataset: ChampionDataset, tmp_path: Path) -> None:
    nothing = _promotion(NoRelease(("The model does not pay.",)))
    dataset.save(nothing)
    assert _files(tmp_path) == {}
    dataset.save(_promotion(FIRST))
    before = _files(tmp_path)
    dataset.save(nothing)
    assert _files(tmp_path) == before
    assert dataset.load().release_id == FIRST.release_id


def test_the_same_release_again_changes_nothing(dataset: ChampionDataset, tmp_path: Path) -> None:
    dataset.save(_promotion(FIRST))
    before = _files(tmp_path)
    dataset.save(_promotion(FIRST))
    assert _files(tmp_path) == before


def test_a_release_is_tried_once_before_it_becomes_champion(dataset: ChampionDataset, tried: list[str]) -> None:
    dataset.save(_promotion(FIRST))
    dataset.save(_promotion(FIRST))
    dataset.save(_promotion(NoRelease(("The model does not pay.",))))
    assert tried == [FIRST.release_id]


def test_a_release_that_is_not_what_was_judged_leaves_the_champion(
    dataset: ChampionDataset, store: ReleaseStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(folder: Path) -> None:
        raise ReleaseError(f"Release '{folder.name}'", "is not what was judged", "Train again.")

    dataset.save(_promotion(FIRST))
    monkeypatch.setattr("evergreen.releases.changes.try_in_fresh_process", refuse)
    with pytest.raises(DatasetError, match=f"'{SECOND.release_id}' is not what was judged") as caught:
        dataset.save(_promotion(SECOND))
    assert isinstance(caught.value.__cause__, ReleaseError)
    assert store.champion_id() == FIRST.release_id
    assert len(store.history()) == 1
    assert store.load(SECOND.release_id).release_id == SECOND.release_id


def test_a_retired_release_is_not_promoted_by_a_run(dataset: ChampionDataset, store: ReleaseStore) -> None:
    dataset.save(_promotion(FIRST))
    dataset.save(_promotion(SECOND))
    retire(store, FIRST.release_id, BY_ADA)
    with pytest.raises(DatasetError, match="was retired"):
        dataset.save(_promotion(FIRST))
    assert store.champion_id() == SECOND.release_id


def test_a_damaged_champion_is_refused(dataset: ChampionDataset, tmp_path: Path) -> None:
    dataset.save(_promotion(FIRST))
    model = tmp_path / "models" / "releases" / FIRST.release_id / "model.skops"
    model.write_bytes(model.read_bytes() + b" ")
    with pytest.raises(DatasetError, match=r"'model.skops' is not what the manifest says") as caught:
        dataset.load()
    assert isinstance(caught.value.__cause__, ReleaseError)
