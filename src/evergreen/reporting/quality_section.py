"""How good the scores are on rows that the model has never seen."""

import pandas as pd

from evergreen.problem import class_of
from evergreen.reporting.cells import heading
from evergreen.reporting.estimates import AS_TARGET, IntervalDict, metrics_table
from evergreen.reporting.report_facts import ReportFacts
from evergreen.reporting.sections import Section, Table

_CAPTION = "Quality on the holdout, with intervals"
_FIGURES = {
    "calibration": (
        "Predicted against observed",
        "Points show the observed share of outcomes for groups of similar scores, with intervals. The closer they "
        "lie to the dashed diagonal, the more a score can be taken at its word.",
    ),
    "gains": (
        "Found among the highest scores",
        "A line with its interval: which share of the positive class is among the rows with the highest scores. The "
        "further it lies above the dashed diagonal, the better the model ranks.",
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


_VALUES = (
    "Predicted and true values",
    "Two outlines show how the predictions and the true values lie. Predictions are spread less where the columns "
    "do not tell all.",
)
_MOST_PROBABLE = (
    "Accuracy, precision, recall and F1 are of the more probable class; what is decided by the payoff is under actions "
    "and outcomes."
)


def quality_section(facts: ReportFacts) -> Section:
    """Tell every metric with its interval, and show calibration, ranking, decisions and misses.

    Args:
        facts: all that the report tells.

    Returns:
        The section.
    """
    told = _FIGURES if facts.problem.is_classification else {**_FIGURES, "scores": _VALUES}
    drawings = [facts.drawing(name, title, alt) for name, (title, alt) in told.items()]
    whole = {name: one for name, one in facts.verdict["metrics"].items() if class_of(name) is None}
    return Section(
        "Quality",
        lead="How good the model's scores are on the holdout, which it has never seen.",
        figures=tuple(drawing for found in drawings for drawing in found),
        tables=(metrics_table(_CAPTION, whole, facts.unit, target_unit=_target_unit(facts)), *_class_tables(facts)),
        notes=(*((facts.interval,) if facts.interval else ()), *_class_notes(facts)),
    )


def _target_unit(facts: ReportFacts) -> str:
    return facts.problem.columns[facts.problem.target.column].unit or AS_TARGET


def _class_notes(facts: ReportFacts) -> tuple[str, ...]:
    has_both = facts.problem.is_classification and facts.problem.payoff is not None
    return (_MOST_PROBABLE,) if has_both else ()


def _class_tables(facts: ReportFacts) -> list[Table]:
    by_class = {name: one for name, one in facts.verdict["metrics"].items() if class_of(name) is not None}
    if not by_class:
        return []
    metrics = list(dict.fromkeys(name.partition(":")[0] for name in by_class))
    names = [name for name in facts.problem.target.classes if any(class_of(key) == name for key in by_class)]
    told = [_class_row(name, metrics, by_class) for name in names]
    frame = pd.DataFrame(told)
    if facts.decisions is not None:
        n_rows = facts.decisions.groupby("outcome")["n_rows"].sum()
        frame.insert(1, "n_rows", [int(n_rows.get(name, 0)) for name in names])
    return [Table("Quality by true class, the low and high end of the interval after each", frame)]


def _class_row(name: str, metrics: list[str], by_class: dict[str, IntervalDict]) -> dict[str, object]:
    row: dict[str, object] = {"class": name}
    for metric in metrics:
        one = by_class.get(f"{metric}:{name}", {"value": None, "low": None, "high": None})
        row |= {heading(metric): one["value"], f"{metric} low": one["low"], f"{metric} high": one["high"]}
    return row
