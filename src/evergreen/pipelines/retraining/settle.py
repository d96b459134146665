"""Conclude: promote the challenger, go back to the one before, or leave all as it is."""

from typing import Any

from evergreen.pipelines.retraining.decide import NotDue
from evergreen.pipelines.retraining.facts import LEARNT_SINCE
from evergreen.pipelines.retraining.judge import Judged
from evergreen.pipelines.retraining.refit import Winner
from evergreen.pipelines.retraining.train import Again
from evergreen.problem import AsOf, Problem
from evergreen.releases import NoRelease, Promotion, Rollback, Succession, assemble_release

Document = dict[str, Any]


def settle_retraining(  # noqa: PLR0913, PLR0917 - one input each
    problem: Problem,
    as_of: AsOf,
    retraining_decision: Document,
    succession: Succession,
    earlier_retraining: Any,
    champion_review: Document | NotDue,
    retrained: Again | NotDue,
    retraining_judged: Judged | NotDue,
    retraining_winner: Winner | NotDue,
) -> tuple[Promotion | Rollback, Document]:
    """Conclude what becomes of the champion, and write down what was done.

    Args:
        problem: the case.
        as_of: the logical date.
        retraining_decision: what was due.
        succession: champion and predecessor.
        earlier_retraining: reads what the last run wrote down: the last attempt and review are carried on.
        champion_review: the review.
        retrained: the challenger.
        retraining_judged: its verdict.
        retraining_winner: what goes live.

    Returns:
        What the store is to do; ``case, as_of, champion_id`` (live before), ``done`` ("nothing", "kept", "promoted" or
        "rolled back"), ``reasons``, ``release_id`` of the promoted or the restored release, ``attempt`` and ``review``:
        the last of each that was made.
    """
    former = earlier_retraining() or {}
    attempt, review = former.get("attempt"), former.get("review")
    if not isinstance(champion_review, NotDue):
        review = champion_review
    if retraining_decision["is_due"]:
        attempt = _tell_attempt(retraining_decision, retrained, retraining_judged)
    kept = {name: retraining_decision[name] for name in ("case", "as_of", "champion_id")}
    day, done = as_of.root.isoformat(), retraining_judged
    moved, told = _move(problem, day, succession, champion_review, retraining_winner, judged=done)
    return moved, kept | told | {"attempt": attempt, "review": review}


def _move(
    problem: Problem,
    day: str,
    succession: Succession,
    review: Document | NotDue,
    winner: Winner | NotDue,
    *,
    judged: Judged | NotDue,
) -> tuple[Promotion | Rollback, Document]:
    live = succession.champion.release_id
    if not isinstance(review, NotDue) and review["is_worse"] and live is not None:
        told = {"done": "rolled back", "reasons": [review["word"]], "release_id": succession.former_id}
        return Rollback(live, day, f"Retraining: {review['word']}"), told
    if isinstance(judged, NotDue):
        told = {"done": "nothing", "reasons": list(judged.reasons), "release_id": None}
        return Promotion(NoRelease(judged.reasons), day, ""), told
    reasons = judged.verdict["reasons"]
    if isinstance(winner, NotDue):
        return Promotion(NoRelease(winner.reasons), day, ""), {"done": "kept", "reasons": reasons, "release_id": None}
    nameless = assemble_release(problem, winner.model, winner.evidence)
    card = write_card(judged, winner, nameless.release_id)
    release = assemble_release(problem, winner.model, winner.evidence, card=card)
    why = f"Retraining: {judged.promotion['criterion']}. {judged.promotion['word']}"
    told = {"done": "promoted", "reasons": reasons, "release_id": release.release_id}
    return Promotion(release, day, why, replaces=live), told


def write_card(judged: Judged, winner: Winner, release_id: str) -> str:
    """Write the card of a retrained model.

    Args:
        judged: evidence and verdict.
        winner: what goes live.
        release_id: its name.

    Returns:
        Markdown.
    """
    verdict, split = judged.verdict, winner.evidence["split_card"]
    figures = [
        f"| {name} | {_shown(one['value'])} | {_shown(one['low'])} | {_shown(one['high'])} |"
        for name, one in verdict["metrics"].items()
    ]
    refit = winner.evidence.get("refit", {}).get("word", "It has not learnt from the rows it was judged on.")
    past = f"{winner.evidence[LEARNT_SINCE]['word']} " if LEARNT_SINCE in winner.evidence else ""
    lines = [
        f"# {verdict['case']}: release {release_id}",
        f"Made by retraining as of {verdict['as_of']}, by the recipe of release {judged.promotion['champion_id']}, "
        f"on rows up to {split['learnt_until'] or 'no known time'}. {past}{refit}",
        "## Figures on the newest labelled rows",
        "\n".join(["| figure | value | low | high |", "|---|---|---|---|", *figures]),
        "## What was judged",
        "\n".join(f"- {reason}" for reason in verdict["reasons"]),
    ]
    return "\n\n".join(lines) + "\n"


def _tell_attempt(decision: Document, retrained: Again | NotDue, judged: Judged | NotDue) -> Document:
    """Write down what came of a retraining that was due, so that the next run need not try the same again."""
    return {
        "as_of": decision["as_of"],
        "champion_id": decision["champion_id"],
        "causes": decision["causes"],
        "cpu_seconds": None if isinstance(retrained, NotDue) else retrained.cpu_seconds,
        "verdict": None if isinstance(judged, NotDue) else judged.verdict["verdict"],
        "promotion": None if isinstance(judged, NotDue) else judged.promotion,
    }


def _shown(figure: float | None) -> str:
    return "" if figure is None else f"{figure:.4g}"
