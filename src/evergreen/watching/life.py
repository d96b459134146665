"""A life of windows: what each of them alarms about, and what becomes of it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated

from pydantic import Field, FiniteFloat

from evergreen.problem import CaseModel, in_digits
from evergreen.watching.alarm import Alarm
from evergreen.watching.alarms import find_alarms
from evergreen.watching.freshness import DueOutcomes, watch_late
from evergreen.watching.incidents import Incident, latest_of, update
from evergreen.watching.panel import Watch
from evergreen.watching.periods import Width, end_of_window, n_days
from evergreen.watching.profile import WindowRecord
from evergreen.watching.reference import ReferenceWindows
from evergreen.watching.service import ServiceRecord, watch_service
from evergreen.watching.signals import cause_of
from evergreen.watching.tell import advise
from evergreen.watching.volume import is_loud, volume_score

VOLUME = "volume"
_NOT_OVER = 2.0
# From so many former windows on they say more of the usual number of rows than the holdout does.
_ENOUGH, _MOST = 8, 32
# How far beyond the known range, in its widths, a value is no longer the next one of the same kind.
_FAR = 0.5
# Five days of a week are one, of a business that rests on two; nineteen of a month hold each weekday nearly alike.
_LEAST_OF_ITS_DAYS = 0.6


class LiveWindow(CaseModel):
    """One window of a release's life.

    Attributes:
        width: day, week or month; None where the case knows no time.
        is_whole: whether rows of every day of it were seen, so that their number means something.
        n_days_seen: days from its first row to its last; None without rows, or where a run is a window.
        ranges: column that a whole period shares -> least and greatest value.
        record: what is kept of its rows.
        rows_mark: a short name of its rows, what was said of them and their outcomes; empty where none was kept.
        expected_roc_auc: what the probabilities expect of the area under the ROC curve; None where that is undefined.
        service: what the service's log tells of it; None where it had no answers.
        due: its outcomes when they were due; None as long as they are not, and for good where no run was made then.
    """

    width: Width | None
    is_whole: bool
    n_days_seen: int | None = None
    ranges: dict[str, tuple[FiniteFloat, FiniteFloat]] = {}
    record: WindowRecord
    rows_mark: str = ""
    expected_roc_auc: FiniteFloat | None = None
    service: ServiceRecord | None = None
    due: DueOutcomes | None = None

    @property
    def is_part(self) -> bool:
        """Whether its rows come from a part of its days only, whose hours and weekdays are not those of all."""
        if self.n_days_seen is None or self.width is None:
            return False
        return self.n_days_seen < _LEAST_OF_ITS_DAYS * n_days(self.record.window, self.width)

    @property
    def volume(self) -> tuple[int, int]:
        """All rows that came, usable or not, and the days in which they did."""
        days = 1 if self.width is None else n_days(self.record.window, self.width)
        return self.record.n_rows + self.record.n_quarantined, days

    @property
    def last_day(self) -> date:
        """Its last day; that of the run where a run is a window."""
        return end_of_window(self.record.window, self.width)


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


@dataclass(frozen=True)
class Promised:
    """What is held against no reference, but against what the case says.

    Attributes:
        max_latency_ms: the longest an answer may take; None for no limit.
        delay_days: how long after a decision its outcome is known; None where nobody asks whether outcomes are late.
    """

    max_latency_ms: float | None = None
    delay_days: int | None = None


NOTHING_PROMISED = Promised()


def follow_life(
    watch: Watch,
    told: ReferenceWindows,
    known_ranges: Mapping[str, tuple[float, float]],
    windows: Sequence[LiveWindow],
    heard: Sequence[HeardWindow] = (),
    promised: Promised = NOTHING_PROMISED,
) -> tuple[HeardWindow, ...]:
    """Find the alarms of every window, in order; those before the first that has changed are taken as they were.

    Args:
        watch: what is normal.
        told: what the release keeps of its holdout.
        known_ranges: column that a whole period shares -> range that the model knows.
        windows: in the order of time.
        heard: what was found before.
        promised: what the case says of latency and of outcomes.

    Returns:
        The alarms of each window; the same whether all windows came at once or one by one.
    """
    marks, former = _marks(watch, known_ranges, windows, promised), {one.window: one for one in heard}
    incidents: tuple[Incident, ...] = ()
    found: list[HeardWindow] = []
    is_known = True
    for place, window in enumerate(windows):
        name = window.record.window
        is_known = is_known and name in former and former[name].mark == marks[place]
        so_far = windows[: place + 1]
        if is_known:
            alarms = former[name].alarms
        else:
            alarms = (
                *_alarms(watch, told, known_ranges, so_far, incidents),
                *watch_service(name, window.service, promised.max_latency_ms),
                *_watch_late(watch, so_far, promised.delay_days),
            )
        incidents = update(incidents, alarms, name, n_quiet=watch.budget.n_quiet)
        found.append(HeardWindow(window=name, mark=marks[place], alarms=alarms))
    return tuple(found)


def _marks(
    watch: Watch, known_ranges: Mapping[str, tuple[float, float]], windows: Sequence[LiveWindow], promised: Promised
) -> list[str]:
    """Name each window by itself and all before it."""
    held = f"{watch.bins.mark}{watch.budget}{dict(known_ranges)}{promised}"
    running, marks = hashlib.sha256(held.encode()), []
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
    found = find_alarms(watch, records, incidents, is_part=windows[-1].is_part)
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


def _watch_late(watch: Watch, windows: Sequence[LiveWindow], delay_days: int | None) -> list[Alarm]:
    """Ask after the newest window whose outcomes should all have come by the end of the newest one, once."""
    if delay_days is None:
        return []
    delay = timedelta(days=delay_days)
    ripe = [one for one in windows if one.due and one.last_day + delay <= windows[-1].last_day]
    if not ripe or ripe[-1].due is None:
        return []
    was_asked = len(windows) > 1 and ripe[-1].last_day + delay <= windows[-2].last_day
    if was_asked:
        return []
    past = [one.due for one in ripe[:-1] if one.due is not None]
    return watch_late(windows[-1].record.window, ripe[-1].record.window, ripe[-1].due, past, watch.budget)


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
        cause=cause_of(column),
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
        finding=f"'{column}' is {in_digits(value)}; the model has learnt from {in_digits(known[0])} to "
        f"{in_digits(known[1])} only. "
        "What it costs is not known.",
        advice=advise("range"),
    )
