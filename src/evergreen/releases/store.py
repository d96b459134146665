"""Where releases lie: plain files in any fsspec store, a pointer to the champion, and the history of changes."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import fsspec
from fsspec.implementations.local import LocalFileSystem

from evergreen.errors import ReleaseError, bounded
from evergreen.releases.history import HistoryEntry, read_lines, retired_ids, write_line
from evergreen.releases.lock import folder_lock
from evergreen.releases.release import Champion, LoadedRelease, NoChampion, Release, load_release, verify_files

_ID = re.compile(r"[0-9a-f]+")


class ReleaseStore:
    """The releases of one case; for one thread.

    Args:
        root: path or URL of the folder that holds ``releases/``, ``champion.json`` and ``history.jsonl``.
        storage_options: passed to fsspec.
    """

    def __init__(self, root: str, storage_options: dict[str, Any] | None = None) -> None:
        self._fs, self._root = fsspec.core.url_to_fs(root, **(storage_options or {}))
        self._n_locks = 0

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep others from changing anything meanwhile; may be taken again by who holds it.

        Only local folders can be locked. On a remote store two changes at once may lose a line of the history.

        Raises:
            BusyError: where another process does not let go of it.
        """
        if self._n_locks or not isinstance(self._fs, LocalFileSystem):
            yield
            return
        Path(self._root).mkdir(parents=True, exist_ok=True)
        with folder_lock(Path(self._root)):
            self._n_locks = 1
            try:
                yield
            finally:
                self._n_locks = 0

    def release_ids(self) -> list[str]:
        """Name every release that is stored, whole or damaged.

        Returns:
            Their ids, in order of the alphabet.
        """
        folder = f"{self._root}/releases"
        if not self._fs.exists(folder):
            return []
        found = [one["name"].rstrip("/").rpartition("/")[2] for one in self._fs.ls(folder, detail=True)]
        return sorted(name for name in found if not name.endswith(".draft"))

    @contextmanager
    def local_copy(self, release_id: str) -> Iterator[Path]:
        """Give a folder with the files of a release, where another process can read them.

        Args:
            release_id: its name.

        Yields:
            The folder itself where the store is local; else a copy that is gone afterwards.

        Raises:
            ReleaseError: where it is missing.
        """
        if isinstance(self._fs, LocalFileSystem):
            yield Path(self._folder(release_id))
            return
        with TemporaryDirectory() as place:
            folder = Path(place) / release_id
            folder.mkdir()
            for name, content in self.files(release_id).items():
                (folder / name).write_bytes(content)
            yield folder

    def add(self, release: Release) -> None:
        """Store a release; one that is already there is left as it is.

        Args:
            release: the release.

        Raises:
            ReleaseError: where another release, or a damaged one, already has its name.
        """
        folder = self._folder(release.release_id)
        if self._fs.exists(folder):
            verify_files(release.release_id, self.files(release.release_id))
            return
        draft = f"{folder}.{uuid4().hex}.draft"
        self._fs.makedirs(draft, exist_ok=True)
        for name, content in release.files.items():
            self._fs.pipe_file(f"{draft}/{name}", content)
        self._move_in(draft, folder)
        verify_files(release.release_id, self.files(release.release_id))

    def _move_in(self, draft: str, folder: str) -> None:
        """Move a whole draft to its place; where another run was faster, its release stays and the draft goes."""
        if isinstance(self._fs, LocalFileSystem):
            try:
                Path(draft).rename(folder)
            except OSError:
                self._fs.rm(draft, recursive=True)
                if not self._fs.exists(folder):
                    raise
        elif self._fs.exists(folder):
            self._fs.rm(draft, recursive=True)
        else:
            self._fs.mv(draft, folder, recursive=True)

    def load(self, release_id: str) -> LoadedRelease:
        """Check and load one release.

        Args:
            release_id: its name.

        Returns:
            The loaded release.

        Raises:
            ReleaseError: where it is missing or damaged.
        """
        return load_release(release_id, self.files(release_id))

    def champion(self) -> Champion:
        """Load the live release.

        Returns:
            The champion, or ``NoChampion`` before the first promotion.

        Raises:
            ReleaseError: where the pointer or the release is damaged.
        """
        release_id = self.champion_id()
        return NoChampion() if release_id is None else self.load(release_id)

    def champion_id(self) -> str | None:
        """Name the live release without loading it.

        Returns:
            Its id; None before the first promotion.

        Raises:
            ReleaseError: where the pointer is damaged.
        """
        path = f"{self._root}/champion.json"
        if not self._fs.exists(path):
            return None
        try:
            release_id = str(json.loads(self._fs.cat_file(path))["release_id"])
            if not _ID.fullmatch(release_id):
                raise ValueError(f"'{release_id}' is no release id")
            return release_id
        except (KeyError, TypeError, ValueError) as error:
            cure = 'Write {"release_id": "..."} into it, with the id of the last entry of history.jsonl.'
            raise ReleaseError(f"The champion pointer '{path}'", "cannot be read", cure) from error

    def promote(self, entry: HistoryEntry) -> None:
        """Make a stored release the champion and append the change to the history.

        The release is checked first. The pointer is replaced in one move; a champion that is promoted again
        changes nothing, and a promotion that broke off after its entry was written is completed without another.

        Args:
            entry: the change.

        Raises:
            ReleaseError: where the release, the pointer or the history is missing or damaged, or the release retired.
        """
        with self.locked():
            verify_files(entry.release_id, self.files(entry.release_id))
            history, live = self.history(), self.champion_id()
            if entry.release_id in retired_ids(history):
                finding = f"was retired ({_why_retired(history, entry.release_id)}) and cannot become champion"
                raise ReleaseError(f"Release '{entry.release_id}'", finding, "Promote another one, or train again.")
            told = [one.release_id for one in history if one.makes_champion][-1:]
            if told == [entry.release_id] and live == entry.release_id:
                return
            if told != [entry.release_id]:
                self._append(replace(entry, previous_id=live))
            draft = f"{self._root}/champion.json.{uuid4().hex}.draft"
            self._fs.pipe_file(draft, json.dumps({"release_id": entry.release_id}).encode())
            self._fs.mv(draft, f"{self._root}/champion.json")

    def retire(self, entry: HistoryEntry) -> None:
        """Say that a release must not become champion any more; its files stay.

        Args:
            entry: the change; retiring a second time changes nothing.

        Raises:
            ReleaseError: where the release is missing or live.
        """
        with self.locked():
            self.files(entry.release_id)
            live = self.champion_id()
            if live == entry.release_id:
                cure = "Roll back or promote another one first."
                raise ReleaseError(f"Release '{entry.release_id}'", "is the champion", cure)
            if entry.release_id not in retired_ids(self.history()):
                self._append(replace(entry, previous_id=live))

    def _append(self, entry: HistoryEntry) -> None:
        with self._fs.open(f"{self._root}/history.jsonl", "ab") as history:
            history.write(write_line(entry))

    def history(self) -> list[HistoryEntry]:
        """Read every change, oldest first.

        Returns:
            The entries.

        Raises:
            ReleaseError: where a line is no entry.
        """
        path = f"{self._root}/history.jsonl"
        if not self._fs.exists(path):
            return []
        try:
            return read_lines(self._fs.cat_file(path).splitlines())
        except (TypeError, ValueError) as error:
            cure = "Restore it from a copy, or take the broken line out."
            raise ReleaseError(f"The history of promotions '{path}'", "cannot be read", cure) from error

    def _folder(self, release_id: str) -> str:
        return f"{self._root}/releases/{release_id}"

    def files(self, release_id: str) -> dict[str, bytes]:
        """Read the files of a release as they are, unchecked.

        Args:
            release_id: its name.

        Returns:
            File name -> content; a folder inside is named, with no content.

        Raises:
            ReleaseError: where there is no such release.
        """
        folder = self._folder(release_id)
        if not _ID.fullmatch(release_id) or not self._fs.exists(folder):
            cure = "Promote one that exists (see the folder 'releases'), or run the deployment again."
            raise ReleaseError(f"Release '{bounded(release_id)}'", f"is not in {self._root}/releases", cure)
        found = {one["name"]: one["type"] for one in self._fs.ls(folder, detail=True)}
        # A folder inside a release is none of its files; it is listed so that the check against the manifest finds it.
        contents = {path: b"" if kind == "directory" else self._fs.cat_file(path) for path, kind in found.items()}
        return {path.rpartition("/")[2]: content for path, content in contents.items()}


def _why_retired(history: list[HistoryEntry], release_id: str) -> str:
    told = next(one for one in history if one.kind == "retire" and one.release_id == release_id)
    return f"{told.at[:10]} by {told.by}: {told.why}"
