"""The page for the owner of a business case: the verdict first, then what it rests on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypedDict

import pandas as pd
import plotly.graph_objects as go

from evergreen.errors import DataError, named
from evergreen.problem import Problem
from evergreen.reporting.cells import heading
from evergreen.reporting.contract import contract_section, split_section
from evergreen.reporting.estimates import (
    MODEL,
    IntervalDict,
    as_fact,
    best_rule,
    describe_rule,
    in_words,
    metrics_table,
    money_frame,
)
from evergreen.reporting.page import render_page
from evergreen.reporting.sections import Banner, Drawing, Fact, Point, Section, Table, Tone

_RESULT_TONES: dict[str, Tone] = {"passed": "good", "failed": "bad", "undecided": "watch"}
_BANNERS = {
    "release": Banner("good", "Release", "The evidence meets every criterion of the case."),
    "hold": Banner("bad", "Hold", "The evidence speaks against a release."),
    "undecided": Banner("watch", "Undecided", "The evidence is too weak to decide either way."),
}
_QUALITY_FIGURES = {
    "calibration": (
        "Predicted against observed",
        "Points show the observed share of outcomes for groups of similar scores, with intervals. The closer they "
        "lie to the dashed diagonal, the more a score can be taken at its word.",
    ),
    "scores": (
        "Scores by true class",
        "One outline a class shows how its rows' scores lie. The less the outlines overlap, the better the model "
        "tells the classes apart.",
    ),
    "confusion": (
        "Actions and outcomes",
        "A grid of actions and outcomes; each cell holds its number of rows and what they paid.",
    ),
    "residuals": (
        "Misses by prediction",
        "One point a row: how far the truth lay above or below the prediction. An even band around zero is good.",
    ),
}
_ALL_FIGURES = ("money", "candidates", *_QUALITY_FIGURES)


class Verdict(TypedDict):
    """The verdict as it is kept: see ``verdict.json``."""

    case: str
    as_of: str
    verdict: Literal["release", "hold", "undecided"]
    reasons: list[str]
    metrics: dict[str, IntervalDict]
    money: dict[str, IntervalDict]
    release_id: str | None


@dataclass(frozen=True)
class ReportFacts:
    """All that the report tells.

    Attributes:
        problem: the case.
        verdict: the verdict with its reasons, metrics and money; money is in ``money_unit``.
        criteria: ``criterion``, ``value``, ``bound``, ``limit``, ``result`` (passed, failed, undecided), ``reason``.
        row_ledger: ``stage``, ``what``, ``n_rows``.
        repairs: ``column``, ``rule``, ``n_cells``.
        candidates: ``candidate``, ``fold``, ``metric``, ``score``, ``fit_rows``; folds in time order.
        figures: drawn figures by name: money, candidates, calibration, scores, confusion, residuals; any may lack.
        figure_data: the frames they were drawn from, by the same names, offered beneath them.
        money_unit: the unit of money ("EUR per decision"); the payoff's unit where empty.
        interval: what the intervals are ("95 % bootstrap intervals"), for a note.
        extra: sections to follow the candidates.
    """

    problem: Problem
    verdict: Verdict
    criteria: pd.DataFrame
    row_ledger: pd.DataFrame
    repairs: pd.DataFrame
    candidates: pd.DataFrame
    figures: Mapping[str, go.Figure] = field(default_factory=dict)
    figure_data: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    money_unit: str = ""
    interval: str = ""
    extra: tuple[Section, ...] = ()

    @property
    def unit(self) -> str:
        """The unit of money; empty where the case has no payoff."""
        payoff = self.problem.payoff
        return self.money_unit or (payoff.unit if payoff is not None else "")


def write_report(facts: ReportFacts) -> str:
    """Write the page for the owner of the business case.

    Args:
        facts: all that it tells.

    Returns:
        One self-contained HTML page.

    Raises:
        DataError: where a figure's name has no place in the report, or the verdict is none of the three.
    """
    _require_known_names(facts)
    sections = [
        _verdict_section(facts),
        _money_section(facts),
        _quality_section(facts),
        _criteria_section(facts),
        _candidates_section(facts),
        *facts.extra,
        _data_section(facts),
        contract_section(facts.problem),
        split_section(facts.problem),
    ]
    title = f"{heading(facts.problem.name)}: report of {facts.verdict['as_of']}"
    return render_page(title, sections, subtitle=facts.problem.goal)


def _require_known_names(facts: ReportFacts) -> None:
    stray = [name for name in {**facts.figures, **facts.figure_data} if name not in _ALL_FIGURES]
    if stray:
        raise DataError(
            f"Figure {named(stray)}", "has no place in the report", f"Use a name among {', '.join(_ALL_FIGURES)}."
        )
    verdict = facts.verdict["verdict"]
    if verdict not in _BANNERS:
        raise DataError(f"Verdict '{verdict}'", "is unknown", f"It is one of {', '.join(_BANNERS)}.")


def _verdict_section(facts: ReportFacts) -> Section:
    verdict, problem = facts.verdict, facts.problem
    return Section(
        "Verdict",
        banner=_BANNERS[verdict["verdict"]],
        lead=f"What is decided: {_sentence(problem.decision)} One row is {_sentence(problem.entity)}",
        points=tuple(Point(reason) for reason in verdict["reasons"]),
        facts=(
            *_money_facts(facts),
            Fact("Release", verdict["release_id"] or ("none yet" if verdict["verdict"] == "release" else "no release")),
            Fact("As of", verdict["as_of"]),
        ),
    )


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _money_facts(facts: ReportFacts) -> list[Fact]:
    money = facts.verdict["money"]
    best = best_rule(money)
    shown = [as_fact("The model earns", money[MODEL], facts.unit)] if MODEL in money else []
    if best is not None:
        shown.append(as_fact(f"Best without a model: {best}", money[best], facts.unit))
    return shown


def _money_section(facts: ReportFacts) -> Section:
    money = facts.verdict["money"]
    if not money:
        return Section("Money", lead="The case gives no payoff, so nothing here is judged in money.")
    frame = money_frame(money)
    table = frame.assign(**{"what it does": [describe_rule(facts.problem, rule) for rule in frame["rule"]]})
    rules = ", ".join(f"{name} {in_words(estimate, facts.unit)}" for name, estimate in money.items())
    figure = _drawing(facts, "money", "The model and every way to decide without one", f"Payoff by rule: {rules}.")
    return Section(
        "Money",
        lead=f"What the model and every way to decide without one earn on the holdout, in {facts.unit}. "
        "A model that does not beat them is not worth its trouble.",
        figures=figure,
        tables=(Table(f"Payoff on the holdout ({facts.unit}), with the low and high end of its interval", table),),
        notes=(facts.interval,) if facts.interval else (),
    )


def _quality_section(facts: ReportFacts) -> Section:
    figures = [_drawing(facts, name, title, alt) for name, (title, alt) in _QUALITY_FIGURES.items()]
    table = metrics_table("Quality on the holdout, with intervals", facts.verdict["metrics"], facts.unit)
    return Section(
        "Quality",
        lead="How good the model's scores are on the holdout, which it has never seen.",
        figures=tuple(drawing for drawings in figures for drawing in drawings),
        tables=(table,),
        notes=(facts.interval,) if facts.interval else (),
    )


def _criteria_section(facts: ReportFacts) -> Section:
    columns = ["criterion", "result", "value", "bound", "limit", "reason"]
    formats = dict.fromkeys(["value", "bound", "limit"], "each")
    return Section(
        "Criteria",
        lead="What the case calls success. A criterion passes only where the cautious end of the interval, the "
        "bound, is on the right side of the limit.",
        tables=(Table("Success criteria", facts.criteria[columns], formats=formats, tones={"result": _RESULT_TONES}),),
    )


def _candidates_section(facts: ReportFacts) -> Section:
    metrics = ", ".join(heading(name) for name in facts.candidates["metric"].unique())
    alt = f"One line a candidate: its {metrics} in each fold. The table beneath holds the same figures."
    return Section(
        "Candidates",
        lead="The models that were tried, judged on parts of the training rows that they had not seen.",
        figures=_drawing(facts, "candidates", f"{metrics} by fold", alt),
        tables=(Table(f"Validation score by fold ({metrics})", _by_fold(facts.candidates)),),
    )


def _by_fold(candidates: pd.DataFrame) -> pd.DataFrame:
    keys, folds = ["candidate", "metric"], candidates["fold"].unique()
    in_order = pd.MultiIndex.from_frame(candidates[keys].drop_duplicates())
    wide = candidates.pivot(index=keys, columns="fold", values="score").reindex(index=in_order, columns=folds)  # noqa: PD010
    wide.columns = [f"fold {fold}" for fold in folds]
    named_rows = wide.reset_index()
    if len(candidates["metric"].unique()) == 1:
        return named_rows.drop(columns="metric")
    return named_rows.assign(metric=[heading(name) for name in named_rows["metric"]])


def _data_section(facts: ReportFacts) -> Section:
    repairs = Table("Repaired cells, by column and rule", facts.repairs)
    return Section(
        "Data",
        lead="Nothing disappears: rows in = rows out + duplicates + quarantined rows. Every cell that was changed is "
        "counted.",
        tables=(Table("Where every row went", facts.row_ledger), *([] if facts.repairs.empty else [repairs])),
        notes=("No cell had to be repaired.",) if facts.repairs.empty else (),
    )


def _drawing(facts: ReportFacts, name: str, title: str, alt: str) -> tuple[Drawing, ...]:
    if name not in facts.figures:
        return ()
    return (Drawing(title, alt, facts.figures[name], facts.figure_data.get(name)),)
