"""A line for every step while a run goes on, and a summary when it ends."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TextIO

from kedro.io import DatasetError

from evergreen.errors import EvergreenError
from evergreen.hooks.events import RunEvents, RunState
from evergreen.hooks.summary import Facts, Page, drills_line, rehearsal_line, seconds_text, summary_lines
from evergreen.hooks.terminal import Terminal
from evergreen.hooks.watch import stage_of
from evergreen.ledger import NoMeter, RunRecord, StepRecord
from evergreen.staging import dataset_location

_VERDICT, _CHAMPION, _SEARCH = "verdict", "champion", "search"
# Saving these changes which release is live.
_CHANGES = ("champion", "retrained_champion")
_PAGES = {"profile": "Profile", "report": "Report", "monitoring_page": "Monitoring", "life_page": "Life"}
# Told by the run that made them, and not by others.
_OWN_PAGES = {"drills_page": "Drills", "rehearsal_page": "Rehearsal"}
_MAX_NAME_CHARS = 40


class ProgressHooks(RunEvents):
    """Tells how a run gets on.

    Args:
        stream: where to write; the standard error stream where not said.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        super().__init__(NoMeter())
        self._terminal = Terminal(stream)
        self._widths = (0, 0)
        self._seen: dict[str, Any] = {}
        self._saved: set[str] = set()

    def run_started(self, run: RunRecord) -> RunRecord:
        """Say what starts, and fit the columns to the names."""
        nodes = self.state.nodes if self.state else ()
        stages = (len(stage_of(node) or "") for node in nodes)
        names = (len(node.short_name) for node in nodes)
        self._widths = (max(stages, default=0), min(max(names, default=0), _MAX_NAME_CHARS))
        self._seen, self._saved = {}, set()
        as_of = f", as of {run.as_of}" if run.as_of else ""
        steps = "1 step" if run.n_steps == 1 else f"{run.n_steps} steps"
        self._terminal.line(f"Run {run.run_id}: {run.pipeline}, case {run.case}, env {run.env}{as_of}, {steps}")
        return run

    def step_started(self, step: StepRecord) -> None:
        """Say what is under way."""
        self._terminal.passing(f"{self._label(step)}  ...")

    def step_ended(self, step: StepRecord) -> None:
        """Say what was done."""
        self._terminal.line(f"{self._label(step)}  {step_text(step)}")

    def dataset_moved(self, name: str, data: Any, *, is_saved: bool) -> None:
        """Keep what the summary tells of, of a release its name alone; listen to a search."""
        if name == _SEARCH:
            data.listen(self._terminal.passing)
        elif name == _CHAMPION:
            self._seen[name] = release_id_of(data)
        elif name == _VERDICT:
            self._seen[name] = data
        elif name in _LINES and is_saved:
            self._seen[name] = _LINES[name](data)
        if is_saved:
            self._saved.add(name)

    def run_ended(self, run: RunRecord) -> None:
        """Sum up; of a run that was stopped there is nothing to say."""
        if self.state and run.status != "interrupted":
            for line in summary_lines(self._facts(run, self.state)):
                self._terminal.line(line)

    def _label(self, step: StepRecord) -> str:
        n_steps = self.state.run.n_steps if self.state else 0
        count = f"[{step.position:>{len(str(n_steps))}}/{n_steps}]"
        stage, name = self._widths
        column = f" {step.stage or '':<{stage}} " if stage else ""
        return f"{count}{column} {step.step:<{name}}"

    def _facts(self, run: RunRecord, state: RunState) -> Facts:
        steps = tuple(state.ended_steps)
        if run.status == "failed":
            return Facts(run=run, steps=steps)
        verdict, notes = self._verdict(state.catalog)
        champion_id, of_champion = self._champion(state)
        return Facts(
            run=run,
            steps=steps,
            verdict=verdict,
            is_new_verdict=self._is_new(_VERDICT, state),
            champion_id=champion_id,
            pages=tuple(self._pages(state)),
            notes=(*notes, *of_champion, *(self._seen[name] for name in _LINES if name in self._seen)),
        )

    def _verdict(self, catalog: Any) -> tuple[Any, tuple[str, ...]]:
        if _VERDICT in self._seen:
            return self._seen[_VERDICT], ()
        try:
            is_there = _VERDICT in catalog and catalog.exists(_VERDICT)
            return (catalog.load(_VERDICT) if is_there else None), ()
        except (DatasetError, OSError, ValueError) as error:
            return None, (f"The verdict of an earlier run cannot be read: {error}",)

    def _champion(self, state: RunState) -> tuple[str | None, tuple[str, ...]]:
        changed = [name for node in state.nodes for name in node.outputs if name in _CHANGES]
        try:
            live = [release_id_of(state.catalog.get(name)) for name in changed]
        except (EvergreenError, OSError, ValueError) as error:
            return None, (f"Which release is live cannot be read: {error}",)
        return (live[-1] if live else self._seen.get(_CHAMPION)), ()

    def _pages(self, state: RunState) -> Iterator[Page]:
        for name, title in (_PAGES | _OWN_PAGES).items():
            is_new = self._is_new(name, state)
            if (is_new or name in _PAGES) and (path := _existing_file(state.catalog, name)):
                yield Page(title=title, path=path, is_new=is_new)

    def _is_new(self, name: str, state: RunState) -> bool:
        # Where workers ran the steps, what they saved was not seen here.
        made = {output for node in state.nodes for output in node.outputs}
        return name in self._saved or (bool(state.nodes) and state.run.runner == "ParallelRunner" and name in made)


def retraining_line(told: Any) -> str:
    """Say what retraining did.

    Args:
        told: the document: ``done, reasons, release_id`` among others.

    Returns:
        One sentence on what became of the champion, and the first reason.
    """
    words = {
        "promoted": f"a new model is live, {told['release_id']}",
        "rolled back": f"the model before is live again, {told['release_id']}",
        "kept": "a new model was tried, and the live one stays",
    }
    first = f" {told['reasons'][0]}" if told["reasons"] else ""
    return f"Retraining: {words.get(told['done'], 'nothing was due')}.{first}"


def monitoring_line(checks: Any) -> str:
    """Say what monitoring found.

    Args:
        checks: the table of checks, columns ``severity`` and ``finding`` among others.

    Returns:
        One sentence: all quiet, or how many findings there are and the worst of them.
    """
    if not len(checks):
        return "Monitoring: nothing was scored, so there is nothing to watch."
    spoken = checks[checks["finding"] != ""]
    if not len(spoken):
        return "Monitoring: all quiet."
    worst = spoken.sort_values("severity", kind="stable").iloc[0]
    return f"Monitoring: {len(spoken)} finding(s), the worst is '{worst['severity']}': {worst['finding']}"


_LINES: dict[str, Callable[[Any], str]] = {
    "monitoring": monitoring_line,
    "retraining": retraining_line,
    "drills": drills_line,
    "rehearsal": rehearsal_line,
}


def step_text(step: StepRecord) -> str:
    """Say what a step did: its time with reading and writing, and its rows.

    Args:
        step: a step that ended.

    Returns:
        ``"1.2 s  9,600 rows in, 9,512 out"``, or ``"FAILED after 1.2 s"``.
    """
    spent = seconds_text(sum(part or 0.0 for part in (step.wall_seconds, step.load_seconds, step.save_seconds)))
    if step.status == "failed":
        return f"FAILED after {spent}"
    rows_in = None if step.rows_in is None else f"{step.rows_in:,} rows in"
    rows_out = None if step.rows_out is None else f"{step.rows_out:,}{'' if rows_in else ' rows'} out"
    rows = ", ".join(part for part in (rows_in, rows_out) if part)
    return f"{spent:>6}  {rows}".rstrip()


def release_id_of(champion: Any) -> str | None:
    """Name the release that is live.

    Args:
        champion: a mapping or an object with ``release_id``, or None.

    Returns:
        The id; None where there is no champion.
    """
    value = champion.get("release_id") if isinstance(champion, dict) else getattr(champion, "release_id", None)
    return None if value is None else str(value)


def _existing_file(catalog: Any, name: str) -> str | None:
    try:
        location = dataset_location(catalog.get(name)) if name in catalog else None
    except DatasetError:
        return None
    if location is None or not Path(location).is_file():
        return None
    path = os.path.relpath(location)
    return location if path.startswith("..") else path
