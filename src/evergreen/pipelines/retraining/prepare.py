"""Prepare fresh rows, where they are needed."""

from dataclasses import dataclass
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
from evergreen.tables.engines import as_frame, as_pandas

Document = dict[str, Any]


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


def prepare_fresh_rows(
    problem: Problem, as_of: AsOf, params: DataProcessingParams, retraining_decision: Document, *sources: Any
) -> Fresh | NotDue:
    """Gather, repair and split the rows of today by the functions of data_processing.

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
    training, holdout, card, split_rows, limits, _ = split_decisions(problem, as_of, params, repaired)
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
