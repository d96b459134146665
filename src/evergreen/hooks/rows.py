"""How much a step handled: rows of tables, bytes of files. Nothing is computed or loaded to find out."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

_TABLE_DIMENSIONS = 2
_MAX_PARTITIONS = 1_000


def count_rows(value: object) -> int | None:
    """Count the rows of a table, or of a mapping of tables.

    Args:
        value: anything a dataset gave or a node returned.

    Returns:
        The rows of a table that is in memory (pandas, Polars, PyArrow, Narwhals); the sum over the tables of a mapping
        such as a partitioned dataset gives, leaving out parts that are not loaded yet; None for all else, lazy tables
        among it.
    """
    if isinstance(value, Mapping):
        return total(map(_table_rows, value.values())) if len(value) <= _MAX_PARTITIONS else None
    return _table_rows(value)


def total(counts: Iterable[int | None]) -> int | None:
    """Add up what is known; None where nothing is."""
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


def file_bytes(location: str | None) -> int | None:
    """Say how large a written file is.

    Args:
        location: where the dataset lies, as ``dataset_location`` gives it.

    Returns:
        Its size; None where there is no plain local file (folders, versions, databases, remote stores).
    """
    if location is None or "://" in location:
        return None
    path = Path(location)
    return path.stat().st_size if path.is_file() else None


def _table_rows(value: Any) -> int | None:
    # The class is asked for columns, since a lazy table may work to name its own.
    if not hasattr(type(value), "columns"):
        return None
    shape = getattr(value, "shape", None)
    if not isinstance(shape, tuple) or len(shape) != _TABLE_DIMENSIONS:
        return None
    return shape[0] if isinstance(shape[0], int) else None
