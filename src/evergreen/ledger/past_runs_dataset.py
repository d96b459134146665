"""The runs of a case before the one in hand, read from the ledger as an entry of the catalog."""

from pathlib import Path

import pandas as pd

from evergreen.errors import WriteRefusedError
from evergreen.ledger.past_dataset import PastDataset
from evergreen.ledger.read import read_runs

COLUMNS = (
    "run_id",
    "pipeline",
    "as_of",
    "started_at",
    "status",
    "wall_seconds",
    "cpu_seconds",
    "peak_memory_mb",
    "error",
)


class PastRunsDataset(PastDataset):
    """Every run of a case that has come to an end, in whichever environment: one row a run, oldest first.

    The run in hand is not among them.
    """

    columns = COLUMNS

    def read(self, path: Path, case: str) -> pd.DataFrame:
        """Read the runs that are over."""
        runs = read_runs(path)
        is_past = (runs["case"] == case) & (runs["status"] != "running")
        return runs[is_past].reset_index(drop=True)

    def refusal(self) -> WriteRefusedError:
        """Runs are entered while they run."""
        return WriteRefusedError(f"The ledger '{self._path}'", "is only read by the catalog", "Runs enter themselves.")
