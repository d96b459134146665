"""The steps up to a verdict as an entry of the catalog."""

from pathlib import Path

import pytest
from kedro.io import DatasetError

from evergreen.ledger.road_dataset import COLUMNS, RoadDataset
from evergreen.ledger.store import open_ledger, put
from tests.ledger.records import a_run, a_step

EARLY, LATE = "2024-01-01T00.00.00.000Z", "2024-01-02T00.00.00.000Z"


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """A line, then modelling again, cut off; and another case."""
    done = {"status": "done", "cpu_seconds": 1.0}
    records = [
        a_run(run_id=EARLY, status="done"),
        a_step(run_id=EARLY, step="judge", stage="evaluation", position=3, wall_seconds=3.0, **done),
        a_step(run_id=EARLY, step="fit", stage="modelling", position=2, wall_seconds=2.0, **done),
        a_step(run_id=EARLY, step="gather", stage="data_processing", position=1, wall_seconds=1.0, **done),
        a_step(run_id=EARLY, step="score", stage="scoring", position=4, wall_seconds=9.0, **done),
        a_run(run_id=LATE, status="failed"),
        a_step(run_id=LATE, step="fit", stage="modelling", position=1, wall_seconds=20.0, **done),
        a_step(run_id=LATE, step="judge", stage="evaluation", position=2, wall_seconds=99.0, status="failed"),
        a_run(run_id="2024-01-03T00.00.00.000Z", case="other", status="done"),
        a_step(run_id="2024-01-03T00.00.00.000Z", step="fit", stage="modelling", position=1, wall_seconds=7.0, **done),
    ]
    connection = open_ledger(tmp_path / "ledger.db")
    for record in records:
        put(connection, record)
    connection.close()
    return tmp_path / "ledger.db"


def test_each_step_is_told_as_it_last_came_to_its_end(ledger: Path) -> None:
    found = RoadDataset(path=str(ledger), case="demo").load()
    assert list(zip(found["stage"], found["step"], found["wall_seconds"], strict=True)) == [
        ("data_processing", "gather", 1.0),
        ("modelling", "fit", 20.0),
        ("evaluation", "judge", 3.0),
    ]
    assert tuple(found.columns) == COLUMNS


@pytest.mark.parametrize("path", [None, "nowhere/ledger.db"])
def test_without_a_ledger_there_are_no_steps(path: str | None) -> None:
    road = RoadDataset(path=path, case="demo")
    assert road.load().empty
    assert tuple(road.load().columns) == COLUMNS
    assert not road.exists()


def test_a_damaged_ledger_stops_no_verdict(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_text("not a database, and long enough to be read as one" * 50)
    assert RoadDataset(path=str(tmp_path / "ledger.db"), case="demo").load().empty


def test_it_is_only_read(ledger: Path) -> None:
    with pytest.raises(DatasetError, match="is only read by the catalog"):
        RoadDataset(path=str(ledger), case="demo").save("x")
