"""The JSON document that an earlier run wrote."""

import json
from typing import Any

import fsspec

from evergreen.datasets.earlier_table import EarlierFile
from evergreen.errors import DataError


class EarlierDocument(EarlierFile[dict[str, Any]]):
    """What an earlier run wrote into a JSON file, which this run may write anew.

    Args:
        filepath: path or URL of the file.
        metadata: free text for other tools.
    """

    def read(self) -> dict[str, Any]:
        """Read the document.

        Returns:
            It.

        Raises:
            DataError: where it is no JSON.
        """
        fs, path = fsspec.core.url_to_fs(self._filepath)
        try:
            found: dict[str, Any] = json.loads(fs.cat_file(path))
        except ValueError as error:
            cure = "Remove it, and run the pipeline that writes it again."
            raise DataError(f"The file '{self._filepath}'", "is no JSON", cure) from error
        return found
