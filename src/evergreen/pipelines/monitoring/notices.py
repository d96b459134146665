"""What is told to people: incidents that have opened or closed."""

from typing import Any

from evergreen.pipelines.monitoring.life import Incidents
from evergreen.problem import Problem


def write_notices(problem: Problem, incidents: Incidents) -> list[dict[str, Any]]:
    """Write one notice for each incident; who has told an incident before tells only what is new of it.

    Args:
        problem: the case.
        incidents: all incidents.

    Returns:
        For each incident ``key``, which no other one has, ``case, state`` (open or closed), ``cause, since, opened,
        closed, is_harmful, money, finding, advice, release_id``.
    """
    return [_notice(problem, one) for one in incidents]


def _notice(problem: Problem, incident: dict[str, Any]) -> dict[str, Any]:
    latest = incident["latest"]
    return {
        "key": "|".join((incident["release_id"], incident["cause"], incident["opened"])),
        "case": problem.name,
        "state": "open" if incident["is_open"] else "closed",
        **{name: incident[name] for name in ("cause", "since", "opened", "closed", "release_id")},
        **{name: latest[name] for name in ("is_harmful", "money", "finding", "advice")},
    }
