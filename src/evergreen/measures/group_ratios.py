"""Ratios of sums by group with their bootstrap draws, made from sums of rows that are alike and not from rows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from evergreen.measures.arrays import Floats, Integers, as_codes, as_finite, check_same_length, ratio
from evergreen.measures.intervals import resampling_weights, unit_codes

_FEW_VALUES = 16
_MIN_UNITS = 2
_CHUNK_CELLS = 20_000_000


@dataclass(frozen=True, eq=False)
class GroupRatio:
    """One figure of k groups.

    Attributes:
        value: on the data as they are, shape (k,); NaN where a group has no row that the figure is of.
        draws: on each resample, shape (b, k). Groups of one figure come from the same resamples.
        n_rows: the sum below the line, shape (k,): where it counts rows, how many the figure is of.
        n_units: how many independent rows or clusters have a share in that sum, shape (k,).
    """

    value: Floats
    draws: Floats
    n_rows: Floats
    n_units: Integers


@dataclass(frozen=True, eq=False)
class _Cells:
    """Sums that are drawn together, sorted by group.

    Attributes:
        group: of each cell, shape (c,).
        sums: of one of each cell, shape (c, q).
        times: how often each cell is there, shape (c,).
        unit: what each cell is drawn with, shape (c,); None where each kind of row is drawn by itself.
    """

    group: Integers
    sums: Floats
    times: Integers
    unit: Integers | None


def estimate_ratios(  # noqa: PLR0913 - the last three say how it is resampled
    group: ArrayLike,
    n_groups: int,
    quantities: Mapping[str, ArrayLike],
    ratios: Mapping[str, tuple[str, str]],
    *,
    n_resamples: int,
    random_state: int,
    clusters: ArrayLike | None = None,
) -> dict[str, GroupRatio]:
    """Estimate ratios of sums for every group.

    The draws are those of the bootstrap of rows, or of whole clusters, but rows are not drawn one by one. Rows of a
    group with the same quantities are of one kind, and how often each kind is drawn follows the multinomial
    distribution; that is the same bootstrap, and costs as much as there are kinds. Quantities with more than 16
    different values are drawn by rows. Clusters are boiled down to their sums by group.

    Args:
        group: the group of each row, 0 to ``n_groups - 1``, shape (n,).
        n_groups: k.
        quantities: name -> one finite number a row, shape (n,).
        ratios: figure -> the quantities above and below the line; what is below must not be negative.
        n_resamples: b, >= 1.
        random_state: the seed.
        clusters: one label a row; whole clusters are then drawn.

    Returns:
        Figure -> its ratios. All draws are NaN where there are fewer than two rows or clusters.

    Raises:
        DataError: where lengths differ, a group does not exist, or a cell is not finite.
        CaseError: where ``n_resamples`` is below 1.
    """
    codes = as_codes(group, "group", n_groups)
    table = {name: as_finite(values, f"Quantity '{name}'") for name, values in quantities.items()}
    check_same_length(group=codes, **table)
    units = None if clusters is None else unit_codes(len(codes), clusters)
    found: dict[str, GroupRatio] = {}
    for is_few, names in _parts(table, ratios, is_clustered=units is not None).items():
        used = list(dict.fromkeys(name for figure in names for name in ratios[figure]))
        rows = np.stack([table[name] for name in used], axis=1)
        cells = _by_kind(codes, rows) if is_few else _by_unit(codes, rows, units)
        sums = _resample(cells, n_groups, n_resamples=n_resamples, random_state=random_state)
        for figure in names:
            above, below = (used.index(name) for name in ratios[figure])
            quotients = ratio(sums[..., above], sums[..., below])
            n_units = np.bincount(cells.group, weights=cells.times * (cells.sums[:, below] > 0), minlength=n_groups)
            found[figure] = GroupRatio(quotients[0], quotients[1:], sums[0, :, below], n_units.astype(np.int64))
    return {figure: found[figure] for figure in ratios}


def _parts(
    table: Mapping[str, Floats], ratios: Mapping[str, tuple[str, str]], *, is_clustered: bool
) -> dict[bool, list[str]]:
    """Part figures by whether few kinds of rows make them; clusters are boiled down anyway."""
    few = {name for name, values in table.items() if not is_clustered and len(pd.unique(values)) <= _FEW_VALUES}
    parts: dict[bool, list[str]] = {}
    for figure, names in ratios.items():
        parts.setdefault(set(names) <= few, []).append(figure)
    return parts


def _by_kind(group: Integers, rows: Floats) -> _Cells:
    code = group
    for values in rows.T:
        places, known = pd.factorize(values)
        code = code * len(known) + places
    _, first, times = np.unique(code, return_index=True, return_counts=True)
    return _Cells(group[first], rows[first], times, None)


def _by_unit(group: Integers, rows: Floats, units: Integers | None) -> _Cells:
    if units is None:
        order = np.argsort(group, kind="stable")
        return _Cells(group[order], rows[order], np.ones(len(order), dtype=np.int64), np.arange(len(order)))
    n_units = int(units.max(initial=-1)) + 1
    pairs, place = np.unique(group * n_units + units, return_inverse=True)
    sums = np.stack([np.bincount(place, weights=values, minlength=len(pairs)) for values in rows.T], axis=1)
    return _Cells(
        pairs // n_units, np.asarray(sums, dtype=np.float64), np.ones(len(pairs), dtype=np.int64), pairs % n_units
    )


def _resample(cells: _Cells, n_groups: int, *, n_resamples: int, random_state: int) -> Floats:
    """Sum the cells of each group: first as they are, then in each resample, shape (1 + b, k, q)."""
    ends = np.searchsorted(cells.group, np.arange(n_groups + 1))
    sums = np.empty((1 + n_resamples, n_groups, cells.sums.shape[1]))
    done = 0
    for counts in (cells.times[None, :].astype(np.float64), *_draw(cells, n_resamples, random_state)):
        for group in range(n_groups):
            part = slice(ends[group], ends[group + 1])
            sums[done : done + len(counts), group] = counts[:, part] @ cells.sums[part]
        done += len(counts)
    sums[done:] = np.nan
    return sums


def _draw(cells: _Cells, n_resamples: int, random_state: int) -> Iterator[Floats]:
    """Draw how often each cell counts, chunk by chunk, shape (up to b, c)."""
    if cells.unit is None:
        yield from _draw_kinds(cells.times, n_resamples, random_state)
        return
    n_units = int(cells.unit.max(initial=-1)) + 1
    if n_units < _MIN_UNITS:
        return
    is_plain = np.array_equal(cells.unit, np.arange(n_units))
    for drawn in resampling_weights(n_units, n_resamples=n_resamples, random_state=random_state):
        yield drawn if is_plain else drawn[:, cells.unit]


def _draw_kinds(times: Integers, n_resamples: int, random_state: int) -> Iterator[Floats]:
    n_rows = int(times.sum())
    if n_rows < _MIN_UNITS:
        return
    generator = np.random.default_rng(random_state)
    size = max(1, _CHUNK_CELLS // len(times))
    for start in range(0, n_resamples, size):
        n_now = min(size, n_resamples - start)
        yield generator.multinomial(n_rows, times / n_rows, size=n_now).astype(np.float64)
