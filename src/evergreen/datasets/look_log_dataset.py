"""The log of looks at the holdout in the catalog."""

from io import BytesIO
from typing import Any

import fsspec
import pandas as pd
from kedro.io import AbstractDataset

from evergreen.datasets.whole_file import replace_file
from evergreen.errors import DataError
from evergreen.tables.looks import LOOK_COLUMNS, empty_log

_CURE = "Restore it from a backup: without it nobody knows how often the holdout was looked at."


class LookLogDataset(AbstractDataset[pd.DataFrame, pd.DataFrame]):
    """All openings of the holdout of one case, as CSV. Loading before the first one gives an empty log.

    A save takes effect at once, whatever becomes of the run: what was opened stays opened.

    Args:
        filepath: path or URL of the file.
        metadata: free text for other tools.
    """

    has_value_when_absent = True
    keeps_own_store = True

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = filepath
        self.metadata = metadata

    def load(self) -> pd.DataFrame:
        """Load the log.

        Returns:
            Former openings, see ``tables.looks``.

        Raises:
            DataError: where the file is damaged.
        """
        fs, path = fsspec.core.url_to_fs(self._filepath)
        if not fs.exists(path):
            return empty_log()
        thing = f"The log of looks '{self._filepath}'"
        try:
            log = pd.read_csv(BytesIO(fs.cat_file(path)), dtype="str", keep_default_na=False)
            numbered = log.astype({"look": "int64", "n_rows": "int64"})
        except (ValueError, KeyError) as error:
            raise DataError(thing, "cannot be read", _CURE) from error
        if list(log.columns) != list(LOOK_COLUMNS):
            raise DataError(thing, f"has the columns {list(log.columns)}", _CURE)
        return numbered

    def save(self, data: pd.DataFrame) -> None:
        """Write the log; the former file is replaced only once the new one is whole.

        Args:
            data: all openings.
        """
        replace_file(self._filepath, data.to_csv(index=False, lineterminator="\n").encode())

    def _exists(self) -> bool:
        fs, path = fsspec.core.url_to_fs(self._filepath)
        return bool(fs.exists(path))

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}
