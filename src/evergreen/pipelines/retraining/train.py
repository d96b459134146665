"""Fit a challenger by the recipe of the champion."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
from pydantic import ValidationError

from evergreen.models.decide import Model
from evergreen.models.fit_recipe import fit_recipe
from evergreen.models.recipe import Recipe
from evergreen.pipelines.retraining.decide import NotDue
from evergreen.pipelines.retraining.params import RetrainingParams
from evergreen.pipelines.retraining.past import choose_past
from evergreen.pipelines.retraining.prepare import Fresh
from evergreen.problem import Problem, find_metric, tell_difference
from evergreen.releases import LoadedRelease, NoChampion, Succession, model_to_bytes
from evergreen.tables.split_card import SplitCard
from evergreen.tables.unseen import find_unseen
from evergreen.tuning.budget import Cost
from evergreen.tuning.finalists import weigh_model
from evergreen.tuning.meter import Meter

Document = dict[str, Any]
_NOTHING_NEW = "There are no other rows to learn from than those it has learnt from."


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
    since = choose_past(problem, params, recipe, fresh_rows.training, _days(retraining_decision["figures"]))
    chosen = fresh_rows.since(since, problem)
    if _learnt_by(champion) == chosen.split_card["training_id"]:
        return NotDue((f"The champion {champion.release_id} is not challenged. {_NOTHING_NEW}",))
    model = fit_recipe(recipe, chosen.training, problem, random_state=params.random_state)
    taken = cpu_clock() - start
    costs = _weigh(problem, model, fresh_rows, taken, cpu_clock)
    return Again(model, champion.documents["recipe"], taken, costs, since)


def _days(figures: Document) -> list[date]:
    """The first days of worlds that may have begun then, as the decision tells them."""
    told = (figures["changed_since"], figures["learnt_since"])
    return [date.fromisoformat(day) for day in told if day is not None]


def _learnt_by(champion: LoadedRelease) -> str:
    return SplitCard.model_validate(champion.documents["split_card"]).training_id


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
        return _NOTHING_NEW
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
