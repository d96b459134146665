"""Repeated alarms of one cause are one incident, which opens, continues and closes."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from evergreen.problem import CaseModel
from evergreen.watching.alarm import Alarm

_Count = Annotated[int, Field(ge=0)]


class Incident(CaseModel):
    """What one cause has done.

    Attributes:
        cause: what its alarms are put down to.
        since: the window from which the change is seen, as the first alarm dates it.
        opened: the window of the first alarm.
        last_seen: the window of the last alarm.
        closed: the window in which it was closed, or None while it is open.
        n_alarms: windows with an alarm.
        n_quiet: windows without one since the last.
        first: the first alarm.
        strongest: the alarm farthest from normal.
        latest: the last alarm.
    """

    cause: str
    since: str
    opened: str
    last_seen: str
    closed: str | None = None
    n_alarms: _Count = 1
    n_quiet: _Count = 0
    first: Alarm
    strongest: Alarm
    latest: Alarm

    @property
    def is_open(self) -> bool:
        """Whether it goes on."""
        return self.closed is None


def update(
    incidents: Sequence[Incident], alarms: Sequence[Alarm], window: str, *, n_quiet: int = 3
) -> tuple[Incident, ...]:
    """Carry incidents over one window.

    Args:
        incidents: all incidents so far.
        alarms: the alarms of this window, at most one a cause.
        window: its name.
        n_quiet: quiet windows after which an incident is closed, >= 1.

    Returns:
        The incidents, those that open in this window last. A closed one never changes again.
    """
    by_cause = {alarm.cause: alarm for alarm in alarms}
    carried = [_carry(one, by_cause.get(one.cause), window, n_quiet) if one.is_open else one for one in incidents]
    known = {one.cause for one in incidents if one.is_open}
    return (*carried, *(_open(alarm) for cause, alarm in by_cause.items() if cause not in known and alarm.is_new))


def latest_of(incidents: Sequence[Incident]) -> dict[str, Incident]:
    """Give the newest incident of each cause.

    Args:
        incidents: in the order in which they opened.

    Returns:
        Cause -> incident.
    """
    return {one.cause: one for one in incidents}


def _open(alarm: Alarm) -> Incident:
    return Incident(
        cause=alarm.cause,
        since=alarm.since,
        opened=alarm.window,
        last_seen=alarm.window,
        first=alarm,
        strongest=alarm,
        latest=alarm,
    )


def _carry(incident: Incident, alarm: Alarm | None, window: str, n_quiet: int) -> Incident:
    if alarm is None:
        quiet = incident.n_quiet + 1
        return incident.model_copy(update={"n_quiet": quiet, "closed": window if quiet >= n_quiet else None})
    strongest = max(incident.strongest, alarm, key=lambda one: abs(one.score))
    seen = {"last_seen": alarm.window, "n_alarms": incident.n_alarms + 1, "n_quiet": 0}
    return incident.model_copy(update={**seen, "strongest": strongest, "latest": alarm})
