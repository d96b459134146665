"""Put faults into windows that the live release answers, and tell which of them the watch sees."""

from typing import Any

import pandas as pd

from evergreen.errors import DataError
from evergreen.pipelines.drills.params import DrillsParams
from evergreen.problem import AsOf
from evergreen.releases import Champion, NoChampion
from evergreen.reporting import DrillFacts, write_drills_page
from evergreen.reporting.figures import Figure, draw_drills
from evergreen.tables.outliers import OutlierLimits
from evergreen.watching.drills import hold_drills, lay_ground, list_faults, tabulate_runs, tell_lives, tell_runs


def drill_monitors(
    params: DrillsParams, as_of: AsOf, champion: Champion, holdout: pd.DataFrame
) -> tuple[dict[str, Any], pd.DataFrame]:
    """Hold the drills.

    Args:
        params: which faults, and how often.
        as_of: the logical date.
        champion: the live release.
        holdout: the newest rows whose outcomes are all known.

    Returns:
        ``case, as_of, release_id, window, n_windows, n_rows, n_after, drills, false_alarms``, see ``tell_runs`` and
        ``tell_lives``; and what each monitor has seen of each drill and column, see ``tabulate_runs``.

    Raises:
        DataError: where no release is live, or there are too few windows.
    """
    if isinstance(champion, NoChampion):
        raise DataError("The drills", "find no live release to be held on", "Release one: kedro run.")
    problem = champion.problem
    limits = OutlierLimits.model_validate(champion.documents["outlier_limits"])
    ground = lay_ground(problem, champion.model, limits, holdout, params.cut)
    faults = list_faults(ground.rows, problem, params.severity, max_columns=params.max_columns)
    runs, lives = hold_drills(ground, faults, params.course)
    told = {
        "case": problem.name,
        "as_of": as_of.root.isoformat(),
        "release_id": champion.release_id,
        "window": ground.width or "batch",
        "n_windows": len(ground.windows),
        "n_rows": len(ground.rows),
        "n_after": params.n_after,
        "drills": tell_runs(runs),
        "false_alarms": tell_lives(lives),
    }
    return told, tabulate_runs(runs)


def draw_drilled(drills: dict[str, Any]) -> Figure:
    """Draw what each monitor has seen of each drill.

    Args:
        drills: what came of the drills.

    Returns:
        The figure.
    """
    return draw_drills(drills)


def tell_drills(drills: dict[str, Any], drill_runs: pd.DataFrame, drills_figure: Figure) -> str:
    """Write the page of the drills.

    Args:
        drills: what came of them.
        drill_runs: by drill, column and monitor.
        drills_figure: what each monitor has seen, drawn.

    Returns:
        One self-contained HTML page.
    """
    return write_drills_page(DrillFacts(drills, drill_runs, drills_figure))
