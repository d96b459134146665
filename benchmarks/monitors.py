"""The watch beside other monitors, on the same rows: ``python -m benchmarks.monitors --others evidently=PYTHON``.

Streams of 60 days x 2,000 rows x 15 columns, each against a reference of its own of 20,000 rows; and 1 million rows x
20 columns, profiled and compared. ``--others`` names Pythons that have Evidently 0.7 (``evidently=PYTHON``) and NannyML
0.13 (``nannyml=PYTHON``); each tool judges as it comes, on Parquet files that this writes, in a process of its own.
They are slow and get the first ``--their-streams`` of the streams; Evidently, the slowest, 20 quiet days and 2 changed
ones of each.
"""

import argparse
import json
import os
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from scipy.special import expit

from benchmarks.alarm_worlds import N_PERIODS, N_ROWS, NUMBERS, TEXTS, World, as_columns, draw_rows, generator, moved
from benchmarks.watch_profiles import cpu_seconds, fabricate, histograms
from evergreen.watching import Incident, choose_bins, count_window, find_alarms, make_watch, update

N_DAYS, N_CHANGED, NEVER = 60, 5, 99
_SCRIPT = Path(__file__).with_name("monitors_others.py")
_CHANGES: dict[str, tuple[World, str]] = {
    "0.25 sd in one number": (moved(shift=0.25), NUMBERS[0]),
    "0.1 sd in one number": (moved(shift=0.1), NUMBERS[0]),
    "a word from 20 % to 25 %": (moved(shares=(0.3, 0.25, 0.25, 0.15, 0.05)), TEXTS[0]),
    "a word from 35 % to 40 %": (moved(shares=(0.4, 0.225, 0.18, 0.145, 0.05)), TEXTS[0]),
    "missing from 2 % to 6 %": (moved(missing=0.06), NUMBERS[1]),
}
# Days that a slow tool is given: quiet ones, and of each change.
_DAYS = {"evidently": (20, 2)}
# Window by window the columns that are told to have moved.
Told = list[list[str]]


@dataclass
class Seen:
    """What one monitor said of all streams.

    Attributes:
        quiet: stream -> quiet windows with an alarm.
        n_quiet: quiet windows of all streams.
        waited: change -> windows until its column was named, one a stream; ``NEVER`` where it was not.
        cpu: CPU seconds of it all.
    """

    quiet: list[int] = field(default_factory=list)
    n_quiet: int = 0
    waited: dict[str, list[int]] = field(default_factory=lambda: {name: [] for name in _CHANGES})
    cpu: float = 0.0

    def add(self, quiet: Told, changed: dict[str, Told]) -> None:
        """Add a stream."""
        self.quiet.append(sum(bool(one) for one in quiet))
        self.n_quiet += len(quiet)
        for name, (_, column) in _CHANGES.items():
            days = [day for day, named in enumerate(changed[name], 1) if column in named]
            self.waited[name].append(days[0] if days else NEVER)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=300)
    parser.add_argument("--their-streams", type=int, default=20)
    parser.add_argument("--others", default="", help="such as evidently=PYTHON,nannyml=PYTHON")
    parser.add_argument("--part", choices=("streams", "cost", "both"), default="both")
    asked = parser.parse_args()
    others = dict(one.split("=", 1) for one in asked.others.split(",") if one)
    if asked.part in ("streams", "both"):
        tell_streams(others, asked.streams, asked.their_streams)
    if asked.part in ("cost", "both"):
        tell_cost(others)


def tell_streams(others: dict[str, str], n_streams: int, n_theirs: int) -> None:
    """Let every monitor watch streams and print what it said.

    Args:
        others: name of a tool -> a Python that has it.
        n_streams: how many streams evergreen watches.
        n_theirs: how many of them the others do.
    """
    _print_head()
    ours = Seen()
    for stream in range(n_streams):
        tables = draw_stream(stream)
        begun = time.process_time()
        ours.add(*watch_stream(tables))
        ours.cpu += time.process_time() - begun
    if n_streams:
        _print_line("evergreen", ours)
    for tool, python in others.items():
        for name, seen in ask(tool, python, n_theirs).items():
            _print_line(name, seen)


def draw_stream(stream: int) -> dict[str, pd.DataFrame]:
    """Draw the rows of a stream.

    Args:
        stream: its number.

    Returns:
        ``reference`` (20,000 rows), ``quiet`` (60 x 2,000) and each change (5 x 2,000), in the order of time.
    """
    draw = generator(11, stream)
    sizes = {"reference": N_PERIODS, "quiet": N_DAYS}
    found = {name: draw_rows(draw, World(), N_ROWS * n) for name, n in sizes.items()}
    for name, (world, _) in _CHANGES.items():
        found[name] = draw_rows(draw, world, N_ROWS * N_CHANGED)
    return {name: _with_score(draw, rows) for name, rows in found.items()}


def _with_score(draw: np.random.Generator, rows: pd.DataFrame) -> pd.DataFrame:
    """Add what NannyML's estimate needs: a calibrated score and the outcome; nobody else is given them."""
    score = expit(-1.2 + rows[NUMBERS[0]].fillna(0).to_numpy() + 0.5 * rows[NUMBERS[2]].fillna(0).to_numpy())
    return rows.assign(score=score, outcome=(draw.random(len(rows)) < score).astype(int))


def watch_stream(tables: dict[str, pd.DataFrame]) -> tuple[Told, dict[str, Told]]:
    """Watch a stream as evergreen does.

    Args:
        tables: of ``draw_stream``.

    Returns:
        The causes of incidents that opened in each quiet window, and of alarms in each changed one that follows twenty
        quiet ones.
    """
    bins = choose_bins(as_columns(tables["reference"]))
    periods = [
        count_window(bins, as_columns(part), window=f"r{i}") for i, part in enumerate(_days(tables["reference"]))
    ]
    whole = count_window(bins, as_columns(tables["reference"]), window="reference")
    watch = make_watch(bins, whole, periods)
    known = [count_window(bins, as_columns(part), window=f"w{i:03d}") for i, part in enumerate(_days(tables["quiet"]))]
    incidents: tuple[Incident, ...] = ()
    quiet: Told = []
    for day, record in enumerate(known, 1):
        alarms = find_alarms(watch, known[:day], incidents)
        before = len(incidents)
        incidents = update(incidents, alarms, record.window)
        quiet.append([one.cause for one in incidents[before:]])
    changed: dict[str, Told] = {}
    for name in _CHANGES:
        parts = _days(tables[name])
        later = [count_window(bins, as_columns(part), window=f"x{i:03d}") for i, part in enumerate(parts)]
        streams = [[*known[:20], *later[:day]] for day in range(1, N_CHANGED + 1)]
        changed[name] = [[alarm.cause for alarm in find_alarms(watch, stream)] for stream in streams]
    return quiet, changed


def _days(rows: pd.DataFrame) -> list[pd.DataFrame]:
    return [rows.iloc[start : start + N_ROWS] for start in range(0, len(rows), N_ROWS)]


def ask(tool: str, python: str, n_streams: int) -> dict[str, Seen]:
    """Have another tool judge the first streams.

    Args:
        tool: evidently or nannyml.
        python: a Python that has it.
        n_streams: how many.

    Returns:
        Name of a way to read it -> what it said.
    """
    found: dict[str, Seen] = {}
    for stream in range(n_streams):
        with TemporaryDirectory() as folder:
            n_quiet, n_changed = _DAYS.get(tool, (N_DAYS, N_CHANGED))
            most = {"reference": N_PERIODS, "quiet": n_quiet}
            for name, rows in draw_stream(stream).items():
                days = rows.head(N_ROWS * most.get(name, n_changed))
                days.to_parquet(Path(folder) / f"{name}.parquet", index=False)
            told = _run(tool, python, "streams", folder)
        for way, said in told["ways"].items():
            seen = found.setdefault(way, Seen())
            seen.add(said["quiet"], said["changed"])
            seen.cpu += said["cpu_seconds"]
    return found


def _run(tool: str, python: str, part: str, folder: str) -> dict:
    quiet = {"DO_NOT_TRACK": "1", "NML_DISABLE_USAGE_LOGGING": "1", "OMP_WAIT_POLICY": "PASSIVE"}
    command = [python, str(_SCRIPT), tool, part, folder]
    done = subprocess.run(command, env={**os.environ, **quiet}, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{tool} failed:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def _print_head() -> None:
    heads = ("monitor", "streams", "alarms in 100 quiet windows", "quiet streams with any", *_CHANGES, "CPU s a stream")
    print("| " + " | ".join(heads) + " |")
    print("| --- | " + "---: | " * (len(_CHANGES) + 4), flush=True)


def _print_line(name: str, seen: Seen) -> None:
    quiet = np.array(seen.quiet)
    told = [f"{(np.array(days) == 1).mean():.0%}, {_median(days)}" for days in seen.waited.values()]
    cells = [name, len(quiet), f"{100 * quiet.sum() / seen.n_quiet:.2f}", f"{(quiet > 0).mean():.0%}", *told]
    print("|", " | ".join(map(str, [*cells, f"{seen.cpu / len(quiet):.1f}"])), "|", flush=True)


def _median(days: list[int]) -> str:
    middle = float(np.median(days))
    return f"{middle:g}" if middle < NEVER else "never"


def tell_cost(others: dict[str, str]) -> None:
    """Profile and compare 1 million rows x 20 columns and print the CPU seconds.

    Args:
        others: name of a tool -> a Python that has it.
    """
    reference, rows = fabricate(20_000, random_state=1), fabricate(1_000_000, random_state=2)
    bins = choose_bins(reference)
    watch = make_watch(bins, count_window(bins, reference, window="reference"))
    numbers = {name: cells.to_numpy() for name, (cells, kind) in rows.items() if kind == "number"}
    codes = {name: pd.factorize(cells)[0] for name, (cells, kind) in rows.items() if kind == "category"}
    ours = cpu_seconds(lambda: find_alarms(watch, [count_window(bins, rows, window="day")]))
    numpy = cpu_seconds(lambda: histograms(bins, numbers, codes))
    print(f"evergreen {ours:.3f} CPU s, numpy's histograms {numpy:.3f} (ratio {ours / numpy:.2f}, at most 1.5)")
    for tool, python in others.items():
        with TemporaryDirectory() as folder:
            for name, columns in (("reference", reference), ("rows", rows)):
                table = pd.DataFrame({column: cells for column, (cells, _) in columns.items()})
                table.to_parquet(Path(folder) / f"{name}.parquet", index=False)
            took = _run(tool, python, "cost", folder)["cpu_seconds"]
        print(f"{tool} {took:.2f} CPU s ({took / ours:.0f} times evergreen)", flush=True)


if __name__ == "__main__":
    main()
