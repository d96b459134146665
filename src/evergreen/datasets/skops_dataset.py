"""A fitted model in the catalog."""

from typing import Any

import fsspec
from kedro.io import AbstractDataset

from evergreen.datasets.whole_file import replace_file
from evergreen.releases import model_from_bytes, model_to_bytes


class SkopsDataset(AbstractDataset[Any, Any]):
    """A fitted model in the skops format: loading it runs no code from the file.

    Args:
        filepath: path or URL of the file.
        metadata: free text for other tools.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = filepath
        self.metadata = metadata

    def load(self) -> Any:
        """Load the model.

        Returns:
            The fitted model.
        """
        with fsspec.open(self._filepath, "rb") as file:
            return model_from_bytes(file.read())

    def save(self, data: Any) -> None:
        """Write the model; the former file is replaced only once the new one is whole.

        Args:
            data: the fitted model.
        """
        replace_file(self._filepath, model_to_bytes(data))

    def _exists(self) -> bool:
        fs, path = fsspec.core.url_to_fs(self._filepath)
        return bool(fs.exists(path))

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}
