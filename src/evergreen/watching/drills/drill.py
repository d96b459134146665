"""Hold fire drills: which monitor sees which fault, how late, and how often one rings for nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce

import numpy as np
from numpy.random import Generator, default_rng
from numpy.typing import NDArray

from evergreen.measures.arrays import Floats, Integers
from evergreen.measures.shifts import Sums
from evergreen.watching.budget import AlarmBudget
from evergreen.watching.drills.faults import Fault
from evergreen.watching.drills.ground import Ground, record_faults
from evergreen.watching.life import VOLUME
from evergreen.watching.panel import Panel, Watch, make_watch
from evergreen.watching.profile import WindowRecord, add
from evergreen.watching.signals import Signal, input_sums, outcome_sums
from evergreen.watching.volume import is_loud, volume_score

ANY = "any"
MONITORS = ("volume", "quality", "drift", "score", "outcomes", "money")
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
        delays: monitor -> windows until it rang, 1 for the first one; those that did not are left out.
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
    every drill. Real windows are taken whole.

    Args:
        ground: the windows.
        faults: what is to go wrong, one at a time.
        course: how long and how often.

    Returns:
        One run a fault and world, and one quiet life a world.
    """
    draw = default_rng(course.random_state)
    worlds = [_World(ground, course, draw) for _ in range(course.n_worlds)]
    lives = [world.live() for world in worlds]
    answers = zip(faults, record_faults(ground, faults, draw), strict=True)
    return [world.drill(fault, broken) for fault, broken in answers for world in worlds], lives


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
        found = self._hear_volume(self._quiet, self._life)
        for panel in self._panels:
            sums = _sums_of(self._watch, panel, self._quiet).each(lambda part: part[self._life])
            _keep_first(found, _by_monitor(_first_rings(panel, sums, n_before=0)))
        return Life(_with_any(found), self._course.n_quiet)

    def drill(self, fault: Fault, broken: Sequence[WindowRecord]) -> Run:
        """Let a fault befall the windows that follow the quiet ones."""
        found = self._hear_volume(broken, self._after)
        rung: list[tuple[Signal, int]] = []
        for panel in self._panels:
            before = _sums_of(self._watch, panel, self._quiet).each(lambda part: part[self._before])
            after = _sums_of(self._watch, panel, broken).each(lambda part: part[self._after])
            rung += _first_rings(panel, _join([before, after]), n_before=self._course.n_before)
        _keep_first(found, _by_monitor(rung))
        told = _with_any(found)
        named = any(signal.column == fault.column and first == told[ANY] for signal, first in rung if fault.column)
        return Run(fault, told, named)

    def _volume(self, records: Sequence[WindowRecord], place: int) -> tuple[int, int]:
        record = records[place]
        return record.n_rows + record.n_quarantined, self._ground.days[place]

    def _hear_volume(self, records: Sequence[WindowRecord], places: Integers) -> dict[str, int]:
        if self._ground.width is None:
            return {}
        scores = [volume_score(*self._volume(records, place), self._volumes) for place in places]
        rings = [window for window, score in enumerate(scores, 1) if is_loud(score, self._course.budget)]
        return {VOLUME: rings[0]} if rings else {}


def _by_monitor(rung: Sequence[tuple[Signal, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for signal, first in rung:
        _keep_first(found, {monitor_of(signal): first})
    return found


def _keep_first(found: dict[str, int], rings: dict[str, int]) -> None:
    for monitor, window in rings.items():
        found[monitor] = min(window, found.get(monitor, window))


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
