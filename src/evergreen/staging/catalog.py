"""A catalog whose datasets appear whole or not at all."""

from functools import partial
from threading import local
from typing import Any

from kedro.framework.context import CatalogCommandsMixin
from kedro.io import AbstractDataset, DataCatalog, DatasetError
from kedro.io.core import Version

from evergreen.errors import EvergreenError
from evergreen.staging.staging import Staged, Staging

# A save outside a run has a staging of its own, which only the thread that saves may see.
_single = local()


class StagedWrites(DataCatalog):
    """Writes files aside first.

    A single save puts its dataset into place at once. During a run ``staging`` keeps all outputs aside until they are
    put into place together; who reads meanwhile is given what was staged.

    Attributes:
        staging: that of the run in hand; None between runs.
    """

    staging: Staging | None = None

    def get(
        self, key: str, fallback_to_runtime_pattern: bool = False, version: Version | None = None
    ) -> AbstractDataset[Any, Any] | None:
        """Get a dataset; while its newest content is staged, one that reads and writes there."""
        dataset = super().get(key, fallback_to_runtime_pattern, version)
        staging = getattr(_single, "staging", None) or self.staging
        if staging is None or dataset is None or version is not None:
            return dataset
        return staging.stand_in(dataset)

    def save(self, ds_name: str, data: Any) -> None:
        """Save: aside in a run, else whole or not at all."""
        if self.staging is not None:
            self._save_aside(self.staging, ds_name, data)
            return
        _single.staging = Staging()
        try:
            self._save_aside(_single.staging, ds_name, data)
            _single.staging.commit()
        finally:
            _single.staging.close()
            _single.staging = None

    def confirm(self, ds_name: str) -> None:
        """Confirm; in a run only when all outputs are in place, since a failed run must read the same again."""
        confirm = partial(super().confirm, ds_name)
        if self.staging is None:
            confirm()
        else:
            self.staging.later(confirm)

    def _save_aside(self, staging: Staging, ds_name: str, data: Any) -> None:
        dataset = super().get(ds_name)
        staged = None if dataset is None else staging.admit(ds_name, dataset)
        try:
            super().save(ds_name, data)
        except DatasetError as error:
            if staged is None:
                raise
            # The user knows the place in the catalog, not the one aside.
            raise DatasetError(str(error).replace(str(staged.source), str(staged.target.path))) from error
        if staged is not None:
            self._check(staged)

    def _check(self, staged: Staged) -> None:
        try:
            staged.note_save()
        except EvergreenError as error:
            raise DatasetError(f"{staged.name}: {error}") from error


class StagedCatalog(StagedWrites, CatalogCommandsMixin):
    """The catalog of sequential and threaded runs, notebooks and ``kedro catalog``."""
