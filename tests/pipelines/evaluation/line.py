"""Evaluation of a small linear model of every kind, made by the nodes themselves; nobody may change it."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import pandas as pd

from evergreen.judging.contest import compare_champion
from evergreen.judging.criteria import judge_criteria
from evergreen.judging.drills import judge_drills
from evergreen.judging.judge import conclude, gather_evidence, judge_limits
from evergreen.judging.keep import keep_rows
from evergreen.judging.measure import (
    measure_holdout,
    profile_reference,
    score_holdout,
    summarise_performance,
)
from evergreen.judging.open import open_holdout
from evergreen.judging.params import EvaluationParams
from evergreen.judging.slices import measure_slices
from evergreen.models.contest import NO_RIVAL
from evergreen.models.decide import Model
from evergreen.models.no_model import learn_no_model
from evergreen.models.performance import Performance
from evergreen.problem import AsOf, Kind, Problem
from evergreen.releases import LoadedRelease, assemble_release, load_release
from evergreen.tables.looks import empty_log
from evergreen.tables.outliers import NO_LIMITS
from evergreen.tables.split_card import SplitCard, rows_id
from tests.models.small import small_case, small_rows, trained
from tests.watching.drilling import drills, monitoring

PARAMS = EvaluationParams(confidence=0.95, n_resamples=200, random_state=1)
COSTS = pd.DataFrame({"candidate": ["challenger"], "latency_ms": [4.0], "fit_wall_seconds": [2.5], "model_mb": [0.25]})
AS_OF = AsOf(date(2020, 6, 30))
RECIPE = {"members": [{"settings": {"candidate": "linear"}, "weight": 1.0}]}
ROW_LEDGER = pd.DataFrame(
    [
        ("gathered", "in", 500),
        ("gathered", "gathered", 500),
        ("repaired", "in", 500),
        ("repaired", "duplicates", 5),
        ("repaired", "quarantined", 10),
        ("repaired", "repaired", 485),
    ],
    columns=["stage", "what", "n_rows"],
)


@dataclass(frozen=True)
class Line:
    """What evaluation made of one model."""

    problem: Problem
    model: Model
    training: pd.DataFrame
    holdout: pd.DataFrame
    no_model: dict[str, Any]
    predictions: pd.DataFrame
    performance: Performance
    metrics: dict[str, Any]
    money: dict[str, Any]
    evidence: dict[str, Any]
    look: dict[str, Any]
    verdict: dict[str, Any]


def evaluate(problem: Problem, model: Model, holdout: pd.DataFrame) -> Line:
    """Run the nodes of evaluation."""
    training = small_rows(problem.kind, 240)
    no_model = learn_no_model(training, problem).model_dump(mode="json")
    card = card_of(problem, model, holdout)
    _, look = open_holdout(problem, PARAMS, AS_OF, model, card, holdout, empty_log())
    predictions = score_holdout(problem, AS_OF, model, card, holdout, look)
    performance = measure_holdout(problem, PARAMS, no_model, holdout, predictions)
    slices = measure_slices(problem, PARAMS, no_model, holdout, predictions)
    metrics, money = summarise_performance(PARAMS, performance)
    evidence = gather_evidence(
        metrics,
        money,
        judge_criteria(problem, PARAMS, performance, slices, COSTS, look, NO_RIVAL),
        judge_limits(problem, model, ROW_LEDGER),
        [],
        [],
        judge_drills(problem, drills(), monitoring(), model, NO_LIMITS.model_dump(mode="json"), holdout, look),
        compare_champion(problem, NO_RIVAL),
        no_model,
        profile_reference(problem, training, holdout, predictions, ROW_LEDGER),
        card,
        NO_LIMITS.model_dump(mode="json"),
        RECIPE,
        keep_rows(problem, model, NO_LIMITS.model_dump(mode="json"), holdout, predictions),
    )
    verdict = conclude(problem, AS_OF, model, evidence, look)
    return Line(
        problem, model, training, holdout, no_model, predictions, performance, metrics, money, evidence, look, verdict
    )


def card_of(problem: Problem, model: Model, holdout: pd.DataFrame) -> dict[str, Any]:
    """The card of the split that a model has learnt by and these rows were kept from."""
    card = SplitCard(
        as_of=AS_OF.root,
        training_id=model.training_id,
        holdout_id=rows_id(holdout, problem),
        judged_until=holdout[problem.event_time].max().date(),
    )
    return card.model_dump(mode="json")


@cache
def line(kind: Kind, *, has_payoff: bool = True) -> Line:
    """Evaluate the small linear model on 160 rows that follow its training."""
    problem = small_case(kind) if has_payoff else small_case(kind, payoff=None, criteria=criteria_without_money(kind))
    return evaluate(problem, trained(kind).model, small_rows(kind, 160, seed=11, first_id=300))


@cache
def champion(kind: Kind) -> LoadedRelease:
    """The release of that model."""
    made = line(kind)
    release = assemble_release(made.problem, made.model, made.evidence)
    return load_release(release.release_id, release.files)


def criteria_without_money(kind: Kind) -> list[dict[str, Any]]:
    """A criterion that a case without a payoff can have."""
    return [{"metric": "rmse", "at_most": 9} if kind == "regression" else {"metric": "accuracy", "at_least": 0.1}]
