"""How the rows of a draft are divided, and how many are enough."""

from dataclasses import dataclass, field, replace
from datetime import date
from math import floor, log10
from typing import Any

import pandas as pd

from evergreen.drafting.event_time import TimeDraft
from evergreen.drafting.groups import GroupDraft
from evergreen.drafting.questions import Question
from evergreen.drafting.target import TargetDraft

HOLDOUT_SHARE = 0.2
_NEW_SHARE = 0.05
_N_FOLDS = 4
# The folds inside the training rows learn from the earliest first: by half of them every class must have come.
_MOST_NEW_SHARE, _FIRST_PART = 0.3, 0.5
_LEAST_GROUPS_OF_CLASS = 10
# So much smaller than expected a part may be before a run stops.
_LEAST_PART = 3


@dataclass(frozen=True)
class SplitDraft:
    """How rows are divided.

    Attributes:
        settings: the key ``split`` of the case.
        limits: the key ``limits`` of the case.
        as_of: the logical date: the last day of the file, or the day of the draft where the file knows no time.
        questions: what is to be decided.
    """

    settings: dict[str, Any]
    limits: dict[str, Any]
    as_of: date
    questions: list[Question] = field(default_factory=list)


def draft_split(time: TimeDraft, group: GroupDraft, target: TargetDraft, today: date) -> SplitDraft:
    """Divide rows as new ones will arrive: by time where there is one, by group where rows belong together.

    Args:
        time: when rows happened.
        group: which rows belong together; where there is one, it comes before the time.
        target: what is predicted.
        today: the day of the draft.

    Returns:
        The split.
    """
    labels, words = target.column.cells, target.column.words
    n_blank = words.n_rows - int(words.told.sum())
    split = _divided(time, group, labels, today)
    return replace(split, questions=[*split.questions, _ask_unlabelled(n_blank)]) if n_blank else split


def _divided(time: TimeDraft, group: GroupDraft, labels: pd.Series, today: date) -> SplitDraft:
    if time.times is None:
        return _by_chance(labels, group, today)
    by_time = _by_time(time.times, labels, n_days=time.n_days) if group.column is None else None
    if by_time is not None:
        return by_time
    by_chance = _by_chance(labels, group, time.times.max().date())
    return replace(by_chance, questions=[_ask_uneven(str(time.column))] if group.column is None else [])


def _by_time(times: pd.Series, labels: pd.Series, *, n_days: int) -> SplitDraft | None:
    as_of = times.max().date()
    new_days = max(1, round(_NEW_SHARE * n_days))
    is_new = (times > pd.Timestamp(as_of) + pd.Timedelta(days=1 - new_days)).to_numpy()
    past = times[labels.notna().to_numpy() & ~is_new].sort_values(kind="stable")
    n_training = floor(len(past) * (1 - HOLDOUT_SHARE))
    learnt = labels.loc[past.index[: floor(n_training * _FIRST_PART)]]
    comes_late = labels.dtype == "str" and learnt.nunique() < labels.nunique()
    if is_new.mean() > _MOST_NEW_SHARE or comes_late or not n_training:
        return None
    settings = {"by": "time", "holdout_share": HOLDOUT_SHARE, "new_rows_days": new_days, "n_folds": _N_FOLDS}
    return SplitDraft(settings, _limits(n_training, len(past) - n_training), as_of)


def _by_chance(labels: pd.Series, group: GroupDraft, as_of: date) -> SplitDraft:
    n_known = int(labels.notna().sum() * (1 - _NEW_SHARE))
    limits = _limits(int(n_known * (1 - HOLDOUT_SHARE)), int(n_known * HOLDOUT_SHARE))
    by: dict[str, Any] = {"by": "random"} if group.column is None else {"by": "group", "group": group.column}
    rest = {"holdout_share": HOLDOUT_SHARE, "new_rows_share": _NEW_SHARE, "n_folds": _N_FOLDS}
    return SplitDraft(by | rest, limits, as_of)


def _limits(n_training: int, n_holdout: int) -> dict[str, Any]:
    least = {"min_training_rows": (n_training, 10), "min_holdout_rows": (n_holdout, 2)}
    return {name: max(floor_, _round_down(n / _LEAST_PART)) for name, (n, floor_) in least.items()}


def _round_down(number: float) -> int:
    step = 10 ** floor(log10(max(number, 1)))
    return int(number // step * step)


def classes_lie_in_few_groups(labels: pd.Series, groups: pd.Series) -> bool:
    """Say whether a class (or a quantity) is found in so few groups that a split could leave one side without it.

    Args:
        labels: the class of each row, or its quantity.
        groups: the group of each row, aligned.

    Returns:
        Whether it is.
    """
    if labels.dtype != "str":
        return groups.nunique() < _LEAST_GROUPS_OF_CLASS
    return bool((groups.groupby(labels).nunique() < _LEAST_GROUPS_OF_CLASS).any())


def _ask_uneven(column: str) -> Question:
    return Question(
        f"Ordered by {column}, most rows lie in the last days, or a class comes only late",
        "rows are drawn for the holdout by their key, whenever they happened",
        "by: time with new_rows_days, once the history is longer: it judges more honestly",
        (("split",),),
    )


def _ask_unlabelled(n_blank: int) -> Question:
    return Question(
        f"{n_blank:,} rows have no outcome",
        "they wait for it, and nothing is learnt from them",
        "find out why the outcome is blank: if it means a class, write so into the file",
        (("target",),),
    )
