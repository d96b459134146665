"""Hold the model against the limits of the case, and conclude."""

from typing import Any

import pandas as pd

from evergreen.judging.measure import quarantined_share
from evergreen.judging.open import Look
from evergreen.models.decide import Model
from evergreen.problem import AsOf, Problem, in_digits, in_full
from evergreen.releases import assemble_release, model_to_bytes

Judgement = dict[str, Any]
_BYTES_PER_MB = 1_000_000


def judge_limits(problem: Problem, challenger: Model, row_ledger: pd.DataFrame) -> list[Judgement]:
    """Judge what the case does not accept whatever the model scores.

    Args:
        problem: the case.
        challenger: the model.
        row_ledger: where every row went.

    Returns:
        Records like those of ``judge_criteria``; exact figures, so that each passes or fails.
    """
    found = {
        "quarantined_share": (quarantined_share(row_ledger), problem.limits.max_quarantined_share),
        "model_mb": (len(model_to_bytes(challenger)) / _BYTES_PER_MB, problem.limits.max_model_mb),
    }
    return [_judge_limit(name, value, limit) for name, (value, limit) in found.items()]


def gather_evidence(  # noqa: PLR0913, PLR0917 - the node that brings the pieces together
    metrics: dict[str, Any],
    money: dict[str, Any],
    criteria: list[Judgement],
    limits: list[Judgement],
    data_judgements: list[Judgement],
    fairness_judgements: list[Judgement],
    drill_judgements: list[Judgement],
    promotion: dict[str, Any],
    no_model: dict[str, Any],
    reference_profile: dict[str, Any],
    split_card: dict[str, Any],
    outlier_limits: dict[str, Any],
    recipe: dict[str, Any],
    kept_rows: dict[str, Any],
) -> dict[str, Any]:
    """Put all that a verdict rests on, and a release carries, in one document.

    Args:
        metrics: figures with intervals.
        money: payoff by rule with intervals.
        criteria: the judged criteria.
        limits: the judged limits.
        data_judgements: what was judged of the data.
        fairness_judgements: the judged gaps between groups.
        drill_judgements: what monitoring has seen of the faults that the case names.
        promotion: how the challenger compares with the champion; judged where the case says so.
        no_model: what the training target alone tells.
        reference_profile: what is normal.
        split_card: the split the model was learnt and judged by.
        outlier_limits: the fences of outliers, learnt from the training rows.
        recipe: how the challenger is made, so that the next search can begin there.
        kept_rows: rows that a release is asked again, and rows that explanations compare with.

    Returns:
        A document for JSON.
    """
    judged = [*criteria, *limits, *data_judgements, *fairness_judgements, *drill_judgements]
    return {
        "metrics": metrics,
        "money": money,
        "criteria": [*judged, *_judge_promotion(promotion)],
        "no_model": no_model,
        "reference_profile": reference_profile,
        "split_card": split_card,
        "outlier_limits": outlier_limits,
        "recipe": recipe,
        **kept_rows,
    }


def conclude(problem: Problem, as_of: AsOf, challenger: Model, evidence: dict[str, Any], look: Look) -> dict[str, Any]:
    """Conclude: release where everything passed, hold where something failed, else undecided.

    Args:
        problem: the case.
        as_of: the logical date.
        challenger: the model.
        evidence: what the verdict rests on.
        look: which look at the holdout this is.

    Returns:
        The verdict: ``case, as_of, verdict, reasons, metrics, money, release_id, look``; the id names the release that
        deployment will make, null where there will be none.
    """
    judged = evidence["criteria"]
    results = {one["result"] for one in judged}
    verdict = "hold" if "failed" in results else "undecided" if "undecided" in results else "release"
    order = {"failed": 0, "undecided": 1, "passed": 2}
    reasons = [one["reason"] for one in sorted(judged, key=lambda one: order[one["result"]])]
    release_id = assemble_release(problem, challenger, evidence).release_id if verdict == "release" else None
    return {
        "case": problem.name,
        "as_of": as_of.root.isoformat(),
        "verdict": verdict,
        "reasons": reasons,
        "metrics": evidence["metrics"],
        "money": evidence["money"],
        "release_id": release_id,
        "look": look,
    }


def _judge_promotion(promotion: dict[str, Any]) -> list[Judgement]:
    if not promotion["is_judged"]:
        return []
    result = "passed" if promotion["result"] == "no rival" else promotion["result"]
    return [
        {
            "criterion": promotion["criterion"],
            "value": promotion["gain"],
            "bound": promotion["bound"],
            "limit": 0.0 - promotion["margin"],
            "result": result,
            "reason": f"{promotion['criterion']}: {result}. {promotion['word']}",
            "look": promotion["number"],
            "level": promotion["level"],
        }
    ]


def _judge_limit(name: str, value: float, limit: float) -> Judgement:
    result = "passed" if value <= limit else "failed"
    criterion = f"{name} at most {in_full(limit)}"
    reason = f"{criterion}: {result}, value {in_digits(value)}."
    return {"criterion": criterion, "value": value, "bound": value, "limit": limit, "result": result, "reason": reason}
