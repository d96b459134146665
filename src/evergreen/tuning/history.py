"""What a search looks back on: its trials as tables, and those that may become a model."""

from collections.abc import Sequence
from math import isnan

import pandas as pd

from evergreen.tuning.budget import Cost
from evergreen.tuning.record import Record

# So many of the best are handed on, and the best of each candidate; a combination seldom takes more than ten.
_MOST_TUNED = 30


def history_of(records: Sequence[Record]) -> pd.DataFrame:
    """Draw up the history of a search.

    Args:
        records: of its trials, in order.

    Returns:
        See ``Tuning.history``; without trials that are under way.
    """
    ended = [record for record in records if record.state != "running"]
    losses = pd.Series([one.loss if one.state == "done" else float("nan") for one in ended], dtype="float64")
    return pd.DataFrame(
        {
            "trial": pd.Series([one.number for one in ended], dtype="int64"),
            "candidate": pd.Series([one.candidate for one in ended], dtype="str"),
            "state": pd.Series([one.state for one in ended], dtype="str"),
            "fold": pd.Series([len(one.fold_losses) for one in ended], dtype="int64"),
            "loss": pd.Series([one.loss for one in ended], dtype="float64"),
            "best_loss": losses.cummin().ffill(),
            "settings": pd.Series([one.settings for one in ended], dtype="str"),
            "word": pd.Series([one.word for one in ended], dtype="str"),
        }
    )


def costs_of(records: Sequence[Record]) -> pd.DataFrame:
    """Draw up what the trials took.

    Args:
        records: of the trials, in order.

    Returns:
        See ``Tuning.costs``.
    """
    ended = [record for record in records if record.state != "running"]
    return pd.DataFrame(
        {
            "trial": pd.Series([one.number for one in ended], dtype="int64"),
            "wall_seconds": pd.Series([one.cost.wall_seconds for one in ended], dtype="float64"),
            "cpu_seconds": pd.Series([one.cost.cpu_seconds for one in ended], dtype="float64"),
        }
    )


def handed_on(records: Sequence[Record]) -> list[Record]:
    """Choose the trials that may become a model.

    Args:
        records: of all trials.

    Returns:
        The best thirty that are done, and the best and the first of each candidate, best first.
    """
    done = best_first(records)
    firsts: dict[str, int] = {}
    for record in sorted(done, key=lambda record: record.number):
        firsts.setdefault(record.candidate, record.number)
    found, seen = [], set()
    for place, record in enumerate(done):
        is_first = record.number == firsts[record.candidate]
        if place < _MOST_TUNED or is_first or record.candidate not in seen:
            found.append(record)
        seen.add(record.candidate)
    return found


def best_first(records: Sequence[Record]) -> list[Record]:
    """Order the trials that are done.

    Args:
        records: of all trials.

    Returns:
        The best first; of equals the earlier one.
    """
    done = [record for record in records if record.state == "done" and not isnan(record.loss)]
    return sorted(done, key=lambda record: (record.loss, record.number))


def spent_in(records: Sequence[Record]) -> Cost:
    """Add up what earlier processes took; those that worked at the same time took it together.

    Args:
        records: of their trials.

    Returns:
        The cost by one of them.
    """
    total = sum((record.cost for record in records), Cost())
    workers = {record.worker for record in records if record.worker}
    return total.times(1 / max(len(workers), 1))
