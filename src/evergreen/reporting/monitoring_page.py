"""The page that tells how the live release fares."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from evergreen.reporting.cells import counted, heading
from evergreen.reporting.estimates import AS_TARGET, IntervalDict, in_words, metrics_table, money_frame
from evergreen.reporting.figures import draw_drift, draw_money, draw_score_shift
from evergreen.reporting.page import render_page
from evergreen.reporting.sections import Banner, Drawing, Fact, Point, Section, Table, Tone

Severity = Literal["ok", "watch", "alarm"]

_TONES: dict[Severity, Tone] = {"ok": "good", "watch": "watch", "alarm": "bad"}
_WORDS: dict[Severity, str] = {"ok": "OK", "watch": "Watch", "alarm": "Alarm"}
_BANNERS: dict[Severity, Banner] = {
    "ok": Banner("good", "All quiet", "Nothing in this window asks for action."),
    "watch": Banner("watch", "Watch", "Something has moved and should be looked at."),
    "alarm": Banner("bad", "Alarm", "Something is wrong and needs a person."),
}
_DRIFT_TONES: dict[str, Tone] = {"yes": "bad"}


@dataclass(frozen=True)
class Finding:
    """One thing that was found, in a plain sentence."""

    severity: Severity
    sentence: str


@dataclass(frozen=True)
class Performance:
    """What is known of the outcomes of the window's rows.

    Attributes:
        n_outcomes: rows of the window whose outcome has come.
        metrics: metric -> estimate on those rows.
        money: rule -> estimate on those rows, "model" is the model.
        money_unit: the unit of money.
        target_unit: the unit of metrics in that of the target.
    """

    n_outcomes: int = 0
    metrics: Mapping[str, IntervalDict] = field(default_factory=dict)
    money: Mapping[str, IntervalDict] = field(default_factory=dict)
    money_unit: str = ""
    target_unit: str = AS_TARGET


@dataclass(frozen=True)
class MonitoringFacts:
    """All that the monitoring page tells.

    Attributes:
        case: the name of the case.
        as_of: the logical date, ISO.
        release_id: the live release; None where there is no champion.
        window: first and last day of the window, ISO; None where nothing was scored, or rows have no date.
        n_rows: rows scored in the window.
        findings: what was found, the worst first or in any order.
        quality: the data quality of the window, one row a column or rule; shown as it is.
        drift: as ``draw_drift`` takes it; empty where not tested.
        score_shift: as ``draw_score_shift`` takes it; empty where not measured.
        performance: what is known of the outcomes.
        extra: sections to follow.
    """

    case: str
    as_of: str
    release_id: str | None = None
    window: tuple[str, str] | None = None
    n_rows: int = 0
    findings: tuple[Finding, ...] = ()
    quality: pd.DataFrame = field(default_factory=pd.DataFrame)
    drift: pd.DataFrame = field(default_factory=pd.DataFrame)
    score_shift: pd.DataFrame = field(default_factory=pd.DataFrame)
    performance: Performance = Performance()
    extra: tuple[Section, ...] = ()


def write_monitoring_page(facts: MonitoringFacts) -> str:
    """Write the page that tells how the live release fares.

    Args:
        facts: all that it tells; without a champion or without rows the page says so and what to do.

    Returns:
        One self-contained HTML page.

    Raises:
        DataError: where the drift or score frame lacks a column.
    """
    title = f"{heading(facts.case)}: monitoring of {facts.as_of}"
    empty = _empty_section(facts)
    if empty is not None:
        return render_page(title, [empty, *facts.extra], subtitle="How the live release fares.")
    sections = [
        _state_section(facts),
        _performance_section(facts),
        _drift_section(facts.drift),
        _score_section(facts.score_shift),
        _quality_section(facts.quality),
        *facts.extra,
    ]
    return render_page(title, sections, subtitle="How the live release fares.")


def _empty_section(facts: MonitoringFacts) -> Section | None:
    if facts.release_id is None:
        word, text = "No champion", "No release is live, so there is nothing to watch yet."
        cure = "The first release whose verdict is 'release' becomes the champion; then its rows are watched here."
    elif facts.n_rows == 0:
        word, text = "Nothing scored", "The champion has scored no rows in this window."
        cure = "Score new rows with the champion; this page then shows how they fare."
    else:
        return None
    known = () if facts.release_id is None else _state_facts(facts)
    points = _points(facts.findings)
    return Section("State", banner=Banner("plain", word, text), lead=cure, facts=known, points=points)


def _state_section(facts: MonitoringFacts) -> Section:
    found = {finding.severity for finding in facts.findings}
    worst: Severity = "alarm" if "alarm" in found else "watch" if "watch" in found else "ok"
    return Section("State", banner=_BANNERS[worst], facts=_state_facts(facts), points=_points(facts.findings))


def _points(findings: tuple[Finding, ...]) -> tuple[Point, ...]:
    order = list(_TONES)
    worst_first = sorted(findings, key=lambda finding: -order.index(finding.severity))
    return tuple(Point(f.sentence, _TONES[f.severity], _WORDS[f.severity]) for f in worst_first)


def _state_facts(facts: MonitoringFacts) -> tuple[Fact, ...]:
    undated = "the new rows, which have no date" if facts.n_rows else "no row was scored"
    window = undated if facts.window is None else f"{facts.window[0]} to {facts.window[1]}"
    return (
        Fact("Window", window),
        Fact("Rows scored", f"{facts.n_rows:,}"),
        Fact("Outcomes known", f"{facts.performance.n_outcomes:,} of {facts.n_rows:,}"),
        Fact("Release", facts.release_id or "no release"),
    )


def _performance_section(facts: MonitoringFacts) -> Section:
    known = facts.performance
    if known.n_outcomes == 0:
        return Section(
            "Performance",
            lead=f"No outcome of the {facts.n_rows:,} rows has come yet, so how well the model did is not known.",
        )
    caption = "Quality on rows with a known outcome, with intervals"
    return Section(
        "Performance",
        lead=f"{known.n_outcomes:,} of {facts.n_rows:,} outcomes are known. All figures here rest on those rows alone.",
        figures=_money_drawing(known),
        tables=(metrics_table(caption, known.metrics, known.money_unit, target_unit=known.target_unit),)
        if known.metrics
        else (),
    )


def _money_drawing(known: Performance) -> tuple[Drawing, ...]:
    if not known.money:
        return ()
    rules = ", ".join(f"{name} {in_words(estimate, known.money_unit)}" for name, estimate in known.money.items())
    frame = money_frame(known.money)
    figure = draw_money(frame, unit=known.money_unit)
    return (Drawing("The model and every way to decide without one", f"Payoff by rule: {rules}.", figure, frame),)


def _drift_section(drift: pd.DataFrame) -> Section:
    if drift.empty:
        return Section("Drift", lead="Drift was not tested in this window.")
    figure = draw_drift(drift)
    moved = list(drift.loc[drift["is_drifted"].astype(bool), "column"])
    words = f"{', '.join(map(str, moved))} drifted" if moved else "no column drifted"
    alt = f"Bars of the population stability index of {counted(len(drift), 'column')}; {words}."
    return Section(
        "Drift",
        lead=f"{len(moved)} of {len(drift)} columns lie differently than when the release was made.",
        figures=(Drawing("How far each column has moved", alt, figure),),
        tables=(Table("Drift by column", _for_reading(drift), tones={"is_drifted": _DRIFT_TONES}),),
        notes=("P-values are adjusted for the number of columns, so that quiet data seldom raise an alarm.",),
    )


def _for_reading(drift: pd.DataFrame) -> pd.DataFrame:
    first = ["column", "is_drifted"]
    ordered = drift[[*first, *(name for name in drift.columns if name not in first)]]
    return ordered.rename(columns={"n_reference": "reference rows", "n_current": "current rows"})


def _score_section(score_shift: pd.DataFrame) -> Section:
    if score_shift.empty:
        return Section("Scores", lead="The distribution of scores was not compared in this window.")
    alt = "Two outlines: how scores lay when the release was made (reference), and how they lie now (current)."
    drawing = Drawing("Scores then and now", alt, draw_score_shift(score_shift), score_shift)
    return Section("Scores", lead="A shift of the scores shows before outcomes come.", figures=(drawing,))


def _quality_section(quality: pd.DataFrame) -> Section:
    if quality.empty:
        return Section("Data quality", lead="Data quality was not measured in this window.")
    return Section(
        "Data quality",
        lead="How well the window's rows keep the data contract.",
        tables=(Table("Data quality of the window", quality),),
    )
