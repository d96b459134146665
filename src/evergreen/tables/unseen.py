"""Which rows a model that was made earlier has not learnt from."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.errors import DataError
from evergreen.problem import Problem
from evergreen.tables.split import may_be_learnt
from evergreen.tables.split_card import SplitCard

_CURE = "Wait for a champion that was made since."


def find_unseen(rows: pd.DataFrame, *, training_id: str, former: Problem, card: SplitCard) -> NDArray[np.bool_]:
    """Find the rows that a former model cannot have learnt from.

    With a split by time these are the rows after its newest training row; in a card that does not tell that moment,
    the rows after the day until which it was judged. Without time a row's name gives it its side, so these are the rows
    that the former split keeps from training whenever their outcome comes.

    Args:
        rows: holdout rows of today, n of them.
        training_id: names the training rows of today, which these were kept from.
        former: the case as it was when the model was made.
        card: the split that it was made by.

    Returns:
        Shape (n,).

    Raises:
        DataError: where the card does not tell.
    """
    if card.training_id == training_id:
        return np.ones(len(rows), dtype=bool)
    if former.split.by != "time":
        if card.random_state is None:
            raise DataError("The champion's split card", "does not tell by which seed rows were kept from it", _CURE)
        return ~may_be_learnt(rows, former, random_state=card.random_state)
    times = rows[str(former.event_time)]
    if card.learnt_until is not None:
        return _as_mask(times > card.learnt_until)
    if card.judged_until is None:
        raise DataError("The champion's split card", "does not tell until when it has learnt", _CURE)
    return _as_mask(times.dt.normalize() > pd.Timestamp(card.judged_until))


def _as_mask(told: Any) -> NDArray[np.bool_]:
    return np.asarray(told, dtype=bool)
