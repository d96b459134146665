"""What came of fire drills, in a table and in a document."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from evergreen.measures.calibration import wilson_interval
from evergreen.watching.drills.drill import ANY, MONITORS, Life, Run

# A drill that a smaller share of runs shows is one that the watch is blind to; false alarms show some of any drill.
_BLIND = 0.2
_PER = 100


def tabulate_runs(runs: Sequence[Run]) -> pd.DataFrame:
    """Count what each monitor has seen of each drill.

    Args:
        runs: all drills in all worlds.

    Returns:
        One row a drill, struck column (empty for none) and monitor ("any" for all together): ``drill, column, monitor,
        n_runs, n_seen, seen_share, delay_windows`` (median of those seen, missing where none was), ``named_share``
        (runs in which the first to ring named the struck column).
    """
    rows = []
    for (drill, column), group in _grouped(runs).items():
        for monitor in (*MONITORS, ANY):
            delays = [run.delays[monitor] for run in group if monitor in run.delays]
            rows.append(
                {
                    "drill": drill,
                    "column": column,
                    "monitor": monitor,
                    "n_runs": len(group),
                    "n_seen": len(delays),
                    "seen_share": len(delays) / len(group),
                    "delay_windows": float(np.median(delays)) if delays else np.nan,
                    "named_share": sum(run.named for run in group) / len(group),
                }
            )
    return pd.DataFrame(rows).astype({"drill": "str", "column": "str", "monitor": "str"})


def _grouped(runs: Sequence[Run]) -> dict[tuple[str, str], list[Run]]:
    found: dict[tuple[str, str], list[Run]] = {}
    for run in runs:
        found.setdefault((run.fault.drill, run.fault.column), []).append(run)
    return found


def tell_runs(runs: Sequence[Run]) -> dict[str, Any]:
    """Sum up each drill over the columns it struck.

    Args:
        runs: all drills in all worlds.

    Returns:
        Drill -> ``columns``, ``n_runs``, ``monitors`` (monitor -> ``seen`` with its 95 % interval and
        ``delay_windows``), ``named_share`` and ``is_blind``.
    """
    drills = list(dict.fromkeys(run.fault.drill for run in runs))
    return {drill: _tell([run for run in runs if run.fault.drill == drill]) for drill in drills}


def _tell(runs: Sequence[Run]) -> dict[str, Any]:
    columns = list(dict.fromkeys(run.fault.column for run in runs if run.fault.column))
    seen_share = sum(ANY in run.delays for run in runs) / len(runs)
    return {
        "columns": columns,
        "n_runs": len(runs),
        "monitors": {monitor: _tell_monitor(monitor, runs) for monitor in (*MONITORS, ANY)},
        "named_share": sum(run.named for run in runs) / len(runs) if columns else None,
        "is_blind": seen_share < _BLIND,
    }


def _tell_monitor(monitor: str, runs: Sequence[Run]) -> dict[str, Any]:
    delays = [run.delays[monitor] for run in runs if monitor in run.delays]
    seen = {"value": len(delays) / len(runs), **_interval(len(delays), len(runs))}
    return {"seen": seen, "delay_windows": float(np.median(delays)) if delays else None}


def tell_lives(lives: Sequence[Life]) -> dict[str, Any]:
    """Sum up the false alarms of quiet lives; a monitor is counted until it first rings.

    Args:
        lives: quiet lives.

    Returns:
        Monitor -> ``n_alarms``, ``n_windows``, ``per_100_windows`` and ``lives`` (share of lives with any, with its
        95 % interval).
    """
    return {monitor: _tell_quiet(monitor, lives) for monitor in (*MONITORS, ANY)}


def _tell_quiet(monitor: str, lives: Sequence[Life]) -> dict[str, Any]:
    n_alarms = sum(monitor in life.alarms for life in lives)
    n_windows = sum(life.alarms.get(monitor, life.n_windows) for life in lives)
    return {
        "n_alarms": n_alarms,
        "n_windows": n_windows,
        "per_100_windows": _PER * n_alarms / n_windows,
        "lives": {"value": n_alarms / len(lives), **_interval(n_alarms, len(lives))},
    }


def _interval(n_seen: int, n_runs: int) -> dict[str, float]:
    low, high = wilson_interval(n_seen, n_runs)
    return {"low": float(low), "high": float(high)}
