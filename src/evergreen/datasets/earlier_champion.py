"""The live release that a run may be about to replace."""

from collections.abc import Callable
from typing import Any

from evergreen.errors import WriteRefusedError
from evergreen.read_only import ReadOnlyDataset
from evergreen.releases import Champion, ReleaseStore


class EarlierChampion(ReadOnlyDataset[Callable[[], Champion]]):
    """The champion as it is before this run promotes anything.

    Kedro lets no node read what follows from it. This entry names the same folder as ``champion``. Loading gives a
    function that reads, so that a damaged release stops only who asks for it, and not the one that would replace it.

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

    def load(self) -> Callable[[], Champion]:
        """Give the function that reads.

        Returns:
            A function that gives the live release, or ``NoChampion``.
        """
        return ReleaseStore(self._path, self._storage_options).champion

    def refusal(self) -> WriteRefusedError:
        """A release is promoted under the name ``champion``."""
        cure = "Save a promotion to 'champion'."
        return WriteRefusedError(f"The champion in '{self._path}'", "is only read by this entry of the catalog", cure)

    def _exists(self) -> bool:
        return ReleaseStore(self._path, self._storage_options).champion_id() is not None

    def _describe(self) -> dict[str, Any]:
        return {"path": self._path}
