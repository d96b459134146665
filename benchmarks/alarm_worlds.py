"""Fabricated streams for ``benchmarks.alarms``: ten numbers and five words, 2,000 rows a window.

Rows of the reference are drawn and counted one by one. Of later windows only the counts are drawn, from the
multinomial distribution that rows counted in these bins have; windows with outcomes are drawn row by row.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.random import Generator, default_rng
from numpy.typing import NDArray
from scipy.special import expit, ndtr

from evergreen.watching import Judged, OutcomeRecord, WatchBins, WindowRecord, choose_bins, count_outcomes, count_window
from evergreen.watching.bins import ColumnBins
from evergreen.watching.profile import ColumnRecord, add, with_outcomes

N_ROWS, N_PERIODS = 2_000, 10
WORDS = np.array(["a", "b", "c", "d", "e"])
SHARES = (0.35, 0.25, 0.2, 0.15, 0.05)
NUMBERS = tuple(f"number_{i}" for i in range(10))
TEXTS = tuple(f"word_{i}" for i in range(5))


@dataclass(frozen=True)
class World:
    """How rows behave.

    Attributes:
        shift: how far the mean of the first number lies from 0, in standard deviations.
        group: share of the rows that the shift befalls; all where it is 1.
        shares: of the words of the first column of words.
        missing: missing share of the second number.
        flipped: share of the rows (those with the word "c", 20 %) whose outcome is turned round: 0 or 1.
        base: added to the probability of every outcome.
    """

    shift: float = 0.0
    group: float = 1.0
    shares: tuple[float, ...] = SHARES
    missing: float = 0.02
    flipped: float = 0.0
    base: float = 0.0


@dataclass(frozen=True)
class Start:
    """A release: its bins, its reference and the reference's windows."""

    bins: WatchBins
    reference: WindowRecord
    periods: list[WindowRecord] = field(default_factory=list)


def make_start(draw: Generator, *, has_outcomes: bool) -> Start:
    """Draw the reference: 20,000 rows in 10 windows.

    Args:
        draw: random numbers.
        has_outcomes: whether outcomes are known.

    Returns:
        The release.
    """
    rows = draw_rows(draw, World(), N_ROWS * N_PERIODS)
    columns = as_columns(rows)
    bins = choose_bins(columns)
    periods = []
    for i in range(N_PERIODS):
        part = rows.iloc[i * N_ROWS : (i + 1) * N_ROWS]
        record = count_window(bins, as_columns(part), window=f"r{i}", n_quarantined=int(draw.binomial(N_ROWS, 0.01)))
        periods.append(with_outcomes(record, draw_outcomes(draw, World(), bins, part)) if has_outcomes else record)
    total = periods[0]
    for one in periods[1:]:
        total = add(total, one)
    return Start(bins, total, periods)


def draw_rows(draw: Generator, world: World, n_rows: int, names: tuple[str, ...] = NUMBERS) -> pd.DataFrame:
    """Draw rows.

    Args:
        draw: random numbers.
        world: how they behave.
        n_rows: how many.
        names: the numbers that are wanted.

    Returns:
        The rows.
    """
    numbers = {name: draw.standard_normal(n_rows) for name in NUMBERS if name in names}
    is_in = draw.random(n_rows) < world.group if world.group < 1 else 1.0
    numbers[NUMBERS[0]] += world.shift * is_in
    for name, cells in numbers.items():
        share = world.missing if name == NUMBERS[1] else 0.02
        cells[draw.random(n_rows) < share] = np.nan
    words = {name: draw.choice(WORDS, n_rows, p=world.shares if name == TEXTS[0] else SHARES) for name in TEXTS}
    return pd.DataFrame({**numbers, **{name: pd.Series(cells, dtype="str") for name, cells in words.items()}})


def as_columns(rows: pd.DataFrame, names: tuple[str, ...] = (*NUMBERS, *TEXTS)) -> dict:
    """Say of which kind each column is.

    Args:
        rows: the rows.
        names: the columns that are wanted.

    Returns:
        Column -> cells and kind.
    """
    return {name: (rows[name].reset_index(drop=True), "number" if name in NUMBERS else "category") for name in names}


SEGMENTS = (*NUMBERS[:3], *TEXTS)


def draw_outcomes(draw: Generator, world: World, bins: WatchBins, rows: pd.DataFrame) -> OutcomeRecord:
    """Draw the outcomes of rows; the model knows the world as it was.

    Args:
        draw: random numbers.
        world: how outcomes behave.
        bins: the release's bins.
        rows: the rows.

    Returns:
        Their record, with five columns of words and three numbers as segments.
    """
    known = expit(-1.2 + rows[NUMBERS[0]].fillna(0).to_numpy() + 0.5 * rows[NUMBERS[2]].fillna(0).to_numpy())
    truth = np.clip(known + world.base, 0, 1)
    is_flipped = (rows[TEXTS[1]] == "c").to_numpy() & (draw.random(len(rows)) < world.flipped)
    happened = (draw.random(len(rows)) < np.where(is_flipped, 1 - truth, truth)).astype(float)
    called = known > 0.2
    judged = Judged(
        expected=known,
        happened=happened,
        decisions=np.where(called, "call|", "leave|").astype(object)
        + np.where(happened > 0, "yes", "no").astype(object),
        money=np.where(called, 5 * happened - 1, 0.0),
    )
    return count_outcomes(bins, as_columns(rows, SEGMENTS), judged)


def draw_counts(draw: Generator, world: World, start: Start, n_windows: int) -> list[WindowRecord]:
    """Draw the counts of windows.

    Args:
        draw: random numbers.
        world: how rows behave.
        start: the release.
        n_windows: how many.

    Returns:
        Records without outcomes.
    """
    drawn = {name: _draw_column(draw, world, name, one, n_windows) for name, one in start.bins.columns.items()}
    return [
        WindowRecord(
            window=f"w{i:03d}",
            bins=start.bins.mark,
            n_rows=N_ROWS,
            n_quarantined=int(draw.binomial(N_ROWS, 0.01)),
            columns={name: records[i] for name, records in drawn.items()},
        )
        for i in range(n_windows)
    ]


def _draw_column(draw: Generator, world: World, name: str, bins: ColumnBins, n_windows: int) -> list[ColumnRecord]:
    if bins.kind == "category":
        by_word = dict(zip(WORDS, world.shares if name == TEXTS[0] else SHARES, strict=True))
        shares = np.array([*(by_word[label] for label in bins.labels), 0.0])
        lost, outside = 0.0, 0.0
    else:
        mean = world.shift if name == NUMBERS[0] else 0.0
        shares, still = (np.diff(np.concatenate([[0.0], ndtr(np.array(bins.edges) - at), [1.0]])) for at in (mean, 0.0))
        shares = world.group * shares + (1 - world.group) * still
        lost = world.missing if name == NUMBERS[1] else 0.02
        far, near = (float(ndtr(bins.low - at) + ndtr(at - bins.high)) for at in (mean, 0.0))
        outside = world.group * far + (1 - world.group) * near
    cells = draw.multinomial(N_ROWS, [*(shares * (1 - lost)), lost], size=n_windows)
    return [_as_record(row, int(draw.binomial(N_ROWS, outside))) for row in cells]


def _as_record(cells: NDArray[np.int64], n_outside: int) -> ColumnRecord:
    return ColumnRecord(counts=tuple(cells[:-1].tolist()), n_missing=int(cells[-1]), n_out_of_range=n_outside)


def with_late_outcomes(
    draw: Generator, start: Start, records: list[WindowRecord], world_of: Callable[[int], World]
) -> list[WindowRecord]:
    """Draw the outcomes of windows, from rows of their own.

    Args:
        draw: random numbers.
        start: the release.
        records: the windows.
        world_of: position of a window -> how its rows behave.

    Returns:
        The records with outcomes.
    """
    judged = []
    for i, record in enumerate(records):
        rows = draw_rows(draw, world_of(i), N_ROWS, SEGMENTS)
        judged.append(with_outcomes(record, draw_outcomes(draw, world_of(i), start.bins, rows)))
    return judged


def moved(**changes: object) -> World:
    """Give a world that has changed.

    Args:
        changes: what differs from the quiet one.

    Returns:
        The world.
    """
    return replace(World(), **changes)


def generator(*seeds: int) -> Generator:
    """Give random numbers of their own to each stream.

    Args:
        seeds: numbers that name the stream.

    Returns:
        The generator.
    """
    return default_rng(seeds)
