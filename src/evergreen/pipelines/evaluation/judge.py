"""Hold the figures against the criteria and limits of the case, and conclude."""

import math
from typing import Any

import pandas as pd

from evergreen.measures import Estimate
from evergreen.models.decide import Model
from evergreen.models.performance import PAYOFF, Performance
from evergreen.pipelines.evaluation.measure import quarantined_share
from evergreen.pipelines.evaluation.params import EvaluationParams
from evergreen.problem import METRICS, AsOf, Criterion, Problem
from evergreen.releases import assemble_release, model_to_bytes

Judgement = dict[str, Any]
_BYTES_PER_MB = 1_000_000
# Two figures that differ by a smaller share of the model's figure are equal: sums of many rows are no more exact.
_ROUNDING = 1e-9


def judge_criteria(problem: Problem, params: EvaluationParams, performance: Performance) -> list[Judgement]:
    """Judge every success criterion at its confidence bound.

    A criterion passes if the one-sided bound on the cautious side keeps the limit, fails if even the bound on the
    hopeful side does not, and is undecided in between. "versus no_model" in money must hold against every rule: the
    weakest of these comparisons counts, which keeps the error rate without a correction (intersection-union test;
    Berger 1982). A comparison must be won: a model that only equals a rule does not keep a limit of 0.

    Args:
        problem: the case.
        params: the confidence.
        performance: all figures.

    Returns:
        One record a criterion: ``criterion, value, bound, limit, result, reason``.
    """
    return [_judge(criterion, performance, problem, confidence=params.confidence) for criterion in problem.criteria]


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
    no_model: dict[str, Any],
    reference_profile: dict[str, Any],
    split_card: dict[str, Any],
    outlier_limits: dict[str, Any],
) -> dict[str, Any]:
    """Put all that a verdict rests on, and a release carries, in one document.

    Args:
        metrics: figures with intervals.
        money: payoff by rule with intervals.
        criteria: the judged criteria.
        limits: the judged limits.
        data_judgements: what was judged of the data.
        no_model: what the training target alone tells.
        reference_profile: what is normal.
        split_card: the split the model was learnt and judged by.
        outlier_limits: the fences of outliers, learnt from the training rows.

    Returns:
        A document for JSON.
    """
    return {
        "metrics": metrics,
        "money": money,
        "criteria": [*criteria, *limits, *data_judgements],
        "no_model": no_model,
        "reference_profile": reference_profile,
        "split_card": split_card,
        "outlier_limits": outlier_limits,
    }


def conclude(problem: Problem, as_of: AsOf, challenger: Model, evidence: dict[str, Any]) -> dict[str, Any]:
    """Conclude: release where everything passed, hold where something failed, else undecided.

    Args:
        problem: the case.
        as_of: the logical date.
        challenger: the model.
        evidence: what the verdict rests on.

    Returns:
        The verdict: ``case, as_of, verdict, reasons, metrics, money, release_id``; the id names the release that
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
    }


def _rivals(criterion: Criterion, performance: Performance) -> dict[str, Estimate]:
    """What is judged: the metric itself under the name "", or its difference to each rival."""
    own = performance.model[criterion.metric]
    if criterion.versus is None:
        return {"": own}
    if criterion.metric == PAYOFF:
        return {rule: own.minus(other) for rule, other in performance.rules.items()}
    return {"no model": own.minus(performance.no_model[criterion.metric])}


def _judge(criterion: Criterion, performance: Performance, problem: Problem, *, confidence: float) -> Judgement:
    is_higher = METRICS[criterion.metric].higher_is_better
    rivals = _rivals(criterion, performance)
    cautious = {name: _bound(one, confidence, lower=is_higher) for name, one in rivals.items()}
    hopeful = {name: _bound(one, confidence, lower=not is_higher) for name, one in rivals.items()}
    rounding = _ROUNDING * abs(performance.model[criterion.metric].value)
    lost = [name for name, bound in hopeful.items() if _keeps(bound, criterion, rounding) is False]
    deciding = {name: hopeful[name] for name in lost} or cautious
    rival = min(deciding, key=lambda name: _rank(deciding[name], is_higher=is_higher))
    value, bound = rivals[rival].value, cautious[rival]
    result = "failed" if lost else "passed" if _keeps(bound, criterion, rounding) else "undecided"
    return {
        "criterion": criterion.name,
        "value": _json(value),
        "bound": _json(bound),
        "limit": criterion.limit,
        "result": result,
        "reason": _sentence(criterion, rival, value, bound, result, problem)
        + _best_rule(criterion, result, performance),
    }


def _best_rule(criterion: Criterion, result: str, performance: Performance) -> str:
    """Name the rule that one would follow without the model, where the model could not be shown to beat them all."""
    if criterion.metric != PAYOFF or criterion.versus is None or result == "passed":
        return ""
    best, own = max(performance.rules, key=lambda rule: performance.rules[rule].value), performance.model[PAYOFF]
    return f" Best without a model: {best} with {performance.rules[best].value:.4g}, the model has {own.value:.4g}."


def _bound(one: Estimate, confidence: float, *, lower: bool) -> float:
    return one.lower_bound(confidence) if lower else one.upper_bound(confidence)


def _rank(bound: float, *, is_higher: bool) -> float:
    """Order bounds from the weakest; an undefined one is weaker than any."""
    if math.isnan(bound):
        return -math.inf
    return bound if is_higher else -bound


def _keeps(bound: float, criterion: Criterion, rounding: float) -> bool | None:
    """Say whether a bound keeps the limit, a comparison by more than rounding; None where the bound is undefined."""
    if math.isnan(bound):
        return None
    gain = bound - criterion.limit if METRICS[criterion.metric].higher_is_better else criterion.limit - bound
    return gain >= 0 if criterion.versus is None else gain > rounding


def _sentence(criterion: Criterion, rival: str, value: float, bound: float, result: str, problem: Problem) -> str:
    unit = _unit(criterion, problem)
    against = f" against {rival}" if rival else ""
    if math.isnan(value) or math.isnan(bound):
        return f"{criterion.name}: undecided, the holdout does not define {criterion.metric}{against}."
    side = "lower" if METRICS[criterion.metric].higher_is_better else "upper"
    short = f"; this holdout cannot tell less than {abs(value - bound):.3g}{unit}" if result == "undecided" else ""
    word = "difference" if rival else "value"
    return (
        f"{criterion.name}: {result}, {word}{against} {value:.4g}{unit}, {side} bound {bound:.4g}, "
        f"limit {criterion.limit:g}{short}."
    )


def _unit(criterion: Criterion, problem: Problem) -> str:
    kind = METRICS[criterion.metric].unit
    if kind == "money" and problem.payoff is not None:
        return f" {problem.payoff.unit}"
    target = problem.columns[problem.target.column].unit
    return f" {target}" if kind == "target" and target else ""


def _judge_limit(name: str, value: float, limit: float) -> Judgement:
    result = "passed" if value <= limit else "failed"
    reason = f"{name} at most {limit:g}: {result}, value {value:.4g}."
    criterion = f"{name} at most {limit:g}"
    return {"criterion": criterion, "value": value, "bound": value, "limit": limit, "result": result, "reason": reason}


def _json(figure: float) -> float | None:
    return figure if math.isfinite(figure) else None
