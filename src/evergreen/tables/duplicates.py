"""Rows delivered twice, and keys that name two different rows."""

from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw

from evergreen.problem import Problem
from evergreen.tables.repair import REASONS


@dataclass(frozen=True)
class Deduplicated:
    """The result of looking for repeated rows.

    Attributes:
        rows: every row once, every key once.
        n_duplicates: how many further copies of a row were dropped.
        conflicts: rows whose key also names a different row, with their ``reasons``: nobody can say which is true.
    """

    rows: nw.DataFrame[Any]
    n_duplicates: int
    conflicts: nw.DataFrame[Any]


def drop_duplicates(rows: nw.DataFrame[Any], problem: Problem) -> Deduplicated:
    """Keep one of equal rows and set aside the rows whose key is ambiguous.

    Args:
        rows: repaired rows, so that equal content is written equally.
        problem: the case, for its key.

    Returns:
        Unique rows, the number of dropped copies, and the conflicts.
    """
    once = rows.unique(maintain_order=True)
    shared = once.select(list(problem.key)).is_duplicated()
    reason = f"key {', '.join(problem.key)} is shared by different rows"
    conflicts = once.filter(shared).with_columns(nw.lit(reason).alias(REASONS))
    return Deduplicated(once.filter(~shared), len(rows) - len(once), conflicts)
