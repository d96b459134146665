"""The report, the model card and the page of costs."""

from collections.abc import Mapping
from typing import Any, cast

import pandas as pd

from evergreen.judging.params import EvaluationParams
from evergreen.pipelines.evaluation.collect import Sections, Tables
from evergreen.problem import Problem
from evergreen.reporting import (
    CostFacts,
    Origin,
    ReportFacts,
    SearchFacts,
    Verdict,
    write_cost_page,
    write_model_card,
    write_report,
)
from evergreen.reporting.figures import Figure

_SHOWN_DATA = ("money", "scores", "confusion", "calibration", "gains", "thresholds")


def gather_origin(
    params: EvaluationParams, split_card: dict[str, Any], holdout_log: pd.DataFrame, software: dict[str, str]
) -> Origin:
    """Gather what names the rows, the code and the chance that the verdict was made from.

    Args:
        params: the seed.
        split_card: names of training and holdout rows.
        holdout_log: every opening of the holdout.
        software: versions.

    Returns:
        The origin.
    """
    return Origin(split_card, holdout_log, software, params.random_state, params.n_resamples)


def compose_report(  # noqa: PLR0913, PLR0917 - one input each
    problem: Problem,
    params: EvaluationParams,
    verdict: dict[str, Any],
    evidence: dict[str, Any],
    report_tables: Tables,
    report_data: Tables,
    report_candidates: pd.DataFrame,
    report_search: SearchFacts,
    report_figures: Mapping[str, Figure],
    report_sections: Sections,
    origin: Origin,
) -> ReportFacts:
    """Put together all that page and card tell.

    Args:
        problem: the case.
        params: the confidence.
        verdict: the verdict.
        evidence: what it rests on.
        report_tables: the tables of the holdout.
        report_data: the tables of the data.
        report_candidates: validation of the candidates.
        report_search: how the challenger was found.
        report_figures: the figures.
        report_sections: what is told already, of groups, slices, columns and the champion.
        origin: what the verdict was made from.

    Returns:
        The facts.
    """
    names = _shown_figures(problem, report_tables)
    return ReportFacts(
        problem=problem,
        verdict=cast(Verdict, verdict),
        criteria=pd.DataFrame(evidence["criteria"]),
        row_ledger=report_data["row_ledger"],
        repairs=report_data["repairs"],
        suspects=report_data["suspects"],
        candidates=report_candidates,
        decisions=report_tables["decisions"],
        figures={shown: report_figures[name] for name, shown in names.items()},
        figure_data={
            shown: report_tables[name]
            for name, shown in names.items()
            if shown in _SHOWN_DATA and name in report_tables
        },
        money_unit="" if problem.payoff is None else f"{problem.payoff.unit} per decision",
        interval=f"Intervals are two-sided {100 * params.confidence:g} % bootstrap intervals; criteria are judged "
        f"at one-sided bounds. {verdict['look']['word']}",
        groups=report_sections["groups"],
        slices=report_sections["slices"],
        explanations=report_sections["explanations"],
        champion=report_sections["champion"],
        search=report_search,
        origin=origin,
    )


def write_verdict_report(report_facts: ReportFacts) -> str:
    """Write the page for the owner of the business case.

    Args:
        report_facts: all that it tells.

    Returns:
        One self-contained HTML page.
    """
    return write_report(report_facts)


def write_card(report_facts: ReportFacts) -> str:
    """Write the model card.

    Args:
        report_facts: all that it tells.

    Returns:
        Markdown.
    """
    return write_model_card(report_facts)


def write_costs(problem: Problem, verdict: dict[str, Any], candidate_costs: pd.DataFrame, road: pd.DataFrame) -> str:
    """Write the page of what the way to the verdict took.

    Args:
        problem: the case, for the price of computing.
        verdict: the verdict.
        candidate_costs: what each candidate took.
        road: the steps that lead to the verdict.

    Returns:
        One self-contained HTML page, which differs from run to run.
    """
    return write_cost_page(CostFacts(problem, verdict["as_of"], road, candidate_costs))


def _shown_figures(problem: Problem, tables: Tables) -> dict[str, str]:
    """Name of a figure -> its place in the report, for those that have something to show."""
    fit = "calibration" if problem.is_classification else "residuals"
    names = {"candidates": "candidates", "fit": fit, "scores": "scores", "decisions": "confusion", "tuning": "tuning"}
    names |= {name: name for name in ("gains", "thresholds") if len(tables[name])}
    return names if problem.payoff is None else {**names, "money": "money"}
