"""What became of the rows and cells on their way to the verdict."""

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from evergreen.reporting.report_facts import ReportFacts
from evergreen.reporting.sections import Point, Section, Table


def data_section(facts: ReportFacts) -> Section:
    """Tell where every row went, which cells were repaired and what is suspected of giving the outcome away.

    Args:
        facts: all that the report tells.

    Returns:
        The section.
    """
    repairs = Table("Repaired cells, by column and rule", facts.repairs)
    return Section(
        "Data",
        lead="Nothing disappears: rows in = rows out + duplicates + quarantined rows. Every cell that was changed is "
        "counted.",
        points=() if facts.suspects is None else _suspect_points(facts.suspects),
        tables=(Table("Where every row went", facts.row_ledger), *([] if facts.repairs.empty else [repairs])),
        notes=("No cell had to be repaired.",) if facts.repairs.empty else (),
    )


def _suspect_points(suspects: pd.DataFrame) -> tuple[Point, ...]:
    if suspects.empty:
        return (Point("Nothing is suspected of giving the outcome away.", "good", "Good"),)
    return tuple(_suspect_point(one) for one in suspects.to_dict("records"))


def _suspect_point(one: Mapping[Hashable, Any]) -> Point:
    text = f"{one['subject']} ({one['suspicion']}). {one['finding']}"
    if one["is_blocked"]:
        return Point(text, "good", "Blocked")
    return Point(text, "watch", "Answered") if one["is_answered"] else Point(text, "bad", "Open")
