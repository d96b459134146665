import pickle
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from kedro.io import DatasetError

from evergreen.datasets.skops_dataset import SkopsDataset
from evergreen.errors import ReleaseError
from evergreen.models.decide import predict_rows
from evergreen.releases import model_to_bytes
from tests.models.small import CANDIDATES, KINDS, small_case, small_rows, trained


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "models" / "challenger.skops"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("candidate", CANDIDATES)
def test_what_is_saved_is_what_is_loaded(kind: str, candidate: str, path: Path) -> None:
    dataset, model = SkopsDataset(filepath=str(path)), trained(kind, candidate).model
    dataset.save(model)
    rows, problem = small_rows(kind, 20, seed=5), small_case(kind)
    pd.testing.assert_frame_equal(predict_rows(dataset.load(), rows, problem), predict_rows(model, rows, problem))
    assert path.read_bytes() == model_to_bytes(model)
    assert [one.name for one in path.parent.iterdir()] == ["challenger.skops"]


def test_it_exists_once_it_was_saved(path: Path) -> None:
    dataset = SkopsDataset(filepath=str(path))
    assert not dataset.exists()
    dataset.save(trained("binary").model)
    assert dataset.exists()


def test_any_file_system_will_do() -> None:
    dataset = SkopsDataset(filepath="memory://skops-dataset/challenger.skops")
    dataset.save(trained("regression").model)
    assert dataset.load().offset == trained("regression").model.offset


def test_a_save_that_breaks_off_leaves_the_former_model(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = SkopsDataset(filepath=str(path))
    dataset.save(trained("binary").model)
    before = path.read_bytes()

    def fail(*_: Any) -> None:
        raise OSError("The machine went down.")

    monkeypatch.setattr("fsspec.implementations.local.LocalFileSystem.mv", fail)
    with pytest.raises(DatasetError, match="went down"):
        dataset.save(trained("multiclass").model)
    assert path.read_bytes() == before


def test_a_file_that_is_no_model_is_refused(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(pickle.dumps(trained("binary").model))
    with pytest.raises(DatasetError, match="The model file cannot be read") as caught:
        SkopsDataset(filepath=str(path)).load()
    assert isinstance(caught.value.__cause__, ReleaseError)


def test_a_file_that_is_not_there_is_named(path: Path) -> None:
    with pytest.raises(DatasetError, match=r"challenger.skops"):
        SkopsDataset(filepath=str(path)).load()
