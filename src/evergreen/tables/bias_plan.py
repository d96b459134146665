"""Hold what the data are like against the plan for their biases."""

from collections.abc import Iterator
from itertools import product
from typing import Any, get_args

import numpy as np
import pandas as pd

from evergreen.errors import named
from evergreen.problem import BiasClause, Problem
from evergreen.problem.bias import BiasMeasure, Remedy, clause_name
from evergreen.tables.group_gaps import Gap, group_figures, side_with, widest_gap

CHECK_TYPES = {
    "clause": "str",
    "measure": "str",
    "remedy": "str",
    "gap": "float64",
    "gap_low": "float64",
    "gap_high": "float64",
    "limit": "float64",
    "status": "str",
    "worst_group": "str",
    "other_group": "str",
    "finding": "str",
}
_CONFIDENCE = 0.95
# A favourable outcome less than four fifths as often as in the best-off group: Uniform Guidelines on Employee
# Selection Procedures, 1978, 29 CFR 1607.4 D.
_LEAST_RATIO = 0.8
# A fifth of a standard deviation between means is what Cohen (1988) calls small.
_LEAST_DISTANCE = 0.2
# Five rows or cells in a hundred; a choice of this project.
_LEAST_SHARE = 0.05
_LONGEST_NAME = 60
_NOTHING = {"gap": np.nan, "gap_low": np.nan, "gap_high": np.nan, "worst_group": "", "other_group": ""}
_GAPS = [measure for measure in get_args(BiasMeasure) if measure != "small_group"]
_INTENTS: dict[Remedy, str] = {
    "accept": "accepts {}",
    "reweigh": "balances {} by weighing training rows",
    "resample": "balances {} by repeating training rows and leaving some out",
    "more_data": "asks for more rows beyond {}",
}


def check_bias_plan(group_ledger: pd.DataFrame, problem: Problem) -> pd.DataFrame:
    """Hold every clause of the plan against the data, and name what the plan passes over.

    A clause is judged by the gap as measured, for it is these rows a model learns from; the interval says how much of
    it chance may have made. A gap that no clause mentions is reported where it is beyond chance, over all such gaps
    together, and notable: a base rate below four fifths of the highest, means a fifth of a standard deviation apart, or
    shares 0.05 apart. A clause on several columns mentions each of them. Groups too small to judge, and rows whose
    group is missing, are left out of every gap; a column with such groups and no clause on their size gets a row.

    Args:
        group_ledger: of ``measure_groups``.
        problem: the case.

    Returns:
        One row a clause, then one a passed-over gap or column, columns as in ``CHECK_TYPES``. ``remedy`` is empty where
        nothing is planned; ``gap`` is the smallest group's share for small_group; ``gap_low`` and ``gap_high`` hold at
        95 % over all pairs of groups, and where unplanned over all such gaps; ``limit`` is NaN where any size is
        accepted; ``status`` is within, exceeded, unplanned or too_few; ``finding`` is a sentence.
    """
    rows = [_check_clause(group_ledger, clause, problem) for clause in problem.bias_plan.clauses]
    rows += [*_find_unplanned(group_ledger, problem), *_find_small(group_ledger, problem)]
    return pd.DataFrame(rows, columns=list(CHECK_TYPES)).astype(CHECK_TYPES)


def _check_clause(group_ledger: pd.DataFrame, clause: BiasClause, problem: Problem) -> dict[str, Any]:
    figures = group_figures(group_ledger, clause.columns, clause.measure, problem)
    told = {"clause": clause.name, "measure": clause.measure, "remedy": clause.remedy, "limit": clause.limit}
    if clause.measure == "small_group":
        return told | _judge_smallest(figures, clause)
    least = problem.bias_plan.min_group_rows
    small = figures.loc[figures["n_rows"] < least, "group"].map(_cut).tolist()
    left_out = f" Not judged, with fewer than {least} rows: {named(small)}." if small else ""
    gap = widest_gap(figures[figures["n_rows"] >= least], clause.measure, problem, confidence=_CONFIDENCE)
    if gap is None:
        finding = f"Fewer than two groups have {least} rows to be compared by.{left_out}"
        return told | _NOTHING | {"status": "too_few", "finding": finding}
    is_over = clause.limit is not None and gap.size > clause.limit
    finding = f"{_describe(gap, clause.measure, problem)} {_conclude(gap, clause, is_over=is_over)}{left_out}"
    return told | _sides(gap) | {"status": "exceeded" if is_over else "within", "finding": finding}


def _judge_smallest(figures: pd.DataFrame, clause: BiasClause) -> dict[str, Any]:
    if figures["figure"].isna().all():
        return _NOTHING | {"status": "too_few", "finding": "No group has a training row."}
    smallest = side_with(figures, "least")
    is_under = clause.limit is not None and smallest.figure < clause.limit
    asked = "any share" if clause.limit is None else f"a share of at least {clause.limit:g}"
    wants = "accepts" if clause.remedy == "accept" else "asks for more rows up to"
    finding = (
        f"The smallest group is '{_cut(smallest.group)}' with {smallest.n_rows:,} training rows, a share of "
        f"{smallest.figure:.3g}. The plan {wants} {asked}.{' It is not reached.' if is_under else ''}"
    )
    told = {"gap": smallest.figure, "worst_group": smallest.group}
    return _NOTHING | told | {"status": "exceeded" if is_under else "within", "finding": finding}


def _sides(gap: Gap) -> dict[str, Any]:
    groups = {"worst_group": gap.worst.group, "other_group": gap.other.group}
    return {"gap": gap.size, "gap_low": gap.low, "gap_high": gap.high, **groups}


def _find_small(group_ledger: pd.DataFrame, problem: Problem) -> Iterator[dict[str, Any]]:
    least, planned = problem.bias_plan.min_group_rows, _planned(problem)
    for column in problem.group_columns:
        figures = group_figures(group_ledger, (column,), "small_group", problem)
        small = figures.loc[figures["n_rows"] < least, "group"].map(_cut).tolist()
        if small and figures["figure"].notna().any() and ("small_group", column) not in planned:
            finding = f"Groups with fewer than {least} training rows, too few to judge in any respect: {named(small)}."
            smallest = side_with(figures, "least")
            told = {"gap": smallest.figure, "worst_group": smallest.group, "status": "too_few", "finding": finding}
            yield _passed_over("small_group", column) | _NOTHING | told


def _find_unplanned(group_ledger: pd.DataFrame, problem: Problem) -> Iterator[dict[str, Any]]:
    planned = _planned(problem)
    asked = [(m, column) for column, m in product(problem.group_columns, _GAPS) if (m, column) not in planned]
    for measure, column in asked:
        figures = group_figures(group_ledger, (column,), measure, problem)
        enough = figures[figures["n_rows"] >= problem.bias_plan.min_group_rows]
        gap = widest_gap(enough, measure, problem, confidence=1 - (1 - _CONFIDENCE) / len(asked))
        if gap is not None and gap.low > 0 and _is_notable(gap, measure, problem):
            finding = f"{_describe(gap, measure, problem)} No clause of the plan mentions it: accept or remedy it."
            yield _passed_over(measure, column) | _sides(gap) | {"status": "unplanned", "finding": finding}


def _planned(problem: Problem) -> set[tuple[BiasMeasure, str]]:
    return {(clause.measure, column) for clause in problem.bias_plan.clauses for column in clause.columns}


def _passed_over(measure: BiasMeasure, column: str) -> dict[str, Any]:
    return {"clause": clause_name(measure, (column,)), "measure": measure, "remedy": "", "limit": np.nan}


def _is_notable(gap: Gap, measure: BiasMeasure, problem: Problem) -> bool:
    if measure != "base_rate":
        return gap.size >= _LEAST_SHARE
    if problem.is_classification:
        return gap.worst.figure < _LEAST_RATIO * gap.other.figure
    spread = np.sqrt((gap.worst.deviation**2 + gap.other.deviation**2) / 2)
    return bool(gap.size >= _LEAST_DISTANCE * spread)


def _describe(gap: Gap, measure: BiasMeasure, problem: Problem) -> str:
    sides = " and ".join(
        f"{side.figure:.3g} in group '{_cut(side.group)}' ({side.n_rows:,} rows)" for side in (gap.worst, gap.other)
    )
    return f"{_what(measure, problem)} is {sides}: a gap of {gap.size:.3g} (interval {gap.low:.3g} to {gap.high:.3g})."


def _what(measure: BiasMeasure, problem: Problem) -> str:
    if measure == "base_rate" and problem.is_classification:
        return f"The share of '{problem.favourable_class}' in the training rows"
    return {
        "base_rate": f"The mean of '{problem.target.column}' in the training rows",
        "missingness": "The share of empty feature cells in the training rows",
        "label": "The share of usable rows without an outcome",
        "cleaning": "The share of raw rows that went to quarantine",
    }[measure]


def _conclude(gap: Gap, clause: BiasClause, *, is_over: bool) -> str:
    up_to = "of" if clause.remedy == "more_data" else "up to"
    sizes = "any gap" if clause.limit is None else f"a gap {up_to} {clause.limit:g}"
    over = ""
    if is_over:
        by_chance = clause.limit is not None and gap.low <= clause.limit
        over = f" It is exceeded{', though chance may have made the excess' if by_chance else ''}."
    return f"The plan {_INTENTS[clause.remedy].format(sizes)}.{over}"


def _cut(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
