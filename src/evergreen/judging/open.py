"""Open the holdout for a challenger, and write down that it was opened."""

import hashlib
from typing import Any

import pandas as pd

from evergreen.errors import DataError
from evergreen.judging.params import EvaluationParams
from evergreen.measures.spending import spent_level
from evergreen.models.decide import Model
from evergreen.problem import AsOf, Problem
from evergreen.releases import model_to_bytes
from evergreen.tables.looks import Opening, log_look
from evergreen.tables.split_card import SplitCard, refuse_other_split, rows_id

# Of the hash that names a model.
DIGITS = 16
Look = dict[str, Any]


def open_holdout(  # noqa: PLR0913, PLR0917 - one input each
    problem: Problem,
    params: EvaluationParams,
    as_of: AsOf,
    challenger: Model,
    split_card: dict[str, Any],
    holdout: pd.DataFrame,
    looks_before: pd.DataFrame,
) -> tuple[pd.DataFrame, Look]:
    """Write down that the holdout is opened, before anything is learnt from it.

    Args:
        problem: the case.
        params: the confidence.
        as_of: the logical date.
        challenger: the model.
        split_card: the split the holdout was made by.
        holdout: holdout rows.
        looks_before: the log of former openings.

    Returns:
        The log with this opening. The look: its ``number`` among those at rows that this one shares any of, the
        one-sided ``level`` it is judged at, ``holdout_id`` and ``model_id``, and a ``word`` for the reader.

    Raises:
        DataError: where the challenger learnt by another split than the holdout was made by.
    """
    holdout_id, model_id = rows_id(holdout, problem), _model_id(challenger)
    refuse_other_split(
        SplitCard.model_validate(split_card),
        as_of=as_of.root,
        training_id=challenger.training_id,
        holdout_id=holdout_id,
    )
    times = [] if problem.event_time is None else [holdout[problem.event_time].min(), holdout[problem.event_time].max()]
    span = [moment.isoformat() for moment in times] or ["", ""]
    opening = Opening(
        holdout_id=holdout_id,
        training_id=challenger.training_id,
        model_id=model_id,
        as_of=as_of.root,
        rows_from=span[0],
        rows_until=span[1],
        n_rows=len(holdout),
        learnt=(*problem.metrics, *(f"slice:{name}" for name in problem.slices)),
    )
    log, number = log_look(looks_before, opening)
    level = spent_level(1 - params.confidence, number)
    word = f"Judged at look {number} at these holdout rows, each bound at a level of {100 * level:.3g} %."
    return log, {
        "number": number,
        "level": level,
        "holdout_id": holdout_id,
        "model_id": model_id,
        "word": word,
    }


def refuse_other_look(look: Look, challenger: Model, *, holdout_id: str) -> None:
    """Refuse to score rows whose opening was not written down for this challenger.

    Args:
        look: of ``open_holdout``.
        challenger: the model.
        holdout_id: the rows it is to be judged on.

    Raises:
        DataError: where the look was another one.
    """
    if (look["holdout_id"], look["model_id"]) != (holdout_id, _model_id(challenger)):
        raise DataError("The holdout", "was opened for another challenger or other rows", "Run evaluation as a whole.")


def _model_id(challenger: Model) -> str:
    return hashlib.sha256(model_to_bytes(challenger)).hexdigest()[:DIGITS]
