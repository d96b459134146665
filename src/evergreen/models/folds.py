"""Validation in the shape of the future."""

from collections.abc import Iterator
from datetime import timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold, KFold, StratifiedKFold

from evergreen.errors import DataError
from evergreen.problem import Problem

Fold = tuple[NDArray[np.intp], NDArray[np.intp]]
_LEAST_FOLDS = 2


def make_folds(rows: pd.DataFrame, problem: Problem, *, random_state: int) -> list[Fold]:
    """Divide training rows into folds the way new rows will arrive.

    By time: each fold learns from the past and is judged on the block that follows, with a gap as long as the
    label delay. By group: no group on both sides. At random: stratified by class.

    Args:
        rows: training rows, any order.
        problem: the case.
        random_state: seed of folds that are not by time.

    Returns:
        Pairs of positions (learn, judge), oldest first; what is learnt from holds every class, what is
        judged at least two.

    Raises:
        DataError: where fewer than two usable folds come out.
    """
    folds = [fold for fold in _all_folds(rows, problem, random_state) if _is_usable(rows, fold, problem)]
    if len(folds) < _LEAST_FOLDS:
        raise DataError(
            "The training rows",
            f"give {len(folds)} folds in which both sides hold rows of at least two classes",
            "Bring a longer history, lower split.n_folds, or lower the target's delay_days if it is overstated.",
        )
    return folds


def _all_folds(rows: pd.DataFrame, problem: Problem, random_state: int) -> Iterator[Fold]:
    n_folds, target = problem.split.n_folds, rows[problem.target.column]
    if problem.split.by == "time":
        return forward_folds(rows[str(problem.event_time)], n_folds, timedelta(days=problem.target.delay_days))
    n_possible = _n_possible(rows, problem)
    if n_possible < _LEAST_FOLDS:
        return iter(())
    if problem.split.by == "group":
        return iter(GroupKFold(min(n_folds, n_possible)).split(rows, groups=rows[problem.split.group]))
    splitter = StratifiedKFold if problem.is_classification else KFold
    return iter(splitter(min(n_folds, n_possible), shuffle=True, random_state=random_state).split(rows, target))


def _n_possible(rows: pd.DataFrame, problem: Problem) -> int:
    """Count the folds that groups, classes or rows allow at most."""
    if problem.split.by == "group":
        return int(rows[problem.split.group].nunique())
    return int(rows[problem.target.column].value_counts().max()) if problem.is_classification else len(rows)


def forward_folds(times: pd.Series, n_folds: int, gap: timedelta) -> Iterator[Fold]:
    """Chain folds forward in time over blocks of about equal size.

    Args:
        times: the time of each row, shape (n,).
        n_folds: how many blocks are judged; the oldest block is only learnt from.
        gap: rows closer than this before a block are not learnt from, for their outcome was not known then.

    Yields:
        Positions (learn, judge); rows of one moment are never on both sides.
    """
    ordered = times.sort_values(ignore_index=True)
    starts = [ordered.iloc[len(ordered) * block // (n_folds + 1)] for block in range(1, n_folds + 1)]
    for start, end in zip(starts, [*starts[1:], None], strict=True):
        is_judged = (times >= start) & (times < end if end is not None else True)
        is_learnt = (times < start) & (times <= start - gap)
        yield np.flatnonzero(is_learnt), np.flatnonzero(is_judged)


def _is_usable(rows: pd.DataFrame, fold: Fold, problem: Problem) -> bool:
    learnt, judged = (rows[problem.target.column].iloc[side] for side in fold)
    if not problem.is_classification:
        return len(learnt) > 0 and len(judged) > 0
    least = 2
    return learnt.nunique() == len(problem.target.classes) and judged.nunique() >= least
