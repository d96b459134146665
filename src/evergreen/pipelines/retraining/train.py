"""Fit a challenger by the recipe of the champion."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from pydantic import ValidationError

from evergreen.models.decide import Model, predict_rows
from evergreen.models.figures import score_predictions
from evergreen.models.fit_recipe import fit_recipe
from evergreen.models.recipe import Recipe
from evergreen.models.target import target_values
from evergreen.pipelines.retraining.decide import NotDue
from evergreen.pipelines.retraining.params import RetrainingParams
from evergreen.pipelines.retraining.prepare import Fresh
from evergreen.problem import Problem, find_metric, tell_difference
from evergreen.releases import LoadedRelease, NoChampion, Succession, model_to_bytes
from evergreen.tables.split_card import SplitCard
from evergreen.tables.unseen import find_unseen
from evergreen.tuning.budget import Cost
from evergreen.tuning.finalists import weigh_model
from evergreen.tuning.meter import Meter

Document = dict[str, Any]
_LEARNT_IN_TRIAL = 2 / 3


@dataclass(frozen=True, eq=False)
class Again:
    """A challenger made by the recipe of the champion.

    Attributes:
        model: it.
        recipe: how it was made.
        cpu_seconds: what its fit took.
        since: the first day that it has learnt from; None for all the past.
        costs: one row like those of ``candidate_costs`` where the case has criteria on what a model takes, else none.
    """

    model: Model
    recipe: Document
    cpu_seconds: float
    costs: pd.DataFrame
    since: date | None = None


def train_again(  # noqa: PLR0913, PLR0917 - one input each
    problem: Problem,
    params: RetrainingParams,
    retraining_decision: Document,
    succession: Succession,
    champion_review: Document | NotDue,
    fresh_rows: Fresh | NotDue,
    cpu_clock: Callable[[], float],
) -> Again | NotDue:
    """Fit a challenger by the recipe of the champion on the training rows of today.

    Where the world has changed, rows from before may mislead: see ``choose_past``.

    Nothing is fitted that could not be compared: where the case has changed so that the champion is no rival for it,
    where there are no other rows to learn from, or too few that neither would know.

    Args:
        problem: the case.
        params: the seed.
        retraining_decision: whether it is due.
        succession: the champion.
        champion_review: whether the champion is about to be given up; then nobody is there to be compared with.
        fresh_rows: the rows of today.
        cpu_clock: what the process has taken so far, in seconds of processors.

    Returns:
        The challenger, or why there is none.
    """
    champion = succession.champion
    if isinstance(fresh_rows, NotDue) or isinstance(champion, NoChampion) or not retraining_decision["is_due"]:
        return NotDue(tuple(retraining_decision["reasons"]))
    if not isinstance(champion_review, NotDue) and champion_review["is_worse"]:
        return NotDue(("The champion is given up for the one before it; that one is challenged the next time.",))
    recipe = _recipe_of(champion)
    why_not = "It does not tell how it was made." if recipe is None else _why_not(problem, champion, fresh_rows)
    if recipe is None or why_not:
        return NotDue((f"The champion {champion.release_id} is not challenged. {why_not}",))
    start = cpu_clock()
    since = choose_past(problem, params, recipe, fresh_rows.training, retraining_decision["figures"]["changed_since"])
    rows = fresh_rows.since(since, problem).training
    model = fit_recipe(recipe, rows, problem, random_state=params.random_state)
    taken = cpu_clock() - start
    costs = _weigh(problem, model, fresh_rows, taken, cpu_clock)
    return Again(model, champion.documents["recipe"], taken, costs, since)


def choose_past(
    problem: Problem, params: RetrainingParams, recipe: Recipe, training: pd.DataFrame, changed_since: str | None
) -> date | None:
    """Say whether to learn from the rows since the world has changed alone, or from all the past.

    Both ways are fitted without the newest third of the training rows since then, and the one that foresees these
    with the smaller loss is taken. The rows that are held out play no part in it.

    Args:
        problem: the case.
        params: the seed.
        recipe: how models are made.
        training: the training rows.
        changed_since: the first day of the changed world, ISO; None where nothing has changed.

    Returns:
        That day; None for all the past, also where fewer rows have come since than the case asks for to learn from.
    """
    if changed_since is None or problem.split.by != "time":
        return None
    times = training[str(problem.event_time)]
    is_new = times >= pd.Timestamp(changed_since)
    if int(is_new.sum()) < problem.limits.min_training_rows:
        return None
    is_asked = times > times[is_new].quantile(_LEARNT_IN_TRIAL)
    asked = training[is_asked].reset_index(drop=True)
    all_past, new_alone = (
        _loss(problem, params, recipe, training[mask & ~is_asked].reset_index(drop=True), asked)
        for mask in (times.notna(), is_new)
    )
    return date.fromisoformat(changed_since) if new_alone < all_past else None


def _loss(problem: Problem, params: RetrainingParams, recipe: Recipe, rows: pd.DataFrame, asked: pd.DataFrame) -> float:
    model = fit_recipe(recipe, rows, problem, random_state=params.random_state)
    figures = score_predictions(
        problem, target_values(asked, problem), predict_rows(model, asked, problem), np.ones((1, len(asked)))
    )
    return float(figures["log_loss" if problem.is_classification else "rmse"][0])


def _recipe_of(champion: LoadedRelease) -> Recipe | None:
    try:
        return Recipe.model_validate(champion.documents.get("recipe"))
    except ValidationError:
        return None


def _why_not(problem: Problem, champion: LoadedRelease, fresh: Fresh) -> str:
    difference = tell_difference(problem, champion.problem)
    if difference:
        return f"It {difference}: run the whole line."
    card = SplitCard.model_validate(champion.documents["split_card"])
    training_id = SplitCard.model_validate(fresh.split_card).training_id
    if card.training_id == training_id:
        return "There are no other rows to learn from than those it has learnt from."
    is_unseen = find_unseen(fresh.holdout, training_id=training_id, former=champion.problem, card=card)
    n_unseen, least = int(is_unseen.sum()), problem.limits.min_holdout_rows
    if n_unseen < least:
        return f"Of the newest labelled rows {n_unseen} are unknown to it, and the case asks for {least}."
    return ""


def _weigh(
    problem: Problem, model: Model, fresh: Fresh, fit_seconds: float, cpu_clock: Callable[[], float]
) -> pd.DataFrame:
    """Weigh the challenger where the case asks what a model takes.

    All times are seconds of processors, which a busy machine does not stretch.
    """
    if not any(find_metric(one.metric).is_cost for one in problem.criteria):
        return pd.DataFrame(columns=["candidate", "latency_ms", "fit_wall_seconds", "model_mb"])

    def read() -> Cost:
        now = cpu_clock()
        return Cost(now, now)

    weighed = weigh_model(model, fresh.training, problem, Meter(read, model_to_bytes))
    told = {"latency_ms": weighed.latency_ms, "fit_wall_seconds": fit_seconds, "model_mb": weighed.model_mb}
    return pd.DataFrame([{"candidate": "challenger", **told}])
