"""Repair a table, set aside what cannot be used, and keep every row once: training and scoring both begin here."""

from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw

from evergreen.problem import Problem
from evergreen.tables.duplicates import drop_duplicates
from evergreen.tables.quarantine import all_as_text
from evergreen.tables.repair import repair_rows


@dataclass(frozen=True)
class Cleaned:
    """The result of cleaning.

    Attributes:
        rows: usable rows, every key once.
        quarantine: rows that cannot be used, as text, with their ``reasons``.
        repairs: changed cells, columns ``column, rule, n_cells``.
        n_duplicates: further copies of a row that were dropped.
    """

    rows: nw.DataFrame[Any]
    quarantine: nw.DataFrame[Any]
    repairs: nw.DataFrame[Any]
    n_duplicates: int


def clean_rows(table: nw.DataFrame[Any], problem: Problem) -> Cleaned:
    """Clean a table by the contract of a case.

    Args:
        table: gathered rows in raw form.
        problem: the case.

    Returns:
        Usable rows, quarantined rows and the counts: rows in = usable + duplicates + quarantined.
    """
    repaired = repair_rows(table, problem)
    unique = drop_duplicates(repaired.rows, problem)
    quarantine = nw.concat([all_as_text(repaired.quarantine), all_as_text(unique.conflicts)])
    return Cleaned(unique.rows, quarantine, repaired.repairs, unique.n_duplicates)
