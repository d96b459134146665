"""One record a window, of figures that add up: a month is the sum of its days, and history is never read again."""

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
import pandas as pd
from pydantic import Field, FiniteFloat

from evergreen.errors import DataError
from evergreen.measures.arrays import Floats
from evergreen.problem import CaseModel
from evergreen.watching.bins import (
    ColumnBins,
    Columns,
    WatchBins,
    as_numbers,
    check_columns,
    count_numbers,
    count_words,
)
from evergreen.watching.outcomes import OutcomeRecord, add_outcomes

_Count = Annotated[int, Field(ge=0)]


class ColumnRecord(CaseModel):
    """What adds up of one column.

    Attributes:
        counts: rows per bin of known cells, see ``ColumnBins``.
        n_missing: rows without a value.
        n_out_of_range: numbers below the least or above the greatest of the reference.
        n_repaired: cells that were repaired.
        total: sum of finite numbers; 0 for words.
        total_squares: sum of their squares.
    """

    counts: tuple[_Count, ...]
    n_missing: _Count
    n_out_of_range: _Count = 0
    n_repaired: _Count = 0
    total: FiniteFloat = 0.0
    total_squares: FiniteFloat = 0.0

    @property
    def n_known(self) -> int:
        """Rows with a value."""
        return sum(self.counts)


class WindowRecord(CaseModel):
    """What is kept of a window of scored rows.

    Attributes:
        window: its name, such as the day; of several, ``first..last``.
        bins: the mark of the bins it is counted in.
        n_windows: how many windows it is the sum of.
        n_rows: rows that were scored.
        n_quarantined: rows that could not be used.
        columns: features and scores -> their counts.
        expected: what the release expected of these rows -> sum, such as the expected payoff; names are the caller's.
        outcomes: what has come of the rows so far, or None.
    """

    window: str
    bins: str
    n_windows: int = Field(1, ge=1)
    n_rows: _Count
    n_quarantined: _Count = 0
    columns: dict[str, ColumnRecord]
    expected: dict[str, FiniteFloat] = {}
    outcomes: OutcomeRecord | None = None


def count_window(
    bins: WatchBins,
    columns: Columns,
    *,
    window: str,
    n_quarantined: int = 0,
    repairs: Mapping[str, int] | None = None,
    expected: Mapping[str, float] | None = None,
) -> WindowRecord:
    """Count the rows of a window.

    Args:
        bins: the bins of the release's reference.
        columns: column -> its cells and their kind; every column has n cells.
        window: its name; names sort in the order of time.
        n_quarantined: rows that could not be used.
        repairs: column -> how many of its cells were repaired.
        expected: sums of what the release expects of these rows, such as ``score`` and ``payoff``.

    Returns:
        The window's record, without outcomes.

    Raises:
        DataError: where columns differ from those of the bins or in length, or a number is none.
    """
    check_columns(bins, columns)
    lengths = {len(cells) for cells, _ in columns.values()}
    if len(lengths) > 1:
        raise DataError(
            f"Window '{window}'", f"has columns of {sorted(lengths)} rows", "Give columns of the same rows."
        )
    fixed = repairs or {}
    counted = {name: _count(columns[name][0], one, fixed.get(name, 0)) for name, one in bins.columns.items()}
    return WindowRecord(
        window=window,
        bins=bins.mark,
        n_rows=max(lengths, default=0),
        n_quarantined=n_quarantined,
        columns=counted,
        expected=dict(expected or {}),
    )


def _count(cells: "pd.Series[Any]", bins: ColumnBins, n_repaired: int) -> ColumnRecord:
    if bins.kind == "category":
        words = count_words(cells, bins)
        return ColumnRecord(counts=tuple(words), n_missing=len(cells) - sum(words), n_repaired=n_repaired)
    numbers = as_numbers(cells)
    counts, n_outside = count_numbers(numbers, bins)
    total, squares = _totals(numbers)
    return ColumnRecord(
        counts=tuple(counts),
        n_missing=len(numbers) - sum(counts),
        n_out_of_range=n_outside,
        n_repaired=n_repaired,
        total=total,
        total_squares=squares,
    )


def _totals(numbers: Floats) -> tuple[float, float]:
    total = float(numbers.sum())
    if not np.isfinite(total):
        numbers = numbers[np.isfinite(numbers)]
        total = float(numbers.sum())
    return total, float(numbers @ numbers)


def add(one: WindowRecord, other: WindowRecord) -> WindowRecord:
    """Add two windows.

    Args:
        one: a record.
        other: another, in the same bins.

    Returns:
        The record of both together; in any order and grouping the same but for rounding.

    Raises:
        DataError: where the bins differ.
    """
    if one.bins != other.bins:
        finding = f"are counted in other bins ({one.bins}, {other.bins})"
        raise DataError(f"Windows '{one.window}' and '{other.window}'", finding, "Add windows of one release.")
    names = [name for record in (one, other) for name in record.window.split("..")]
    outcomes = [record.outcomes for record in (one, other) if record.outcomes is not None]
    return WindowRecord(
        window=f"{min(names)}..{max(names)}",
        bins=one.bins,
        n_windows=one.n_windows + other.n_windows,
        n_rows=one.n_rows + other.n_rows,
        n_quarantined=one.n_quarantined + other.n_quarantined,
        columns={name: _add_columns(column, other.columns[name]) for name, column in one.columns.items()},
        expected=add_named(one.expected, other.expected),
        outcomes=outcomes[0] if len(outcomes) == 1 else add_outcomes(*outcomes) if outcomes else None,
    )


def with_outcomes(record: WindowRecord, came: OutcomeRecord) -> WindowRecord:
    """Put outcomes that came late into their window's record.

    Args:
        record: the window.
        came: outcomes that are not in it yet.

    Returns:
        The record with them.

    Raises:
        DataError: where more outcomes are known than rows were scored.
    """
    both = came if record.outcomes is None else add_outcomes(record.outcomes, came)
    if both.n_outcomes > record.n_rows:
        finding = f"has {both.n_outcomes} outcomes for {record.n_rows} rows"
        raise DataError(f"Window '{record.window}'", finding, "Give every outcome once.")
    return record.model_copy(update={"outcomes": both})


def add_named(one: Mapping[str, float], other: Mapping[str, float]) -> dict[str, float]:
    """Add figures of the same name.

    Args:
        one: name -> figure.
        other: name -> figure.

    Returns:
        Name -> sum, over the names of both.
    """
    return {name: one.get(name, 0.0) + other.get(name, 0.0) for name in sorted({*one, *other})}


def _add_columns(one: ColumnRecord, other: ColumnRecord) -> ColumnRecord:
    return ColumnRecord(
        counts=tuple(a + b for a, b in zip(one.counts, other.counts, strict=True)),
        n_missing=one.n_missing + other.n_missing,
        n_out_of_range=one.n_out_of_range + other.n_out_of_range,
        n_repaired=one.n_repaired + other.n_repaired,
        total=one.total + other.total,
        total_squares=one.total_squares + other.total_squares,
    )
