"""Faults that other libraries find and a user can mend, told as this house tells its own."""

import re
import sys
from collections.abc import Sequence

from evergreen.errors import CaseError, DataError, EvergreenError
from evergreen.hooks.broken_files import broken_file

_MAX_SHOWN = 200
# What Kedro writes before a fault: the dataset's name, or at least how it is declared.
_DATASET = re.compile(r"^([^\s:]+): Failed ")
_TABLE = re.compile(r"\btable_name='([^']+)'")
_SECRETS = (re.compile(r"(?<=://)[^/@\s]+(?=@)"), re.compile(r"(?<=password=)\S+"))
_NOISE = re.compile(r"^connection failed: |^connection to server [^:]* failed: |^FATAL: +")
_AT_THE_DOOR = ("connection ", "failed to resolve")
_NO_FILE = "unable to open database file"
_NO_DRIVER = "A module/driver is missing when connecting to your SQL server"
_NO_CREDENTIALS = re.compile(r"Unable to find credentials '([^']+)'")
_NO_VARIABLE = re.compile(r"Environment variable '([^']+)' not found")

_RUN_AGAIN = "Run again when the server is back."
# The first letters of SQLSTATE (ISO/IEC 9075-2, PostgreSQL's appendix A); of two that fit, the first counts.
_LOST = ("08", "57P")
_CURES = {
    "42501": "Ask for the right to read it, or use other credentials.",
    "57014": "Narrow the query, or raise the time that the database allows it.",
    "": "Mend table_name or sql in the catalog, or the database.",
}


def foreign_fault(causes: Sequence[BaseException]) -> EvergreenError | None:
    """Find a known fault of another library behind an exception.

    Args:
        causes: the exception and what caused it, the outermost first.

    Returns:
        The fault in plain words, of bounded length and without passwords; None where none is known.
    """
    return _of_database(causes) or _of_credentials(causes) or broken_file(causes)


def _of_credentials(causes: Sequence[BaseException]) -> CaseError | None:
    where = "Write them into conf/local/credentials.yml, which git never sees, or mend the name in the catalog."
    for cause in causes:
        if isinstance(cause, KeyError) and (found := _NO_CREDENTIALS.search(str(cause))):
            return CaseError(f"Credentials '{found[1]}'", "are asked for by the catalog and given nowhere", where)
        if found := _NO_VARIABLE.search(str(cause)):
            thing = f"The environment variable '{found[1]}'"
            return CaseError(
                thing, "is read by the credentials and not set", "Set it, or take it out of the credentials."
            )
    return None


def _of_database(causes: Sequence[BaseException]) -> DataError | None:
    # Nobody who reads no database pays for the import.
    errors = sys.modules.get("sqlalchemy.exc")
    if errors is None:
        return None
    thing = _thing(causes)
    for cause in causes:
        if isinstance(cause, errors.DBAPIError):
            return DataError(thing, *_finding(cause))
        if isinstance(cause, errors.PendingRollbackError):
            # A connection kept from before was found dead while a table was looked up.
            return DataError(thing, f"lost its connection while it was read ({_plain(cause)})", _RUN_AGAIN)
        if isinstance(cause, errors.NoSuchModuleError | errors.ArgumentError):
            cure = "Write it as dialect+driver://user:password@host:port/database, as in postgresql+psycopg://..."
            return DataError(thing, f"has a connection string that cannot be used ({_plain(cause)})", cure)
        if isinstance(cause, ModuleNotFoundError) and any(_NO_DRIVER in str(other) for other in causes):
            cure = "Install it; PostgreSQL needs pip install 'evergreen[postgres]'."
            return DataError(thing, f"needs a driver that is not installed ('{cause.name}')", cure)
    return None


def _thing(causes: Sequence[BaseException]) -> str:
    for cause in causes:
        if found := _DATASET.search(str(cause)):
            return f"Dataset '{found[1]}'"
        if found := _TABLE.search(str(cause)):
            return f"Table '{found[1]}'"
    return "The database"


def _finding(error: BaseException) -> tuple[str, str]:
    """What was found and the way out."""
    original = getattr(error, "orig", None) or error
    state, told = str(getattr(original, "sqlstate", None) or ""), _plain(original)
    if state.startswith(_LOST) or getattr(error, "connection_invalidated", False):
        return f"lost its connection while it was read ({told})", _RUN_AGAIN
    if not state and str(original).startswith(_NO_FILE):
        return f"cannot be reached ({told})", "Make the folder of its file, let it be written to, or mend its path."
    if not state and str(original).startswith(_AT_THE_DOOR):
        cure = "Check host, port, user and password of its credentials, and whether the server runs."
        return f"cannot be reached ({told})", cure
    return f"cannot be read ({told})", next(cure for start, cure in _CURES.items() if state.startswith(start))


def _plain(error: BaseException) -> str:
    """The first line of what a library says, without noise and secrets."""
    line = str(error).strip().partition("\n")[0]
    while (shorter := _NOISE.sub("", line)) != line:
        line = shorter
    for secret in _SECRETS:
        line = secret.sub("***", line)
    return line if len(line) <= _MAX_SHOWN else f"{line[:_MAX_SHOWN]}..."
