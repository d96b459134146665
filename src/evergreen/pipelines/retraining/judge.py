"""Judge the new challenger as evaluation judges any."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from evergreen.judging.contest import compare_champion, meet_champion
from evergreen.judging.criteria import judge_criteria
from evergreen.judging.drills import judge_drills
from evergreen.judging.fairness import judge_fairness, measure_decisions_by_group
from evergreen.judging.judge import conclude, gather_evidence, judge_limits
from evergreen.judging.judge_data import judge_data
from evergreen.judging.keep import keep_rows
from evergreen.judging.measure import measure_holdout, profile_reference, score_holdout, summarise_performance
from evergreen.judging.open import Look, open_holdout
from evergreen.judging.params import EvaluationParams
from evergreen.judging.slices import measure_slices
from evergreen.models.no_model import learn_no_model
from evergreen.models.suspects import find_suspects
from evergreen.pipelines.retraining.decide import NotDue
from evergreen.pipelines.retraining.facts import LEARNT_SINCE
from evergreen.pipelines.retraining.params import RetrainingParams
from evergreen.pipelines.retraining.prepare import Fresh
from evergreen.pipelines.retraining.train import Again
from evergreen.problem import AsOf, Problem
from evergreen.releases import Succession
from evergreen.watching.drills import DrillsParams
from evergreen.watching.params import MonitoringParams

Document = dict[str, Any]
Judgement = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Judged:
    """What came of judging the challenger.

    Attributes:
        evidence: what the verdict rests on, and a release carries.
        verdict: see ``judging.judge.conclude``.
        promotion: the challenger beside the champion.
        may_go_live: whether it may take the champion's place.
    """

    evidence: Document
    verdict: Document
    promotion: Document
    may_go_live: bool


def open_for_challenger(
    problem: Problem,
    evaluation: EvaluationParams,
    as_of: AsOf,
    fresh_rows: Fresh | NotDue,
    retrained: Again | NotDue,
    earlier_looks: pd.DataFrame,
) -> tuple[pd.DataFrame, Look]:
    """Write down that the newest labelled rows are opened, before anything is learnt from them.

    Args:
        problem: the case.
        evaluation: the confidence.
        as_of: the logical date.
        fresh_rows: the rows of today.
        retrained: the challenger.
        earlier_looks: the log of former openings.

    Returns:
        The log with this opening, and the look; the log as it was and an empty look without a challenger.
    """
    if isinstance(fresh_rows, NotDue) or isinstance(retrained, NotDue):
        return earlier_looks, {}
    card, holdout = fresh_rows.since(retrained.since, problem).split_card, fresh_rows.holdout
    return open_holdout(problem, evaluation, as_of, retrained.model, card, holdout, earlier_looks)


def judge_again(  # noqa: PLR0913, PLR0917 - one input each
    problem: Problem,
    params: RetrainingParams,
    evaluation: EvaluationParams,
    as_of: AsOf,
    succession: Succession,
    fresh_rows: Fresh | NotDue,
    retrained: Again | NotDue,
    retraining_looks: pd.DataFrame,
    retraining_look: Look,
    drills: DrillsParams,
    monitoring: MonitoringParams,
) -> Judged | NotDue:
    """Judge the challenger by the functions of evaluation: criteria, limits, data, fairness, drills, and the champion.

    Beside the champion it must keep the case's rule of promotion; where there is none, that of ``params.entry``.

    Args:
        problem: the case.
        params: what may go live.
        evaluation: how sure a verdict must be.
        as_of: the logical date.
        succession: the champion.
        fresh_rows: the rows of today.
        retrained: the challenger.
        retraining_looks: all openings of the holdout, this one among them.
        retraining_look: this opening.
        drills: how drills go, where the case asks for any.
        monitoring: what drills drill.

    Returns:
        Evidence and verdict, or why there are none.
    """
    if isinstance(retrained, NotDue) or isinstance(fresh_rows, NotDue):
        return retrained if isinstance(retrained, NotDue) else NotDue(())
    fresh, model, look = fresh_rows.since(retrained.since, problem), retrained.model, retraining_look
    card, training, holdout = fresh.split_card, fresh.training, fresh.holdout
    predictions = score_holdout(problem, as_of, model, card, holdout, look)
    no_model = learn_no_model(training, problem).model_dump(mode="json")
    performance = measure_holdout(problem, evaluation, no_model, holdout, predictions)
    slices = measure_slices(problem, evaluation, no_model, holdout, predictions)
    contest = meet_champion(
        problem, evaluation, card, holdout, predictions, retraining_looks, look, lambda: succession.champion
    )
    promotion = heed(problem, params, compare_champion(problem, contest))
    metrics, money = summarise_performance(evaluation, performance)
    criteria = judge_criteria(problem, evaluation, performance, slices, retrained.costs, look, contest)
    evidence = gather_evidence(
        metrics,
        money,
        criteria,
        judge_limits(problem, model, fresh.row_ledger),
        _judge_data(problem, params, fresh),
        _judge_fairness(problem, evaluation, fresh, predictions, look),
        judge_drills(problem, drills, monitoring, model, fresh_rows.outlier_limits, holdout, look),
        promotion,
        no_model,
        profile_reference(problem, training, holdout, predictions, fresh.row_ledger),
        card,
        fresh.outlier_limits,
        retrained.recipe,
        keep_rows(problem, model, fresh.outlier_limits, holdout, predictions),
    )
    evidence |= tell_past(retrained)
    verdict = conclude(problem, as_of, model, evidence, look)
    return Judged(evidence, verdict, promotion, may_go_live(params, evidence["criteria"], criteria, promotion))


def may_go_live(
    params: RetrainingParams, judged: list[Judgement], criteria: list[Judgement], promotion: Document
) -> bool:
    """Say whether a challenger may take the champion's place.

    Args:
        params: what an undecided criterion means.
        judged: all that was judged.
        criteria: those of them that are criteria of the case.
        promotion: the challenger beside the champion.

    Returns:
        Whether all has passed; where ``params.undecided`` is "promote" and the challenger is surely better, whether
        nothing failed and all but criteria of the case passed.
    """
    is_surely_better = promotion["bound"] is not None and promotion["bound"] > 0
    excused = criteria if params.undecided == "promote" and is_surely_better else []
    left = [one for one in judged if one["result"] != "passed"]
    return all(one["result"] == "undecided" and one in excused for one in left)


def heed(problem: Problem, params: RetrainingParams, promotion: Document) -> Document:
    """Have the verdict heed the comparison with the champion, whether or not the case has a rule for it.

    Args:
        problem: the case; its own rule stands.
        params: what may go live without one.
        promotion: of ``compare_champion``.

    Returns:
        The same, judged; where "not_worse" is enough, a comparison that was made and decided nothing has passed. A
        challenger that nothing was compared with has proved nothing.
    """
    if promotion["champion_id"] is None:
        return promotion | {"is_judged": True, "result": "undecided"}
    if problem.promotion is not None:
        return promotion
    judged = promotion | {"is_judged": True}
    if params.entry == "better" or promotion["bound"] is None or promotion["result"] == "failed":
        return judged
    name = f"{promotion['metric']} not surely worse than the champion's"
    return judged | {"criterion": name, "result": "passed"}


def tell_past(retrained: Again) -> Document:
    """Say in a document of the release that it has not learnt from all the past.

    Args:
        retrained: the challenger.

    Returns:
        The document by its name; none where it has.
    """
    if retrained.since is None:
        return {}
    word = f"It has learnt from rows since {retrained.since} alone: older ones misled it about what came then."
    return {LEARNT_SINCE: {"since": retrained.since.isoformat(), "word": word}}


def _judge_data(problem: Problem, params: RetrainingParams, fresh: Fresh) -> list[Judgement]:
    suspects = find_suspects(fresh.training, fresh.holdout, problem, random_state=params.random_state)
    return judge_data(suspects, fresh.plan_check)


def _judge_fairness(
    problem: Problem, evaluation: EvaluationParams, fresh: Fresh, predictions: pd.DataFrame, look: Look
) -> list[Judgement]:
    _, gaps, _ = measure_decisions_by_group(
        problem, evaluation, fresh.training, fresh.holdout, predictions, fresh.group_ledger, look
    )
    return judge_fairness(problem, gaps, look)
