"""Judge whether monitoring would see the faults that the case names."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from evergreen.errors import DataError
from evergreen.judging.open import Look
from evergreen.measures.calibration import wilson_interval
from evergreen.models.decide import Model
from evergreen.problem import DrillGoal, Problem, in_digits, in_full
from evergreen.tables.outliers import OutlierLimits
from evergreen.watching.drills import ANY, DrillsParams, Fault, Run, hold_runs, lay_ground, list_faults
from evergreen.watching.params import MonitoringParams

Judgement = dict[str, Any]


def judge_drills(  # noqa: PLR0913, PLR0917 - one input each
    problem: Problem,
    params: DrillsParams,
    monitoring: MonitoringParams,
    challenger: Model,
    outlier_limits: dict[str, Any],
    holdout: pd.DataFrame,
    look: Look,
) -> list[Judgement]:
    """Hold those drills with the challenger that the case asks for, and judge what any monitor has seen.

    A goal passes if the lower end of the 95 % interval of the share of runs keeps it (Wilson, 1927), fails if even the
    upper end does not, and is undecided in between or where the drill cannot be held. Runs are drawn from the same
    windows, so more of them (``drills.n_worlds``) make the interval shorter and the windows no better known.

    Args:
        problem: the case; without goals nothing is done.
        params: how drills go.
        monitoring: what drills drill.
        challenger: the model.
        outlier_limits: the fences of outliers.
        holdout: holdout rows.
        look: which look at these rows this is.

    Returns:
        Records like those of ``judge_criteria``, one a goal.
    """
    if not problem.drills:
        return []
    try:
        ground = lay_ground(
            problem, challenger, OutlierLimits.model_validate(outlier_limits), holdout, params.cut(monitoring)
        )
    except DataError as fault:
        return [_record(goal, look, "undecided", f". {fault}") for goal in problem.drills]
    sizes = [goal.size for goal in problem.drills if goal.size is not None]
    severity = replace(params.severity, shifts=tuple(dict.fromkeys(sizes)))
    faults = list_faults(ground.rows, problem, severity, max_columns=params.max_columns)
    asked = [fault for fault in faults if any(_is_asked(goal, fault) for goal in problem.drills)]
    runs = hold_runs(ground, asked, params.course(monitoring))
    return [_judge(goal, [run for run in runs if _is_asked(goal, run.fault)], look) for goal in problem.drills]


def _is_asked(goal: DrillGoal, fault: Fault) -> bool:
    return goal.fault == fault.kind and goal.size in (None, fault.size)


def _judge(goal: DrillGoal, runs: Sequence[Run], look: Look) -> Judgement:
    if not runs:
        return _record(goal, look, "undecided", ", the case has no column that this can befall.")
    seen = [ANY in run.delays and (goal.within is None or run.delays[ANY] <= goal.within) for run in runs]
    share, (low, high) = sum(seen) / len(runs), wilson_interval(sum(seen), len(runs))
    result = "passed" if low >= goal.at_least else "failed" if high < goal.at_least else "undecided"
    missed = sorted({run.fault.column for run, is_seen in zip(runs, seen, strict=True) if not is_seen} - {""})
    where = f", missed in {', '.join(missed)}" if missed and result != "passed" else ""
    told = (
        f", seen in {sum(seen)} of {len(runs)} runs{where}, lower bound {in_digits(float(low))}, "
        f"limit {in_full(goal.at_least)}."
    )
    return _record(goal, look, result, told, value=share, bound=float(low))


def _record(
    goal: DrillGoal,
    look: Look,
    result: str,
    told: str,
    *,
    value: float | None = None,
    bound: float | None = None,
) -> Judgement:
    return {
        "criterion": goal.name,
        "value": value,
        "bound": bound,
        "limit": goal.at_least,
        "result": result,
        "reason": f"{goal.name}: {result}{told}",
        "look": look["number"],
    }
