"""The profile of a table: what each column holds, in one long table, the same from every engine."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from math import ceil, floor, isfinite, log10, nan
from typing import Any, Final, Protocol

import pandas as pd

from evergreen.problem import Column, Problem
from evergreen.tables.engines import Frame, as_frame, as_pandas, count, is_pandas
from evergreen.tables.profile_counts import QUANTILES, Basics, LazyCounts, PandasCounts

N_BINS: Final = 12
"""About how many bins a histogram has."""
# A plan costs an engine seconds, and so few rows no memory: the rows that are learnt from are taken there anyway.
_FEW_ROWS = 50_000
_NICE_STEPS = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
_DAY, _EPOCH = timedelta(days=1), datetime(1970, 1, 1)
_COLUMNS = ["column", "what", "label", "value"]

Record = tuple[str, str, str, float]


class _Counts(Protocol):
    """What is asked of an engine: as few passes over the table as it can do with."""

    def basics(self, columns: dict[str, Column]) -> dict[str, Basics]:
        """Count, and take extremes, means and quantiles."""

    def counts_up_to(self, edges: dict[str, list[Any]]) -> dict[str, list[int]]:
        """Count the cells up to each edge, the edge included."""

    def top_words(self, names: list[str]) -> dict[str, list[tuple[str, int]]]:
        """Count the commonest words."""


def profile_table(repaired: Any, problem: Problem) -> pd.DataFrame:
    """Profile every column of a table.

    Args:
        repaired: repaired rows of any engine.
        problem: the case, for the types of the columns.

    Returns:
        Columns ``column, what, label, value``, in the order of the contract. ``what`` is for every column ``n_rows``,
        ``n_missing``, ``n_distinct`` (of known cells; not for pictures). For numbers ``min``, ``max``, ``mean``, ``sd``
        (sample standard deviation), ``quantile`` (label "0.01" to "0.99", linearly interpolated) and ``histogram``:
        rows a bin, in order, labelled "up to 10", "10 to 20" (10 excluded, 20 included), "over 90"; the outer bins
        hold about the outer hundredths. For times ``min`` and ``max`` (days since 1970; the label is the time) and
        ``histogram``. For words ``word``: rows of the 20 commonest, the word as label, and ``other_words``; none for
        the key. For prose ``length_min``, ``length_mean``, ``length_max`` in characters. What is undefined is NaN.
    """
    counts, columns = _counts_of(as_frame(repaired)), problem.columns
    basics = counts.basics(columns)
    edges = {name: edges for name, column in columns.items() if (edges := _edges(basics[name], column))}
    up_to = counts.counts_up_to(edges)
    words = counts.top_words([name for name, column in columns.items() if is_wordy(column) and name not in problem.key])
    records = [
        record
        for name, column in columns.items()
        for record in (
            *_basic_records(name, basics[name], column),
            *_bin_records(name, basics[name], edges.get(name, []), up_to.get(name, []), column),
            *_word_records(name, basics[name], words.get(name)),
        )
    ]
    table = pd.DataFrame(records, columns=_COLUMNS)
    return table.astype({"column": "str", "what": "str", "label": "str", "value": "float64"})


def _counts_of(frame: Frame) -> _Counts:
    if is_pandas(frame):
        return PandasCounts(frame)
    return PandasCounts(as_frame(as_pandas(frame))) if count(frame) <= _FEW_ROWS else LazyCounts(frame)


def is_wordy(column: Column) -> bool:
    """Say whether a column holds words from a short list."""
    return column.type in ("category", "boolean")


def _basic_records(name: str, basics: Basics, column: Column) -> Iterator[Record]:
    yield name, "n_rows", "", basics["n_rows"]
    yield name, "n_missing", "", basics["n_rows"] - basics["n_known"]
    for what in ("n_distinct", "min", "max", "mean", "sd", "length_min", "length_mean", "length_max"):
        if what in basics:
            value = basics[what]
            is_time = isinstance(value, datetime)
            yield name, what, str(value) if is_time else "", (value - _EPOCH) / _DAY if is_time else _number(value)
    if column.is_numeric:
        for share in QUANTILES:
            yield name, "quantile", f"{share:g}", _number(basics[f"quantile {share:g}"])


def _number(value: Any) -> float:
    return nan if value is None or pd.isna(value) else float(value)


def _bin_records(name: str, basics: Basics, edges: list[Any], up_to: list[int], column: Column) -> Iterator[Record]:
    if not basics["n_known"] or not (column.is_numeric or column.type == "timestamp"):
        return
    words = [_write(edge) for edge in edges]
    labels = [f"{low} to {high}" for low, high in pairwise(words)]
    labels = [f"up to {words[0]}", *labels, f"over {words[-1]}"] if words else ["all"]
    bounds = [0, *up_to, basics["n_known"]]
    for label, (low, high) in zip(labels, pairwise(bounds), strict=True):
        yield name, "histogram", label, high - low


def _write(edge: float | datetime) -> str:
    return str(edge).removesuffix(" 00:00:00") if isinstance(edge, datetime) else f"{edge:.15g}"


def _word_records(name: str, basics: Basics, words: list[tuple[str, int]] | None) -> Iterator[Record]:
    if words is None:
        return
    for word, n_rows in words:
        yield name, "word", word, n_rows
    yield name, "other_words", "", basics["n_known"] - sum(n_rows for _, n_rows in words)


def _edges(basics: Basics, column: Column) -> list[Any]:
    if not basics["n_known"]:
        return []
    if column.type == "timestamp":
        return _time_edges(basics["min"], basics["max"])
    return _number_edges(basics, is_whole=column.type == "integer") if column.is_numeric else []


def _number_edges(basics: Basics, *, is_whole: bool) -> list[float]:
    """Choose round edges: engines differ in the last digit of a quantile, and a reader reads round ones."""
    low, high = (_number(basics[f"quantile {share:g}"]) for share in (QUANTILES[0], QUANTILES[-1]))
    if not isfinite(low) or not isfinite(high) or basics["min"] == basics["max"]:
        return []
    width = (high - low) / (N_BINS - 2)
    if width <= abs(low) * 1e-12:
        return [float(f"{low:.12g}")]
    step = _nice(width)
    step = max(step, 1.0) if is_whole else step
    return [float(f"{number * step:.12g}") for number in range(ceil(low / step), floor(high / step) + 1)]


def _nice(width: float) -> float:
    power = 10.0 ** floor(log10(width))
    return power * next(step for step in _NICE_STEPS if width <= step * power * (1 + 1e-9))


def _time_edges(first: datetime, last: datetime) -> list[datetime]:
    span = last - first
    if span < N_BINS * timedelta(seconds=1):
        return []
    unit = _DAY if span >= N_BINS * _DAY else timedelta(seconds=1)
    start = datetime.combine(first.date(), datetime.min.time()) if unit == _DAY else first.replace(microsecond=0)
    step = -(-span // (N_BINS * unit)) * unit
    # Beyond the last time there may be no calendar any more.
    edges = [start + number * step for number in range(1, N_BINS + 1) if number * step < last - start]
    return [edge for edge in edges if first <= edge]
