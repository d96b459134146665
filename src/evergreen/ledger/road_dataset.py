"""The steps that lead to a verdict, read from the ledger as an entry of the catalog."""

from pathlib import Path

import pandas as pd

from evergreen.errors import WriteRefusedError
from evergreen.ledger.past_dataset import PastDataset
from evergreen.ledger.read import read_latest_steps

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


class RoadDataset(PastDataset):
    """Each step of the stages up to the verdict as it last came to its end, whichever run it was in.

    One row a step, in the order of stages and steps.
    """

    columns = COLUMNS

    def read(self, path: Path, case: str) -> pd.DataFrame:
        """Read the steps."""
        return read_latest_steps(path, case=case, stages=STAGES)

    def refusal(self) -> WriteRefusedError:
        """Steps are entered while they run."""
        return WriteRefusedError(f"The ledger '{self._path}'", "is only read by the catalog", "Runs enter their steps.")
