"""Releases: immutable, named by their content, checked before use."""

from evergreen.releases.changes import Told, promote, retire, roll_back
from evergreen.releases.history import HistoryEntry
from evergreen.releases.model_bytes import model_from_bytes, model_to_bytes
from evergreen.releases.release import (
    RELEASE_ID,
    Champion,
    LoadedRelease,
    NoChampion,
    NoRelease,
    Promotion,
    Release,
    Rollback,
    assemble_release,
    load_release,
)
from evergreen.releases.store import ReleaseStore
from evergreen.releases.succession import Succession, read_succession

__all__ = [
    "RELEASE_ID",
    "Champion",
    "HistoryEntry",
    "LoadedRelease",
    "NoChampion",
    "NoRelease",
    "Promotion",
    "Release",
    "ReleaseStore",
    "Rollback",
    "Succession",
    "Told",
    "assemble_release",
    "load_release",
    "model_from_bytes",
    "model_to_bytes",
    "promote",
    "read_succession",
    "retire",
    "roll_back",
]
