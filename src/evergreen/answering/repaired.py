"""One cell after its repair, and the rules themselves run on one cell: slow, and kept for the next time."""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import nan
from threading import Lock
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd

from evergreen.answering.plain import cell_kind, raw_table
from evergreen.problem import Problem
from evergreen.tables.engines import as_frame
from evergreen.tables.outliers import OutlierLimits
from evergreen.tables.repair import REASON_SEPARATOR, REASONS, mark_rows
from evergreen.tables.run_rules import name_rules

# What is remembered of one column: so many cells, none of them longer.
MOST_CELLS: Final = 4096
_LONGEST_CELL: Final = 200


class Repaired(NamedTuple):
    """A cell after its repair.

    Attributes:
        value: a number (missing is NaN), microseconds since 1970 (missing is None), or text (missing is None).
        repairs: (column, rule) of every rule that changed it.
        faults: why its row cannot be used, in one text; empty where it can.
    """

    value: Any
    repairs: tuple[tuple[str, str], ...] = ()
    faults: str = ""


class RepairedColumn(NamedTuple):
    """The cells of one column after their repair.

    Attributes:
        values: of each row, as in ``Repaired``.
        odd: place -> the cell that was changed, or that its row cannot be used for.
    """

    values: list[Any]
    odd: dict[int, Repaired]


@dataclass(frozen=True)
class RepairedRows:
    """Rows after their repair, by column.

    Attributes:
        n_rows: n.
        values: column that is known at the decision -> n repaired values.
        repairs: place of a row -> (column, rule) of every cell of it that was changed, in contract order.
        reasons: place of a row -> why it cannot be used, all in one text.
    """

    n_rows: int
    values: Mapping[str, list[Any]]
    repairs: Mapping[int, tuple[tuple[str, str], ...]]
    reasons: Mapping[int, str]

    def values_at(self, places: Sequence[int]) -> Mapping[str, list[Any]]:
        """Take the values of some rows.

        Args:
            places: of these.

        Returns:
            Column -> their values.
        """
        if len(places) == self.n_rows:
            return self.values
        return {name: [cells[place] for place in places] for name, cells in self.values.items()}


def join_columns(columns: Mapping[str, RepairedColumn], n_rows: int) -> RepairedRows:
    """Put repaired columns side by side.

    Args:
        columns: in contract order, n cells each.
        n_rows: n.

    Returns:
        The rows.
    """
    repairs: dict[int, tuple[tuple[str, str], ...]] = {}
    reasons: dict[int, str] = {}
    for column in columns.values():
        for place, cell in column.odd.items():
            if cell.repairs:
                repairs[place] = repairs.get(place, ()) + cell.repairs
            if cell.faults:
                reasons[place] = REASON_SEPARATOR.join(filter(None, (reasons.get(place), cell.faults)))
    return RepairedRows(n_rows, {name: column.values for name, column in columns.items()}, repairs, reasons)


Usual = Callable[[Any], Repaired | None]
"""From a cell to what becomes of it where that is seen at once; None where the rules must be asked."""


class OwnRules:
    """The rules of one column, as tables run them; what became of the last few thousand cells is remembered.

    Args:
        name: the column.
        problem: the case.
        limits: the fences of outliers.
    """

    def __init__(self, name: str, problem: Problem, limits: OutlierLimits) -> None:
        self._name, self._limits = name, limits
        required = problem.required_columns
        self._problem = problem.model_copy(update={"columns": {name: problem.columns[name]}})
        # A copy keeps what the case has worked out already: which columns are required is known of them all.
        self._problem.__dict__["required_columns"] = required
        self._known: OrderedDict[tuple[type, Any], Repaired] = OrderedDict()
        self._lock = Lock()

    def ask(self, cells: Sequence[Any]) -> list[Repaired]:
        """Repair cells of any kinds.

        Args:
            cells: as JSON gives them.

        Returns:
            What becomes of each.
        """
        found = [self._recall(cell) for cell in cells]
        parts: dict[str, list[int]] = {}
        for place, one in enumerate(found):
            if one is None:
                parts.setdefault(cell_kind(cells[place]), []).append(place)
        for places in parts.values():
            for place, one in zip(places, self.run([cells[place] for place in places]), strict=True):
                found[place] = one
                self._remember(cells[place], one)
        return [one for one in found if one is not None]

    def run(self, cells: Sequence[Any]) -> list[Repaired]:
        """Run the rules.

        Args:
            cells: as JSON gives them, all of one kind or None.

        Returns:
            What becomes of each.
        """
        raw = raw_table([{self._name: cell} for cell in cells], self._problem)
        marked: pd.DataFrame = mark_rows(as_frame(raw), self._problem, self._limits).to_native()
        repairs, faults = name_rules(marked, self._problem.columns), marked[REASONS].fillna("").tolist()
        values = _plain_values(marked[self._name], self._problem.columns[self._name].type)
        return [Repaired(*told) for told in zip(values, repairs, faults, strict=True)]

    def _recall(self, cell: Any) -> Repaired | None:
        key = _key(cell)
        if key is None:
            return None
        with self._lock:
            found = self._known.get(key)
            if found is not None:
                self._known.move_to_end(key)
        return found

    def _remember(self, cell: Any, repaired: Repaired) -> None:
        key = _key(cell)
        if key is None:
            return
        with self._lock:
            self._known[key] = repaired
            if len(self._known) > MOST_CELLS:
                self._known.popitem(last=False)


def _key(cell: Any) -> tuple[type, Any] | None:
    """What a cell is remembered by: 1, 1.0 and true are equal, and not the same; what is long is not remembered."""
    if isinstance(cell, str):
        return (str, cell) if len(cell) <= _LONGEST_CELL else None
    if isinstance(cell, int | float):
        return type(cell), cell if cell == cell else "nan"  # noqa: PLR0124 - only NaN differs from itself
    return None


def _plain_values(cells: "pd.Series[Any]", kind: str) -> list[Any]:
    if kind in ("integer", "number"):
        return [float(number) for number in cells.to_numpy(dtype=float, na_value=nan)]
    if kind == "timestamp":
        moments = cells.to_numpy(dtype="datetime64[us]")
        return [None if np.isnat(moment) else int(moment.astype(np.int64)) for moment in moments]
    return [None if missing else str(cell) for cell, missing in zip(cells, cells.isna(), strict=True)]
