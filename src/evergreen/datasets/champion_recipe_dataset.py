"""How the live release is made, for a search that begins there."""

from collections.abc import Callable
from typing import Any, NoReturn

from kedro.io import AbstractDataset, DatasetError

from evergreen.releases import NoChampion, ReleaseStore

RecipeReader = Callable[[], dict[str, Any] | None]


class ChampionRecipeDataset(AbstractDataset[NoReturn, RecipeReader]):
    """The recipe of one case's champion; loading gives the way to it.

    Nothing is read before it is asked for: a search that does not begin at the champion has no use for it, and is not
    stopped by one that is damaged.

    Args:
        path: folder of the case's releases; any fsspec path.
        storage_options: passed to fsspec.
        metadata: free text for other tools.
    """

    has_value_when_absent = True
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

    def load(self) -> RecipeReader:
        """Give the way to the recipe.

        Returns:
            A function without arguments: it gives the fields of ``Recipe``; None before the first release, and where
            the release was made before recipes were kept. It raises ``ReleaseError`` where the release is damaged.
        """
        return self._read

    def _read(self) -> dict[str, Any] | None:
        champion = self._store.champion()
        return None if isinstance(champion, NoChampion) else champion.documents.get("recipe")

    def save(self, data: NoReturn) -> None:
        """Refuse: a recipe is kept with its release.

        Raises:
            DatasetError: always.
        """
        del data
        raise DatasetError("The champion's recipe is kept with its release; it is read, never saved.")

    def _exists(self) -> bool:
        return self._store.champion_id() is not None

    def _describe(self) -> dict[str, Any]:
        return {"path": self._path}
