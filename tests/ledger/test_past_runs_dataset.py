"""The runs before the one in hand as an entry of the catalog."""

from pathlib import Path

import pytest
from kedro.io import DatasetError

from evergreen.ledger.past_runs_dataset import COLUMNS, PastRunsDataset
from evergreen.ledger.process import this_process
from evergreen.ledger.store import open_ledger, put
from tests.ledger.records import a_run


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """A run that is done, one that failed, one of another case, and the one in hand."""
    own = this_process()
    mine = {"host": own.host, "pid": own.pid, "process_start": own.start}
    connection = open_ledger(tmp_path / "ledger.db")
    for record in (
        a_run(run_id="2024-01-01T00.00.00.000Z", status="done", cpu_seconds=3.0),
        a_run(run_id="2024-01-02T00.00.00.000Z", status="failed", error="It broke."),
        a_run(run_id="2024-01-03T00.00.00.000Z", status="done", case="other"),
        a_run(run_id="2024-01-04T00.00.00.000Z", status="running", **mine),
    ):
        put(connection, record)
    connection.close()
    return tmp_path / "ledger.db"


def test_the_runs_of_the_case_that_have_ended_are_told(ledger: Path) -> None:
    found = PastRunsDataset(path=str(ledger), case="demo").load()
    assert tuple(found.columns) == COLUMNS
    assert found["status"].tolist() == ["done", "failed"]
    assert found["error"].fillna("").tolist() == ["", "It broke."]


@pytest.mark.parametrize("path", [None, "nowhere/ledger.db"])
def test_without_a_ledger_there_are_no_runs(path: str | None) -> None:
    runs = PastRunsDataset(path=path, case="demo")
    assert runs.load().empty
    assert tuple(runs.load().columns) == COLUMNS
    assert not runs.exists()


def test_a_damaged_ledger_stops_no_page(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_text("not a database, and long enough to be read as one" * 50)
    assert PastRunsDataset(path=str(tmp_path / "ledger.db"), case="demo").load().empty


def test_it_is_only_read(ledger: Path) -> None:
    with pytest.raises(DatasetError, match="is only read by the catalog"):
        PastRunsDataset(path=str(ledger), case="demo").save("x")
