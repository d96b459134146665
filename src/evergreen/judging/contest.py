"""Set the challenger beside the champion, and say whether it may replace it."""

import hashlib
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.errors import DataError, ReleaseError
from evergreen.judging.open import DIGITS, Look
from evergreen.judging.params import EvaluationParams
from evergreen.judging.words import finite_or_none, unit_of
from evergreen.measures.promotion import PairedDifference, judge_gain
from evergreen.measures.spending import spent_level
from evergreen.models.contest import NO_RIVAL, Contest, Differences, compare_predictions
from evergreen.models.decide import predict_rows
from evergreen.models.performance import PAYOFF
from evergreen.problem import CHAMPION, Problem, PromotionRule, find_metric, in_digits, in_full, tell_difference
from evergreen.releases import Champion, LoadedRelease, NoChampion
from evergreen.tables.conditions import rows_of_slice
from evergreen.tables.looks import count_since
from evergreen.tables.split_card import SplitCard
from evergreen.tables.unseen import find_unseen

Record = dict[str, Any]
_NO_RIVAL = "No other model is live: there is no champion yet, or it is this challenger, so none is replaced."


def meet_champion(  # noqa: PLR0913, PLR0917 - one input each
    problem: Problem,
    params: EvaluationParams,
    split_card: dict[str, Any],
    holdout: pd.DataFrame,
    holdout_predictions: pd.DataFrame,
    holdout_log: pd.DataFrame,
    look: Look,
    earlier_champion: Callable[[], Champion],
) -> Contest:
    """Compare the challenger with the champion on the holdout rows that neither has learnt from.

    The k-th challenger that is opened a holdout since this champion was is judged at 6 / (pi^2 k^2) of what the
    confidence leaves of 1, whatever rows it is judged on. So over the life of a champion, however many windows of
    outcomes come and however many challengers with them, the chance that a model no better than it replaces it is at
    most what the confidence leaves of 1 (see ``spent_level``).

    A champion that cannot be read, was made for a case that differs, or knows too many of these rows is not compared;
    the contest tells why.

    Args:
        problem: the case.
        params: the confidence.
        split_card: the split the holdout was made by.
        holdout: holdout rows.
        holdout_predictions: those of the challenger.
        holdout_log: all openings of the holdout, this one among them.
        look: what was written down of this opening.
        earlier_champion: gives the live release.

    Returns:
        The contest.
    """
    # A damaged champion must not stop the challenger that would take its place, but it cannot be compared with.
    try:
        champion = earlier_champion()
    except ReleaseError as error:
        return Contest("unreadable", f"The champion cannot be read. {error}")
    if isinstance(champion, NoChampion) or _is_same(champion, problem, look):
        return NO_RIVAL
    number = count_since(holdout_log, _judged_id(champion), look["model_id"], look["holdout_id"])
    contest = Contest(champion.release_id, number=number, level=spent_level(1 - params.confidence, number))
    why_not = tell_difference(problem, champion.problem)
    if why_not:
        return replace(contest, why_not=f"The champion {champion.release_id} {why_not}.{_way_out(problem)}")
    try:
        is_unseen = _unseen(champion, split_card, holdout)
        return _compare(problem, champion, contest, holdout, holdout_predictions, is_unseen)
    except (DataError, ReleaseError) as error:
        return replace(contest, why_not=f"The champion cannot be compared with. {error}")


def compare_champion(problem: Problem, contest: Contest) -> Record:
    """Write down whether the challenger may replace the champion, by the rule of the case.

    Where the case has no rule, it is what a strict one on its main metric would say: payoff per decision, else log
    loss or root mean squared error; then ``is_judged`` is false and the verdict does not heed it.

    Args:
        problem: the case.
        contest: the challenger beside the champion.

    Returns:
        ``criterion, champion_id, metric, rule, margin, gain, bound, detectable, rows_needed, n_rows, n_units, number,
        level, result, word, is_judged``. The gain is how much better the challenger is, whichever way the metric runs.
        The result is passed, failed, undecided or "no rival".
    """
    rule = problem.promotion or PromotionRule(metric=main_metric(problem))
    record: Record = {
        "criterion": rule.name,
        "champion_id": contest.champion_id,
        "metric": rule.metric,
        "rule": rule.rule,
        "margin": rule.margin,
        "gain": None,
        "bound": None,
        "detectable": None,
        "rows_needed": None,
        "n_rows": contest.n_rows,
        "n_units": 0,
        "number": None if contest.champion_id is None else contest.number,
        "level": None if contest.champion_id is None else contest.level,
        "result": "undecided",
        "word": contest.why_not,
        "is_judged": problem.promotion is not None,
    }
    if contest.champion_id is None:
        return record | {"result": "no rival", "word": _NO_RIVAL}
    if contest.why_not:
        return record
    difference = contest.whole[rule.metric]
    gain = difference if find_metric(rule.metric).higher_is_better else difference.negated()
    return record | _judge(problem, rule, contest, gain)


def main_metric(problem: Problem) -> str:
    """Name what models of a case are compared by where it has no rule of promotion.

    Args:
        problem: the case.

    Returns:
        Payoff per decision, else log loss or root mean squared error.
    """
    if problem.payoff is not None:
        return PAYOFF
    return "log_loss" if problem.is_classification else "rmse"


def _is_same(champion: LoadedRelease, problem: Problem, look: Look) -> bool:
    """Say whether the challenger is the live model and decides by the same money."""
    return _model_id(champion) == look["model_id"] and champion.problem.payoff == problem.payoff


def _way_out(problem: Problem) -> str:
    """Say how a new model can go live although it cannot be compared; empty where the verdict does not heed that."""
    rules = ["'promotion'"] if problem.promotion is not None else []
    rules += ["criteria versus the champion"] if any(one.versus == CHAMPION for one in problem.criteria) else []
    if not rules:
        return ""
    return (
        f" More rows do not mend that: leave {' and '.join(rules)} out of the case until a model made for the case as "
        "it is now is live."
    )


def _model_id(champion: LoadedRelease) -> str:
    return hashlib.sha256(champion.model_file).hexdigest()[:DIGITS]


def _judged_id(champion: LoadedRelease) -> str:
    """Name the model that was judged: retraining fits the winner once more, and its release says of what."""
    told: str | None = champion.documents.get("refit", {}).get("judged_model_id")
    return told or _model_id(champion)


def _unseen(champion: LoadedRelease, split_card: dict[str, Any], holdout: pd.DataFrame) -> NDArray[np.bool_]:
    if "split_card" not in champion.documents:
        raise ReleaseError(f"Release '{champion.release_id}'", "does not tell what it has learnt from", "Release anew.")
    card = SplitCard.model_validate(champion.documents["split_card"])
    training_id = SplitCard.model_validate(split_card).training_id
    return find_unseen(holdout, training_id=training_id, former=champion.problem, card=card)


def _compare(
    problem: Problem,
    champion: LoadedRelease,
    contest: Contest,
    holdout: pd.DataFrame,
    predictions: pd.DataFrame,
    is_unseen: NDArray[np.bool_],
) -> Contest:
    n_rows, least = int(is_unseen.sum()), problem.limits.min_holdout_rows
    if n_rows < least:
        told = (
            f"The champion {champion.release_id} has, or may have, learnt from all but {n_rows} of the {len(holdout)} "
        )
        return replace(contest, why_not=f"{told}holdout rows; the case asks for {least}.", n_rows=n_rows)
    # It decides about all rows as the challenger did, since an action that is scarce is given out among them.
    decided = predict_rows(champion.model, holdout, champion.problem)

    def on(mask: NDArray[np.bool_]) -> Differences:
        rows, new, live = (part[mask].reset_index(drop=True) for part in (holdout, predictions, decided))
        return compare_predictions(problem, rows, new, live)

    asked = {one.slice for one in problem.criteria if one.versus == CHAMPION and one.slice is not None}
    inside = {name: is_unseen & rows_of_slice(holdout, problem.slices[name]) for name in sorted(asked)}
    slices = {name: on(mask) for name, mask in inside.items() if mask.any()}
    return replace(contest, n_rows=n_rows, whole=on(is_unseen), slices=slices)


def _judge(problem: Problem, rule: PromotionRule, contest: Contest, gain: PairedDifference) -> Record:
    confidence = 1 - contest.level
    bound, detectable = gain.lower_bound(confidence), gain.detectable(confidence)
    needed = gain.rows_needed(confidence, gain=gain.value + rule.margin)
    result = judge_gain(gain, margin=rule.margin, confidence=confidence)
    unit = unit_of(problem, rule.metric)
    told = f"Gain {in_digits(gain.value)}{unit} on {contest.n_rows:,} rows that neither has learnt from"
    if math.isnan(gain.value):
        told = f"The {contest.n_rows:,} rows that neither has learnt from do not define {rule.metric}"
    elif math.isnan(bound):
        told += f"; {gain.n_units} independent rows, days or groups do not tell how sure it is"
    else:
        told += f", lower bound {in_digits(bound)}, limit {in_full(0 - rule.margin)}"
    if result == "undecided" and not math.isnan(bound):
        told += f"; the smallest difference that these rows tell is {in_digits(detectable, 3)}{unit}"
        told += f", and the gain seen would take about {needed:,} rows" if needed is not None else ""
    return {
        "gain": finite_or_none(gain.value),
        "bound": finite_or_none(bound),
        "detectable": finite_or_none(detectable),
        "rows_needed": needed,
        "n_units": gain.n_units,
        "result": result,
        "word": f"{told}. Comparison {contest.number} with the champion {contest.champion_id}, "
        f"at a level of {100 * contest.level:.3g} %.",
    }
