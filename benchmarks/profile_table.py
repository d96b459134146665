"""The profile of 1 M rows x 20 columns against the same figures in plain numpy: ``python -m benchmarks.profile_table``.

Prints CPU seconds of both and their ratio, medians of 3; a second line leaves out the words, which numpy is slow at.
Both begin with the columns in memory, numpy's in its own types: words of fixed width, and times as whole numbers.
"""

import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import Generator, default_rng
from numpy.typing import NDArray

from evergreen.problem import Problem
from evergreen.tables.profile import N_BINS, profile_table

N_ROWS, N_TIMES = 1_000_000, 3
MOST = 2.0
_SHARES = (0.01, 0.25, 0.5, 0.75, 0.99)
_KINDS = {
    "number": "number",
    "row": "integer",
    "n": "integer",
    "at": "timestamp",
    "word": "category",
    "town": "category",
}
_JOBS = np.array(["nurse", "clerk", "teacher", "driver", "cook", "pilot"])


def main() -> None:
    """Measure and print."""
    rows = fabricate(N_ROWS)
    without_words = [name for name in rows if _KINDS[name.split("_")[0]] != "category"]
    for what, names in (("20 columns", list(rows)), ("15 numbers and times", without_words)):
        compare(what, rows[names], _case(names))


def compare(what: str, rows: pd.DataFrame, problem: Problem) -> None:
    """Measure both ways on a table and print a line.

    Args:
        what: how the line calls the table.
        rows: the table.
        problem: its case.
    """
    arrays = {name: _as_numpy(rows[name], column.type) for name, column in problem.columns.items()}
    profile_table(rows.head(1000), problem)
    ours = cpu_seconds(lambda: profile_table(rows, problem))
    theirs = cpu_seconds(lambda: profile_in_numpy(arrays, problem))
    ratio = f"ratio {ours / theirs:.2f} (at most {MOST:g})"
    print(f"{what}: profile_table {ours:.3f} s, plain numpy {theirs:.3f} s, {ratio}")


def cpu_seconds(work: Callable[[], object]) -> float:
    """Measure the CPU time of a piece of work, the median of 3 runs.

    Args:
        work: what is measured.

    Returns:
        Seconds of this process, over all its threads.
    """
    taken = []
    for _ in range(N_TIMES):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return median(taken)


def fabricate(n_rows: int, *, random_state: int = 7) -> pd.DataFrame:
    """Make a repaired table of 20 mixed columns: 10 numbers with gaps, 3 whole numbers, 2 times, 5 words.

    Args:
        n_rows: its rows.
        random_state: seed.

    Returns:
        The table.
    """
    draw = default_rng(random_state)
    numbers = {
        f"number_{i}": np.where(draw.random(n_rows) < 0.05, np.nan, draw.normal(i, 9, n_rows)) for i in range(10)
    }
    whole = {"row_id": np.arange(n_rows, dtype=float)} | {f"n_{i}": draw.poisson(9, n_rows) * 1.0 for i in range(2)}
    times = {f"at_{i}": _times(draw, n_rows) for i in range(2)}
    words = {f"word_{i}": pd.Series(draw.choice(_JOBS, n_rows), dtype="str") for i in range(4)}
    towns = {"town": pd.Series([f"town {one}" for one in draw.integers(0, 500, n_rows)], dtype="str")}
    return pd.DataFrame(numbers | whole | times | words | towns)


def _times(draw: Generator, n_rows: int) -> NDArray[np.datetime64]:
    return np.datetime64("2020-01-01", "us") + draw.integers(0, 10**14, n_rows).astype("timedelta64[us]")


def _case(names: list[str]) -> Problem:
    columns = {name: {"type": _KINDS[name.split("_")[0]], "why": "To measure."} for name in names}
    columns["n_0"]["known_at"] = "outcome"
    return Problem.model_validate(
        {
            "name": "measured",
            "goal": "Be quick.",
            "decision": "None.",
            "entity": "a row",
            "kind": "regression",
            "key": ["row_id"],
            "target": {"column": "n_0"},
            "sources": {"rows": {"is_spine": True}},
            "columns": columns,
            "criteria": [{"metric": "rmse", "at_most": 1}],
            "split": {"by": "random", "new_rows_share": 0.1},
        }
    )


def _as_numpy(cells: "pd.Series[Any]", kind: str) -> NDArray[Any]:
    return cells.to_numpy().astype(np.str_) if kind == "category" else cells.to_numpy()


def profile_in_numpy(arrays: dict[str, NDArray[Any]], problem: Problem) -> dict[str, tuple[Any, ...]]:
    """Take the same figures with numpy's own functions, one after the other.

    Args:
        arrays: the columns.
        problem: their types.

    Returns:
        Column -> its figures.
    """
    measures = {"timestamp": _measure_times, "category": _measure_words}
    return {name: measures.get(problem.columns[name].type, _measure_numbers)(cells) for name, cells in arrays.items()}


def _measure_numbers(cells: NDArray[Any]) -> tuple[Any, ...]:
    known = cells[~np.isnan(cells)]
    quantiles = np.quantile(known, _SHARES)
    edges = np.linspace(quantiles[0], quantiles[-1], N_BINS - 1)
    ends = known.min(), known.max()
    bins = np.histogram(known, np.concatenate([[ends[0]], edges, [ends[1]]]))[0]
    return len(known), len(np.unique(known)), *ends, known.mean(), known.std(ddof=1), quantiles, bins


def _measure_times(cells: NDArray[Any]) -> tuple[Any, ...]:
    moments = np.sort(cells.view(np.int64))
    # np.unique hashes whole numbers, which takes ninety times as long as sorting them.
    n_distinct = int((np.diff(moments) > 0).sum()) + 1
    return len(moments), n_distinct, moments.min(), moments.max(), np.histogram(moments, N_BINS)[0]


def _measure_words(cells: NDArray[Any]) -> tuple[Any, ...]:
    words, counts = np.unique(cells, return_counts=True)
    top = np.argsort(-counts, kind="stable")[:20]
    return len(cells), len(words), words[top], counts[top]


if __name__ == "__main__":
    main()
