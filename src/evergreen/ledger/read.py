"""Reading the ledger as tables."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from evergreen.errors import EvergreenError
from evergreen.ledger.process import ProcessIdentity, is_alive

if TYPE_CHECKING:
    from pandas import DataFrame

# Steps that ran side by side add up to more than the run; then no share outside them can be told.
_RUNS = """
SELECT runs.*, done.node_seconds, done.load_seconds, done.save_seconds
FROM runs LEFT JOIN (
    SELECT run_id, sum(wall_seconds) AS node_seconds, sum(load_seconds) AS load_seconds,
           sum(save_seconds) AS save_seconds
    FROM steps GROUP BY run_id
) AS done USING (run_id)
ORDER BY started_at, run_id
"""
_STEPS = "SELECT * FROM steps WHERE run_id = ? ORDER BY position"

# Of each step the run that came last; the ids of runs are time stamps.
_LATEST_STEPS = """
SELECT steps.*, max(steps.run_id) AS latest
FROM steps JOIN runs USING (run_id)
WHERE runs."case" = ? AND steps.status = 'done' AND stage IN ({places})
GROUP BY stage, step
ORDER BY steps.run_id, position
"""

_WHOLE_NUMBERS = ("process_start", "rows_in", "rows_out", "bytes_out")
_REAL_NUMBERS = ("_seconds", "_mb")


def read_runs(path: Path, *, last: int | None = None) -> "DataFrame":
    """Read the runs, oldest first.

    Args:
        path: the ledger.
        last: how many of the newest to keep, >= 1; all where not said.

    Returns:
        The columns of ``runs`` and four that follow from the steps: ``node_seconds``, ``load_seconds`` and
        ``save_seconds`` (sums over the run's steps) and ``outside_share`` (0 to 1: the part of start-up and wall time
        that no node's function had; null for runs that have not ended, and where steps ran side by side). A run in
        ``running`` whose process is gone is shown as ``interrupted``.

    Raises:
        EvergreenError: where there is no ledger, or the file is none.
    """
    runs = _read(path, _RUNS, ())
    runs["status"] = _seen_status(runs)
    total = runs["startup_seconds"].fillna(0) + runs["wall_seconds"]
    share = 1 - runs["node_seconds"].fillna(0) / total
    runs["outside_share"] = share.where((share >= 0) & runs["status"].isin(["done", "failed"]))
    return runs if last is None else runs.tail(last).reset_index(drop=True)


def read_steps(path: Path, *, run_id: str | None = None) -> "DataFrame":
    """Read the steps of one run, in order.

    Args:
        path: the ledger.
        run_id: the run; the newest where not said.

    Returns:
        The columns of ``steps``. Steps in ``running`` of a run whose process is gone are shown as ``interrupted``.

    Raises:
        EvergreenError: where there is no ledger, the file is none, or it has no such run.
    """
    runs = read_runs(path)
    chosen = runs.tail(1) if run_id is None else runs[runs["run_id"] == run_id]
    if chosen.empty:
        thing = f"Run '{run_id}'" if run_id else "A run"
        raise EvergreenError(thing, f"is not in the ledger '{path}'", "List the runs with: kedro ledger runs.")
    steps = _read(path, _STEPS, (str(chosen["run_id"].iloc[0]),))
    if chosen["status"].iloc[0] == "interrupted":
        steps["status"] = steps["status"].replace("running", "interrupted")
    return steps


def read_latest_steps(path: Path, *, case: str, stages: Sequence[str]) -> "DataFrame":
    """Read each step of some stages as it last came to its end, whichever run it was in.

    Args:
        path: the ledger.
        case: the business case.
        stages: the stages, in order.

    Returns:
        The columns of ``steps``, in the order of the stages and of the steps within them.

    Raises:
        EvergreenError: where there is no ledger, or the file is none.
    """
    query = _LATEST_STEPS.format(places=", ".join("?" * len(stages)))
    steps = _read(path, query, (case, *stages)).drop(columns="latest")
    order = {name: place for place, name in enumerate(stages)}
    return steps.sort_values("stage", key=lambda names: names.map(order), kind="stable", ignore_index=True)


def time_shares(runs: "DataFrame") -> "DataFrame":
    """Say where the time went, by environment and pipeline.

    Args:
        runs: what ``read_runs`` gives.

    Returns:
        One row per environment and pipeline, the longest first: ``env, pipeline, n_runs, wall_seconds, cpu_seconds,
        wall_share, cpu_share`` (0 to 1, of all runs). Wall time includes start-up. Of a run that did not come to its
        end, only the steps that ended are counted.
    """
    steps = runs[["node_seconds", "load_seconds", "save_seconds"]].sum(axis=1)
    wall = runs["startup_seconds"].fillna(0) + runs["wall_seconds"].fillna(steps)
    spent = runs.assign(wall_seconds=wall, cpu_seconds=runs["cpu_seconds"].fillna(0))
    grouped = spent.groupby(["env", "pipeline"], as_index=False).agg(
        n_runs=("run_id", "size"), wall_seconds=("wall_seconds", "sum"), cpu_seconds=("cpu_seconds", "sum")
    )
    for kind in ("wall", "cpu"):
        seconds = grouped[f"{kind}_seconds"]
        grouped[f"{kind}_share"] = seconds / seconds.sum() if seconds.sum() > 0 else 0.0
    return grouped.sort_values("wall_seconds", ascending=False, ignore_index=True)


def _read(path: Path, query: str, values: tuple[Any, ...]) -> "DataFrame":
    import pandas as pd

    if not path.exists():
        raise EvergreenError(f"Ledger '{path}'", "does not exist yet", "Run a pipeline first: kedro run.")
    try:
        connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)
        try:
            return _typed(pd.read_sql_query(query, connection, params=values))
        finally:
            connection.close()
    except (sqlite3.Error, pd.errors.DatabaseError) as error:
        raise EvergreenError(f"Ledger '{path}'", f"cannot be read ({error})", "Move the file away.") from error


def _typed(frame: "DataFrame") -> "DataFrame":
    # With a null in it a column of whole numbers comes back as floats, and one of nulls alone as objects.
    names = [str(name) for name in frame]
    whole = {name: "Int64" for name in names if name in _WHOLE_NUMBERS}
    real = {name: "float64" for name in names if name.endswith(_REAL_NUMBERS)}
    return frame.astype(whole | real)


def _seen_status(runs: "DataFrame") -> list[str]:
    starts = runs["process_start"].astype(object).where(runs["process_start"].notna(), None)
    processes = map(ProcessIdentity, runs["host"], runs["pid"], starts)
    return [
        "interrupted" if status == "running" and not is_alive(process) else status
        for status, process in zip(runs["status"], processes, strict=True)
    ]
