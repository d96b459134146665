"""What the sentences and records of judgements share."""

import math

from evergreen.problem import Problem, find_metric


def unit_of(problem: Problem, metric: str) -> str:
    """Name the unit of a metric as a sentence has it.

    Args:
        problem: the case.
        metric: a metric of the case, or one of what a model costs.

    Returns:
        The unit with a blank before it; empty where it has none to tell.
    """
    kind = find_metric(metric).unit
    if kind == "money" and problem.payoff is not None:
        return f" {problem.payoff.unit}"
    target = problem.columns[problem.target.column].unit
    if kind == "target" and target:
        return f" {target}"
    return f" {kind}" if kind in ("ms", "s", "MB") else ""


def finite_or_none(figure: float) -> float | None:
    """Prepare a figure for JSON.

    Args:
        figure: any number.

    Returns:
        None where it is not finite.
    """
    return figure if math.isfinite(figure) else None
