"""The steps that lead to a verdict, read from the ledger as an entry of the catalog."""

from pathlib import Path
from typing import Any

import pandas as pd

from evergreen.errors import EvergreenError, WriteRefusedError
from evergreen.ledger.read import read_latest_steps
from evergreen.read_only import ReadOnlyDataset

STAGES = ("data_processing", "modelling", "evaluation")
COLUMNS = (
    "stage",
    "step",
    "wall_seconds",
    "load_seconds",
    "save_seconds",
    "cpu_seconds",
    "peak_memory_mb",
    "rows_in",
    "rows_out",
    "bytes_out",
)
_NO_STEPS = pd.DataFrame(columns=list(COLUMNS))


class RoadDataset(ReadOnlyDataset[pd.DataFrame]):
    """Each step of the stages up to the verdict as it last came to its end, whichever run it was in.

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
        """Read the steps.

        Returns:
            ``COLUMNS``, one row a step, in the order of stages and steps. No row where there is no ledger or it
            cannot be read: a verdict does not wait for it.
        """
        if self._path is None:
            return _NO_STEPS.copy()
        try:
            return read_latest_steps(Path(self._path), case=self._case, stages=STAGES)[list(COLUMNS)]
        except EvergreenError:
            return _NO_STEPS.copy()

    def refusal(self) -> WriteRefusedError:
        """Steps are entered while they run."""
        return WriteRefusedError(f"The ledger '{self._path}'", "is only read by the catalog", "Runs enter their steps.")

    def _exists(self) -> bool:
        return self._path is not None and Path(self._path).exists()

    def _describe(self) -> dict[str, Any]:
        return {"path": self._path, "case": self._case}
