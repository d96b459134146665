"""Sections that tell how groups are decided about, how far they lie apart, and what remedies would cost."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from evergreen.problem import Problem, in_full
from evergreen.reporting.cells import heading
from evergreen.reporting.sections import Point, Section, Table, Tone

_SEARCHABLE_FROM = 30
_TONES: dict[str, Tone] = {"passed": "good", "failed": "bad", "undecided": "watch"}

_STAGES = ("raw", "repaired", "training", "holdout", "decided")
_FIGURES = ("gap", "gap_low", "gap_high", "gap_upper_bound")
_MONEY = ("payoff", "payoff_low", "payoff_high", "payoff_change", "payoff_change_low", "payoff_change_high")


def gaps_section(
    group_gaps: pd.DataFrame, group_rates: pd.DataFrame, judgements: Sequence[Mapping[str, Any]], problem: Problem
) -> Section:
    """Tell how groups of the holdout are decided about, the judged gaps first.

    Args:
        group_gaps: the table of gaps.
        group_rates: the table of figures by group.
        judgements: what the verdict says of the gaps that the case asks about.
        problem: the case.

    Returns:
        A section; without sensitive columns it says so.
    """
    if group_rates.empty:
        return Section("Fairness of decisions", lead="No groups are compared, or nothing tells what is favourable.")
    return Section(
        "Fairness of decisions",
        lead=_lead(judgements, problem),
        points=tuple(Point(str(one["reason"]), _TONES[one["result"]], str(one["result"])) for one in judgements),
        tables=(_gap_table(group_gaps), _rate_table(group_rates)),
        notes=(
            "A gap is the largest figure of all groups that are large enough less the smallest. Its upper bound lies "
            "too high where groups are alike, the more so the more and smaller they are, since the largest of many "
            "differences is biased upward: that errs on the cautious side.",
            "Not judged are groups that are too small, and rows whose group is missing.",
            *_untold(group_gaps),
        ),
    )


def decisions_section(decision_groups: pd.DataFrame, problem: Problem) -> Section:
    """Tell what becomes of each group from the raw rows to the decision.

    Args:
        decision_groups: the ledger of groups, carried on to the decisions.
        problem: the case.

    Returns:
        A section; without sensitive columns it says so.
    """
    if decision_groups.empty:
        return Section("Groups, from raw rows to decisions", lead="No column is marked sensitive.")
    frame = _by_stage(decision_groups)
    shares = [
        name for name in frame if name in ("selected share", "favourable in holdout", "favourable among selected")
    ]
    lead = "Rows of each group at every stage."
    if "selected share" in frame:
        lead = f"{lead} Selected are the holdout rows that got the favourable decision."
    return Section(
        "Groups, from raw rows to decisions",
        lead=lead,
        tables=(
            Table(
                "Rows by stage",
                frame,
                formats=dict.fromkeys(shares, ".1%") if problem.is_classification else {},
                is_searchable=len(frame) >= _SEARCHABLE_FROM,
            ),
        ),
    )


def remedies_section(remedies: pd.DataFrame, problem: Problem) -> Section:
    """Tell what each allowed remedy does to the gap, and what it costs.

    Args:
        remedies: the table of remedies, priced on training rows that they have not learnt from.
        problem: the case.

    Returns:
        A section; where none was priced it says so.
    """
    if remedies.empty:
        return Section("Remedies", lead="The case allows none to be priced.")
    one = remedies.iloc[0]
    figures = [*_FIGURES, *(() if problem.payoff is None else _MONEY)]
    frame = remedies[["remedy", "is_applied", "group_is_needed", *figures, "log_loss", "word"]]
    money = "" if problem.payoff is None else f" Money is in {problem.payoff.unit} per decision, against no remedy."
    return Section(
        "Remedies",
        lead=f"What each allowed remedy does to the gap in {heading(str(one['metric'])).lower()} (at most "
        f"{one['at_most']:g}), on training rows it has not learnt from.{money}",
        tables=(Table("Remedies and their prices", frame, formats=dict.fromkeys(figures, "each")),),
        notes=("A remedy that closes one gap may open another: all of them are in remedies.parquet.",),
    )


def _lead(judgements: Sequence[Mapping[str, Any]], problem: Problem) -> str:
    if problem.fairness is None:
        return "The case asks nothing about groups: gaps are told and not judged."
    kept = sum(one["result"] == "passed" for one in judgements)
    n_asked = len(judgements)
    return f"Gaps that the case asks about: {n_asked}. Gaps that surely keep the limit: {kept}."


def _gap_table(gaps: pd.DataFrame) -> Table:
    told = gaps[gaps["value"].notna()].drop(columns=["n_groups"])
    limits = ["" if pd.isna(limit) else in_full(limit) for limit in told["limit"]]
    frame = told.assign(gap=[heading(name) for name in told["gap"]], limit=limits)
    figures = ["value", "lower_bound", "upper_bound", "high_value", "low_value"]
    return Table(
        "Gaps between groups",
        (frame if any(limits) else frame.drop(columns="limit")).reset_index(drop=True),
        formats=dict.fromkeys(figures, "each"),
        is_searchable=len(frame) >= _SEARCHABLE_FROM,
    )


def _untold(gaps: pd.DataFrame) -> tuple[str, ...]:
    untold = gaps[gaps["value"].isna()]
    parts = [
        f"{', '.join(heading(name).lower() for name in part['gap'])} by {columns}"
        for columns, part in untold.groupby("columns", sort=False)
    ]
    return (f"Fewer than two groups are large enough for: {'; '.join(parts)}.",) if parts else ()


def _rate_table(rates: pd.DataFrame) -> Table:
    frame = rates.assign(rate=[heading(name) for name in rates["rate"]]).reset_index(drop=True)
    figures = ["value", "low", "high"]
    return Table(
        "Figures by group",
        frame,
        formats=dict.fromkeys(figures, "each"),
        is_searchable=len(frame) >= _SEARCHABLE_FROM,
    )


def _by_stage(table: pd.DataFrame) -> pd.DataFrame:
    keys = ["columns", "group"]
    stages = {stage: part.set_index(keys) for stage, part in table.groupby("stage", sort=False)}
    frame = pd.DataFrame({f"{name} rows": stages[name]["n_rows"] for name in _STAGES if name in stages})
    frame["favourable in holdout"] = stages["holdout"]["base_rate"]
    if "decided" in stages:
        frame["selected share"] = stages["decided"]["kept_share"]
        frame["favourable among selected"] = stages["decided"]["base_rate"]
    return frame.reset_index()
