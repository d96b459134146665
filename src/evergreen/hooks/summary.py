"""What a run came to, in a few lines: facts in, lines out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from evergreen.errors import named
from evergreen.ledger import RunRecord, StepRecord

_MAX_REASONS = 3
_MAX_REASON_CHARS = 300
_SECONDS_PER_MINUTE = 60


@dataclass(frozen=True)
class Page:
    """A page to look at.

    Attributes:
        title: what it is.
        path: where it lies, as the user would type it.
        is_new: whether this run wrote it.
    """

    title: str
    path: str
    is_new: bool


@dataclass(frozen=True)
class Facts:
    """What is known when a run ends.

    Attributes:
        run: its line in the ledger.
        steps: the steps that ended, in order.
        verdict: what the dataset ``verdict`` holds: ``case, as_of, verdict, reasons, release_id``; None where there is
            none.
        is_new_verdict: whether this run wrote it.
        champion_id: the release that is live, as far as the run met it.
        pages: the pages that exist.
        notes: what could not be read, in sentences.
    """

    run: RunRecord
    steps: tuple[StepRecord, ...] = ()
    verdict: Mapping[str, Any] | None = None
    is_new_verdict: bool = False
    champion_id: str | None = None
    pages: tuple[Page, ...] = ()
    notes: tuple[str, ...] = ()


def summary_lines(facts: Facts) -> list[str]:
    """Sum up a run that ended.

    Args:
        facts: what is known of it.

    Returns:
        The lines, without line ends. A failed run says what failed and what is kept; one that is done says what was
        concluded and where to look. The last line says where the time went.
    """
    body = _failure(facts) if facts.run.status == "failed" else _conclusion(facts)
    return [*body, time_line(facts.run, facts.steps)]


def time_line(run: RunRecord, steps: tuple[StepRecord, ...]) -> str:
    """Say how long a run took and where the time went.

    Args:
        run: the run, ended.
        steps: its steps.

    Returns:
        ``"Took 12.0 s: steps 75 %, reading and writing 10 %, start-up and the rest 15 %. Outside the steps: 25 %."``,
        or the time alone where no step ended here or steps ran side by side.
    """
    total = (run.wall_seconds or 0.0) + (run.startup_seconds or 0.0)
    inside = sum(step.wall_seconds or 0.0 for step in steps)
    moving = sum((step.load_seconds or 0.0) + (step.save_seconds or 0.0) for step in steps)
    rest = total - inside - moving
    if not steps or rest < 0 or total == 0:
        return f"Took {seconds_text(total)}."
    return (
        f"Took {seconds_text(total)}: steps {inside / total:.0%}, reading and writing {moving / total:.0%}, "
        f"start-up and the rest {rest / total:.0%}. Outside the steps: {1 - inside / total:.0%}."
    ).replace("%", " %")


def seconds_text(seconds: float) -> str:
    """Write a duration: ``1.2 s``, ``3 min 05 s``."""
    if round(seconds, 1) < _SECONDS_PER_MINUTE:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), _SECONDS_PER_MINUTE)
    return f"{minutes} min {rest:02d} s"


def drills_line(told: Mapping[str, Any]) -> str:
    """Say which faults the watch would miss.

    Args:
        told: the document: ``drills`` with ``is_blind`` of each.

    Returns:
        One sentence.
    """
    drills = told["drills"]
    blind = [name for name, one in drills.items() if one["is_blind"]]
    tried = "1 fault was" if len(drills) == 1 else f"{len(drills)} faults were"
    return f"Drills: {tried} put into real windows, and the watch is blind to {named(blind)}."


def rehearsal_line(told: Mapping[str, Any]) -> str:
    """Say which policy of retraining the rehearsal recommends.

    Args:
        told: the document: ``recommended`` and ``why`` among others.

    Returns:
        The policy, and why in a sentence.
    """
    return f"Rehearsal: recommended is '{told['recommended']}'. {told['why']}"


def _failure(facts: Facts) -> Iterator[str]:
    failed = next((step for step in facts.steps if step.status == "failed"), None)
    where = f" in step '{failed.step}' ({failed.position} of {facts.run.n_steps})" if failed else ""
    yield f"FAILED{where}: {facts.run.error}"
    if not facts.steps or any(step.status == "done" for step in facts.steps):
        yield "Finished stages are kept; of the others nothing was replaced."


def _conclusion(facts: Facts) -> Iterator[str]:
    if facts.verdict is not None:
        yield from _verdict(facts.verdict, is_new=facts.is_new_verdict)
    if facts.champion_id is not None:
        yield f"Champion: {facts.champion_id}"
    for page in facts.pages:
        yield f"{page.title}: {page.path}{'' if page.is_new else ' (from an earlier run)'}"
    yield from facts.notes


def _verdict(verdict: Mapping[str, Any], *, is_new: bool) -> Iterator[str]:
    about = f"case '{verdict.get('case')}' as of {verdict.get('as_of')}"
    yield f"Verdict on {about}: {verdict.get('verdict')}{'' if is_new else ' (from an earlier run)'}"
    reasons = [str(reason) for reason in verdict.get("reasons") or ()]
    yield from (f"  - {_bounded(reason)}" for reason in reasons[:_MAX_REASONS])
    if len(reasons) > _MAX_REASONS:
        yield f"  and {len(reasons) - _MAX_REASONS} more in the report."
    if verdict.get("release_id"):
        yield f"Release: {verdict['release_id']}"


def _bounded(text: str) -> str:
    return text if len(text) <= _MAX_REASON_CHARS else f"{text[: _MAX_REASON_CHARS - 3]}..."
