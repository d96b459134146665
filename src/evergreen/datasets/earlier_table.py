"""The table, or another file, that a run is about to replace."""

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import fsspec
import pandas as pd

from evergreen.errors import WriteRefusedError
from evergreen.read_only import ReadOnlyDataset

T = TypeVar("T")


class EarlierFile(ReadOnlyDataset[Callable[[], T | None]], Generic[T]):
    """What an earlier run wrote into a file that this run may write anew.

    Kedro lets no node read what it writes. This entry names the same file as that of the output, and is read before it
    is replaced. Loading gives a function that reads, so that only who needs the file pays for it.

    Args:
        filepath: path or URL of the file.
        metadata: free text for other tools.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = filepath
        self.metadata = metadata

    @abstractmethod
    def read(self) -> T:
        """Read the file, which is there."""

    def load(self) -> Callable[[], T | None]:
        """Give the function that reads.

        Returns:
            A function that gives what the file holds, or None where there is none yet.
        """
        return self._read

    def refusal(self) -> WriteRefusedError:
        """The file is written under its own name."""
        cure = "Save under the name of the table or document itself."
        return WriteRefusedError(f"The file '{self._filepath}'", "is only read by this entry of the catalog", cure)

    def _read(self) -> T | None:
        return self.read() if self._exists() else None

    def _exists(self) -> bool:
        fs, path = fsspec.core.url_to_fs(self._filepath)
        return bool(fs.exists(path))

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}


class EarlierTable(EarlierFile[pd.DataFrame]):
    """What an earlier run wrote into a Parquet file."""

    def read(self) -> pd.DataFrame:
        """Read the table."""
        return pd.read_parquet(self._filepath)
