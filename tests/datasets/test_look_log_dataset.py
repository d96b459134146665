from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from kedro.io import DatasetError

from evergreen.datasets.earlier_champion import EarlierChampion
from evergreen.datasets.look_log_dataset import LookLogDataset
from evergreen.errors import EvergreenError
from evergreen.releases import LoadedRelease, NoChampion, ReleaseStore, assemble_release
from evergreen.staging import StagedCatalog, Staging
from evergreen.tables.looks import Opening, empty_log, log_look
from tests.models.small import small_case, trained
from tests.releases.small import entry


def _log() -> pd.DataFrame:
    opening = Opening(
        holdout_id="0012", training_id="1e5", model_id="NA", as_of=date(2020, 1, 1), n_rows=9, learnt=("a", "b")
    )
    return log_look(empty_log(), opening)[0]


def test_a_log_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    dataset = LookLogDataset(filepath=str(tmp_path / "case" / "holdout_log.csv"))
    pd.testing.assert_frame_equal(dataset.load(), empty_log())
    assert not dataset.exists()
    dataset.save(_log())
    assert dataset.exists()
    pd.testing.assert_frame_equal(dataset.load(), _log())
    assert [file.name for file in (tmp_path / "case").iterdir()] == ["holdout_log.csv"]


def test_a_save_is_out_of_hand_at_once(tmp_path: Path) -> None:
    place = tmp_path / "holdout_log.csv"
    catalog = StagedCatalog({"holdout_log": LookLogDataset(filepath=str(place))})
    catalog.staging = Staging()
    catalog.save("holdout_log", _log())
    catalog.staging.close(is_done=False)
    assert place.read_text().startswith("look,holdout_id")


def test_the_same_log_is_the_same_file(tmp_path: Path) -> None:
    place = tmp_path / "holdout_log.csv"
    dataset = LookLogDataset(filepath=str(place))
    dataset.save(_log())
    before = place.read_bytes()
    dataset.save(dataset.load())
    assert place.read_bytes() == before


@pytest.mark.parametrize("text", ["", "look,holdout_id\n1,a\n", "nothing\n", "look,n_rows\nx,1\n"])
def test_a_damaged_log_is_refused_and_not_begun_anew(tmp_path: Path, text: str) -> None:
    place = tmp_path / "holdout_log.csv"
    place.write_text(text)
    with pytest.raises((EvergreenError, DatasetError), match=r"nobody knows how often the holdout was looked at"):
        LookLogDataset(filepath=str(place)).load()
    assert place.read_text() == text


def test_the_earlier_champion_is_read_only_when_it_is_asked_for(tmp_path: Path) -> None:
    dataset = EarlierChampion(path=str(tmp_path))
    assert not dataset.exists()
    assert dataset.load()() == NoChampion()
    (tmp_path / "champion.json").write_text("damaged")
    read = dataset.load()
    with pytest.raises(EvergreenError):
        read()


def test_the_earlier_champion_tells_how_it_is_made(tmp_path: Path) -> None:
    recipe = {"members": [{"settings": {"candidate": "linear"}, "weight": 1.0}]}
    release = assemble_release(small_case("binary"), trained("binary").model, {"recipe": recipe})
    store = ReleaseStore(str(tmp_path))
    store.add(release)
    store.promote(entry(release))
    dataset = EarlierChampion(path=str(tmp_path))
    assert dataset.exists()
    found = dataset.load()()
    assert isinstance(found, LoadedRelease)
    assert found.documents["recipe"] == recipe


def test_nobody_promotes_by_the_entry_of_the_earlier_champion(tmp_path: Path) -> None:
    with pytest.raises((EvergreenError, DatasetError), match="only read by this entry"):
        EarlierChampion(path=str(tmp_path)).save(1)
