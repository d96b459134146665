"""How keys, cells, values and times are written in the log: each in one way, whatever it came as."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from math import isfinite
from typing import Any

import orjson


def to_json(value: Any) -> str:
    """Write a value.

    Args:
        value: what JSON knows, NaN and infinities, numbers of numpy, times; all else as text.

    Returns:
        JSON in ASCII.
    """
    quick = _quick_json(value)
    return _TO_JSON.encode(value) if quick is None else quick


def _quick_json(value: Any) -> str | None:
    """Write what needs no care, which is nearly everything, in a tenth of the time."""
    cells = value.values() if type(value) is dict else value if type(value) is tuple else (value,)
    if not _PLAIN.issuperset(map(type, cells)):
        return None
    try:
        told = orjson.dumps(value)
    except TypeError:
        return None
    if _NULL in told and not all(map(isfinite, [cell for cell in cells if type(cell) is float])):
        return None
    return told.decode() if told.isascii() and _DELETE not in told else None


def plain(cell: Any) -> Any:
    """Write a cell of another library as Python writes it.

    Args:
        cell: a number of numpy, a time, anything.

    Returns:
        A number or text.
    """
    if isinstance(cell, date):
        return cell.isoformat()
    return cell.item() if hasattr(cell, "item") else str(cell)


_PLAIN = frozenset({str, int, float, bool, type(None)})
# The one character of ASCII that is written in two ways.
_DELETE = b"\x7f"
# What NaN and infinities become, too.
_NULL = b"null"
# ASCII alone: half a character of UTF-16 and a null byte, which JSON may hold and databases refuse, stay as they are.
_TO_JSON = json.JSONEncoder(separators=(",", ":"), default=plain)


def key_text(key: Mapping[str, Any]) -> str:
    """Write a key so that the same key is the same text.

    Args:
        key: column -> cell. Tables turn 17 into 17.0 where a cell is missing, and CSV files into "17": all are the
            same. Outer spaces do not count; upper and lower case do.

    Returns:
        JSON of texts, in the order of the columns' names; a missing cell is null.
    """
    return to_json({name: _key_cell(key[name]) for name in sorted(key)})


def _key_cell(cell: Any) -> str | None:
    if isinstance(cell, str):
        return cell.strip()
    told = value_of(cell)
    if isinstance(told, bool):
        return "true" if told else "false"
    return None if told is None else str(told)


def value_of(cell: Any) -> Any:
    """Write an outcome so that the same outcome is equal.

    Args:
        cell: a class or quantity.

    Returns:
        Text, a Boolean, a whole number as such, another as float; None for what is missing.
    """
    if cell is None or isinstance(cell, str | bool | int):
        return cell
    if not isinstance(cell, float):
        told = plain(cell)
        return told if not isinstance(told, float) else value_of(told)
    if cell != cell:  # noqa: PLR0124 - NaN alone differs from itself
        return None
    return int(cell) if cell.is_integer() else cell


@lru_cache(maxsize=16)
def utc_text(moment: str) -> str:
    """Write a moment in UTC.

    Args:
        moment: ISO date or time; without a zone it is UTC.

    Returns:
        ``2024-02-29T12:30:00.000000+00:00``.

    Raises:
        ValueError: where it is no moment.
    """
    read = datetime.fromisoformat(moment)
    read = read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    return read.isoformat(timespec="microseconds")


def event_text(moment: str | None) -> str | None:
    """Write the time of a decision as contracts do: without a zone.

    Args:
        moment: ISO date or time; a zone is turned to UTC.

    Returns:
        ``2024-02-29T12:30:00.000000``; None where there is none, or it cannot be read.
    """
    if moment is None:
        return None
    try:
        read = datetime.fromisoformat(moment.strip())
        read = read if read.tzinfo is None else read.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None
    return read.isoformat(timespec="microseconds")


def safe_text(text: str) -> str:
    """Write a text so that every database takes it.

    Args:
        text: anything.

    Returns:
        The text; half characters and null bytes as escapes.
    """
    if text.isascii() and "\0" not in text:
        return text
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")
