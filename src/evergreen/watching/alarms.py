"""The alarms of the newest window, at most one a cause."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from evergreen.measures.arrays import Floats
from evergreen.measures.shifts import Sums
from evergreen.watching.alarm import Alarm
from evergreen.watching.cost import cost_of
from evergreen.watching.incidents import Incident, latest_of
from evergreen.watching.panel import Panel, Watch
from evergreen.watching.profile import WindowRecord
from evergreen.watching.signals import Signal, SignalKind, input_sums, outcome_sums
from evergreen.watching.tell import advise, name_signal, tell_change, tell_money

# An incident goes on while what opened it lies two standard errors from normal, in the same direction.
_NOT_OVER = 2.0
_MOST_ALSO = 5
# What depends on the hours and weekdays that rows come from.
_OF_THE_MIX: tuple[SignalKind, ...] = ("level", "spread", "share")


@dataclass(frozen=True)
class _Found:
    """One signal that speaks: where it stands in the panel, and how many windows show it."""

    position: int
    length: int
    score: float
    is_new: bool
    also: tuple[str, ...] = ()


def find_alarms(
    watch: Watch, records: Sequence[WindowRecord], incidents: Sequence[Incident] = (), *, is_part: bool = False
) -> tuple[Alarm, ...]:
    """Find what has left the normal in the newest window and those before it.

    No more than the last 32 windows are read, however long the model has lived. Windows up to the last alarm of a
    cause are left out of its later tests, so one bad day does not ring for a month; an open incident goes on while the
    figure that opened it lies two standard errors off.

    Args:
        watch: what is normal.
        records: windows in the order of time, the newest last.
        incidents: what is known so far, before this window.
        is_part: whether the newest window has rows of a few of its days only. A few days are no small month: which
            values they hold opens no incident, but cells that are missing, repaired or beyond what was known do, and
            so does what came of decisions.

    Returns:
        At most one alarm a cause, inputs first, in the order of columns. None without windows.
    """
    most = watch.budget.lengths[-1]
    latest = list(records[-most:])
    if not latest:
        return ()
    sums = input_sums(watch.bins, watch.reference, latest)
    alarms = _alarms_of(watch, watch.inputs, latest, sums, incidents, passed_over=_OF_THE_MIX if is_part else ())
    if watch.outcomes is None:
        return tuple(alarms)
    judged = list(islice((record for record in reversed(records) if record.outcomes is not None), most))[::-1]
    if not judged:
        return tuple(alarms)
    came = outcome_sums(watch.outcomes.signals, [record.outcomes for record in judged])
    return (*alarms, *_alarms_of(watch, watch.outcomes, judged, came, incidents))


def _alarms_of(
    watch: Watch,
    panel: Panel,
    records: list[WindowRecord],
    sums: Sums,
    incidents: Sequence[Incident],
    *,
    passed_over: Collection[SignalKind] = (),
) -> list[Alarm]:
    names, latest = [record.window for record in records], latest_of(incidents)
    starts = np.array([_start(latest.get(signal.cause), names) for signal in panel.signals], dtype=np.int64)
    scores = panel.stretch_scores(sums, starts=starts)
    scores[:, [signal.kind in passed_over for signal in panel.signals]] = 0.0
    found = _beyond(panel, scores)
    for cause, one in _not_over(panel, sums, latest).items():
        found.setdefault(cause, one)
    alarms = [_alarm(watch, panel, records, sums, starts, one) for one in found.values()]
    return [_date(alarm, latest.get(alarm.cause)) for alarm in alarms]


def _date(alarm: Alarm, incident: Incident | None) -> Alarm:
    if incident is None or not incident.is_open:
        return alarm
    finding = alarm.finding.replace(f"since {alarm.since}.", f"since {incident.since}.")
    return alarm.model_copy(update={"since": incident.since, "finding": finding})


def _start(incident: Incident | None, names: list[str]) -> int:
    return 0 if incident is None else sum(name <= incident.last_seen for name in names)


def _beyond(panel: Panel, scores: Floats) -> dict[str, _Found]:
    sizes = np.nan_to_num(np.abs(scores))
    is_beyond = sizes >= panel.limits
    order = sorted(np.flatnonzero(is_beyond.any(axis=0)), key=lambda i: -float(np.max(sizes[:, i] * is_beyond[:, i])))
    by_cause: dict[str, list[int]] = {}
    for position in order:
        by_cause.setdefault(panel.signals[position].cause, []).append(int(position))
    return {cause: _lead(panel, scores, is_beyond, positions) for cause, positions in sorted(by_cause.items())}


def _lead(panel: Panel, scores: Floats, is_beyond: NDArray[np.bool_], positions: list[int]) -> _Found:
    first, *others = positions
    row = int(np.argmax(np.nan_to_num(np.abs(scores[:, first])) * is_beyond[:, first]))
    also = tuple(name_signal(panel.signals[position]) for position in others[:_MOST_ALSO])
    return _Found(first, panel.lengths[row], float(scores[row, first]), is_new=True, also=also)


def _not_over(panel: Panel, sums: Sums, latest: dict[str, Incident]) -> dict[str, _Found]:
    places = {signal.key: position for position, signal in enumerate(panel.signals)}
    going = {cause: one.first for cause, one in latest.items() if one.is_open and one.first.signal in places}
    if not going:
        return {}
    scores = panel.stretch_scores(sums, starts=np.zeros(len(panel.signals), dtype=np.int64))
    found = {}
    for cause, first in going.items():
        position = places[first.signal]
        score = float(scores[panel.lengths.index(first.n_windows), position])
        if score * np.sign(first.score) >= _NOT_OVER:
            found[cause] = _Found(position, first.n_windows, score, is_new=False)
    return found


def _alarm(
    watch: Watch, panel: Panel, records: list[WindowRecord], sums: Sums, starts: NDArray[np.int64], found: _Found
) -> Alarm:
    signal, position = panel.signals[found.position], found.position
    start = int(starts[position]) if found.is_new else 0
    trace = np.nan_to_num(np.abs(panel.trace(sums, position, start=start)))
    since = records[start + int(trace.argmax())].window
    first = max(start, len(records) - found.length)
    here = sums.each(lambda part: part[first:].sum(axis=0)[position])
    normal = panel.reference.each(lambda part: part[position])
    spread = float(np.sqrt(normal.plus(here).variance))
    effect = float(here.mean - normal.mean) / spread if spread else 0.0
    before, now = _figures(watch, signal, records[first:], float(normal.mean), float(here.mean))
    cost = cost_of(watch, records[-1], signal)
    change = tell_change(signal, before, now, effect)
    money = tell_money(cost.money, cost.basis, cost.n_rows, records[-1].window)
    finding = f"{change[0].upper()}{change[1:]}, since {since}. {money}"
    return Alarm(
        window=records[-1].window,
        cause=signal.cause,
        kind=signal.kind,
        column=signal.column,
        place=signal.place,
        signal=signal.key,
        n_windows=found.length,
        since=since,
        is_new=found.is_new,
        score=found.score,
        before=before,
        now=now,
        effect=effect,
        n_rows=int(here.n),
        money=cost.money,
        money_basis=cost.basis,
        is_harmful=cost.is_harmful,
        also=found.also,
        finding=finding,
        advice=advise(signal.kind),
    )


def _figures(
    watch: Watch, signal: Signal, records: list[WindowRecord], before: float, now: float
) -> tuple[float, float]:
    if signal.kind not in ("level", "spread"):
        return before, now
    parts = [[watch.reference.columns[signal.column]], [record.columns[signal.column] for record in records]]
    found = []
    for part in parts:
        n_known = max(sum(one.n_known for one in part), 1)
        mean = sum(one.total for one in part) / n_known
        variance = max(sum(one.total_squares for one in part) / n_known - mean**2, 0.0)
        found.append(mean if signal.kind == "level" else float(np.sqrt(variance)))
    return found[0], found[1]
