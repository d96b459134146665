"""Where releases lie: plain files in any fsspec store, a pointer to the champion, and the history of promotions."""

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import fsspec
from fsspec.implementations.local import LocalFileSystem

from evergreen.errors import ReleaseError
from evergreen.releases.release import Champion, LoadedRelease, NoChampion, Release, load_release, verify_files


@dataclass(frozen=True)
class HistoryEntry:
    """One change of the champion.

    Attributes:
        release_id: what became champion.
        previous_id: what was champion before, if anything.
        as_of: the logical date of the run that promoted it.
        at: when, UTC, ISO 8601.
        by: who.
        why: the reason in a sentence.
    """

    release_id: str
    previous_id: str | None
    as_of: str
    at: str
    by: str
    why: str


class ReleaseStore:
    """The releases of one case.

    Args:
        root: path or URL of the folder that holds ``releases/``, ``champion.json`` and ``history.jsonl``.
        storage_options: passed to fsspec.
    """

    def __init__(self, root: str, storage_options: dict[str, Any] | None = None) -> None:
        self._fs, self._root = fsspec.core.url_to_fs(root, **(storage_options or {}))

    def add(self, release: Release) -> None:
        """Store a release; one that is already there is left as it is.

        Args:
            release: the release.

        Raises:
            ReleaseError: where another release, or a damaged one, already has its name.
        """
        folder = self._folder(release.release_id)
        if self._fs.exists(folder):
            verify_files(release.release_id, self._read(release.release_id))
            return
        draft = f"{folder}.{uuid4().hex}.draft"
        self._fs.makedirs(draft, exist_ok=True)
        for name, content in release.files.items():
            self._fs.pipe_file(f"{draft}/{name}", content)
        self._move_in(draft, folder)
        verify_files(release.release_id, self._read(release.release_id))

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
        return load_release(release_id, self._read(release_id))

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
            if not re.fullmatch(r"[0-9a-f]+", release_id):
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
            ReleaseError: where the release, the pointer or the history is missing or damaged.
        """
        verify_files(entry.release_id, self._read(entry.release_id))
        is_told = [one.release_id for one in self.history()[-1:]] == [entry.release_id]
        if is_told and self.champion_id() == entry.release_id:
            return
        if not is_told:
            line = json.dumps(asdict(entry), ensure_ascii=False) + "\n"
            with self._fs.open(f"{self._root}/history.jsonl", "ab") as history:
                history.write(line.encode())
        draft = f"{self._root}/champion.json.{uuid4().hex}.draft"
        self._fs.pipe_file(draft, json.dumps({"release_id": entry.release_id}).encode())
        self._fs.mv(draft, f"{self._root}/champion.json")

    def history(self) -> list[HistoryEntry]:
        """Read every change of the champion, oldest first.

        Returns:
            The entries.

        Raises:
            ReleaseError: where a line is no entry.
        """
        path = f"{self._root}/history.jsonl"
        if not self._fs.exists(path):
            return []
        try:
            return [HistoryEntry(**json.loads(line)) for line in self._fs.cat_file(path).splitlines()]
        except (TypeError, ValueError) as error:
            cure = "Restore it from a copy, or take the broken line out."
            raise ReleaseError(f"The history of promotions '{path}'", "cannot be read", cure) from error

    def _folder(self, release_id: str) -> str:
        return f"{self._root}/releases/{release_id}"

    def _read(self, release_id: str) -> dict[str, bytes]:
        folder = self._folder(release_id)
        if not self._fs.exists(folder):
            cure = "Promote one that exists (see the folder 'releases'), or run the deployment again."
            raise ReleaseError(f"Release '{release_id}'", f"is not in {self._root}/releases", cure)
        found = {one["name"]: one["type"] for one in self._fs.ls(folder, detail=True)}
        # A folder inside a release is none of its files; it is listed so that the check against the manifest finds it.
        contents = {path: b"" if kind == "directory" else self._fs.cat_file(path) for path, kind in found.items()}
        return {path.rpartition("/")[2]: content for path, content in contents.items()}
