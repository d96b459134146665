"""The versions of the code as an entry of the catalog."""

import platform
from importlib.metadata import version
from pathlib import Path

import pytest
from kedro.io import DatasetError

from evergreen import __version__
from evergreen.ledger import software_dataset
from evergreen.ledger.software_dataset import SoftwareDataset


def test_it_names_the_project_python_and_libraries(tmp_path: Path) -> None:
    found = SoftwareDataset(path=str(tmp_path / ".git")).load()
    assert next(iter(found)) == "evergreen"
    assert found["evergreen"] == __version__
    assert found["python"] == platform.python_version()
    assert found["scikit-learn"] == version("scikit-learn")
    assert found["lightgbm"] == version("lightgbm")


def test_a_clone_is_named_by_its_commit(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_text("1a2b3c4d5e6f\n")
    assert SoftwareDataset(path=str(tmp_path / ".git")).load()["evergreen"] == f"{__version__}+1a2b3c4"


def test_a_library_that_is_not_there_is_not_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(software_dataset, "_LIBRARIES", ("pandas", "no-such-library"))
    assert list(SoftwareDataset(path=str(tmp_path)).load()) == ["evergreen", "python", "pandas"]


def test_it_is_only_read(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="The software is only read"):
        SoftwareDataset(path=str(tmp_path)).save("x")
