"""A life of windows: what each of them alarms about, and what becomes of it."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import Field, FiniteFloat

from evergreen.problem import CaseModel
from evergreen.watching.alarm import Alarm
from evergreen.watching.alarms import find_alarms
from evergreen.watching.incidents import Incident, latest_of, update
from evergreen.watching.panel import Watch
from evergreen.watching.periods import Width, n_days
from evergreen.watching.profile import WindowRecord
from evergreen.watching.reference import ReferenceWindows
from evergreen.watching.tell import advise
from evergreen.watching.volume import is_loud, volume_score

VOLUME = "volume"
_NOT_OVER = 2.0
# From so many former windows on they say more of the usual number of rows than the holdout does.
_ENOUGH, _MOST = 8, 32
# How far beyond the known range, in its widths, a value is no longer the next one of the same kind.
_FAR = 0.5


class LiveWindow(CaseModel):
    """One window of a release's life.

    Attributes:
        width: day, week or month; None where the case knows no time.
        is_whole: whether rows of every day of it were seen, so that their number means something.
        ranges: column that a whole period shares -> least and greatest value.
        record: what is kept of its rows.
    """

    width: Width | None
    is_whole: bool
    ranges: dict[str, tuple[FiniteFloat, FiniteFloat]] = {}
    record: WindowRecord

    @property
    def volume(self) -> tuple[int, int]:
        """All rows that came, usable or not, and the days in which they did."""
        days = 1 if self.width is None else n_days(self.record.window, self.width)
        return self.record.n_rows + self.record.n_quarantined, days


class HeardWindow(CaseModel):
    """The alarms of one window.

    Attributes:
        window: its name.
        mark: a short name of all that they were found in.
        alarms: at most one a cause.
    """

    window: str
    mark: Annotated[str, Field(min_length=1)]
    alarms: tuple[Alarm, ...] = ()


def follow_life(
    watch: Watch,
    told: ReferenceWindows,
    known_ranges: Mapping[str, tuple[float, float]],
    windows: Sequence[LiveWindow],
    heard: Sequence[HeardWindow] = (),
) -> tuple[HeardWindow, ...]:
    """Find the alarms of every window, in order; those before the first that has changed are taken as they were.

    Args:
        watch: what is normal.
        told: what the release keeps of its holdout.
        known_ranges: column that a whole period shares -> range that the model knows.
        windows: in the order of time.
        heard: what was found before.

    Returns:
        The alarms of each window; the same whether all windows came at once or one by one.
    """
    marks, former = _marks(watch, known_ranges, windows), {one.window: one for one in heard}
    incidents: tuple[Incident, ...] = ()
    found: list[HeardWindow] = []
    is_known = True
    for place, window in enumerate(windows):
        name = window.record.window
        is_known = is_known and name in former and former[name].mark == marks[place]
        so_far = windows[: place + 1]
        alarms = former[name].alarms if is_known else _alarms(watch, told, known_ranges, so_far, incidents)
        incidents = update(incidents, alarms, name, n_quiet=watch.budget.n_quiet)
        found.append(HeardWindow(window=name, mark=marks[place], alarms=alarms))
    return tuple(found)


def _marks(watch: Watch, known_ranges: Mapping[str, tuple[float, float]], windows: Sequence[LiveWindow]) -> list[str]:
    """Name each window by itself and all before it."""
    running, marks = hashlib.sha256(f"{watch.bins.mark}{watch.budget}{dict(known_ranges)}".encode()), []
    for window in windows:
        running.update(window.model_dump_json().encode())
        marks.append(running.hexdigest()[:12])
    return marks


def fold_incidents(heard: Sequence[HeardWindow], *, n_quiet: int) -> tuple[Incident, ...]:
    """Fold alarms into incidents.

    Args:
        heard: the alarms of every window, in order.
        n_quiet: quiet windows after which an incident closes.

    Returns:
        All incidents, in the order in which they opened.
    """
    incidents: tuple[Incident, ...] = ()
    for one in heard:
        incidents = update(incidents, one.alarms, one.window, n_quiet=n_quiet)
    return incidents


def _alarms(
    watch: Watch,
    told: ReferenceWindows,
    known_ranges: Mapping[str, tuple[float, float]],
    windows: Sequence[LiveWindow],
    incidents: Sequence[Incident],
) -> tuple[Alarm, ...]:
    records = [one.record for one in windows[-_MOST:]]
    found = find_alarms(watch, records, incidents)
    volume = _watch_volume(watch, told, windows, latest_of(incidents).get(VOLUME))
    return (*found, *([] if volume is None else [volume]), *_watch_ranges(known_ranges, windows[-1]))


def _watch_volume(
    watch: Watch, told: ReferenceWindows, windows: Sequence[LiveWindow], incident: Incident | None
) -> Alarm | None:
    newest = windows[-1]
    if not newest.is_whole or newest.width is None:
        return None
    past = [one.volume for one in windows[:-1] if one.is_whole][-_MOST:]
    if len(past) < _ENOUGH:
        past = [*told.volumes.get(newest.width, ()), *past][-_MOST:]
    n_rows, days = newest.volume
    score = volume_score(n_rows, days, past)
    if score is None:
        return None
    is_new = is_loud(score, watch.budget)
    is_going = incident is not None and incident.is_open and score * incident.first.score > 0
    if not is_new and not (is_going and abs(score) >= _NOT_OVER):
        return None
    usual = days * sum(rows for rows, _ in past) / sum(days for _, days in past)
    since = incident.since if incident is not None and is_going else newest.record.window
    return Alarm(
        window=newest.record.window,
        cause=VOLUME,
        kind="volume",
        signal=VOLUME,
        n_windows=1,
        since=since,
        is_new=is_new,
        score=score,
        before=usual,
        now=n_rows,
        effect=n_rows / usual - 1,
        n_rows=n_rows,
        finding=f"{n_rows} rows came where {usual:.0f} were usual, since {since}. What it costs is not known.",
        advice=advise("volume"),
    )


def _watch_ranges(known_ranges: Mapping[str, tuple[float, float]], window: LiveWindow) -> list[Alarm]:
    found = []
    for column, (low, high) in window.ranges.items():
        if column not in known_ranges:
            continue
        least, most = known_ranges[column]
        far = _FAR * (most - least)
        if low >= least - far and high <= most + far:
            continue
        end, value = (most, high) if high - most >= least - low else (least, low)
        found.append(_range_alarm(column, window.record, (least, most), end, value))
    return found


def _range_alarm(column: str, record: WindowRecord, known: tuple[float, float], end: float, value: float) -> Alarm:
    away = (value - end) / ((known[1] - known[0]) or 1.0)
    return Alarm(
        window=record.window,
        cause=column,
        kind="range",
        column=column,
        signal=f"range|{column}|0",
        n_windows=1,
        since=record.window,
        score=away,
        before=end,
        now=value,
        effect=away,
        n_rows=record.n_rows,
        finding=f"'{column}' is {value:.4g}; the model has learnt from {known[0]:.4g} to {known[1]:.4g} only. "
        "What it costs is not known.",
        advice=advise("range"),
    )
