"""A window of 1 M rows x 20 columns, against numpy: ``python -m benchmarks.watch_profiles``.

Prints CPU seconds of both and their ratio, medians of 5, and what a new day costs on top of 7, 32 and 365 known
ones.
Numpy gets the same edges for numbers, and words as codes (bincount) or as they are (np.unique).
"""

import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import default_rng
from numpy.typing import NDArray

from evergreen.watching import WatchBins, choose_bins, count_window, find_alarms, make_watch
from evergreen.watching.bins import Columns

N_ROWS, N_TIMES, N_NUMBERS, N_WORDS = 1_000_000, 5, 15, 5
MOST = 1.5
_JOBS = np.array(["nurse", "clerk", "teacher", "driver", "cook", "pilot"])


def main() -> None:
    """Measure and print."""
    reference = fabricate(20_000, random_state=1)
    bins = choose_bins(reference)
    watch = make_watch(bins, count_window(bins, reference, window="reference"))
    rows = fabricate(N_ROWS, random_state=2)
    numbers = {name: cells.to_numpy() for name, (cells, kind) in rows.items() if kind == "number"}
    words = {name: cells.to_numpy().astype(np.str_) for name, (cells, kind) in rows.items() if kind == "category"}
    codes = {name: pd.factorize(cells)[0] for name, (cells, kind) in rows.items() if kind == "category"}
    ours = cpu_seconds(lambda: find_alarms(watch, [count_window(bins, rows, window="day")]))
    for what, texts in (("words as codes, np.bincount", codes), ("words as they are, np.unique", words)):
        theirs = cpu_seconds(lambda texts=texts: histograms(bins, numbers, texts))
        print(f"{what}: evergreen {ours:.3f} s, numpy {theirs:.3f} s, ratio {ours / theirs:.2f} (at most {MOST:g})")
    day = fabricate(2_000, random_state=3)
    known = [count_window(bins, fabricate(2_000, random_state=4 + i), window=f"d{i:03d}") for i in range(365)]
    for n_known in (7, 32, 365):
        took = cpu_seconds(lambda n=n_known: add_a_day(watch, bins, day, known[:n]))
        print(f"a new day of 2,000 rows on top of {n_known} known ones: {took / 20 * 1000:.2f} ms")


def add_a_day(watch: Any, bins: WatchBins, day: Columns, known: list[Any]) -> None:
    """Count a day and look for alarms, twenty times.

    Args:
        watch: what is normal.
        bins: its bins.
        day: the new day's columns.
        known: records of former days.
    """
    for _ in range(20):
        find_alarms(watch, [*known, count_window(bins, day, window="new")])


def histograms(bins: WatchBins, numbers: dict[str, NDArray[Any]], words: dict[str, NDArray[Any]]) -> list[Any]:
    """Count with numpy's own functions.

    Args:
        bins: where.
        numbers: columns of numbers.
        words: columns of words, or of their codes.

    Returns:
        The counts.
    """
    found: list[Any] = []
    for name, cells in numbers.items():
        known = cells[~np.isnan(cells)]
        edges = np.concatenate([[-np.inf], bins.columns[name].edges, [np.inf]])
        found.append((np.histogram(known, edges)[0], len(cells) - len(known)))
    for cells in words.values():
        is_code = cells.dtype.kind == "i"
        found.append(np.bincount(cells) if is_code else np.unique(cells, return_counts=True))
    return found


def cpu_seconds(work: Callable[[], object]) -> float:
    """Measure the CPU time of a piece of work, the median of 5 runs after one that does not count.

    Args:
        work: what is measured.

    Returns:
        Seconds of this process, over all its threads.
    """
    taken = []
    for _ in range(N_TIMES + 1):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return median(taken[1:])


def fabricate(n_rows: int, *, random_state: int) -> Columns:
    """Make 15 numbers with 2 % gaps and 5 words.

    Args:
        n_rows: rows.
        random_state: seed.

    Returns:
        Column -> cells and kind.
    """
    draw = default_rng(random_state)
    numbers = [
        pd.Series(np.where(draw.random(n_rows) < 0.02, np.nan, draw.normal(size=n_rows))) for _ in range(N_NUMBERS)
    ]
    words = [pd.Series(draw.choice(_JOBS, n_rows), dtype="str") for _ in range(N_WORDS)]
    columns: Columns = {f"number_{i}": (cells, "number") for i, cells in enumerate(numbers)}
    return {**columns, **{f"word_{i}": (cells, "category") for i, cells in enumerate(words)}}


if __name__ == "__main__":
    main()
