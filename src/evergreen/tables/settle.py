"""Set aside what cannot be used, and keep every row once: training and scoring both go through here."""

from collections import Counter
from dataclasses import dataclass

import narwhals.stable.v2 as nw

from evergreen.problem import Problem
from evergreen.tables.duplicates import drop_duplicates
from evergreen.tables.engines import Frame, count
from evergreen.tables.quarantine import all_as_text
from evergreen.tables.repair import REASONS, settled_cells, tally_rows, unusable_rows


@dataclass(frozen=True)
class Settled:
    """The result of settling.

    Attributes:
        rows: usable rows, every key once.
        quarantine: rows that cannot be used, as text, with their ``reasons``.
        repairs: (column, rule) -> number of changed cells.
        n_rows: rows that were settled.
        n_quarantined: rows in quarantine.
        n_duplicates: further copies of a row that were dropped.
        n_usable: usable rows; counted, so that a step that loses rows is seen.
    """

    rows: Frame
    quarantine: Frame
    repairs: Counter[tuple[str, str]]
    n_rows: int
    n_quarantined: int
    n_duplicates: int
    n_usable: int


def settle_rows(marked: Frame, problem: Problem) -> Settled:
    """Part marked rows into those that are used and those that are set aside.

    Args:
        marked: rows from ``mark_rows``.
        problem: the case.

    Returns:
        Usable rows, quarantined rows and the counts: rows in = usable + duplicates + quarantined.
    """
    tally = tally_rows(marked, problem)
    cells = marked.select(*problem.columns, REASONS)
    unique = drop_duplicates(cells, problem, among=nw.col(REASONS).is_null())
    rows = unique.rows.select(settled_cells(problem))
    quarantine = nw.concat([all_as_text(unusable_rows(marked, problem)), all_as_text(unique.conflicts)])
    return Settled(
        rows=rows,
        quarantine=quarantine,
        repairs=tally.repairs,
        n_rows=tally.n_rows,
        n_quarantined=tally.n_unusable + unique.n_conflicts,
        n_duplicates=unique.n_duplicates,
        n_usable=count(rows),
    )
