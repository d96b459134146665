"""The runs of a case before the one in hand, read from the ledger as an entry of the catalog."""

from pathlib import Path
from typing import Any

import pandas as pd

from evergreen.errors import EvergreenError, WriteRefusedError
from evergreen.ledger.read import read_runs
from evergreen.read_only import ReadOnlyDataset

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
_NO_RUNS = pd.DataFrame(columns=list(COLUMNS))


class PastRunsDataset(ReadOnlyDataset[pd.DataFrame]):
    """Every run of a case that has come to an end, in whichever environment.

    What is loaded differs from run to run, as clocks do: nothing that a verdict or a release rests on may read it.

    Args:
        path: the ledger; None where none is kept.
        case: the business case.
        metadata: free text for other tools.
    """

    def __init__(self, *, path: str | None, case: str, metadata: dict[str, Any] | None = None) -> None:
        self._path = path
        self._case = case
        self.metadata = metadata

    def load(self) -> pd.DataFrame:
        """Read the runs.

        Returns:
            ``COLUMNS``, one row a run, oldest first, the run in hand not among them. No row where there is no ledger or
            it cannot be read: monitoring does not wait for it.
        """
        if self._path is None:
            return _NO_RUNS.copy()
        try:
            runs = read_runs(Path(self._path))
        except EvergreenError:
            return _NO_RUNS.copy()
        is_past = (runs["case"] == self._case) & (runs["status"] != "running")
        return runs.loc[is_past, list(COLUMNS)].reset_index(drop=True)

    def refusal(self) -> WriteRefusedError:
        """Runs are entered while they run."""
        return WriteRefusedError(f"The ledger '{self._path}'", "is only read by the catalog", "Runs enter themselves.")

    def _exists(self) -> bool:
        return self._path is not None and Path(self._path).exists()

    def _describe(self) -> dict[str, Any]:
        return {"path": self._path, "case": self._case}
