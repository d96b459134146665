"""Fit the challenger that won once more, with the rows it was compared on."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import narwhals.stable.v2 as nw
import pandas as pd

from evergreen.judging.keep import keep_rows
from evergreen.models.decide import Model, predict_rows
from evergreen.models.fit_recipe import fit_recipe
from evergreen.models.recipe import Recipe
from evergreen.pipelines.retraining.decide import NotDue
from evergreen.pipelines.retraining.judge import Judged
from evergreen.pipelines.retraining.params import RetrainingParams
from evergreen.pipelines.retraining.prepare import Fresh
from evergreen.pipelines.retraining.train import Again
from evergreen.problem import Problem
from evergreen.tables.engines import as_frame, as_pandas
from evergreen.tables.outliers import OutlierLimits, limit_outliers
from evergreen.tables.split_card import SplitCard

Document = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Winner:
    """What goes live.

    Attributes:
        model: the challenger, or the same recipe fitted once more with the newest rows.
        evidence: what its release carries.
    """

    model: Model
    evidence: Document


def refit_winner(
    problem: Problem,
    params: RetrainingParams,
    fresh_rows: Fresh | NotDue,
    retrained: Again | NotDue,
    retraining_judged: Judged | NotDue,
) -> Winner | NotDue:
    """Fit the recipe once more on all labelled rows up to the newest that the challenger was compared on.

    Figures, profile and criteria stay those of the challenger, on rows it had not learnt from; a document ``refit``
    in the release says so. So do the outcomes that its life is held against: on rows that it has learnt from it looks
    better than it will be. The split card tells what the released model has learnt from, so that no later comparison
    is made on these rows. Without time nothing is refitted: the rows of the holdout are kept from every model.

    Args:
        problem: the case.
        params: whether to refit, and the seed.
        fresh_rows: the rows of today.
        retrained: the challenger.
        retraining_judged: its verdict.

    Returns:
        What goes live; why nothing does.
    """
    if isinstance(fresh_rows, NotDue) or isinstance(retrained, NotDue) or isinstance(retraining_judged, NotDue):
        return NotDue(("There is no challenger.",))
    if not retraining_judged.may_go_live:
        return NotDue(tuple(retraining_judged.verdict["reasons"]))
    evidence = retraining_judged.evidence
    if not params.refit or problem.split.by != "time":
        return Winner(retrained.model, evidence)
    rows = _rows_to_learn(problem, fresh_rows, retrained.since)
    recipe = Recipe.model_validate(retrained.recipe)
    model = fit_recipe(recipe, rows, problem, random_state=params.random_state)
    card = SplitCard.model_validate(fresh_rows.split_card)
    newest = rows[str(problem.event_time)].max().to_pydatetime()
    learnt = card.model_copy(update={"training_id": model.training_id, "learnt_until": newest})
    refitted, judged = (predict_rows(one, fresh_rows.holdout, problem) for one in (model, retrained.model))
    told = {
        "split_card": learnt.model_dump(mode="json"),
        "refit": {
            "word": "The model was fitted once more with the rows it was judged on; all figures are of the fit before.",
            "judged_model_id": retraining_judged.verdict["look"]["model_id"],
            "judged_training_id": retraining_judged.evidence["split_card"]["training_id"],
            "n_rows_judged": len(fresh_rows.since(retrained.since, problem).training),
            "n_rows": len(rows),
        },
        **keep_rows(problem, model, fresh_rows.outlier_limits, fresh_rows.holdout, refitted, judged),
    }
    return Winner(model, evidence | told)


def _rows_to_learn(problem: Problem, fresh: Fresh, since: date | None) -> pd.DataFrame:
    """Take labelled rows from that day up to the newest of the holdout, their outliers held in as in training."""
    time = str(problem.event_time)
    newest = fresh.holdout[time].max().to_pydatetime()
    labelled = fresh.labelled if since is None else fresh.labelled[fresh.labelled[time] >= pd.Timestamp(since)]
    known = as_frame(labelled).filter(nw.col(time) <= newest)
    held = limit_outliers(known, OutlierLimits.model_validate(fresh.outlier_limits))
    order = list(dict.fromkeys((time, *problem.key)))
    return as_pandas(held.sort(order))
