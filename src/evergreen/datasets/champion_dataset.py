"""The live release in the catalog."""

import getpass
from datetime import UTC, datetime
from typing import Any

from kedro.io import AbstractDataset

from evergreen.releases import Champion, NoRelease, Promotion, ReleaseStore, Told, promote


class ChampionDataset(AbstractDataset[Promotion, Champion]):
    """The champion of one case: saving promotes, loading gives the checked live release.

    Saving a promotion without a release leaves everything as it is. Loading before the first promotion gives
    ``NoChampion``.

    Args:
        path: folder of the case's releases; any fsspec path.
        storage_options: passed to fsspec.
        metadata: free text for other tools.
    """

    has_value_when_absent = True
    # Releases are added whole and the pointer is replaced in one move, so a save is not written aside first.
    keeps_own_store = True

    def __init__(
        self, *, path: str, storage_options: dict[str, Any] | None = None, metadata: dict[str, Any] | None = None
    ) -> None:
        self._path = path
        self._storage_options = storage_options
        self.metadata = metadata

    @property
    def _store(self) -> ReleaseStore:
        return ReleaseStore(self._path, self._storage_options)

    def load(self) -> Champion:
        """Load the champion.

        Returns:
            The live release, or ``NoChampion``.
        """
        return self._store.champion()

    def save(self, data: Promotion) -> None:
        """Store the release, try it in a fresh process and make it champion; without a release, do nothing.

        Args:
            data: the promotion.

        Raises:
            ReleaseError: where it is not what was judged; the former champion then stays.
        """
        if isinstance(data.release, NoRelease):
            return
        store = self._store
        store.add(data.release)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        promote(store, data.release.release_id, Told(user_name(), now, data.why, data.as_of))

    def _exists(self) -> bool:
        return self._store.champion_id() is not None

    def _describe(self) -> dict[str, Any]:
        return {"path": self._path}


def user_name() -> str:
    """Name who works here; a container may run under a number that has no name.

    Returns:
        The name, or "unknown".
    """
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
