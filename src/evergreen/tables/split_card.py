"""What ties a model to the rows it learnt from and to the rows it may be judged on."""

import hashlib
from datetime import date, datetime
from functools import reduce

import numpy as np
import pandas as pd

from evergreen.errors import DataError
from evergreen.problem import CaseModel, Problem
from evergreen.tables.split import Split

_DIGITS = 16
_CURE = "Run data_processing and modelling again with this as_of, then go on."


class SplitCard(CaseModel):
    """The split that a model was learnt and judged by.

    Attributes:
        as_of: the logical date of the split.
        training_id: names the training rows by their keys.
        holdout_id: names the holdout rows by their keys.
        judged_until: the day of the newest row of either; null without time.
        learnt_until: the moment of the newest training row; null without time, and in cards that were made before it
            was written down.
        random_state: the seed of a split that is not by time; null for others, and in such older cards.
    """

    as_of: date
    training_id: str
    holdout_id: str
    judged_until: date | None = None
    learnt_until: datetime | None = None
    random_state: int | None = None


def rows_id(rows: pd.DataFrame, problem: Problem) -> str:
    """Name a set of rows by its keys, whatever their order.

    Args:
        rows: repaired rows, or their keys.
        problem: the case, for its key.

    Returns:
        The first 16 digits of a SHA-256.
    """
    keys = rows[list(problem.key)]
    if len(problem.key) == 1 and pd.api.types.is_integer_dtype(keys.dtypes.iloc[0]):
        return hashlib.sha256(np.sort(keys.iloc[:, 0].to_numpy("int64")).tobytes()).hexdigest()[:_DIGITS]
    text = reduce(lambda left, right: left + "\x1f" + right, (keys[name].astype("str") for name in keys))
    return hashlib.sha256("\x1e".join(text.sort_values()).encode()).hexdigest()[:_DIGITS]


def make_split_card(split: Split, problem: Problem, as_of: date, *, random_state: int) -> SplitCard:
    """Write down a split.

    Args:
        split: rows and their roles.
        problem: the case.
        as_of: the logical date.
        random_state: the seed it was made with.

    Returns:
        The card.
    """
    keys = split.keys(("training", "holdout"), problem)
    training_id, holdout_id = (rows_id(keys[role], problem) for role in ("training", "holdout"))
    newest = [latest for role, latest in split.newest.items() if role in keys]
    judged_until = max(newest).date() if newest else None
    return SplitCard(
        as_of=as_of,
        training_id=training_id,
        holdout_id=holdout_id,
        judged_until=judged_until,
        learnt_until=split.newest.get("training"),
        random_state=None if problem.split.by == "time" else random_state,
    )


def refuse_other_split(card: SplitCard, *, as_of: date, training_id: str, holdout_id: str) -> None:
    """Refuse to judge a model on rows of another split, for it may have learnt from them.

    Args:
        card: the split the holdout was made by.
        as_of: the logical date of the run.
        training_id: the rows the model learnt from.
        holdout_id: the rows it is to be judged on.

    Raises:
        DataError: where one of them belongs to another split.
    """
    if card.as_of != as_of:
        raise DataError("The holdout", f"was made as of {card.as_of}, but this run is as of {as_of}", _CURE)
    if card.training_id != training_id:
        raise DataError("The challenger", "has learnt from other rows than the holdout was kept from", _CURE)
    if card.holdout_id != holdout_id:
        raise DataError("The holdout", "is not the one its split was made with", _CURE)
