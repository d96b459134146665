"""Decide whether there is a reason to train again."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from evergreen.pipelines.retraining.facts import (
    Document,
    ReadDocument,
    ReadIncidents,
    ReadTable,
    Watched,
    changed_since,
    cost_of_training,
    last_touched,
    learnt_since,
    most_to_win,
    read_watched,
)
from evergreen.pipelines.retraining.params import RetrainingParams
from evergreen.problem import AsOf, Problem
from evergreen.releases import LoadedRelease, NoChampion, Succession
from evergreen.tables.split_card import SplitCard

# How long a model serves where the calendar does not say, to weigh what it may win.
_DAYS_OF_SERVICE = 30
Causes = dict[str, str]


@dataclass(frozen=True)
class NotDue:
    """What a step returns that had nothing to do.

    Attributes:
        reasons: why, in sentences.
    """

    reasons: tuple[str, ...]


def decide_retraining(  # noqa: PLR0913, PLR0917 - one input each
    problem: Problem,
    params: RetrainingParams,
    as_of: AsOf,
    succession: Succession,
    earlier_predictions: ReadTable,
    earlier_monitoring: ReadTable,
    earlier_realised: ReadDocument,
    earlier_candidate_costs: ReadTable,
    earlier_retraining: ReadDocument,
    earlier_incidents: ReadIncidents,
) -> dict[str, Any]:
    """Decide whether to train again, and whether to look back at the last time, from small files alone.

    Reasons are the calendar, an alarm, money that was surely lost against a rule without a model, biased predictions
    and enough outcomes. Where computing has a price in the unit of the payoff, and even the hopeful end of what could
    be won back does not cover it, nothing is due.

    Args:
        problem: the case.
        params: when to train again.
        as_of: the logical date.
        succession: who is live and who was before.
        earlier_predictions: reads the predictions that monitoring has watched.
        earlier_monitoring: reads what it found.
        earlier_realised: reads what has come of them.
        earlier_candidate_costs: reads what training took.
        earlier_retraining: reads what the last run of retraining wrote down.
        earlier_incidents: reads what has changed since when.

    Returns:
        ``case, as_of, champion_id, is_due, is_review_due, causes`` (names of the reasons that hold), ``reasons``
        (sentences) and ``figures``.
    """
    champion, former = succession.champion, earlier_retraining() or {}
    told: Document = {"case": problem.name, "as_of": as_of.root.isoformat(), "champion_id": champion.release_id}
    if isinstance(champion, NoChampion):
        nothing = {"is_due": False, "is_review_due": False, "causes": [], "figures": {}}
        return told | nothing | {"reasons": ["Nothing is live yet: run the whole line first."]}
    watched = read_watched(champion, earlier_predictions, earlier_monitoring, earlier_realised)
    card = _card_of(champion)
    waited = (as_of.root - last_touched(succession, card, former)).days
    causes, quiet = _causes(params, watched, waited)
    cost = cost_of_training(problem, former, earlier_candidate_costs)
    most = most_to_win(problem, champion, watched, params.every_days or _DAYS_OF_SERVICE)
    since, learnt = changed_since(champion, earlier_incidents), learnt_since(champion)
    is_dear = cost is not None and most is not None and most < cost
    if causes and is_dear and problem.payoff is not None:
        unit = problem.payoff.unit
        quiet.append(f"At most {most:.4g} {unit} can be won back, and training costs {cost:.4g} {unit}.")
    return told | {
        "is_due": bool(causes) and not is_dear,
        "is_review_due": _is_review_due(problem, params, succession, former, as_of.root),
        "causes": list(causes),
        "reasons": [*causes.values(), *quiet] or ["There is no reason to train again."],
        "figures": {
            "days_since_touched": waited,
            "days_since_newest_training_row": _age(card, as_of.root),
            "changed_since": None if since is None else since.isoformat(),
            "learnt_since": None if learnt is None else learnt.isoformat(),
            "n_outcomes": watched.n_outcomes,
            "most_to_win": most,
            "cost": cost,
        },
    }


def _causes(params: RetrainingParams, watched: Watched, waited: int) -> tuple[Causes, list[str]]:
    """Name the reasons that hold, and tell why others do not."""
    causes, quiet = {}, []
    since = f"the champion was made, made live or last challenged {waited} days ago"
    if params.every_days is not None and waited >= params.every_days:
        causes["schedule"] = f"The calendar says every {params.every_days} days, and {since}."
    elif params.every_days is not None:
        quiet.append(f"The calendar says every {params.every_days} days, but {since}.")
    if watched.is_of_other:
        quiet.append("Monitoring has watched another release: run scoring and monitoring to have this one watched.")
    found = _found(params, watched)
    if found and waited < params.rest_days:
        quiet += [f"{one} It has to wait: {since}, and rests for {params.rest_days}." for one in found.values()]
        return causes, quiet
    return causes | found, quiet


def _found(params: RetrainingParams, watched: Watched) -> Causes:
    alarms, losses, biased = watched.spoken("alarm"), watched.spoken("money"), watched.spoken("bias")
    causes = {}
    if params.on_alarm and len(alarms):
        causes["alarm"] = f"Monitoring alarms: {alarms['finding'].iloc[0]}"
    if params.on_loss and len(losses):
        causes["money"] = f"Money is lost: {losses['finding'].iloc[0]}"
    if params.on_bias and len(biased):
        causes["bias"] = f"Predictions are biased: {biased['finding'].iloc[0]}"
    if params.new_outcomes is not None and watched.n_outcomes >= params.new_outcomes:
        causes["outcomes"] = f"{watched.n_outcomes} outcomes have come, and {params.new_outcomes} are enough."
    return causes


def _is_review_due(
    problem: Problem, params: RetrainingParams, succession: Succession, former: Document, as_of: date
) -> bool:
    """Say whether outcomes may have come by which champion and predecessor can be told apart anew."""
    if params.review_days is None or succession.former_id is None or succession.changed_on is None:
        return False
    if not succession.is_promoted or problem.event_time is None:
        return False
    review = former.get("review") or {}
    if review.get("champion_id") == succession.champion.release_id:
        return (as_of - date.fromisoformat(review["as_of"])).days >= params.review_days
    return (as_of - succession.changed_on).days >= max(params.review_days, problem.target.delay_days)


def _card_of(champion: LoadedRelease) -> SplitCard:
    return SplitCard.model_validate(champion.documents["split_card"])


def _age(card: SplitCard, as_of: date) -> int | None:
    return None if card.learnt_until is None else (as_of - card.learnt_until.date()).days
