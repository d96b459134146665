"""The figures of the report."""

from typing import Any

import pandas as pd

from evergreen.models.corrections import choose_scored, mean_scores
from evergreen.problem import Problem
from evergreen.reporting.estimates import money_frame
from evergreen.reporting.figures import (
    Figure,
    draw_calibration,
    draw_candidates,
    draw_confusion,
    draw_gains,
    draw_money,
    draw_residuals,
    draw_scores,
    draw_thresholds,
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


def draw_cuts(problem: Problem, gain_table: pd.DataFrame, threshold_table: pd.DataFrame) -> tuple[Figure, Figure]:
    """Draw what other cuts through the scores would have found and paid.

    Args:
        problem: the case.
        gain_table: of ``tabulate_gains``.
        threshold_table: of ``tabulate_thresholds``.

    Returns:
        The curve of gains and that of the payoff; each says so where there is none.
    """
    unit = "" if problem.payoff is None else f"{problem.payoff.unit} per decision"
    return draw_gains(gain_table), draw_thresholds(threshold_table, unit=unit)


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


def _draw_fit(problem: Problem, fit_table: pd.DataFrame) -> Figure:
    if problem.is_classification:
        return draw_calibration(fit_table)
    step = -(-len(fit_table) // _MAX_POINTS)
    unit = problem.columns[problem.target.column].unit or ""
    return draw_residuals(fit_table.iloc[::step], unit=unit)
