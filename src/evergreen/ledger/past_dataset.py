"""What the ledger knows of a case, read as an entry of the catalog."""

from abc import abstractmethod
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd

from evergreen.errors import EvergreenError
from evergreen.read_only import ReadOnlyDataset


class PastDataset(ReadOnlyDataset[pd.DataFrame]):
    """Rows of the ledger; none where no ledger is kept or it cannot be read, since no verdict waits for it.

    What is loaded differs from run to run, as clocks do: nothing that a verdict or a release rests on may read it.

    Args:
        path: the ledger; None where none is kept.
        case: the business case.
        metadata: free text for other tools.

    Attributes:
        columns: what is loaded.
    """

    columns: ClassVar[tuple[str, ...]]

    def __init__(self, *, path: str | None, case: str, metadata: dict[str, Any] | None = None) -> None:
        self._path = path
        self._case = case
        self.metadata = metadata

    def load(self) -> pd.DataFrame:
        """Read the rows.

        Returns:
            ``columns``, see the dataset.
        """
        try:
            if self._path is not None:
                return self.read(Path(self._path), self._case)[list(self.columns)]
        except EvergreenError:
            pass
        return pd.DataFrame(columns=list(self.columns))

    @abstractmethod
    def read(self, path: Path, case: str) -> pd.DataFrame:
        """Read the rows of a case from a ledger that is there."""

    def _exists(self) -> bool:
        return self._path is not None and Path(self._path).exists()

    def _describe(self) -> dict[str, Any]:
        return {"path": self._path, "case": self._case}
