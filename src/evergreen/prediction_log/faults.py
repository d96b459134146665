"""What can happen to a log, in plain words."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, NoSuchModuleError, SQLAlchemyError

from evergreen.errors import LogError, bounded

_LOCKED = ("database is locked", "database table is locked")
_FULL = ("database or disk is full",)
_DAMAGED = ("file is not a database", "database disk image is malformed")
_CLOSED_TO_US = ("attempt to write a readonly database", "unable to open database file")
# SQLSTATE of PostgreSQL (appendix A): lock not available, query canceled; disk full.
_STATES_LOCKED, _STATES_FULL = ("55P03", "57014"), ("53100",)

_CURES = {
    "locked": "Try again, or find the process that keeps it.",
    "full": "Make room: writing goes on by itself.",
    "damaged": "Restore it from a copy, or move it away with its -wal and -shm: a new one begins.",
    "closed": "Let this user write to the file and its folder.",
    "other": "Check its address and that it can be reached.",
}


@contextmanager
def log_faults(place: str, doing: str) -> Iterator[None]:
    """Tell the faults of a database as this house tells its own.

    Args:
        place: the log, as a message names it.
        doing: "opened", "written" or "read".

    Raises:
        LogError: for every fault of the database, its driver or its file.
    """
    try:
        yield
    except (sqlite3.Error, SQLAlchemyError, OSError) as error:
        raise _told(error, place, doing) from error
    except ModuleNotFoundError as error:
        cure = "Install it; PostgreSQL needs pip install 'evergreen[postgres]'."
        raise LogError(place, f"needs a driver that is not installed ('{error.name}')", cure) from error


def is_disconnected(error: SQLAlchemyError) -> bool:
    """Say whether a connection was lost, so that another may do.

    Args:
        error: what the database said.

    Returns:
        Whether it is gone.
    """
    return isinstance(error, DBAPIError) and error.connection_invalidated


def _told(error: Exception, place: str, doing: str) -> LogError:
    original = getattr(error, "orig", None) or error
    words = str(original).strip().partition("\n")[0]
    kind = _kind(words, str(getattr(original, "sqlstate", None) or ""))
    if isinstance(error, NoSuchModuleError):
        return LogError(place, f"cannot be {doing} ({bounded(words)})", "Write it as postgresql+psycopg://...")
    findings = {
        "locked": "was kept by another process for too long, and nothing was changed",
        "full": "has no room left, and nothing was changed",
        "damaged": f"is damaged ({bounded(words)})",
    }
    return LogError(place, findings.get(kind, f"cannot be {doing} ({bounded(words)})"), _CURES[kind])


def _kind(words: str, state: str) -> str:
    if words.startswith(_LOCKED) or state in _STATES_LOCKED:
        return "locked"
    if words.startswith(_FULL) or state in _STATES_FULL:
        return "full"
    if words.startswith(_DAMAGED):
        return "damaged"
    return "closed" if words.startswith(_CLOSED_TO_US) else "other"
