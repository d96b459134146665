"""Figures and the report."""

from collections.abc import Mapping
from typing import Any, cast

import pandas as pd

from evergreen.models.corrections import choose_scored, mean_scores
from evergreen.pipelines.evaluation.params import EvaluationParams
from evergreen.problem import Problem
from evergreen.reporting import ReportFacts, Verdict, write_report
from evergreen.reporting.estimates import money_frame
from evergreen.reporting.figures import (
    Figure,
    draw_calibration,
    draw_candidates,
    draw_confusion,
    draw_money,
    draw_residuals,
    draw_scores,
)

_MAX_POINTS = 2000


def draw_figures(
    problem: Problem,
    money: dict[str, Any],
    candidate_scores: pd.DataFrame,
    fit_table: pd.DataFrame,
    score_table: pd.DataFrame,
    decision_table: pd.DataFrame,
) -> tuple[Figure, Figure, Figure, Figure, Figure]:
    """Draw what the verdict rests on.

    Args:
        problem: the case.
        money: payoff by rule with intervals.
        candidate_scores: validation of the candidates.
        fit_table: predictions against outcomes.
        score_table: scores by class.
        decision_table: decisions and what they paid.

    Returns:
        Figures of money, candidates, fit, scores and decisions.
    """
    unit = "" if problem.payoff is None else problem.payoff.unit
    shown = best_corrections(candidate_scores)
    return (
        draw_money(money_frame(money), unit=f"{unit} per decision"),
        draw_candidates(shown[["candidate", "fold", "score"]], metric=str(shown["metric"].iloc[0])),
        _draw_fit(problem, fit_table),
        draw_scores(score_table),
        draw_confusion(decision_table, unit=unit),
    )


def best_corrections(candidate_scores: pd.DataFrame) -> pd.DataFrame:
    """Keep, for each candidate, the validation of its best correction.

    Args:
        candidate_scores: columns ``candidate, correction, fold, metric, score, fit_rows``.

    Returns:
        The kept rows; the candidate's name carries the correction and says which was chosen.
    """
    best = mean_scores(candidate_scores).drop_duplicates("candidate")[["candidate", "correction"]]
    kept = candidate_scores.merge(best, on=["candidate", "correction"])
    suffix = kept["correction"].map(lambda name: "" if name == "none" else f", {name}")
    first = choose_scored(candidate_scores)[0]
    chosen = kept["candidate"].map(lambda name: " (chosen)" if name == first else "")
    return kept.assign(candidate=kept["candidate"] + suffix + chosen)


def collect_tables(
    row_ledger: pd.DataFrame,
    repairs: Any,
    candidate_scores: pd.DataFrame,
    fit_table: pd.DataFrame,
    score_table: pd.DataFrame,
    decision_table: pd.DataFrame,
) -> dict[str, pd.DataFrame]:
    """Collect the tables of the report.

    Args:
        row_ledger: where every row went.
        repairs: repaired cells.
        candidate_scores: validation of the candidates.
        fit_table: predictions against outcomes.
        score_table: scores by class.
        decision_table: decisions and what they paid.

    Returns:
        Name -> table.
    """
    return {
        "row_ledger": row_ledger,
        "repairs": repairs,
        "candidates": best_corrections(candidate_scores),
        "fit": fit_table,
        "scores": score_table,
        "decisions": decision_table,
    }


def collect_figures(
    money_figure: Figure, candidates_figure: Figure, fit_figure: Figure, scores_figure: Figure, decisions_figure: Figure
) -> dict[str, Figure]:
    """Collect the figures of the report.

    Args:
        money_figure: money by rule.
        candidates_figure: validation by fold.
        fit_figure: predictions against outcomes.
        scores_figure: scores by class.
        decisions_figure: decisions and what they paid.

    Returns:
        Name -> figure.
    """
    return {
        "money": money_figure,
        "candidates": candidates_figure,
        "fit": fit_figure,
        "scores": scores_figure,
        "decisions": decisions_figure,
    }


def write_verdict_report(
    problem: Problem,
    params: EvaluationParams,
    verdict: dict[str, Any],
    evidence: dict[str, Any],
    report_tables: Mapping[str, pd.DataFrame],
    report_figures: Mapping[str, Figure],
) -> str:
    """Write the page for the owner of the business case.

    Args:
        problem: the case.
        params: the confidence.
        verdict: the verdict.
        evidence: what it rests on.
        report_tables: the tables.
        report_figures: the figures.

    Returns:
        One self-contained HTML page.
    """
    fit = "calibration" if problem.is_classification else "residuals"
    names = {"candidates": "candidates", "fit": fit, "scores": "scores", "decisions": "confusion"}
    if problem.payoff is not None:
        names["money"] = "money"
    return write_report(
        ReportFacts(
            problem=problem,
            verdict=cast(Verdict, verdict),
            criteria=pd.DataFrame(evidence["criteria"]),
            row_ledger=report_tables["row_ledger"],
            repairs=report_tables["repairs"],
            candidates=report_tables["candidates"],
            figures={shown: report_figures[name] for name, shown in names.items()},
            figure_data={
                shown: report_tables[name] for name, shown in names.items() if name in ("scores", "decisions")
            },
            money_unit="" if problem.payoff is None else f"{problem.payoff.unit} per decision",
            interval=f"Intervals are two-sided {100 * params.confidence:g} % bootstrap intervals; criteria are judged "
            f"at one-sided bounds. {verdict['look']['word']}",
        )
    )


def _draw_fit(problem: Problem, fit_table: pd.DataFrame) -> Figure:
    if problem.is_classification:
        return draw_calibration(fit_table)
    step = -(-len(fit_table) // _MAX_POINTS)
    unit = problem.columns[problem.target.column].unit or ""
    return draw_residuals(fit_table.iloc[::step], unit=unit)
