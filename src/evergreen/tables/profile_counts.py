"""The counts behind a profile: in pandas from sorted columns, elsewhere from a few queries."""

from collections.abc import Iterator
from heapq import nsmallest
from math import nan
from typing import Any, Final

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.problem import Column
from evergreen.tables.engines import Frame, as_pandas

QUANTILES: Final = (0.01, 0.25, 0.5, 0.75, 0.99)
N_WORDS: Final = 20
"""How many of the commonest words are counted one by one."""
# A query of so many columns is still planned quickly; 500 columns take twenty.
_COLUMNS_PER_QUERY = 25

Basics = dict[str, Any]
"""The figures of a column by name: ``n_rows``, ``n_known``, ``n_distinct``, ``min``, ``quantile 0.5``, ..."""


class PandasCounts:
    """Counts in pandas: a column of numbers or times is sorted once, and all its figures are read off.

    Args:
        frame: the table.
    """

    def __init__(self, frame: Frame) -> None:
        self._table: pd.DataFrame = frame.collect().to_native()
        self._sorted: dict[str, NDArray[Any]] = {}
        self._words: dict[str, pd.Series[int]] = {}

    def basics(self, columns: dict[str, Column]) -> dict[str, Basics]:
        """Count, and take extremes, means and quantiles."""
        return {name: {"n_rows": len(self._table)} | self._measure(name, column) for name, column in columns.items()}

    def counts_up_to(self, edges: dict[str, list[Any]]) -> dict[str, list[int]]:
        """Count the cells up to each edge, the edge included."""
        return {name: self._count_up_to(name, np.asarray(cuts)) for name, cuts in edges.items()}

    def top_words(self, names: list[str]) -> dict[str, list[tuple[str, int]]]:
        """Count the commonest words; of equally common ones the first in the alphabet."""
        return {name: _commonest(self._words[name]) for name in names}

    def _measure(self, name: str, column: Column) -> Basics:
        cells = self._table[name]
        if column.is_numeric:
            return self._measure_numbers(name, cells)
        if column.type == "timestamp":
            return self._measure_times(name, cells)
        if column.type == "text":
            return _measure_prose(cells)
        if column.type == "image":
            return {"n_known": int(cells.count())}
        counts = self._words[name] = cells.value_counts()
        return {"n_known": int(counts.sum()), "n_distinct": len(counts)}

    def _measure_numbers(self, name: str, cells: "pd.Series[Any]") -> Basics:
        numbers = cells.to_numpy(dtype=np.float64, na_value=np.nan)
        known = self._sorted[name] = np.sort(numbers[~np.isnan(numbers)])
        quantiles = {f"quantile {share:g}": _quantile(known, share) for share in QUANTILES}
        figures = {"n_known": len(known), "n_distinct": _n_distinct(known), **quantiles}
        if not len(known):
            return figures | dict.fromkeys(("min", "max", "mean", "sd"), nan)
        with np.errstate(over="ignore"):  # the spread of numbers beyond 1e150 is not told
            sd = float(known.std(ddof=1)) if len(known) > 1 else nan
        return figures | {"min": known[0], "max": known[-1], "mean": float(known.mean()), "sd": sd}

    def _measure_times(self, name: str, cells: "pd.Series[Any]") -> Basics:
        known = cells.dropna().to_numpy().astype("datetime64[us]")
        # Whole numbers are sorted ten times as fast as times.
        known = self._sorted[name] = np.sort(known.view(np.int64)).view("datetime64[us]")
        ends = {"min": known[0].item(), "max": known[-1].item()} if len(known) else {"min": None, "max": None}
        return {"n_known": len(known), "n_distinct": _n_distinct(known), **ends}

    def _count_up_to(self, name: str, edges: NDArray[Any]) -> list[int]:
        known = self._sorted[name]
        return [int(place) for place in np.searchsorted(known, edges.astype(known.dtype), side="right")]


def _measure_prose(cells: "pd.Series[Any]") -> Basics:
    lengths = cells.str.len()
    figures = {"length_min": lengths.min(), "length_mean": lengths.mean(), "length_max": lengths.max()}
    return {"n_known": int(cells.count()), "n_distinct": int(cells.nunique()), **figures}


def _n_distinct(ordered: NDArray[Any]) -> int:
    return int((ordered[1:] != ordered[:-1]).sum()) + min(len(ordered), 1)


def _quantile(ordered: NDArray[np.float64], share: float) -> float:
    if not len(ordered):
        return nan
    place = share * (len(ordered) - 1)
    low, high = ordered[int(place)], ordered[min(int(place) + 1, len(ordered) - 1)]
    return float(low + (high - low) * (place - int(place)))


def _commonest(counts: "pd.Series[int]") -> list[tuple[str, int]]:
    least = counts.iloc[min(N_WORDS, len(counts)) - 1] if len(counts) else 0
    found = ((str(word), int(n_rows)) for word, n_rows in counts[counts >= least].items())
    return nsmallest(N_WORDS, found, key=lambda one: (-one[1], one[0]))


class LazyCounts:
    """Counts by queries: extremes and means, distinct cells, histograms and words have one each for 25 columns.

    Args:
        frame: the table.
    """

    def __init__(self, frame: Frame) -> None:
        self._frame = frame

    def basics(self, columns: dict[str, Column]) -> dict[str, Basics]:
        """Count, and take extremes, means and quantiles."""
        found: dict[str, Basics] = {}
        for names in _batches(list(columns)):
            asked = {(name, what): expr for name in names for what, expr in _figures(name, columns[name]).items()}
            told = self._ask(list(asked.values()))
            for (name, what), value in zip(asked, told, strict=True):
                found.setdefault(name, {})[what] = value
        n_unique = self._count_unique([name for name, column in columns.items() if column.type != "image"])
        return {name: figures | _n_known_distinct(figures, n_unique.get(name)) for name, figures in found.items()}

    def counts_up_to(self, edges: dict[str, list[Any]]) -> dict[str, list[int]]:
        """Count the cells up to each edge, the edge included."""
        found: dict[str, list[int]] = {}
        for names in _batches(list(edges)):
            cells = [(name, (nw.col(name) <= edge).cast(nw.Int64).sum()) for name in names for edge in edges[name]]
            for (name, _), value in zip(cells, self._ask([expr for _, expr in cells]), strict=True):
                found.setdefault(name, []).append(int(value or 0))
        return found

    def top_words(self, names: list[str]) -> dict[str, list[tuple[str, int]]]:
        """Count the commonest words; of equally common ones the first in the alphabet."""
        found: dict[str, list[tuple[str, int]]] = {name: [] for name in names}
        for batch in _batches(names):
            told = as_pandas(nw.concat([self._count_words(name) for name in batch]))
            for name, word, n_rows in told.itertuples(index=False):
                found[name].append((str(word), int(n_rows)))
        return {name: sorted(words, key=lambda one: (-one[1], one[0])) for name, words in found.items()}

    def _count_words(self, name: str) -> Frame:
        known = self._frame.select(nw.col(name).alias("word")).filter(~nw.col("word").is_null())
        counted = known.group_by("word").agg(nw.len().cast(nw.Int64).alias("n_rows"))
        top = counted.sort("n_rows", "word", descending=[True, False]).head(N_WORDS)
        return top.select(nw.lit(name).alias("column"), nw.col("word").cast(nw.String), "n_rows")

    def _count_unique(self, names: list[str]) -> dict[str, int]:
        """Count the different cells of each column, a missing one among them.

        Each column is asked for by itself: Spark copies every row once for each column that is counted beside others.
        """
        found: dict[str, int] = {}
        for batch in _batches(names):
            asked = [
                self._frame.select(nw.lit(name).alias("column"), nw.col(name).n_unique().cast(nw.Int64).alias("n"))
                for name in batch
            ]
            found |= dict(as_pandas(nw.concat(asked)).fillna(0).itertuples(index=False))
        return found

    def _ask(self, questions: list[nw.Expr]) -> list[Any]:
        named = [question.alias(f"q{place}") for place, question in enumerate(questions)]
        told = self._frame.select(*named).collect("pyarrow").to_native().to_pylist()[0]
        return [told[f"q{place}"] for place in range(len(questions))]


def _figures(name: str, column: Column) -> dict[str, nw.Expr]:
    cell = nw.col(name)
    figures = {"n_rows": nw.len(), "n_known": cell.count()}
    if column.is_numeric or column.type == "timestamp":
        figures |= {"min": cell.min(), "max": cell.max()}
    if column.is_numeric:
        figures |= {"mean": cell.mean(), "sd": cell.std()}
        figures |= {f"quantile {share:g}": cell.quantile(share, interpolation="linear") for share in QUANTILES}
    if column.type == "text":
        length = cell.str.len_chars()
        figures |= {"length_min": length.min(), "length_mean": length.mean(), "length_max": length.max()}
    return figures


def _n_known_distinct(figures: Basics, n_unique: int | None) -> Basics:
    """Take the missing cell, which engines count as one more value, out of the distinct ones."""
    if n_unique is None:
        return {}
    return {"n_distinct": int(n_unique) - (figures["n_known"] < figures["n_rows"])}


def _batches(names: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(names), _COLUMNS_PER_QUERY):
        yield names[start : start + _COLUMNS_PER_QUERY]
