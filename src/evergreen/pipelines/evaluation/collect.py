"""Collect what the report tells, and put the parts that tell themselves into words."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from evergreen.models.recipe import Recipe
from evergreen.pipelines.evaluation.draw import best_corrections
from evergreen.problem import Problem
from evergreen.reporting import SearchFacts, Section
from evergreen.reporting.explanation_sections import ExplanationFacts, explanation_sections
from evergreen.reporting.fairness_sections import decisions_section, gaps_section, remedies_section
from evergreen.reporting.figures import Figure
from evergreen.reporting.promotion_section import promotion_section
from evergreen.reporting.slice_sections import found_slices_section, named_slices_section

Tables = Mapping[str, pd.DataFrame]
Sections = Mapping[str, tuple[Section, ...]]


def collect_tables(
    fit_table: pd.DataFrame,
    score_table: pd.DataFrame,
    decision_table: pd.DataFrame,
    gain_table: pd.DataFrame,
    threshold_table: pd.DataFrame,
) -> dict[str, pd.DataFrame]:
    """Collect the tables of the holdout that figures are drawn from.

    Args:
        fit_table: predictions against outcomes.
        score_table: scores by class.
        decision_table: decisions and what they paid.
        gain_table: what the highest scores found.
        threshold_table: what other thresholds would have paid.

    Returns:
        Name -> table.
    """
    return {
        "fit": fit_table,
        "scores": score_table,
        "decisions": decision_table,
        "gains": gain_table,
        "thresholds": threshold_table,
    }


def collect_data(row_ledger: pd.DataFrame, repairs: pd.DataFrame, suspects: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Collect the tables of the data.

    Args:
        row_ledger: where every row went.
        repairs: repaired cells.
        suspects: what may give the outcome away.

    Returns:
        Name -> table.
    """
    return {"row_ledger": row_ledger, "repairs": repairs, "suspects": suspects}


def collect_search(
    candidate_scores: pd.DataFrame,
    tuning_history: pd.DataFrame,
    combination: pd.DataFrame,
    quantile_trials: pd.DataFrame,
    recipe: dict[str, Any],
) -> tuple[pd.DataFrame, SearchFacts]:
    """Collect how the challenger was found.

    Args:
        candidate_scores: validation of the candidates.
        tuning_history: every trial.
        combination: what the challenger is made of.
        quantile_trials: models that decide on a value by what it costs.
        recipe: how the challenger is made, for the columns that its models leave out.

    Returns:
        The validation of each candidate with its best correction, and the rest.
    """
    told = SearchFacts(tuning_history, combination, quantile_trials, _left_out(Recipe.model_validate(recipe)))
    return best_corrections(candidate_scores), told


def _left_out(recipe: Recipe) -> tuple[str, ...]:
    """Name the columns that no model of a recipe learns from, be it one that scores or one that decides."""
    deciders = [recipe.reduced, None if recipe.quantile is None else recipe.quantile.settings]
    made = [member.settings for member in recipe.members] + [one for one in deciders if one is not None]
    return recipe.left_out[: min(settings.n_dropped for settings in made)]


def collect_figures(  # noqa: PLR0913, PLR0917 - one input each
    money_figure: Figure,
    candidates_figure: Figure,
    fit_figure: Figure,
    scores_figure: Figure,
    decisions_figure: Figure,
    gain_figure: Figure,
    threshold_figure: Figure,
    tuning_figure: Figure,
) -> dict[str, Figure]:
    """Collect the figures of the report.

    Args:
        money_figure: money by rule.
        candidates_figure: validation by fold.
        fit_figure: predictions against outcomes.
        scores_figure: scores by class.
        decisions_figure: decisions and what they paid.
        gain_figure: what the highest scores found.
        threshold_figure: what other thresholds would have paid.
        tuning_figure: loss by trial.

    Returns:
        Name -> figure.
    """
    return {
        "money": money_figure,
        "candidates": candidates_figure,
        "fit": fit_figure,
        "scores": scores_figure,
        "decisions": decisions_figure,
        "gains": gain_figure,
        "thresholds": threshold_figure,
        "tuning": tuning_figure,
    }


def tell_groups(
    problem: Problem,
    group_rates: pd.DataFrame,
    group_gaps: pd.DataFrame,
    decision_groups: pd.DataFrame,
    remedies: pd.DataFrame,
    fairness_judgements: list[dict[str, Any]],
) -> tuple[Section, ...]:
    """Put into words how groups are decided about.

    Args:
        problem: the case.
        group_rates: figures by group.
        group_gaps: gaps between groups.
        decision_groups: the ledger of groups, carried on to the decisions.
        remedies: what remedies would do, and cost.
        fairness_judgements: what the verdict says of gaps.

    Returns:
        The sections; remedies only where any was priced.
    """
    gaps = gaps_section(group_gaps, group_rates, fairness_judgements, problem)
    told = gaps, decisions_section(decision_groups, problem)
    return told if remedies.empty else (*told, remedies_section(remedies, problem))


def tell_slices(problem: Problem, slices: pd.DataFrame) -> tuple[Section, ...]:
    """Put into words how the challenger does on parts of the rows.

    Args:
        problem: the case.
        slices: the slices of the case and the worst that were found.

    Returns:
        The sections.
    """
    return named_slices_section(slices, problem), found_slices_section(slices)


def tell_explanations(
    problem: Problem,
    importances: pd.DataFrame,
    effects: pd.DataFrame,
    model_suspicions: pd.DataFrame,
    importance_figure: Figure,
    effects_figure: Figure,
) -> tuple[Section, ...]:
    """Put into words what the challenger looks at.

    Args:
        problem: the case.
        importances: what each column is worth.
        effects: how predictions move.
        model_suspicions: columns that are too good to be true, or turn round.
        importance_figure: drawn importances.
        effects_figure: drawn effects.

    Returns:
        The sections.
    """
    facts = ExplanationFacts(problem, importances, effects, model_suspicions, importance_figure, effects_figure)
    return explanation_sections(facts)


def tell_champion(promotion: dict[str, Any]) -> tuple[Section, ...]:
    """Put into words how the challenger does beside the champion.

    Args:
        promotion: the comparison.

    Returns:
        The section.
    """
    return (promotion_section(promotion),)


def collect_sections(
    group_sections: tuple[Section, ...],
    slice_sections: tuple[Section, ...],
    explanation_sections: tuple[Section, ...],
    champion_sections: tuple[Section, ...],
) -> dict[str, tuple[Section, ...]]:
    """Collect what is told already.

    Args:
        group_sections: of groups.
        slice_sections: of slices.
        explanation_sections: of what the challenger looks at.
        champion_sections: of the live release.

    Returns:
        Name -> sections.
    """
    return {
        "groups": group_sections,
        "slices": slice_sections,
        "explanations": explanation_sections,
        "champion": champion_sections,
    }
