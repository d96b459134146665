"""How often a quiet model raises an alarm, and how soon a change is seen: ``python -m benchmarks.alarms``.

Fifteen columns x 2,000 rows x 60 windows against a reference of 20,000 rows, outcomes two windows late; every stream
has a reference of its own. One budget for all of it: at most 1 false alarm in 100 quiet windows and at most 20 % of
quiet lives of 60 windows with any.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.alarm_worlds import (
    NUMBERS,
    TEXTS,
    Start,
    World,
    draw_counts,
    generator,
    make_start,
    moved,
    with_late_outcomes,
)
from evergreen.watching import Incident, Watch, WindowRecord, find_alarms, make_watch, update

N_WINDOWS, LATE, N_QUIET, N_MOVED = 60, 2, 20, 5


@dataclass(frozen=True)
class Change:
    """A change, and by which cause it is seen."""

    name: str
    world: World
    cause: str
    has_outcomes: bool = False


CHANGES = (
    Change("0.25 sd in one number", moved(shift=0.25), NUMBERS[0]),
    Change("0.1 sd in one number", moved(shift=0.1), NUMBERS[0]),
    Change("0.05 sd in one number", moved(shift=0.05), NUMBERS[0]),
    Change("0.5 sd in a group of 35 %", moved(shift=0.5, group=0.35), NUMBERS[0]),
    Change("0.5 sd in a group of 20 %", moved(shift=0.5, group=0.2), NUMBERS[0]),
    Change("0.5 sd in a group of 5 %", moved(shift=0.5, group=0.05), NUMBERS[0]),
    Change("a word from 5 % to 10 %", moved(shares=(0.3, 0.25, 0.2, 0.15, 0.1)), TEXTS[0]),
    Change("a word from 15 % to 20 %", moved(shares=(0.3, 0.25, 0.2, 0.2, 0.05)), TEXTS[0]),
    Change("a word from 20 % to 25 %", moved(shares=(0.3, 0.25, 0.25, 0.15, 0.05)), TEXTS[0]),
    Change("the same, taken from all others", moved(shares=(0.328, 0.234, 0.25, 0.141, 0.047)), TEXTS[0]),
    Change("a word from 35 % to 40 %", moved(shares=(0.4, 0.225, 0.18, 0.145, 0.05)), TEXTS[0]),
    Change("missing from 2 % to 6 %", moved(missing=0.06), NUMBERS[1]),
    Change("outcomes turned round in 20 % of rows", moved(flipped=1.0), "outcomes", has_outcomes=True),
    Change("base rate 10 points higher", moved(base=0.1), "outcomes", has_outcomes=True),
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=300)
    parser.add_argument("--part", choices=("quiet", "changes", "both"), default="both")
    options = parser.parse_args()
    if options.part in ("quiet", "both"):
        tell_quiet(options.streams)
    if options.part in ("changes", "both"):
        tell_changes(options.streams)


def tell_quiet(n_streams: int) -> None:
    """Count false alarms of quiet streams and print them.

    Args:
        n_streams: how many lives of 60 windows.
    """
    begun = time.process_time()
    lives = [live_quietly(stream) for stream in range(n_streams)]
    counts = np.array([len(one) for one in lives])
    causes = [incident.cause == "outcomes" for one in lives for incident in one]
    print(f"quiet streams: {n_streams} x {N_WINDOWS} windows, {time.process_time() - begun:.0f} CPU s")
    print(f"  false alarms per 100 windows: {100 * counts.sum() / (n_streams * N_WINDOWS):.3f} (at most 1)")
    print(f"  streams with any alarm: {(counts > 0).mean():.1%} (at most 20 %)")
    print(f"  of {len(causes)} false alarms {sum(causes)} were raised by outcomes")


def live_quietly(stream: int) -> tuple[Incident, ...]:
    """Let nothing happen for 60 windows.

    Args:
        stream: its number.

    Returns:
        Every incident that was opened.
    """
    draw = generator(1, stream)
    start = make_start(draw, has_outcomes=True)
    watch = make_watch(start.bins, start.reference, start.periods)
    records = draw_counts(draw, World(), start, N_WINDOWS)
    judged = with_late_outcomes(draw, start, records, lambda _: World())
    incidents: tuple[Incident, ...] = ()
    for now in range(N_WINDOWS):
        known = _as_known(records, judged, now)
        incidents = update(incidents, find_alarms(watch, known, incidents), records[now].window)
    return incidents


def _as_known(records: Sequence[WindowRecord], judged: Sequence[WindowRecord], now: int) -> list[WindowRecord]:
    return [judged[i] if i <= now - LATE else records[i] for i in range(now + 1)]


def tell_changes(n_streams: int) -> None:
    """Measure how soon each change is seen and print it.

    Args:
        n_streams: how many streams.
    """
    begun = time.process_time()
    seen = np.array([see_changes(stream) for stream in range(n_streams)])
    print(f"changes after {N_QUIET} quiet windows: {n_streams} streams, {time.process_time() - begun:.0f} CPU s")
    print("  windows until seen; for outcomes, windows whose outcomes are known")
    for change, waited in zip(CHANGES, seen.T, strict=True):
        within = " ".join(f"{(waited <= n).mean():6.1%}" for n in range(1, N_MOVED + 1))
        print(f"  {change.name:<40} within 1..{N_MOVED}: {within}  median {np.median(waited):g}")


def see_changes(stream: int) -> list[int]:
    """Let each change happen to one stream.

    Args:
        stream: its number.

    Returns:
        For each change the number of changed windows until its cause raises an alarm; 99 for never.
    """
    draw = generator(2, stream)
    start = make_start(draw, has_outcomes=True)
    watch = make_watch(start.bins, start.reference, start.periods)
    quiet = draw_counts(draw, World(), start, N_QUIET)
    judged = with_late_outcomes(draw, start, quiet, lambda _: World())
    return [_wait(start, watch, judged if one.has_outcomes else quiet, one, stream) for one in CHANGES]


def _wait(start: Start, watch: Watch, quiet: list[WindowRecord], change: Change, stream: int) -> int:
    draw = generator(3, stream, CHANGES.index(change))
    # Who is asked has not changed where only outcomes have.
    rows = World() if change.has_outcomes else change.world
    later = [one.model_copy(update={"window": f"x{one.window}"}) for one in draw_counts(draw, rows, start, N_MOVED)]
    for n in range(N_MOVED):
        if change.has_outcomes:
            later[n : n + 1] = with_late_outcomes(draw, start, later[n : n + 1], lambda _: change.world)
        if any(alarm.cause == change.cause for alarm in find_alarms(watch, [*quiet, *later[: n + 1]])):
            return n + 1
    return 99


if __name__ == "__main__":
    main()
