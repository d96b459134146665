from pathlib import Path
from typing import Any

import pytest
from kedro.io import DataCatalog, DatasetError

from evergreen.datasets.prediction_log_dataset import PredictionLogDataset
from evergreen.errors import EvergreenError
from tests.prediction_log.small import CASE, opened, prediction

TYPE = "evergreen.datasets.prediction_log_dataset.PredictionLogDataset"


def catalog(folder: Path, **entry: Any) -> DataCatalog:
    told = {"type": TYPE, "case": CASE, "filepath": str(folder / "log.db")}
    return DataCatalog.from_config({"prediction_log": told | entry})


def test_the_catalog_gives_what_reads_a_window(tmp_path: Path) -> None:
    with opened(tmp_path) as log:
        log.append([prediction(row) for row in range(5)])
    made = catalog(tmp_path)
    assert made.exists("prediction_log")
    reader = made.load("prediction_log")
    assert reader.read(since="2024-02-01T00:00:03", columns=["job"])["_row"].tolist() == [3, 4]


def test_before_the_first_answer_there_is_nothing_to_read(tmp_path: Path) -> None:
    made = catalog(tmp_path / "new")
    assert not made.exists("prediction_log")
    assert made.load("prediction_log").read().empty
    assert not (tmp_path / "new").exists()


def test_the_log_of_another_case_is_not_read(tmp_path: Path) -> None:
    opened(tmp_path).close()
    with pytest.raises(EvergreenError, match="is that of case 'calls', not of 'loans'"):
        catalog(tmp_path, case="loans").load("prediction_log").read()


def test_nobody_writes_the_log_through_the_catalog(tmp_path: Path) -> None:
    with pytest.raises((EvergreenError, DatasetError), match="is only read by the catalog"):
        catalog(tmp_path).save("prediction_log", 1)


def test_an_address_of_a_server_is_not_shown() -> None:
    made = PredictionLogDataset(case=CASE, credentials={"con": "postgresql+psycopg://u:secret@h/d"})
    assert "secret" not in f"{made!r} {made.load()!r}"


@pytest.mark.parametrize("entry", [{}, {"filepath": "log.db", "credentials": {"con": "sqlite:///x.db"}}])
def test_a_log_has_one_place(entry: dict[str, Any]) -> None:
    with pytest.raises(EvergreenError, match=r"has (neither|both) filepath and credentials. Give one of the two."):
        PredictionLogDataset(case=CASE, **entry)
