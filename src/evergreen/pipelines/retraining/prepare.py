"""Prepare fresh rows, where they are needed."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import narwhals.stable.v2 as nw
import pandas as pd

from evergreen.pipelines.retraining.decide import NotDue
from evergreen.preparing.decisions import (
    balance_rows,
    gather_decisions,
    mark_decisions,
    settle_decisions,
    split_decisions,
)
from evergreen.preparing.groups import check_plan, measure_groups_of_decisions
from evergreen.preparing.params import DataProcessingParams
from evergreen.problem import AsOf, Problem
from evergreen.tables.engines import as_frame, as_pandas, where
from evergreen.tables.split import new_rows_after
from evergreen.tables.split_card import rows_id

Document = dict[str, Any]
# Of the rows since the world has changed.
_HELD_OUT = 1 / 3


@dataclass(frozen=True, eq=False)
class Fresh:
    """The rows of today, as data_processing makes them.

    Attributes:
        training: training rows.
        holdout: the newest labelled rows, which the challenger does not learn from.
        split_card: names them.
        outlier_limits: the fences of outliers, learnt from the training rows.
        row_ledger: where every row went.
        group_ledger: what became of each group.
        plan_check: the plan for biases held against the data.
        labelled: all rows whose outcome is known, outliers as they are.
    """

    training: pd.DataFrame
    holdout: pd.DataFrame
    split_card: Document
    outlier_limits: Document
    row_ledger: pd.DataFrame
    group_ledger: pd.DataFrame
    plan_check: pd.DataFrame
    labelled: pd.DataFrame

    def since(self, moment: date | None, problem: Problem) -> "Fresh":
        """Leave out the training rows before a moment.

        Args:
            moment: the first that is learnt from; None for all.
            problem: the case.

        Returns:
            The same rows held out, and a split card that names the fewer training rows.
        """
        if moment is None:
            return self
        is_new = self.training[str(problem.event_time)] >= pd.Timestamp(moment)
        training = self.training[is_new].reset_index(drop=True)
        card = self.split_card | {"training_id": rows_id(training, problem)}
        return replace(self, training=training, split_card=card)


def prepare_fresh_rows(
    problem: Problem, as_of: AsOf, params: DataProcessingParams, retraining_decision: Document, *sources: Any
) -> Fresh | NotDue:
    """Gather, repair and split the rows of today by the functions of data_processing.

    Where the world has changed, and enough rows have come since, no more than the newest third of these is held out: a
    challenger that has learnt nothing of the new world is no better than the champion, and rows of the old one do not
    tell how it will fare.

    Args:
        problem: the case.
        as_of: the logical date.
        params: the seed.
        retraining_decision: whether anything is due.
        sources: what the catalog loaded, in the order of ``problem.sources``.

    Returns:
        The rows; that nothing is due, where neither training nor a review is.
    """
    if not (retraining_decision["is_due"] or retraining_decision["is_review_due"]):
        return NotDue(tuple(retraining_decision["reasons"]))
    gathered, gathered_rows = gather_decisions(problem, as_of, *sources)
    marked = mark_decisions(problem, gathered)
    repaired, _, _, repaired_rows = settle_decisions(problem, marked)
    since = retraining_decision["figures"].get("changed_since")
    case = problem if since is None else _judged_after(problem, as_of, datetime.fromisoformat(since), repaired)
    training, holdout, card, split_rows, limits, _ = split_decisions(case, as_of, params, repaired)
    learnt, judged = as_pandas(as_frame(training)), as_pandas(as_frame(holdout))
    groups = measure_groups_of_decisions(problem, params, marked, repaired, learnt, judged)
    is_known = ~nw.col(problem.target.column).is_null()
    return Fresh(
        training=learnt,
        holdout=judged,
        split_card=card,
        outlier_limits=limits,
        row_ledger=balance_rows(gathered_rows, repaired_rows, split_rows),
        group_ledger=groups,
        plan_check=check_plan(problem, groups),
        labelled=as_pandas(as_frame(repaired).filter(is_known)),
    )


def _judged_after(problem: Problem, as_of: AsOf, since: datetime, repaired: Any) -> Problem:
    """Hold out the newest third of the labelled rows since a moment, where the case's share of all is more."""
    after = new_rows_after(problem, as_of.root)
    if after is None:
        return problem
    time = nw.col(str(problem.event_time))
    is_known = ~nw.col(problem.target.column).is_null() & where(time <= after)
    counted = (
        as_frame(repaired)
        .filter(is_known)
        .select((time >= since).cast(nw.Int64).sum().alias("since"), nw.len().alias("all"))
    )
    n_since, n_known = (int(as_pandas(counted)[name].iloc[0]) for name in ("since", "all"))
    if n_since < problem.limits.min_holdout_rows / _HELD_OUT:
        return problem
    share = min(problem.split.holdout_share, _HELD_OUT * n_since / n_known)
    return problem.model_copy(update={"split": problem.split.model_copy(update={"holdout_share": share})})
