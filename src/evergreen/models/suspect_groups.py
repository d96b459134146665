"""Names of things whose rows share an outcome and lie on both sides of the split."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import f as f_distribution

from evergreen.models.alone import code_cells
from evergreen.models.suspect import Suspect, outcome_shares
from evergreen.problem import Column, Problem

_SAMPLE_ROWS = 50_000
# A name has many values and few rows each; a category or a measurement does not.
_MIN_NAMES, _MAX_ROWS_EACH, _MIN_REPEATED = 30, 20, 20
_MIN_SHARED = 0.01
# Rows of one name are alike: an intraclass correlation of 0.1 is the least that changes a verdict; a column that may be
# learnt from is meant to tell something, so its values must all but share one outcome.
_ALIKE, _ALIKE_FEATURE = 0.1, 0.5
_FALSE_ALARM = 0.001
# With time, names come back because clients do. What must not be cut in two is a short event.
_SHORT_SPAN = 0.05


def find_straddling_groups(training: pd.DataFrame, holdout: pd.DataFrame, problem: Problem) -> list[Suspect]:
    """Find names whose rows lie in training and holdout and share their outcome.

    How alike the outcomes are is the intraclass correlation of a one-way analysis of variance (Shrout and Fleiss, 1979,
    Psychological Bulletin 86, 420-428, form 1), over all classes together. Numbers first lose what their order tells,
    so that a measurement with many values is no name. Only outcomes of training rows are looked at.

    Args:
        training: labelled training rows.
        holdout: holdout rows.
        problem: the case.

    Returns:
        The suspects. Their strength is the correlation; for the group of the split, which must never be on both sides,
        the share of holdout rows.
    """
    return [*_broken_groups(training, holdout, problem), *_undeclared_groups(training, holdout, problem)]


def _broken_groups(training: pd.DataFrame, holdout: pd.DataFrame, problem: Problem) -> Iterator[Suspect]:
    group = problem.split.group
    if group is None:
        return
    shared = float(holdout[group].isin(training[group]).mean())
    if shared > 0:
        finding = (
            f"It is the group of the split, and {shared:.1%} of the holdout rows have a group that is in training."
        )
        yield Suspect(group, "group straddles the split", shared, finding)


def _undeclared_groups(training: pd.DataFrame, holdout: pd.DataFrame, problem: Problem) -> Iterator[Suspect]:
    sample = training.iloc[:: max(1, len(training) // _SAMPLE_ROWS)]
    candidates = [name for name, column in _candidates(problem).items() if _may_be_name(sample[name], column)]
    outcomes = outcome_shares(training, problem) if candidates else np.empty((0, 0))
    for name in candidates:
        shared = float(holdout[name].isin(training[name].dropna()).mean())
        if shared < _MIN_SHARED or not _may_straddle(training, name, problem):
            continue
        alike, p_value = _alikeness(training[name], outcomes, problem.columns[name])
        least = _ALIKE_FEATURE if name in problem.feature_columns else _ALIKE
        if alike >= least and p_value <= _FALSE_ALARM / len(candidates):
            finding = (
                f"{shared:.1%} of the holdout rows share it with training rows, and rows that share it are alike in "
            )
            finding += f"their outcome (intraclass correlation {alike:.2f})."
            yield Suspect(name, "group straddles the split", alike, finding)


def _candidates(problem: Problem) -> dict[str, Column]:
    """Words and whole numbers known at the decision; a key of one column names single rows, not groups."""
    left_out = {*problem.outcome_columns, problem.split.group, *(problem.key if len(problem.key) == 1 else ())}
    return {
        name: column
        for name, column in problem.columns.items()
        if name not in left_out and column.type in ("category", "integer")
    }


def _may_be_name(cells: "pd.Series[Any]", column: Column) -> bool:
    if column.values is not None:
        return False
    n_known, n_names = int(cells.count()), int(cells.nunique())
    return n_names >= _MIN_NAMES and n_known <= _MAX_ROWS_EACH * n_names


def _may_straddle(training: pd.DataFrame, name: str, problem: Problem) -> bool:
    """With a split by time only what is short is expected on one side."""
    if problem.split.by != "time":
        return True
    times = training[str(problem.event_time)]
    by_name = times.groupby(training[name])
    spans = (by_name.max() - by_name.min())[by_name.size() > 1]
    return bool(len(spans)) and spans.median() <= _SHORT_SPAN * (times.max() - times.min())


def _alikeness(cells: "pd.Series[Any]", outcomes: NDArray[np.float64], column: Column) -> tuple[float, float]:
    """Give the intraclass correlation of outcomes within names and its p-value; 0 and 1 where it cannot be told."""
    codes, is_known = pd.factorize(cells)[0], cells.notna().to_numpy()
    names, told = codes[is_known], outcomes[is_known]
    if column.is_numeric:
        told = _without_order(code_cells(cells[is_known], column), told)
    n_rows = np.bincount(names)
    n_names, n_all = len(n_rows), len(names)
    if (n_rows > 1).sum() < _MIN_REPEATED or n_all <= n_names:
        return 0.0, 1.0
    means = np.stack([np.bincount(names, weights=share) / n_rows for share in told.T], axis=1)
    between = float((n_rows[:, None] * (means - told.mean(axis=0)) ** 2).sum()) / (n_names - 1)
    within = float(((told - means[names]) ** 2).sum()) / (n_all - n_names)
    typical = (n_all - float((n_rows**2).sum()) / n_all) / (n_names - 1)
    spread = between + (typical - 1) * within
    if spread <= 0:
        return 0.0, 1.0
    p_value = float(f_distribution.sf(between / within, n_names - 1, n_all - n_names)) if within > 0 else 0.0
    return (between - within) / spread, p_value


def _without_order(codes: NDArray[np.int64], outcomes: NDArray[np.float64]) -> NDArray[np.float64]:
    n_rows = np.maximum(np.bincount(codes), 1)
    means = np.stack([np.bincount(codes, weights=share) / n_rows for share in outcomes.T], axis=1)
    left: NDArray[np.float64] = outcomes - means[codes]
    return left
