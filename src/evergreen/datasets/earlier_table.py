"""The table that a run is about to replace."""

from collections.abc import Callable
from typing import Any, NoReturn

import fsspec
import pandas as pd
from kedro.io import AbstractDataset

from evergreen.errors import WriteRefusedError

Earlier = Callable[[], pd.DataFrame | None]


class EarlierTable(AbstractDataset[Any, Earlier]):
    """What an earlier run wrote into a Parquet file that this run writes anew.

    Kedro lets no node read what it writes. This entry names the same file as that of the output, and is read before it
    is replaced. Loading gives a function that reads, so that only who needs the table pays for it.

    Args:
        filepath: path or URL of the file.
        metadata: free text for other tools.
    """

    has_value_when_absent = True

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = filepath
        self.metadata = metadata

    def load(self) -> Earlier:
        """Give the function that reads.

        Returns:
            A function that gives the table, or None where there is none yet.
        """
        return self._read

    def save(self, data: Any) -> NoReturn:  # noqa: ARG002 - the interface of Kedro
        """Refuse: the table is written under its own name.

        Args:
            data: anything.

        Raises:
            WriteRefusedError: always.
        """
        cure = "Save under the name of the table itself."
        raise WriteRefusedError(f"Table '{self._filepath}'", "is only read by this entry of the catalog", cure)

    def _read(self) -> pd.DataFrame | None:
        return pd.read_parquet(self._filepath) if self._exists() else None

    def _exists(self) -> bool:
        fs, path = fsspec.core.url_to_fs(self._filepath)
        return bool(fs.exists(path))

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}
