"""Judge the success criteria of a case."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from evergreen.judging.open import Look
from evergreen.judging.params import EvaluationParams
from evergreen.judging.words import finite_or_none, unit_of
from evergreen.measures import Estimate
from evergreen.measures.promotion import PairedDifference
from evergreen.models.contest import Contest
from evergreen.models.performance import PAYOFF, Performance
from evergreen.models.slices import SliceFigures
from evergreen.problem import CHAMPION, NO_MODEL, Criterion, Problem, find_metric, in_digits, in_full

Judgement = dict[str, Any]
# Two figures that differ by a smaller share of the model's figure are equal: sums of many rows are no more exact.
_ROUNDING = 1e-9
_COSTS = {"latency_ms": "latency_ms", "training_seconds": "fit_wall_seconds", "model_mb": "model_mb"}
_CHALLENGER = "challenger"


@dataclass(frozen=True)
class _Bench:
    """What one criterion is judged by.

    Attributes:
        criterion: the criterion.
        problem: the case.
        performance: the figures of the rows it is about.
        look: which look at the holdout it is, and its level.
    """

    criterion: Criterion
    problem: Problem
    performance: Performance
    look: Look

    @property
    def confidence(self) -> float:
        """Of the one-sided bounds."""
        return 1 - float(self.look["level"])

    @property
    def unit(self) -> str:
        """The unit as a sentence has it, with a blank before it."""
        return unit_of(self.problem, self.criterion.metric)

    def record(self, result: str, reason: str, *, value: float = math.nan, bound: float = math.nan) -> Judgement:
        """Write down what was found."""
        return {
            "criterion": self.criterion.name,
            "value": finite_or_none(value),
            "bound": finite_or_none(bound),
            "limit": self.criterion.limit,
            "result": result,
            "reason": f"{self.criterion.name}: {result}{reason}",
            "look": self.look["number"],
            "level": self.look["level"],
        }


def judge_criteria(  # noqa: PLR0913, PLR0917 - one input each
    problem: Problem,
    params: EvaluationParams,
    performance: Performance,
    slice_figures: Mapping[str, SliceFigures],
    candidate_costs: pd.DataFrame,
    look: Look,
    contest: Contest,
) -> list[Judgement]:
    """Judge every success criterion at its confidence bound.

    A criterion passes if the one-sided bound on the cautious side keeps the limit, fails if even the bound on the
    hopeful side does not, and is undecided in between. The level of the bound is that of the look. "versus no_model" in
    money must hold against every rule: the weakest of these comparisons counts, which keeps the error rate without a
    correction (intersection-union test; Berger 1982). A comparison must be won: a model that only equals a rule does
    not keep a limit of 0. What a model costs is judged as it was measured, without bounds.

    Args:
        problem: the case.
        params: the smallest slice that is judged.
        performance: all figures.
        slice_figures: those of the slices of the case.
        candidate_costs: what the challenger takes.
        look: which look at these rows this is.
        contest: the challenger beside the champion, for criteria that compare with it; their level is its level.

    Returns:
        One record a criterion: ``criterion, value, bound, limit, result, reason, look, level``.
    """
    judged = []
    for criterion in problem.criteria:
        part = None if criterion.slice is None else slice_figures[criterion.slice]
        bench = _Bench(criterion, problem, performance if part is None else part.inside, look)
        if find_metric(criterion.metric).is_cost:
            judged.append(_judge_cost(bench, candidate_costs))
        elif part is not None and part.n_rows < params.min_slice_rows:
            told = f", the slice has {part.n_rows} rows, fewer than the {params.min_slice_rows} that are judged."
            judged.append(bench.record("undecided", told))
        elif criterion.versus == CHAMPION:
            judged.append(_judge_against_champion(bench, contest))
        else:
            judged.append(_judge(bench, _rivals(criterion, bench.performance)))
    return judged


def _judge_cost(bench: _Bench, costs: pd.DataFrame) -> Judgement:
    criterion = bench.criterion
    value = float(costs.loc[costs["candidate"] == _CHALLENGER, _COSTS[criterion.metric]].iloc[0])
    if math.isnan(value):
        return bench.record("undecided", ", it was not measured for this challenger.")
    result = "passed" if value <= criterion.limit else "failed"
    told = f", value {in_digits(value)}{bench.unit}, as measured, limit {in_full(criterion.limit)}."
    return bench.record(result, told, value=value, bound=value)


def _judge_against_champion(bench: _Bench, contest: Contest) -> Judgement:
    if contest.champion_id is None:
        return bench.record("passed", ", no other model is live, so none is replaced.")
    own = replace(bench, look=bench.look | {"number": contest.number, "level": contest.level})
    if contest.why_not:
        return own.record("undecided", f". {contest.why_not}")
    found = contest.whole if bench.criterion.slice is None else contest.slices.get(bench.criterion.slice, {})
    if bench.criterion.metric not in found:
        return own.record("undecided", ", the champion has learnt from all rows of the slice.")
    return _judge(own, {"the champion": found[bench.criterion.metric]})


def _judge(bench: _Bench, rivals: Mapping[str, Estimate | PairedDifference]) -> Judgement:
    criterion, performance = bench.criterion, bench.performance
    if performance.undecidable:
        return bench.record("undecided", f", {performance.undecidable}.")
    own = performance.model[criterion.metric]
    if criterion.versus is None and own.is_flat and not _has_exact_bound(own, criterion):
        same = f"{in_digits(own.value)}{bench.unit}"
        told = f", {criterion.metric} is {same} in every resample, which says nothing about how sure it is."
        return bench.record("undecided", told, value=own.value)
    is_higher = criterion.higher_is_better
    cautious = {name: _bound(one, bench, is_lower=is_higher) for name, one in rivals.items()}
    hopeful = {name: _bound(one, bench, is_lower=not is_higher) for name, one in rivals.items()}
    rounding = _ROUNDING * abs(own.value)
    lost = [name for name, bound in hopeful.items() if _keeps(bound, criterion, rounding) is False]
    deciding = {name: hopeful[name] for name in lost} or cautious
    rival = min(deciding, key=lambda name: _rank(deciding[name], is_higher=is_higher))
    bound = cautious[rival]
    result = "failed" if lost else "passed" if _keeps(bound, criterion, rounding) else "undecided"
    told = _told(bench, rival, rivals[rival], bound, result)
    return bench.record(result, told + _best_rule(bench, result), value=rivals[rival].value, bound=bound)


def _rivals(criterion: Criterion, performance: Performance) -> dict[str, Estimate]:
    """What is judged: the metric itself under the name "", or its difference to each rival."""
    own, versus = performance.model[criterion.metric], criterion.versus
    if versus is None:
        return {"": own}
    if criterion.metric != PAYOFF:
        return {"no model": own.minus(performance.no_model[criterion.metric])}
    rules = performance.rules if versus == NO_MODEL else {versus: performance.rules[versus]}
    return {rule: own.minus(other) for rule, other in rules.items()}


def _has_exact_bound(own: Estimate, criterion: Criterion) -> bool:
    """Say whether all rows were right, and how many there are is known: of other figures only some rows are a part."""
    return criterion.metric == "accuracy" and own.value == 1 and own.n_units is not None


def _bound(one: Estimate | PairedDifference, bench: _Bench, *, is_lower: bool) -> float:
    is_own = is_lower and bench.criterion.versus is None
    if is_own and isinstance(one, Estimate) and one.is_flat and _has_exact_bound(one, bench.criterion):
        # No miss among n: the bound of Clopper and Pearson (1934).
        return float((1 - bench.confidence) ** (1 / (one.n_units or 1)))
    return one.lower_bound(bench.confidence) if is_lower else one.upper_bound(bench.confidence)


def _best_rule(bench: _Bench, result: str) -> str:
    """Name the rule that one would follow without the model, where the model could not be shown to beat them all."""
    criterion, performance = bench.criterion, bench.performance
    if criterion.metric != PAYOFF or criterion.versus != NO_MODEL or result == "passed":
        return ""
    best, own = max(performance.rules, key=lambda rule: performance.rules[rule].value), performance.model[PAYOFF]
    earned = f"{best} with {in_digits(performance.rules[best].value)}{bench.unit}"
    return f" Best without a model: {earned}, the model has {in_digits(own.value)}{bench.unit}."


def _rank(bound: float, *, is_higher: bool) -> float:
    """Order bounds from the weakest; an undefined one is weaker than any."""
    if math.isnan(bound):
        return -math.inf
    return bound if is_higher else -bound


def _keeps(bound: float, criterion: Criterion, rounding: float) -> bool | None:
    """Say whether a bound keeps the limit, a comparison by more than rounding; None where the bound is undefined."""
    if math.isnan(bound):
        return None
    gain = bound - criterion.limit if criterion.higher_is_better else criterion.limit - bound
    return gain >= 0 if criterion.versus is None else gain > rounding


def _told(bench: _Bench, rival: str, one: Estimate | PairedDifference, bound: float, result: str) -> str:
    criterion, unit = bench.criterion, bench.unit
    against = f" against {rival}" if rival else ""
    if math.isnan(one.value):
        return f", the holdout does not define {criterion.metric}{against}."
    found = f", {'difference' if rival else 'value'}{against} {in_digits(one.value)}{unit}"
    if math.isnan(bound):
        return f"{found}; how sure this is cannot be told: too few days, groups or rows define it."
    side = "lower" if criterion.higher_is_better else "upper"
    effect = in_digits(one.detectable(bench.confidence), 3)
    short = f"; the smallest difference that these rows tell is {effect}{unit}" if result == "undecided" else ""
    return f"{found}, {side} bound {in_digits(bound)}, limit {in_full(criterion.limit)}{short}."
