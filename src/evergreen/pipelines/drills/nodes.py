"""Put faults into windows that a model answers, and tell which of them the watch sees."""

from typing import Any

import pandas as pd

from evergreen.models.decide import Model
from evergreen.problem import AsOf, Problem
from evergreen.releases import Champion, NoChampion
from evergreen.reporting import DrillFacts, write_drills_page
from evergreen.reporting.figures import Figure, draw_drills
from evergreen.tables.outliers import OutlierLimits
from evergreen.watching.drills import (
    DrillsParams,
    hold_drills,
    lay_ground,
    list_faults,
    tabulate_runs,
    tell_lives,
    tell_runs,
    tell_unheld,
)
from evergreen.watching.params import MonitoringParams


def drill_monitors(  # noqa: PLR0913, PLR0917 - one input each
    problem: Problem,
    params: DrillsParams,
    monitoring: MonitoringParams,
    as_of: AsOf,
    champion: Champion,
    challenger: Model,
    outlier_limits: dict[str, Any],
    holdout: pd.DataFrame,
) -> tuple[dict[str, Any], pd.DataFrame]:
    """Hold the drills with the champion; where none is live, or ``params.of`` says so, with the challenger.

    Args:
        problem: the case, as the challenger has it; a champion has its own.
        params: which faults, and how often.
        monitoring: how wide windows are, and how often the watch may ring for nothing.
        as_of: the logical date.
        champion: the live release.
        challenger: the model that was judged last.
        outlier_limits: the challenger's fences of outliers.
        holdout: the newest rows whose outcomes are all known.

    Returns:
        ``case, as_of, of, release_id, window, n_windows, n_rows, n_after, drills, not_drilled, false_alarms``, see
        ``tell_runs``, ``tell_unheld`` and ``tell_lives``; and what each monitor has seen of each drill and column, see
        ``tabulate_runs``.

    Raises:
        DataError: where there are too few windows.
    """
    live = None if params.of == "challenger" or isinstance(champion, NoChampion) else champion
    case = problem if live is None else live.problem
    model = challenger if live is None else live.model
    limits = OutlierLimits.model_validate(outlier_limits if live is None else live.documents["outlier_limits"])
    ground = lay_ground(case, model, limits, holdout, params.cut(monitoring))
    faults = list_faults(ground.rows, case, params.severity, max_columns=params.max_columns)
    runs, lives = hold_drills(ground, faults, params.course(monitoring))
    told = {
        "case": case.name,
        "as_of": as_of.root.isoformat(),
        "of": "challenger" if live is None else "champion",
        "release_id": None if live is None else live.release_id,
        "window": ground.width or "batch",
        "n_windows": len(ground.windows),
        "n_rows": len(ground.rows),
        "n_after": params.n_after,
        "drills": tell_runs(runs),
        "not_drilled": tell_unheld(ground, faults, monitored=monitoring.window),
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
