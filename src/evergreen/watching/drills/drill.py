"""Hold fire drills: which monitor sees which fault, how late, and how often one rings for nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, reduce

import numpy as np
from numpy.random import Generator, default_rng
from numpy.typing import NDArray

from evergreen.measures.arrays import Floats, Integers
from evergreen.measures.shifts import Sums
from evergreen.watching.budget import AlarmBudget
from evergreen.watching.drills.faults import Fault
from evergreen.watching.drills.ground import Ground, record_faults
from evergreen.watching.freshness import DueOutcomes, is_late, late_score
from evergreen.watching.life import VOLUME
from evergreen.watching.panel import Panel, Watch, make_watch
from evergreen.watching.profile import WindowRecord, add
from evergreen.watching.signals import Signal, input_sums, outcome_sums
from evergreen.watching.volume import is_loud, volume_score

ANY, FRESHNESS = "any", "freshness"
MONITORS = ("volume", "quality", "drift", "score", "outcomes", "money", "freshness")
_PREDICTION = "prediction: "
_QUALITY = ("missing", "out_of_range", "repaired", "quarantined")
_OUTCOMES = ("bias", "excess", "loss")


@dataclass(frozen=True)
class Course:
    """How drills go.

    Attributes:
        n_worlds: how often reference and windows are drawn anew.
        n_before: quiet windows before the fault.
        n_after: windows with it.
        n_quiet: windows of a quiet life.
        random_state: seed of all draws.
        budget: how often the watch may ring for nothing.
    """

    n_worlds: int
    n_before: int
    n_after: int
    n_quiet: int
    random_state: int
    budget: AlarmBudget = field(default_factory=AlarmBudget)


@dataclass(frozen=True)
class Run:
    """One drill in one world.

    Attributes:
        fault: what went wrong.
        delays: monitor -> windows until it rang because of the fault, 1 for the first one; those that did not are left
            out.
        named: whether the first to ring named the column that was struck.
    """

    fault: Fault
    delays: dict[str, int]
    named: bool


@dataclass(frozen=True)
class Life:
    """One quiet life.

    Attributes:
        alarms: monitor -> the window of its first false alarm, from 1; those that did not ring are left out.
        n_windows: how long the life was.
    """

    alarms: dict[str, int]
    n_windows: int


@dataclass(frozen=True)
class _Ring:
    """One figure that rings, in which window first, and what its alarms are put down to."""

    monitor: str
    cause: str
    column: str
    first: int


def monitor_of(signal: Signal) -> str:
    """Say which monitor a signal belongs to.

    Args:
        signal: a watched figure.

    Returns:
        One of ``MONITORS``; of a kind that is none of theirs the kind itself.
    """
    if signal.kind == "payoff":
        return "money"
    if signal.kind in _OUTCOMES:
        return "outcomes"
    if signal.column.startswith(_PREDICTION):
        return "score"
    if signal.kind in _QUALITY:
        return "quality"
    return "drift" if signal.kind in ("level", "spread", "share") else signal.kind


def hold_drills(ground: Ground, faults: Sequence[Fault], course: Course) -> tuple[list[Run], list[Life]]:
    """Hold every drill in every world, and let as many quiet lives pass.

    In each world the windows of the ground are drawn with replacement, once for a reference with its own windows and
    once for those that follow: so the error of a reference, and what differs between windows by itself, are part of
    every drill. Real windows are taken whole. What rings in the same windows without the fault, too, was not brought by
    it: only an incident that would not have opened, or not yet, counts.

    Args:
        ground: the windows.
        faults: what is to go wrong, one at a time.
        course: how long and how often.

    Returns:
        One run a fault and world, and one quiet life a world.
    """
    worlds, draw = _draw_worlds(ground, course)
    lives = [world.live() for world in worlds]
    return _drill(worlds, ground, faults, draw), lives


def hold_runs(ground: Ground, faults: Sequence[Fault], course: Course) -> list[Run]:
    """Hold drills without quiet lives, see ``hold_drills``.

    Args:
        ground: the windows.
        faults: what is to go wrong, one at a time.
        course: how long and how often.

    Returns:
        One run a fault and world.
    """
    worlds, draw = _draw_worlds(ground, course)
    return _drill(worlds, ground, faults, draw)


def _draw_worlds(ground: Ground, course: Course) -> tuple[list["_World"], Generator]:
    draw = default_rng(course.random_state)
    return [_World(ground, course, draw) for _ in range(course.n_worlds)], draw


def _drill(worlds: Sequence["_World"], ground: Ground, faults: Sequence[Fault], draw: Generator) -> list[Run]:
    answers = zip(faults, record_faults(ground, faults, draw), strict=True)
    return [world.drill(fault, broken) for fault, broken in answers for world in worlds]


class _World:
    """A reference drawn from the windows, and the draws of those that follow it."""

    def __init__(self, ground: Ground, course: Course, draw: Generator) -> None:
        n = len(ground.records)
        self._course, self._ground, self._quiet = course, ground, ground.records
        self._before, self._after = draw.integers(0, n, course.n_before), draw.integers(0, n, course.n_after)
        self._life = draw.integers(0, n, course.n_quiet)
        known = draw.integers(0, n, n)
        periods = [ground.records[place] for place in known]
        self._watch = make_watch(ground.bins, reduce(add, periods), periods, budget=course.budget)
        self._panels = [one for one in (self._watch.inputs, self._watch.outcomes) if one is not None]
        self._volumes = [self._volume(ground.records, place) for place in known]

    def live(self) -> Life:
        """Let a quiet life pass."""
        found = _by_monitor(self._hear(self._quiet, np.zeros(0, dtype=np.int64), self._life))
        return Life(_with_any(found), self._course.n_quiet)

    def drill(self, fault: Fault, broken: Sequence[WindowRecord]) -> Run:
        """Let a fault befall the windows that follow the quiet ones."""
        rings = self._hear(broken, self._before, self._after)
        anyway = self._without_fault
        own = [one for one in rings if one.first < anyway.get((one.monitor, one.cause), one.first + 1)]
        told = _with_any(_by_monitor(own))
        named = any(one.column == fault.column and one.first == told[ANY] for one in own if fault.column)
        return Run(fault, told, named)

    @cached_property
    def _without_fault(self) -> dict[tuple[str, str], int]:
        """What rings in the same windows as they are: monitor and cause -> the first window."""
        found: dict[tuple[str, str], int] = {}
        for one in self._hear(self._quiet, self._before, self._after):
            found[one.monitor, one.cause] = min(one.first, found.get((one.monitor, one.cause), one.first))
        return found

    def _hear(self, records: Sequence[WindowRecord], before: Integers, places: Integers) -> list[_Ring]:
        """Watch the windows at these places, which follow quiet ones."""
        quiet = [self._quiet[place] for place in before]
        whole = self._hear_volume(records, places) | self._hear_late(quiet, records, places)
        found = [_Ring(monitor, monitor, "", first) for monitor, first in whole.items()]
        for panel in self._panels:
            earlier = _sums_of(self._watch, panel, self._quiet).each(lambda part: part[before])
            later = _sums_of(self._watch, panel, records).each(lambda part: part[places])
            for signal, first in _first_rings(panel, _join([earlier, later]), n_before=len(before)):
                found.append(_Ring(monitor_of(signal), signal.cause, signal.column, first))
        return found

    def _volume(self, records: Sequence[WindowRecord], place: int) -> tuple[int, int]:
        record = records[place]
        return record.n_rows + record.n_quarantined, self._ground.days[place]

    def _hear_volume(self, records: Sequence[WindowRecord], places: Integers) -> dict[str, int]:
        if self._ground.width is None:
            return {}
        scores = [volume_score(*self._volume(records, place), self._volumes) for place in places]
        rings = [window for window, score in enumerate(scores, 1) if is_loud(score, self._course.budget)]
        return {VOLUME: rings[0]} if rings else {}

    def _hear_late(
        self, before: Sequence[WindowRecord], records: Sequence[WindowRecord], places: Integers
    ) -> dict[str, int]:
        """Ask of each window, when its outcomes are due, whether more are late than of those before."""
        past = [_due(record) for record in before]
        rings = []
        for window, place in enumerate(places, 1):
            due = _due(records[place])
            if is_late(late_score(due, past), self._course.budget):
                rings.append(window)
            past.append(due)
        return {FRESHNESS: rings[0]} if rings else {}


def _due(record: WindowRecord) -> DueOutcomes:
    n_known = 0 if record.outcomes is None else record.outcomes.n_outcomes
    return DueOutcomes(n_due=max(record.n_rows, 1), n_missing=record.n_rows - n_known)


def _by_monitor(rings: Sequence[_Ring]) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in rings:
        found[one.monitor] = min(one.first, found.get(one.monitor, one.first))
    return found


def _with_any(found: dict[str, int]) -> dict[str, int]:
    return {**found, ANY: min(found.values())} if found else {}


def _sums_of(watch: Watch, panel: Panel, records: Sequence[WindowRecord]) -> Sums:
    if panel is watch.inputs:
        return input_sums(watch.bins, watch.reference, records)
    return outcome_sums(panel.signals, [record.outcomes for record in records])


def _join(parts: Sequence[Sums]) -> Sums:
    """Put sums one after the other, windows first."""
    cubes = [part.c for part in parts if part.c is not None]
    n, s, q = (np.concatenate([part[power] for part in parts]) for power in range(3))
    return Sums(n, s, q, np.concatenate(cubes) if cubes else None)


def _first_rings(panel: Panel, sums: Sums, *, n_before: int) -> list[tuple[Signal, int]]:
    """Find the signals that ring from window ``n_before`` on, which is 1, and the first window in which each does."""
    is_beyond = _beyond(panel, sums, range(n_before, len(sums.n)))
    return [(panel.signals[i], int(is_beyond[:, i].argmax()) + 1) for i in np.flatnonzero(is_beyond.any(axis=0))]


def _beyond(panel: Panel, sums: Sums, ends: Sequence[int]) -> NDArray[np.bool_]:
    """Test the stretches that end with each of some windows, as the watch does; shape (ends, signals)."""
    starts: Integers = np.zeros(len(panel.signals), dtype=np.int64)
    parts = [panel.stretches(_until(sums, end), starts=starts).each(lambda part: part[None]) for end in ends]
    sizes: Floats = np.nan_to_num(np.abs(panel.scores(_join(parts))))
    return np.asarray((sizes >= panel.limits).any(axis=1))


def _until(sums: Sums, end: int) -> Sums:
    return sums.each(lambda part: part[: end + 1])
