"""Sections that tell how the groups of a table fare, and whether that keeps the plan."""

import pandas as pd

from evergreen.problem import Problem
from evergreen.reporting.profile_columns import NOTHING
from evergreen.reporting.sections import Section, Table, Tone
from evergreen.tables.groups import cleaning_shares

_SEARCHABLE_FROM = 30
_CONFIDENCE = 0.95
_STATUS_TONES: dict[str, Tone] = {"within": "good", "exceeded": "bad", "unplanned": "watch", "too few": "watch"}


def groups_section(group_ledger: pd.DataFrame, problem: Problem) -> Section:
    """Tell what becomes of each group from the raw rows to the split.

    Args:
        group_ledger: of ``tables.groups.measure_groups``.
        problem: the case, for what is favourable.

    Returns:
        A section; without sensitive columns it says so.
    """
    if group_ledger.empty:
        return Section("Groups", lead="No column is marked sensitive, so no groups are compared.")
    frame = _by_group(group_ledger)
    rates = ["base rate", "low", "high", "base rate in training"]
    what = f"the share of '{problem.favourable_class}'" if problem.favourable_class else "the mean outcome"
    return Section(
        "Groups",
        lead=f"What becomes of each group on its way from the raw rows to the split. {_most_removed(group_ledger)}",
        tables=(
            Table(
                "Groups, from raw rows to training",
                frame,
                formats=dict.fromkeys(rates, ".1%") if problem.favourable_class else {},
                undefined=NOTHING,
                is_searchable=len(frame) >= _SEARCHABLE_FROM,
            ),
        ),
        notes=(f"Base rate is {what} among the labelled usable rows, with its 95 % interval.",),
    )


def _by_group(ledger: pd.DataFrame) -> pd.DataFrame:
    keys = ["columns", "group"]
    stages = {stage: part.set_index(keys) for stage, part in ledger.groupby("stage", sort=False)}
    raw = stages["raw"]
    frame = pd.DataFrame({"raw rows": raw["n_rows"]})
    frame["quarantined_share"] = stages["quarantined"]["n_rows"] / raw["n_rows"].where(raw["n_rows"] > 0)
    for stage in ("repaired", "training", "holdout"):
        frame[f"{stage} rows"] = stages[stage]["n_rows"]
    frame["missing_share"] = stages["repaired"]["missing_share"]
    frame["base rate"] = stages["repaired"]["base_rate"]
    frame["low"], frame["high"] = stages["repaired"]["base_rate_low"], stages["repaired"]["base_rate_high"]
    frame["base rate in training"] = stages["training"]["base_rate"]
    return frame.reset_index()


def _most_removed(ledger: pd.DataFrame) -> str:
    shares = cleaning_shares(ledger, confidence=_CONFIDENCE)
    worst = shares[shares["n_quarantined"] > 0].sort_values("quarantined_share", ascending=False, kind="stable")
    if worst.empty:
        return "Cleaning removed no row of any group."
    one = worst.iloc[0]
    return (
        f"The group that cleaning took the largest share from is {one['group']} ({one['columns']}): "
        f"{one['n_quarantined']:,} of {one['n_rows']:,} rows, {one['quarantined_share']:.1%} "
        f"({one['low']:.1%} to {one['high']:.1%})."
    )


def bias_section(bias_plan_check: pd.DataFrame) -> Section:
    """Tell how the data stand against the plan for their biases.

    Args:
        bias_plan_check: of ``tables.bias_plan.check_bias_plan``.

    Returns:
        A section with one row a clause or passed-over gap.
    """
    status = bias_plan_check["status"].str.replace("_", " ")
    shown = bias_plan_check[["clause"]].assign(
        status=status, gap=bias_plan_check["gap"], limit=bias_plan_check["limit"]
    )
    shown = shown.assign(remedy=bias_plan_check["remedy"].str.replace("_", " "), finding=bias_plan_check["finding"])
    return Section(
        "Bias plan",
        lead="What the case accepts of the differences between groups and what it remedies, held against the data.",
        tables=(Table("Clauses of the plan, and what it passes over", shown, tones={"status": _STATUS_TONES}),)
        if len(shown)
        else (),
        notes=() if len(shown) else ("The plan has no clause, and no groups are compared.",),
    )
