"""A catalog that may read everything and write only below one folder.

An environment whose ``globals.yml`` names a ``writable_root`` gets it; all others have one that writes everything, but
nothing by halves. Both are put in by the context, since Kedro's ``DATA_CATALOG_CLASS`` reaches neither notebooks nor
the parallel runner.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NoReturn, cast

from kedro.framework.context import CatalogCommandsMixin, KedroContext
from kedro.io import AbstractDataset, CatalogProtocol, DataCatalog
from kedro.io.core import Version
from kedro.io.data_catalog import SharedMemoryDataCatalog

from evergreen.errors import WriteRefusedError, named
from evergreen.layered_config import LayeredConfigLoader
from evergreen.staging import StagedCatalog, StagedWrites, dataset_location

_WRITERS = ("save", "confirm")


@dataclass(frozen=True)
class WriteGuard:
    """What an environment may write.

    Attributes:
        env: the environment.
        root: the folder below which it may write.
        layer: the layer of the environment that says so; the environment itself where not said.
    """

    env: str
    root: Path
    layer: str | None = None

    def allows(self, dataset: AbstractDataset[Any, Any]) -> bool:
        """Tell whether a dataset is free to write: it keeps its data in memory, or below the root.

        Args:
            dataset: a dataset; one that only caches another is judged by that one.

        Returns:
            Whether it may be saved. A dataset without a path, or with one on a remote store, may not.
        """
        inner = getattr(dataset, "_dataset", None)
        if isinstance(inner, AbstractDataset):
            return self.allows(inner)
        if getattr(dataset, "_EPHEMERAL", False):
            return True
        location = dataset_location(dataset)
        if location is None or "://" in location:
            return False
        return Path(location).resolve().is_relative_to(self.root.resolve())

    def refuse(self, names: Iterable[str]) -> NoReturn:
        """Refuse to write some datasets.

        Args:
            names: their names, at least one.

        Raises:
            WriteRefusedError: always.
        """
        first, *others = names
        is_one = not others
        layers = [layer for layer in self.env.split(",") if layer != self.layer]
        way_out = f"in the environment '{','.join(layers)}'" if self.layer and layers else "in the default environment"
        raise WriteRefusedError(
            f"Dataset '{first}'" if is_one else f"Datasets {named([first, *others])}",
            f"{'belongs' if is_one else 'belong'} to production and the environment '{self.env}' may only read "
            f"{'it' if is_one else 'them'}",
            f"Save to 'scratch_{first}_table', 'scratch_{first}_json' or another pattern of "
            f"conf/{self.layer or self.env}/catalog.yml, or run {way_out}.",
        )


class _GuardedWrites(DataCatalog):
    """Writes only what its guard allows; without a guard it is Kedro's own."""

    guard: WriteGuard | None = None

    def refuse_writes(self, names: Iterable[str]) -> None:
        """Refuse the datasets that may not be written.

        Args:
            names: datasets of this catalog; others live in memory and are free.

        Raises:
            WriteRefusedError: naming those that are not free.
        """
        if self.guard is None:
            return
        datasets = ((name, self._declared(name)) for name in names if name in self)
        if refused := [name for name, dataset in datasets if dataset and not self.guard.allows(dataset)]:
            self.guard.refuse(refused)

    def get(
        self, key: str, fallback_to_runtime_pattern: bool = False, version: Version | None = None
    ) -> AbstractDataset[Any, Any] | None:
        """Get a dataset; one that may not be written refuses to be, whoever asks it."""
        dataset = super().get(key, fallback_to_runtime_pattern, version)
        if self.guard is not None and dataset is not None and not self.guard.allows(self._datasets[key]):
            for writer in _WRITERS:
                if hasattr(dataset, writer):
                    setattr(dataset, writer, partial(_refuse, self.guard, key))
        return dataset

    def save(self, ds_name: str, data: Any) -> None:
        """Save, if that is allowed."""
        self.refuse_writes([ds_name])
        super().save(ds_name, data)

    def confirm(self, ds_name: str) -> None:
        """Confirm, if that is allowed: it moves the mark up to which an incremental dataset was read."""
        self.refuse_writes([ds_name])
        super().confirm(ds_name)

    def _declared(self, name: str) -> AbstractDataset[Any, Any] | None:
        # While a dataset is staged another one stands in for it.
        super().get(name)
        return self._datasets.get(name)


class GuardedCatalog(_GuardedWrites, StagedWrites, CatalogCommandsMixin):
    """The guarded form of the catalog of sequential and threaded runs, notebooks and ``kedro catalog``."""


class GuardedSharedCatalog(_GuardedWrites, SharedMemoryDataCatalog):
    """The guarded form of the catalog of parallel runs."""


class GuardedContext(KedroContext):
    """Kedro's context, with a catalog that writes whole or not at all, guarded where there is a ``writable_root``."""

    def _get_catalog(
        self,
        catalog_class: type = DataCatalog,
        save_version: str | None = None,
        load_versions: dict[str, str] | None = None,
    ) -> CatalogProtocol[Any, Any]:
        root = self.config_loader["globals"].get("writable_root")
        if not root:
            staged = StagedCatalog if catalog_class is DataCatalog else catalog_class
            return super()._get_catalog(staged, save_version, load_versions)
        is_shared = issubclass(catalog_class, SharedMemoryDataCatalog)
        guarded = GuardedSharedCatalog if is_shared else GuardedCatalog
        catalog = cast("_GuardedWrites", super()._get_catalog(guarded, save_version, load_versions))
        loader = self.config_loader
        layer = loader.layer_of("globals", "writable_root") if isinstance(loader, LayeredConfigLoader) else None
        catalog.guard = WriteGuard(env=str(self.env), root=self.project_path / root, layer=layer)
        return catalog


def refuse_outputs(catalog: Any, names: Iterable[str]) -> None:
    """Refuse a run before it writes anything.

    Args:
        catalog: the catalog of the run; only a guarded one refuses.
        names: all datasets the run would write.

    Raises:
        WriteRefusedError: naming those that are not free.
    """
    if isinstance(catalog, _GuardedWrites):
        catalog.refuse_writes(names)


def _refuse(guard: WriteGuard, name: str, *_data: object) -> NoReturn:
    guard.refuse([name])
