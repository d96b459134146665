from pathlib import Path

import pytest
from kedro.io import DatasetError

from evergreen.datasets.earlier_document import EarlierDocument
from evergreen.datasets.succession_dataset import SuccessionDataset
from evergreen.errors import DataError
from evergreen.releases import NoChampion


def test_it_gives_what_lies_there_or_nothing(tmp_path: Path) -> None:
    dataset = EarlierDocument(filepath=str(tmp_path / "d.json"))
    assert dataset.load()() is None
    (tmp_path / "d.json").write_text('{"a": 1}')
    assert dataset.load()() == {"a": 1}


def test_a_damaged_document_is_refused_by_who_reads_it(tmp_path: Path) -> None:
    (tmp_path / "d.json").write_text("{")
    read = EarlierDocument(filepath=str(tmp_path / "d.json")).load()
    with pytest.raises(DataError, match=r"d\.json' is no JSON\. Remove it"):
        read()


def test_nobody_writes_to_what_is_only_read(tmp_path: Path) -> None:
    for dataset in (EarlierDocument(filepath=str(tmp_path / "d.json")), SuccessionDataset(path=str(tmp_path))):
        with pytest.raises(DatasetError, match="is only read by this entry of the catalog"):
            dataset.save({})


def test_before_the_first_release_nobody_is_live_and_nobody_was(tmp_path: Path) -> None:
    found = SuccessionDataset(path=str(tmp_path / "models")).load()
    assert (found.champion, found.former_id, found.is_promoted) == (NoChampion(), None, False)
    assert found.former() is None
