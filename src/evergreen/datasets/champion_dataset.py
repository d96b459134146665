"""The live release in the catalog."""

import getpass
from datetime import UTC, datetime
from typing import Any

from kedro.io import AbstractDataset

from evergreen.errors import ReleaseError
from evergreen.releases import Champion, NoRelease, Promotion, Release, ReleaseStore, Rollback, Told, promote, roll_back


class ChampionDataset(AbstractDataset[Promotion | Rollback, Champion]):
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

    @property
    def release_id(self) -> str | None:
        """The name of the live release, found without loading it; None before the first promotion."""
        return self._store.champion_id()

    def load(self) -> Champion:
        """Load the champion.

        Returns:
            The live release, or ``NoChampion``.
        """
        return self._store.champion()

    def save(self, data: Promotion | Rollback) -> None:
        """Store the release, try it in a fresh process and make it champion; without a release, do nothing.

        A rollback makes the champion before live again, tried alike.

        Args:
            data: the promotion, or the rollback.

        Raises:
            ReleaseError: where it is not what was judged, or not what it was compared with is live; the champion then
                stays.
        """
        if isinstance(data, Rollback):
            self._roll_back(data)
        elif not isinstance(data.release, NoRelease):
            self._promote(data, data.release)

    def _promote(self, data: Promotion, release: Release) -> None:
        store, release_id = self._store, release.release_id
        with store.locked():
            live = store.champion_id()
            if data.replaces is not None and live not in (data.replaces, release_id):
                finding = f"was compared with '{data.replaces}', but '{live}' is live by now"
                raise ReleaseError(f"Release '{release_id}'", finding, "Run the pipeline again.")
            store.add(release)
            promote(store, release_id, _told(data))

    def _roll_back(self, data: Rollback) -> None:
        store = self._store
        with store.locked():
            live = store.champion_id()
            if live != data.champion_id:
                finding = f"was found to do harm, but '{live}' is live by now"
                raise ReleaseError(f"Release '{data.champion_id}'", finding, "Run the pipeline again.")
            roll_back(store, _told(data))

    def _exists(self) -> bool:
        return self._store.champion_id() is not None

    def _describe(self) -> dict[str, Any]:
        return {"path": self._path}


def _told(data: Promotion | Rollback) -> Told:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return Told(user_name(), now, data.why, data.as_of)


def user_name() -> str:
    """Name who works here; a container may run under a number that has no name.

    Returns:
        The name, or "unknown".
    """
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
