"""What a model with some settings learns from: columns, rows, and how much each row counts."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from evergreen.models.candidates import Settings
from evergreen.models.recency import Positions, latest_rows, recency_weights
from evergreen.models.remedies import Weights, training_weights
from evergreen.problem import Problem


def used_columns(settings: Settings, problem: Problem, movable: Sequence[str]) -> list[str]:
    """Name the features that a model with some settings uses.

    Args:
        settings: of a candidate.
        problem: the case.
        movable: columns in the order in which they are left out.

    Returns:
        Features in contract order; never none: the last one that would be left out stays.
    """
    dropped = set(movable[: settings.n_dropped])
    return [name for name in problem.feature_columns if name not in dropped] or list(movable[-1:])


def learnt_rows(rows: pd.DataFrame, settings: Settings, problem: Problem) -> tuple[Positions, Weights | None]:
    """Say which rows a model with some settings learns from, and how much each counts.

    Where the latest rows lack a class, all are taken: a model must know every class.

    Args:
        rows: labelled rows that it may learn from.
        settings: its window and half-life; they say nothing where the split is not by time.
        problem: the case.

    Returns:
        Positions, shape (m,), and weights, shape (m,): those of the plan for biases, for these rows by themselves,
        times those of recency; None where all count alike.
    """
    everything = np.arange(len(rows), dtype=np.intp)
    if problem.split.by != "time":
        return everything, training_weights(rows, problem)
    times, target = rows[str(problem.event_time)], rows[problem.target.column]
    taken = latest_rows(times, settings.window)
    if problem.is_classification and target.iloc[taken].nunique() < target.nunique():
        taken = everything
    balance = training_weights(rows.iloc[taken], problem)
    recency = recency_weights(times.iloc[taken], settings.half_life)
    if balance is None or recency is None:
        return taken, recency if balance is None else balance
    return taken, balance * recency
