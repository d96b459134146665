"""The figures that are watched: each a mean per row whose sums are read from a record."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from scipy.special import ndtri

from evergreen.measures.arrays import Floats, ratio
from evergreen.measures.shifts import Sums
from evergreen.watching.bins import ColumnBins, WatchBins
from evergreen.watching.outcomes import ALL_ROWS, FigureSums, OutcomeRecord
from evergreen.watching.profile import ColumnRecord, WindowRecord

SignalKind = Literal[
    "level",
    "spread",
    "share",
    "missing",
    "out_of_range",
    "repaired",
    "quarantined",
    "bias",
    "excess",
    "loss",
    "payoff",
    "volume",
    "range",
    "latency",
    "skew",
    "late",
]
OUTCOMES, QUARANTINE = "outcomes", "quarantine"
# What is put down to no column.
_CAUSES_OF_ALL_ROWS = {OUTCOMES, QUARANTINE, "volume", "latency", "skew", "outcomes late"}
# No other model would mend these.
NOT_OF_THE_MODEL: frozenset[SignalKind] = frozenset({"latency", "skew", "late"})
# Nor do these say that rows and outcomes hang together otherwise than before.
NOT_OF_THE_WORLD: frozenset[SignalKind] = NOT_OF_THE_MODEL | {"volume", "quarantined"}
_SHARES = {"share", "missing", "out_of_range", "repaired", "quarantined"}
# What is rarer, or seen by other signals too, gets half of the budget of others; all bins of numbers share one half.
_HALF = 0.5
# Weights of a share that nobody has, and of one that half of the rows have.
_RARE, _EVEN = 0.25, 2.5
# Missing, repaired and out of range, beside the bins of a column.
_REST = 3


@dataclass(frozen=True)
class Signal:
    """One watched figure.

    Attributes:
        kind: what is measured.
        column: the column, or empty for all rows.
        place: the bin or segment in words, or empty.
        position: the bin or segment by number; 0 where there is none.
        weight: how much of the budget it gets beside the others, before ``weights_of`` has heeded how common it is.
    """

    kind: SignalKind
    column: str = ""
    place: str = ""
    position: int = 0
    weight: float = 1.0

    @property
    def is_share(self) -> bool:
        """Whether the figure of a row is 0 or 1."""
        return self.kind in _SHARES

    @property
    def key(self) -> str:
        """A name that no other signal has."""
        return f"{self.kind}|{self.column}|{self.position}"

    @property
    def cause(self) -> str:
        """What its alarms are put down to: the column; all that outcomes show is one cause."""
        if self.kind in ("bias", "excess", "loss", "payoff"):
            return OUTCOMES
        return cause_of(self.column) if self.column else QUARANTINE


def cause_of(column: str) -> str:
    """Name what is put down to a column, such as one that counts the ``volume`` of a trade.

    Args:
        column: the column.

    Returns:
        Its name; ``column 'volume'`` where something else that is watched has this name.
    """
    return f"column '{column}'" if column in _CAUSES_OF_ALL_ROWS else column


def input_signals(bins: WatchBins) -> tuple[Signal, ...]:
    """List what is watched without outcomes.

    Args:
        bins: the reference's bins.

    Returns:
        The signals, in the order of ``input_sums``.
    """
    found = [signal for name, one in bins.columns.items() for signal in _signals_of(name, one)]
    return (*found, Signal("quarantined"))


def _signals_of(name: str, bins: ColumnBins) -> list[Signal]:
    weight = 1.0 if bins.kind == "category" else _HALF / bins.n_bins
    shares = [Signal("share", name, bins.name_of_bin(bin_), bin_, weight) for bin_ in range(bins.n_bins)]
    common = [*shares, Signal("missing", name), Signal("repaired", name, weight=_HALF)]
    if bins.kind == "category":
        return common
    rarer = [Signal("spread", name, weight=_HALF), Signal("out_of_range", name, weight=_HALF)]
    return [*common, Signal("level", name), *rarer]


def weights_of(signals: Sequence[Signal], reference: Sums) -> Floats:
    """Say how much of the budget each signal gets beside the others.

    The same points more or less lie the fewer standard errors off the nearer a share is to one half: what is rare is
    seen anyway, so common shares get more of the budget, by their variance. Weights that are fixed before any window
    comes leave the union bound as it is (Genovese, Roeder and Wasserman, 2006, Biometrika 93, 509-524).

    Args:
        signals: what is watched.
        reference: their sums in the reference, shape (signals,).

    Returns:
        Weights above 0, shape (signals,).
    """
    share = np.clip(np.nan_to_num(ratio(reference.s, reference.n)), 0, 1)
    by_share = _RARE + (_EVEN - _RARE) * 4 * share * (1 - share)
    weight, is_share = (np.array([getattr(one, name) for one in signals]) for name in ("weight", "is_share"))
    return np.asarray(weight * np.where(is_share, by_share, 1.0))


def input_sums(bins: WatchBins, reference: WindowRecord, records: Sequence[WindowRecord]) -> Sums:
    """Read the sums of all input signals.

    Args:
        bins: the reference's bins.
        reference: the reference's record, whose shares give numbers their normal scores.
        records: windows, k of them, in the same bins.

    Returns:
        Sums of shape (k, signals).
    """
    cells, ends = _cells(list(bins.columns), records), np.cumsum([one.n_bins + _REST for one in bins.columns.values()])
    parts = [
        column_sums(one, reference.columns[name], part)
        for (name, one), part in zip(bins.columns.items(), np.split(cells, ends[:-1], axis=1), strict=True)
    ]
    quarantined = np.array([[record.n_quarantined] for record in records], dtype=np.float64)
    rows = np.array([[record.n_rows] for record in records], dtype=np.float64)
    parts.append(Sums(rows + quarantined, quarantined, quarantined))
    return Sums(*(np.concatenate([part[power] for part in parts], axis=-1) for power in range(3)))


def _cells(names: Sequence[str], records: Sequence[WindowRecord]) -> Floats:
    """Read all counts of all columns at once: numpy takes one long list in a third of the time of many short ones."""
    rows = []
    for record in records:
        row: list[int] = []
        for one in map(record.columns.__getitem__, names):
            row += one.counts
            row += (one.n_missing, one.n_repaired, one.n_out_of_range)
        rows.append(row)
    return np.array(rows, dtype=np.float64)


def column_sums(bins: ColumnBins, reference: ColumnRecord, cells: Floats) -> Sums:
    """Turn counts of one column into sums of its signals.

    Args:
        bins: the column's bins.
        reference: the column's record in the reference.
        cells: rows per bin, missing, repaired, out of range; shape (..., bins + 3).

    Returns:
        Sums of shape (..., signals of the column).
    """
    counts, rest = cells[..., : bins.n_bins], cells[..., bins.n_bins :]
    missing, repaired, outside = (rest[..., part, None] for part in range(3))
    known = counts.sum(axis=-1, keepdims=True)
    n = [np.broadcast_to(known, counts.shape), known + missing, known + missing]
    s = [counts, missing, repaired]
    q = [counts, missing, repaired]
    if bins.kind == "number":
        moments = counts @ _score_powers(reference.counts)
        level, square, fourth = (moments[..., power, None] for power in range(3))
        n, s, q = [*n, known, known, known], [*s, level, square, outside], [*q, square, fourth, outside]
    return Sums(*(np.concatenate(parts, axis=-1) for parts in (n, s, q)))


@lru_cache(maxsize=4096)
def normal_scores(counts: tuple[int, ...]) -> Floats:
    """Give each bin the mean of a standard normal variable within the bin's ranks (van der Waerden, 1952).

    With twenty bins of equal mass the test of their mean sees a shift of normal values about as well as the t test,
    and no outlier can move it.

    Args:
        counts: rows per bin in the reference.

    Returns:
        Scores, increasing, shape (bins,).
    """
    shares = (np.asarray(counts, dtype=np.float64) + 0.5) / (sum(counts) + 0.5 * len(counts))
    ends = ndtri(np.clip(np.concatenate([[0.0], np.cumsum(shares)]), 0, 1))
    density = np.exp(-(ends**2) / 2) / np.sqrt(2 * np.pi)
    scores: Floats = -np.diff(density) / shares
    scores.flags.writeable = False
    return scores


@lru_cache(maxsize=4096)
def _score_powers(counts: tuple[int, ...]) -> Floats:
    """Normal scores, their squares and fourth powers, shape (bins, 3)."""
    scores = normal_scores(counts)
    return np.stack([scores, scores**2, scores**4], axis=1)


def outcome_signals(bins: WatchBins, outcomes: OutcomeRecord) -> tuple[Signal, ...]:
    """List what is watched once outcomes are known.

    Args:
        bins: the reference's bins.
        outcomes: the outcomes of the reference, whose segments are watched.

    Returns:
        The signals, in the order of ``outcome_sums``.
    """
    n_segments = sum(len(one.n) for name, one in outcomes.segments.items() if name != ALL_ROWS)
    found = [Signal("loss", weight=float(max(n_segments, 1)))]
    for name, one in outcomes.segments.items():
        # All rows weigh as much as the segments of all columns together.
        weight = float(max(n_segments, 1)) if name == ALL_ROWS else 1.0
        for kind in ("bias", "excess", "payoff"):
            if kind != "payoff" or one.money is not None:
                found += [Signal(kind, name, _segment(bins, name, i), i, weight) for i in range(len(one.n))]
    return tuple(found)


def _segment(bins: WatchBins, name: str, group: int) -> str:
    return "" if name == ALL_ROWS else bins.columns[name].name_of_group(group)


def outcome_sums(signals: Sequence[Signal], records: Sequence[OutcomeRecord | None]) -> Sums:
    """Read the sums of all outcome signals.

    Args:
        signals: what ``outcome_signals`` gave.
        records: outcomes of windows, k of them; None where none has come.

    Returns:
        Sums of shape (k, signals), with cubes; zero rows where no outcome has come.
    """
    nothing, names = np.zeros((4, len(signals))), list(dict.fromkeys(signal.column for signal in signals))
    rows = [nothing if one is None else _outcome_row(one, names) for one in records]
    stacked = np.array(rows, dtype=np.float64).reshape(len(rows), 4, len(signals))
    return Sums(*(stacked[:, power] for power in range(4)))


def _outcome_row(record: OutcomeRecord, names: Sequence[str]) -> Floats:
    parts = [_powers((record.n_outcomes,), record.loss)]
    for one in (record.segments[name] for name in names):
        figures = (one.bias, one.excess, one.money)
        parts += [_powers(one.n, figure) for figure in figures if figure is not None]
    return np.concatenate(parts, axis=1)


def _powers(n: tuple[int, ...], figure: FigureSums) -> Floats:
    return np.array([n, figure.s, figure.q, figure.c], dtype=np.float64)
