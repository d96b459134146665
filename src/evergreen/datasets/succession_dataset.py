"""The live release and the one before it in the catalog."""

from typing import Any

from evergreen.errors import WriteRefusedError
from evergreen.read_only import ReadOnlyDataset
from evergreen.releases import ReleaseStore, Succession, read_succession


class SuccessionDataset(ReadOnlyDataset[Succession]):
    """Who is live and who was before, as it is before this run changes anything.

    Args:
        path: folder of the case's releases; any fsspec path.
        storage_options: passed to fsspec.
        metadata: free text for other tools.
    """

    def __init__(
        self, *, path: str, storage_options: dict[str, Any] | None = None, metadata: dict[str, Any] | None = None
    ) -> None:
        self._path = path
        self._storage_options = storage_options
        self.metadata = metadata

    def load(self) -> Succession:
        """Read the champion, and who was before it.

        Returns:
            The succession; its champion is ``NoChampion`` before the first promotion.
        """
        return read_succession(ReleaseStore(self._path, self._storage_options))

    def refusal(self) -> WriteRefusedError:
        """A release is promoted under the name ``champion``."""
        cure = "Save a promotion to 'champion'."
        return WriteRefusedError(f"The succession in '{self._path}'", "is only read by this entry of the catalog", cure)

    def _exists(self) -> bool:
        return ReleaseStore(self._path, self._storage_options).champion_id() is not None

    def _describe(self) -> dict[str, Any]:
        return {"path": self._path}
