"""What has happened in a release's life: incidents, and its windows one by one."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from evergreen.reporting.sections import Section, Table, Tone

_MOST_WINDOWS = 32
MOST_INCIDENTS = 20
_TONES: dict[str, Tone] = {"open": "bad"}
_LEAD = "A change of one column, or one that outcomes show, is one incident: it opens with the first alarm and closes "
BLIND = (
    "What is expected is what the model says of itself. It is blind to concept drift: if the same rows come to behave "
    "otherwise, only outcomes show it."
)


def incident_section(incidents: Sequence[Mapping[str, Any]]) -> Section:
    """Tell the incidents.

    Args:
        incidents: fields of ``watching.Incident`` with ``release_id`` and ``is_open``, in the order they opened.

    Returns:
        The section.
    """
    n_open = sum(bool(one["is_open"]) for one in incidents)
    newest = list(reversed(incidents))[:MOST_INCIDENTS]
    lead = f"{n_open} of {len(incidents)} incidents are open. {_LEAD}after quiet windows."
    if not incidents:
        return Section("Incidents", lead=f"There has been none. {_LEAD}after quiet windows.")
    frame = pd.DataFrame([_row(one) for one in newest])
    return Section(
        "Incidents", lead=lead, tables=(Table("Incidents, the newest first", frame, tones={"state": _TONES}),)
    )


def _row(incident: Mapping[str, Any]) -> dict[str, Any]:
    latest, closed = incident["latest"], incident["closed"]
    told = {True: "costs", False: "pays", None: "not known"}
    return {
        "what": incident["cause"],
        "state": "open" if incident["is_open"] else f"closed in {closed}",
        "since": incident["since"],
        "alarm in": incident["opened"],
        "last seen": incident["last_seen"],
        "effect on money": told[latest["is_harmful"]],
        "finding": latest["finding"],
        "look at": latest["advice"],
        "also": "; ".join(latest["also"]),
        "release": incident["release_id"],
    }


def windows_section(window_figures: pd.DataFrame) -> Section | None:
    """Tell the newest windows one by one.

    Args:
        window_figures: what the model expected of each window beside what has come.

    Returns:
        The section; None without windows.
    """
    if window_figures.empty:
        return None
    newest = window_figures.tail(_MOST_WINDOWS).iloc[::-1].dropna(axis="columns", how="all")
    shown = newest.astype({"window": "str"}).reset_index(drop=True)
    table = Table("Windows of this release, the newest first", shown, undefined="not known")
    return Section("Window by window", lead="Every window is counted once and kept.", tables=(table,), notes=(BLIND,))
