"""Put a release together when the verdict says so, and make it champion."""

from typing import Any

from evergreen.errors import ReleaseError
from evergreen.models.decide import Model
from evergreen.problem import AsOf, Problem
from evergreen.releases import NoRelease, Promotion, Release, assemble_release


def draft_release(
    problem: Problem, challenger: Model, evidence: dict[str, Any], verdict: dict[str, Any], model_card: str
) -> Release | NoRelease:
    """Put the challenger and all it needs into a release; only a verdict of "release" leads to one.

    Args:
        problem: the case.
        challenger: the model.
        evidence: what the verdict rests on.
        verdict: the verdict.
        model_card: the card, which names the release.

    Returns:
        The release, or the reasons why there is none.

    Raises:
        ReleaseError: where the verdict was made on another model, case or evidence.
    """
    if verdict["verdict"] != "release":
        return NoRelease(tuple(verdict["reasons"]))
    release = assemble_release(problem, challenger, evidence, card=model_card)
    if release.release_id != verdict["release_id"]:
        finding = f"is for release '{verdict['release_id']}', but model, case and evidence make '{release.release_id}'"
        raise ReleaseError("The verdict", finding, "Run the evaluation again: something changed after it.")
    return release


def promote_release(as_of: AsOf, release: Release | NoRelease) -> Promotion:
    """Ask for the release to become champion; without one a former champion stays.

    Args:
        as_of: the logical date.
        release: the release, or the reasons why there is none.

    Returns:
        What the store is to do.
    """
    return Promotion(release, as_of.root.isoformat(), "Its verdict on the holdout is release.")
