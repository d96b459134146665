"""Bins that a release's reference fixes, and quick counts of rows in them."""

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from pydantic import FiniteFloat

from evergreen.errors import DataError, named
from evergreen.measures import ProfileKind, reference_profile
from evergreen.measures.arrays import Floats, Integers
from evergreen.measures.bins import bins_of
from evergreen.problem import CaseModel, in_digits

Columns = Mapping[str, "tuple[pd.Series[Any], ProfileKind]"]
N_BINS = 20
N_GROUPS = 5
# Comparing pieces that stay in the processor's cache is what makes counting quick.
_PIECE = 16_384


class ColumnBins(CaseModel):
    """Where one column's rows are counted.

    Attributes:
        kind: whether cells are numbers or words.
        edges: for numbers, inner edges; an edge belongs to the bin on its left.
        labels: for words, those with a bin of their own; all others share a last one.
        low: least number of the reference, or None.
        high: greatest number of the reference, or None.
    """

    kind: ProfileKind
    edges: tuple[FiniteFloat, ...] = ()
    labels: tuple[str, ...] = ()
    low: FiniteFloat | None = None
    high: FiniteFloat | None = None

    @property
    def n_bins(self) -> int:
        """Bins of known cells."""
        return max(len(self.edges), len(self.labels)) + 1

    @property
    def groups(self) -> tuple[int, ...]:
        """The segment of each bin: a word has its own, numbers have five of equal mass, missing cells the last."""
        if self.kind == "category":
            return tuple(range(self.n_bins + 1))
        n_groups = min(N_GROUPS, self.n_bins)
        return (*(bin_ * n_groups // self.n_bins for bin_ in range(self.n_bins)), n_groups)

    def name_of_bin(self, position: int) -> str:
        """Describe a bin.

        Args:
            position: 0 to ``n_bins``; the last is that of missing cells.

        Returns:
            ``"'nurse'"``, ``"another word"``, ``"2 to 5"``, ``"up to 2"``, ``"above 5"``, ``"missing"``.
        """
        return self._name(position, position)

    def name_of_group(self, group: int) -> str:
        """Describe a segment.

        Args:
            group: one of ``groups``.

        Returns:
            As ``name_of_bin``.
        """
        bins = [position for position, one in enumerate(self.groups) if one == group]
        return self._name(bins[0], bins[-1])

    def _name(self, first: int, last: int) -> str:
        if first == self.n_bins:
            return "missing"
        if self.kind == "category":
            return f"'{self.labels[first]}'" if first < len(self.labels) else "another word"
        if first == 0:
            return f"up to {in_digits(self.edges[last])}" if last < len(self.edges) else "any number"
        return (
            f"{in_digits(self.edges[first - 1])} to {in_digits(self.edges[last])}"
            if last < len(self.edges)
            else (f"above {in_digits(self.edges[first - 1])}")
        )


class WatchBins(CaseModel):
    """Where every watched column's rows are counted.

    Attributes:
        columns: column -> its bins.
    """

    columns: dict[str, ColumnBins]

    @property
    def mark(self) -> str:
        """A short name that other bins do not have; records with different ones cannot be added."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:12]


def choose_bins(columns: Columns) -> WatchBins:
    """Fix bins by the rows of a release's reference.

    Args:
        columns: column -> its cells and their kind.

    Returns:
        Twenty bins of about equal mass for numbers (ties give fewer), one for each of the 20 commonest words.

    Raises:
        DataError: where a number is none.
    """
    return WatchBins(columns={name: _choose(cells, kind) for name, (cells, kind) in columns.items()})


def _choose(cells: "pd.Series[Any]", kind: ProfileKind) -> ColumnBins:
    found = reference_profile(cells, kind=kind, n_bins=N_BINS)
    if kind == "category":
        return ColumnBins(kind=kind, labels=found.labels)
    numbers = as_numbers(cells)
    finite = numbers[np.isfinite(numbers)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (None, None)
    return ColumnBins(kind=kind, edges=found.edges, low=low, high=high)


def check_columns(bins: WatchBins, columns: Columns) -> None:
    """Refuse a window whose columns are not those of the reference.

    Args:
        bins: the reference's bins.
        columns: the window's columns.

    Raises:
        DataError: where a column is on one side only.
    """
    odd = sorted(set(bins.columns) ^ set(columns))
    if odd:
        raise DataError("A window", f"has {named(odd)} on one side only", "Count the columns of the reference.")


def as_numbers(cells: "pd.Series[Any]") -> Floats:
    """Take cells as float64.

    Args:
        cells: numbers, shape (n,).

    Returns:
        The numbers, NaN where missing, shape (n,).

    Raises:
        DataError: where a cell is no number.
    """
    try:
        return cells.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as fault:
        raise DataError(f"Column '{cells.name}'", "holds cells that are no numbers", "Repair them first.") from fault


def count_numbers(numbers: Floats, bins: ColumnBins) -> tuple[list[int], int]:
    """Count numbers by bin, by comparing all of them with each edge: no row is looked up.

    Args:
        numbers: shape (n,), NaN where missing.
        bins: bins of numbers.

    Returns:
        Rows per bin, and how many lie outside what the reference has known.
    """
    steps = (*bins.edges, *(end for end in (bins.high,) if end is not None))
    above = np.zeros(len(steps), dtype=np.int64)
    n_known = n_below = 0
    for start in range(0, len(numbers), _PIECE):
        piece = numbers[start : start + _PIECE]
        above += np.array([np.count_nonzero(piece > step) for step in steps], dtype=np.int64)
        n_known += int(np.count_nonzero(piece == piece))  # noqa: PLR0124 - NaN alone differs from itself
        n_below += int(np.count_nonzero(piece < bins.low)) if bins.low is not None else 0
    n_edges = len(bins.edges)
    counts = -np.diff(np.concatenate([[n_known], above[:n_edges], [0]]))
    return counts.tolist(), int(n_below + (above[n_edges] if bins.high is not None else 0))


def count_words(cells: "pd.Series[Any]", bins: ColumnBins) -> list[int]:
    """Count words by bin.

    Args:
        cells: words, shape (n,).
        bins: bins of words.

    Returns:
        Rows per label, then all others.
    """
    by_label: dict[str, int] = {}
    for value, count in cells.value_counts(dropna=True, sort=False).items():
        by_label[str(value)] = by_label.get(str(value), 0) + int(count)
    found = [by_label.pop(label, 0) for label in bins.labels]
    return [*found, sum(by_label.values())]


def segments_of(cells: "pd.Series[Any]", bins: ColumnBins) -> Integers:
    """Tell the segment of each row.

    Args:
        cells: the column, shape (n,).
        bins: its bins.

    Returns:
        Positions of segments, see ``ColumnBins.groups``, shape (n,).
    """
    groups: Integers = np.asarray(bins.groups, dtype=np.int64)
    if bins.kind == "number":
        numbers = as_numbers(cells)
        places = bins_of(np.nan_to_num(numbers, nan=0.0), np.array(bins.edges))
        return groups[np.where(np.isnan(numbers), bins.n_bins, places)]
    by_label = {label: position for position, label in enumerate(bins.labels)}
    codes, words = pd.factorize(cells)
    # A missing cell has code -1, which takes the last place.
    of_words = groups[[*(by_label.get(str(word), len(by_label)) for word in words), bins.n_bins]]
    return np.asarray(of_words[codes], dtype=np.int64)
