"""The search for models in the catalog: its study, its predictions, its clock."""

import os
import time
import warnings
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from socket import gethostname
from typing import Any
from uuid import uuid4
from zipfile import BadZipFile

import numpy as np
from kedro.io import AbstractDataset, DatasetError
from optuna.exceptions import ExperimentalWarning, StorageInternalError
from optuna.storages import BaseStorage, RDBStorage
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from evergreen.datasets.study_journal import open_journal
from evergreen.errors import DataError
from evergreen.tuning.book import put_in_line
from evergreen.tuning.budget import Cost
from evergreen.tuning.meter import ProcessMemory
from evergreen.tuning.search import Search, Unseen

_STUDY = "study.log"
_OPENINGS = 5
_SECONDS_BETWEEN = 0.5
_CURE = "Check the address, the user and the password, and that the server runs; then run again."


class SearchDataset(AbstractDataset[Any, Search]):
    """The study of a search and the predictions of its trials; loading gives a ``Search``.

    ```yaml
    search:
      type: evergreen.datasets.search_dataset.SearchDataset
      path: data/06_models/demo/search
      credentials: studies # with the key con: postgresql+psycopg://user:password@host:5432/database
    ```

    Without a storage the study is a file in the folder, for one process at a time. With one, any number of processes
    and machines work on it together; machines that do not share the folder make predictions of each other again.

    Args:
        path: folder of studies and predictions, on this machine.
        storage: address of a database that several processes share, as SQLAlchemy writes it.
        credentials: the same under the key ``con``, where it holds a password.
        heartbeat_seconds: how often a process says to the database that it lives; after four times as long without a
            word its trial is done by another one.
        metadata: free text for other tools.
    """

    has_value_when_absent = True
    keeps_own_store = True

    def __init__(
        self,
        *,
        path: str,
        storage: str | None = None,
        credentials: dict[str, str] | None = None,
        heartbeat_seconds: int = 15,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        self._path = path
        self._address = storage if credentials is None else credentials["con"]
        self._heartbeat_seconds = heartbeat_seconds
        self._search: Search | None = None
        self.metadata = metadata

    def load(self) -> Search:
        """Give the way to the study.

        Returns:
            The search, the same one every time; nothing is opened before it is asked for.
        """
        self._search = self._search or self._new()
        return self._search

    def _new(self) -> Search:
        folder, address = Path(self._path), self._address
        is_shared = address is not None
        return Search(
            open_storage=_opener(folder, address, self._heartbeat_seconds),
            keeper=FolderKeeper(folder),
            read=lambda: Cost(time.perf_counter(), time.process_time()),
            memory=ProcessMemory(),
            worker=f"{gethostname()}:{os.getpid()}",
            is_shared=is_shared,
            beat_seconds=float(self._heartbeat_seconds) if is_shared else None,
        )

    def save(self, data: Any) -> None:
        """Refuse: the search writes for itself.

        Raises:
            DatasetError: always.
        """
        del data
        raise DatasetError("A search keeps its own store; it is read, never saved.")

    def _exists(self) -> bool:
        return Path(self._path).is_dir()

    def _describe(self) -> dict[str, Any]:
        return {"path": self._path}


class FolderKeeper:
    """Keeps out-of-fold predictions as files, a folder a study.

    Args:
        folder: of all studies.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, study: str, number: int, unseen: Unseen) -> None:
        """Keep the predictions of a trial, whole or not at all.

        Args:
            study: its name.
            number: of the trial.
            unseen: predictions, one array a fold.

        Raises:
            OSError: where they cannot be written.
        """
        place = self._place(study, number)
        place.parent.mkdir(parents=True, exist_ok=True)
        draft = place.with_name(f".{place.name}.{uuid4().hex}")
        try:
            with draft.open("wb") as file:
                np.savez(file, *unseen)
            draft.replace(place)
        except OSError:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
            raise

    def recall(self, study: str, number: int) -> Unseen | None:
        """Give predictions back.

        Args:
            study: its name.
            number: of the trial.

        Returns:
            One array a fold; None where they are lost or damaged.
        """
        try:
            with self._place(study, number).open("rb") as file, np.load(file, allow_pickle=False) as found:
                return tuple(np.asarray(found[f"arr_{k}"], dtype=np.float64) for k in range(len(found.files)))
        except (OSError, ValueError, KeyError, EOFError, BadZipFile, zlib.error):
            return None

    def _place(self, study: str, number: int) -> Path:
        return self._folder / study / f"{number}.npz"


def _opener(folder: Path, address: str | None, heartbeat_seconds: int) -> Callable[[str], BaseStorage]:
    if address is None:
        return lambda study: open_journal(folder / study / _STUDY)
    return lambda _study: _open_database(address, heartbeat_seconds)


def _open_database(address: str, heartbeat_seconds: int) -> BaseStorage:
    for opening in range(1, _OPENINGS + 1):
        try:
            with warnings.catch_warnings():
                # Heartbeats are called experimental since Optuna 2.9.
                warnings.simplefilter("ignore", ExperimentalWarning)
                return RDBStorage(
                    address,
                    heartbeat_interval=heartbeat_seconds,
                    grace_period=4 * heartbeat_seconds,
                    heartbeat_stale_trial_callback=put_in_line,
                )
        except (NoSuchModuleError, ArgumentError, ImportError, ValueError) as error:
            raise _unusable(error) from None
        except (SQLAlchemyError, StorageInternalError, RuntimeError) as error:
            # Two processes that make the tables of a new database at the same time are in each other's way.
            if opening == _OPENINGS:
                raise _unusable(error) from None
            time.sleep(_SECONDS_BETWEEN)
    raise AssertionError


def _unusable(error: Exception) -> DataError:
    # The texts of these errors hold the address, and with it a password.
    return DataError("The storage of the search", f"cannot be opened ({type(error).__name__})", _CURE)
