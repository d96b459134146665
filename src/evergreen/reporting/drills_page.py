"""The page of the fire drills: which faults the watch over a release sees, and how late."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from evergreen.reporting.cells import counted, heading
from evergreen.reporting.figures import Figure
from evergreen.reporting.page import render_page
from evergreen.reporting.sections import Drawing, Fact, Point, Section, Table

_ANY = "any"
_SURE = 0.9
# So many false alarms in 100 windows are far beyond the budget of any case.
_LOUD = 10


@dataclass(frozen=True)
class DrillFacts:
    """All that the page tells.

    Attributes:
        drills: what came of the drills, as in ``drills.json``.
        runs: one row a drill, column and monitor.
        figure: what each monitor has seen, drawn.
    """

    drills: dict[str, Any]
    runs: pd.DataFrame
    figure: Figure


def write_drills_page(facts: DrillFacts) -> str:
    """Write which faults the watch sees.

    Args:
        facts: all that it tells.

    Returns:
        One self-contained HTML page.
    """
    told = facts.drills
    title = f"{heading(told['case'])}: fire drills of {told['as_of']}"
    sections = [drills_section(told, facts.figure), *_unheld_section(told), _quiet_section(told)]
    subtitle = f"Faults put into real windows: which of them would be seen, and when. Answered by {_who(told)}."
    return render_page(title, [*sections, _runs_section(facts.runs)], subtitle=subtitle)


def _who(told: dict[str, Any]) -> str:
    if told["of"] == "champion":
        return f"the live release {told['release_id']}"
    return "the challenger, which is not live"


def drills_section(told: dict[str, Any], figure: Figure) -> Section:
    """Tell what has been seen.

    Args:
        told: what came of the drills.
        figure: what each monitor has seen, drawn.

    Returns:
        The section.
    """
    ground = f"{counted(told['n_rows'], 'row')} of {counted(told['n_windows'], 'real window')} (by {told['window']})"
    return Section(
        "What the watch sees",
        lead=f"{ground} are the ground. Each fault lasts {counted(told['n_after'], 'window')}; it is seen where a "
        "monitor opens an incident in one of them that the same windows without the fault do not open.",
        points=tuple(_point(drill, one) for drill, one in told["drills"].items()),
        figures=(
            Drawing(
                "Percent of runs in which each monitor rang; beneath, its median delay in windows",
                "A heat map: one row a drill, one column a monitor; the darker, the more runs were seen.",
                figure,
            ),
        ),
        notes=("A delay of 1 is the first window with the fault. Intervals take runs as independent.",),
    )


def _point(drill: str, one: dict[str, Any]) -> Point:
    found = one["monitors"][_ANY]
    share, low, high = (found["seen"][key] for key in ("value", "low", "high"))
    if one["is_blind"]:
        return Point(f"{drill}: seen in {share:.0%} of {one['n_runs']} runs.", "bad", "Blind")
    sentence = (
        f"{drill}: seen in {share:.0%} of {one['n_runs']} runs ({low:.0%} to {high:.0%}), "
        f"half of them by window {found['delay_windows']:.3g}."
    )
    return Point(sentence, "good", "Seen") if share >= _SURE else Point(sentence, "watch", "At times")


def _unheld_section(told: dict[str, Any]) -> list[Section]:
    points = tuple(Point(sentence, "watch", "Not drilled") for sentence in told["not_drilled"])
    return [Section("What drills cannot tell here", points=points)] if points else []


def _quiet_section(told: dict[str, Any]) -> Section:
    quiet = told["false_alarms"]
    rows = [
        {
            "monitor": monitor,
            "n_alarms": one["n_alarms"],
            "n_windows": one["n_windows"],
            "per 100 windows": one["per_100_windows"],
            "lives with any": one["lives"]["value"],
            "low": one["lives"]["low"],
            "high": one["lives"]["high"],
        }
        for monitor, one in quiet.items()
    ]
    shares = dict.fromkeys(("lives with any", "low", "high"), ".0%")
    often = quiet[_ANY]["per_100_windows"]
    loud = (
        f"Something rings in {often:.0f} of 100 windows that are as they were: they differ by more than the watch "
        "allows for. What a drill shows beside that noise a person may overlook."
    )
    return Section(
        "False alarms",
        points=(Point(loud, "bad", "Rings for nothing"),) if often > _LOUD else (),
        lead="Quiet lives are made of the same windows without a fault, drawn with replacement.",
        facts=(Fact("False alarms in 100 quiet windows", f"{quiet[_ANY]['per_100_windows']:.2g}"),),
        tables=(Table("False alarms of each monitor", pd.DataFrame(rows), formats=shares),),
        notes=("A monitor is counted until it first rings.",),
    )


def _runs_section(runs: pd.DataFrame) -> Section:
    shares = dict.fromkeys(("seen_share", "named_share"), ".0%")
    table = Table("Every drill, column and monitor", runs, formats=shares, undefined="not seen", is_searchable=True)
    return Section("Column by column", lead="Some columns hide what others show.", tables=(table,))
