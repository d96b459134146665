"""The log of all openings of the holdout."""

from datetime import date
from functools import reduce
from operator import and_

import pandas as pd

from evergreen.problem import CaseModel

LOOK_COLUMNS = (
    "look",
    "holdout_id",
    "training_id",
    "model_id",
    "as_of",
    "rows_from",
    "rows_until",
    "n_rows",
    "learnt",
)
_SAME_LOOK = ["holdout_id", "training_id", "model_id"]
_NUMBERS = ("look", "n_rows")


class Opening(CaseModel):
    """One opening of the holdout for one challenger.

    Attributes:
        holdout_id: names the rows by their keys.
        training_id: names the rows that the challenger has learnt from.
        model_id: names the challenger by its content.
        as_of: the logical date.
        rows_from: the oldest moment of the rows, ISO; empty where the case knows no time.
        rows_until: the newest.
        n_rows: how many rows.
        learnt: what is told of them: names of metrics and slices.
    """

    holdout_id: str
    training_id: str
    model_id: str
    as_of: date
    rows_from: str = ""
    rows_until: str = ""
    n_rows: int
    learnt: tuple[str, ...]


def empty_log() -> pd.DataFrame:
    """Give the log before the first look.

    Returns:
        No rows; columns ``LOOK_COLUMNS``, numbers of looks and rows as integers, the rest as text.
    """
    return _typed(pd.DataFrame(columns=list(LOOK_COLUMNS)))


def log_look(log: pd.DataFrame, opening: Opening) -> tuple[pd.DataFrame, int]:
    """Add an opening to the log and number it.

    The k-th look is that of the k-th challenger on rows that this one shares any of. The same challenger on the same
    rows has the number that it had. Holdouts share rows where their spans of time meet; without time all of a case do,
    since the rows of a split by chance keep their side. Both count too many rather than too few.

    Args:
        log: former openings, columns ``LOOK_COLUMNS``.
        opening: the new one.

    Returns:
        The log, to the letter as it was with at most one row at its end; the number of the look.
    """
    told = opening.model_dump(mode="json") | {"learnt": " ".join(opening.learnt)}
    same = _matching(log, told, _SAME_LOOK)
    look = int(log.loc[same, "look"].iloc[0]) if same.any() else 1 + _n_others(log, opening)
    if _matching(log, told, [*_SAME_LOOK, "learnt"]).any():
        return log, look
    row = pd.DataFrame([{"look": look, **told}], columns=list(LOOK_COLUMNS))
    return _typed(pd.concat([log.astype(object), row.astype(object)], ignore_index=True)), look


def count_since(log: pd.DataFrame, champion_model: str, model_id: str, holdout_id: str) -> int:
    """Say which challenger of a champion an opening is for.

    Args:
        log: all openings, that of the challenger among them.
        champion_model: names the champion's model.
        model_id: names the challenger.
        holdout_id: the rows that were opened for it.

    Returns:
        1 for the first challenger that was opened a holdout after the champion was, and so on. All openings count where
        the champion's own is not in the log, or came after that of the challenger.
    """
    looks = log.drop_duplicates(_SAME_LOOK, ignore_index=True)
    own = looks.index[(looks["model_id"] == model_id) & (looks["holdout_id"] == holdout_id)].min()
    former = looks.index[looks["model_id"] == champion_model]
    if former.empty:
        return int(own) + 1
    return int(own - former.min()) if own > former.min() else len(looks)


def _n_others(log: pd.DataFrame, opening: Opening) -> int:
    """Count the former looks at rows that this one shares any of."""
    met = log
    if opening.rows_from:
        is_timed = log["rows_from"] != ""
        met = log[~is_timed | ((log["rows_from"] <= opening.rows_until) & (log["rows_until"] >= opening.rows_from))]
    return len(met.drop_duplicates(_SAME_LOOK))


def _matching(log: pd.DataFrame, told: dict[str, object], columns: list[str]) -> pd.Series:
    return reduce(and_, (log[name] == told[name] for name in columns))


def _typed(log: pd.DataFrame) -> pd.DataFrame:
    return log.astype({name: "int64" if name in _NUMBERS else "str" for name in LOOK_COLUMNS})
