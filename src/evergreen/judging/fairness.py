"""Measure how groups of the holdout are decided about, and judge the gap that the case names."""

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from evergreen.errors import DataError
from evergreen.judging.open import Look
from evergreen.judging.params import EvaluationParams
from evergreen.judging.words import finite_or_none
from evergreen.models.fair_groups import ledger_levels
from evergreen.models.fair_holdout import Holdout, measure_fairness
from evergreen.models.fair_ledger import follow_to_decisions
from evergreen.problem import Fairness, Problem, in_digits, in_full
from evergreen.tables.groupings import in_order, join_names

Judgement = dict[str, Any]


def measure_decisions_by_group(  # noqa: PLR0913, PLR0917 - one input each
    problem: Problem,
    params: EvaluationParams,
    training: pd.DataFrame,
    holdout: pd.DataFrame,
    holdout_predictions: pd.DataFrame,
    group_ledger: pd.DataFrame,
    look: Look,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Measure how groups are decided about.

    Args:
        problem: the case.
        params: how intervals are made.
        training: training rows, whose quartiles part numbers into groups.
        holdout: holdout rows.
        holdout_predictions: their predictions.
        group_ledger: what became of each group before.
        look: the level of the gaps' bounds.

    Returns:
        Figures by group, gaps between groups (see ``models.fair_holdout``), and the ledger of groups carried on to the
        decisions. No rows without sensitive columns.
    """
    levels = ledger_levels(group_ledger, training, problem)
    rates, gaps = measure_fairness(
        Holdout(problem, holdout, holdout_predictions, levels),
        params.resampling,
        confidence=params.confidence,
        level=float(look["level"]),
    )
    decided = follow_to_decisions(
        problem, group_ledger, holdout, holdout_predictions, levels, confidence=params.confidence
    )
    return rates, gaps, decided


def judge_fairness(problem: Problem, group_gaps: pd.DataFrame, look: Look) -> list[Judgement]:
    """Hold the gaps that the case asks about against their limit.

    A gap passes where its upper bound keeps the limit, fails where even its lower bound does not, and is undecided in
    between. The columns of the section on fairness are judged together, and so is every choice of fewer of them: what
    two columns hide only their intersections show, and where intersections are too small only the columns do. All must
    pass, so that no correction is needed for their number (intersection-union test; Berger 1982).

    Args:
        problem: the case.
        group_gaps: of ``measure_decisions_by_group``.
        look: which look at the holdout it is, and its level.

    Returns:
        Records like those of ``judge_criteria``; none where the case asks nothing. Fewer than two groups that are large
        enough leave all columns together undecided, and are no finding for fewer of them.

    Raises:
        DataError: where the gaps were measured for another section on fairness.
    """
    fairness = problem.fairness
    if fairness is None:
        return []
    whole = join_names(in_order(fairness.columns, problem))
    is_asked = (group_gaps["gap"] == fairness.metric) & (group_gaps["limit"] == fairness.at_most)
    asked = group_gaps[is_asked].to_dict("records")
    if whole not in {gap["columns"] for gap in asked}:
        cure = "Run evaluation as a whole."
        raise DataError("The gaps between groups", f"were not measured for '{fairness.name}'", cure)
    told = {"look": look["number"], "level": look["level"]}
    return [
        _judge(gap, problem, fairness) | told
        for gap in asked
        if not math.isnan(gap["value"]) or gap["columns"] == whole
    ]


def _judge(gap: Mapping[Any, Any], problem: Problem, fairness: Fairness) -> Judgement:
    value, bound, limit = float(gap["value"]), float(gap["upper_bound"]), float(gap["limit"])
    result = "passed" if bound <= limit else "failed" if gap["lower_bound"] > limit else "undecided"
    columns = str(gap["columns"]).replace(join_names(["", ""]), " and ")
    name = f"{gap['gap']} by {columns} at most {in_full(limit)}"
    return {
        "criterion": name,
        "value": finite_or_none(value),
        "bound": finite_or_none(bound),
        "limit": limit,
        "result": result,
        "reason": f"{name}: {result}, {_told(gap, problem, fairness, value, bound, result)}",
    }


def _told(gap: Mapping[Any, Any], problem: Problem, fairness: Fairness, value: float, bound: float, result: str) -> str:
    if math.isnan(value):
        return f"fewer than two groups have the {fairness.min_group_rows} rows that are judged."
    unit = "" if problem.is_classification else f" {problem.columns[problem.target.column].unit or ''}".rstrip()
    sides = " and ".join(
        f"{gap[f'{side}_group']} ({in_digits(gap[f'{side}_value'])}{unit} of {int(gap[f'{side}_rows']):,} rows)"
        for side in ("high", "low")
    )
    found = f"{in_digits(value)}{unit} between {sides}"
    if math.isnan(bound):
        return f"{found}; how sure this is cannot be told: a group has too few days, groups or rows."
    sure = f"lower bound {in_digits(gap['lower_bound'])}, " if result == "failed" else ""
    return f"{found}, {sure}upper bound {in_digits(bound)}, limit {in_full(gap['limit'])}."
