"""What a model looks at, as sections of a page."""

from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from evergreen.errors import named
from evergreen.problem import Problem
from evergreen.reporting.sections import Drawing, Point, Section

_N_NAMED = 3


@dataclass(frozen=True)
class ExplanationFacts:
    """All that the sections tell.

    Attributes:
        problem: the case.
        importances: ``column``, ``loss_increase`` and ``payoff_lost`` with their bounds, the most important first.
        effects: the points of ``effects_figure``.
        suspicions: ``column``, ``suspicion``, ``finding``.
        importance_figure: of ``figures.draw_importances``.
        effects_figure: of ``figures.draw_effects``.
    """

    problem: Problem
    importances: pd.DataFrame
    effects: pd.DataFrame
    suspicions: pd.DataFrame
    importance_figure: go.Figure
    effects_figure: go.Figure


def explanation_sections(facts: ExplanationFacts) -> tuple[Section, ...]:
    """Tell what a model looks at.

    Args:
        facts: all that is told.

    Returns:
        A section on suspicions and importances, and one on effects where there are any.
    """
    sections = importance_section(facts), effects_section(facts)
    return sections if len(facts.effects) else sections[:1]


def importance_section(facts: ExplanationFacts) -> Section:
    """Tell what each column is worth to the model, suspicions first.

    Args:
        facts: all that is told.

    Returns:
        The section.
    """
    table = facts.importances
    if facts.problem.payoff is None:
        table = table.drop(columns=["payoff_lost", "payoff_lost_low", "payoff_lost_high"])
    best, unused = table["column"].head(_N_NAMED), table.loc[table["loss_increase"] == 0, "column"]
    money = "" if facts.problem.payoff is None else f" Money is in {facts.problem.payoff.unit} per decision."
    left = f" Without any effect: {named(unused)}." if len(unused) else ""
    return Section(
        "What the model looks at",
        lead="How much worse the model gets on the holdout where the cells of one column are given to other rows. "
        f"Most important: {named(best)}.{left}",
        points=_suspicion_points(facts.suspicions),
        figures=(
            Drawing(
                "Importance of the columns",
                f"One dot a column with its interval, the most important on top: {named(best)}. An interval that holds "
                "zero leaves open whether the column is worth anything.",
                facts.importance_figure,
                table,
                formats=dict.fromkeys(table.columns.drop("column"), "each"),
            ),
        ),
        notes=(
            "Columns that go together stand in for each other: each alone then seems to be worth little. The loss is "
            f"{'log loss in nats' if facts.problem.is_classification else 'squared error'}.{money}",
        ),
    )


def effects_section(facts: ExplanationFacts) -> Section:
    """Tell how predictions move with the strongest columns.

    Args:
        facts: all that is told.

    Returns:
        The section.
    """
    columns = list(dict.fromkeys(facts.effects["column"]))
    return Section(
        "How predictions move",
        lead="How the model's prediction moves with each of the strongest columns, around its mean. This is what the "
        "model does, not what would happen if the column were changed.",
        figures=(
            Drawing(
                "Effects of the strongest columns",
                f"One panel a column, {named(columns)}: lines for numbers and times (accumulated local effects), dots "
                "for words (mean prediction with the column set to the word, the most frequent first).",
                facts.effects_figure,
                facts.effects,
            ),
        ),
    )


def _suspicion_points(suspicions: pd.DataFrame) -> tuple[Point, ...]:
    if suspicions.empty:
        return (Point("No column is too good, turns round, or matters in one period only.", "good", "Good"),)
    return tuple(
        Point(f"{one['column']} ({one['suspicion']}). {one['finding']}", "watch", "Watch")
        for one in suspicions.to_dict("records")
    )
