"""What one column tells of the outcome when it stands alone, judged on rows it was not learnt from."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.measures.bins import bins_of, equal_mass_edges
from evergreen.measures.ranking import rank_scores
from evergreen.models.features import days_since_1970
from evergreen.problem import Column

# Words that stand in fewer rows share one level: the mean outcome of three rows of a name is their memory, no rule.
_MIN_LEVEL_ROWS = 10
_ROWS_PER_BIN = 50
# Every mean is drawn towards that of all rows as if so many average rows had been seen with it.
_PRIOR_ROWS = 10.0


@dataclass(frozen=True)
class Alone:
    """What a column tells alone.

    Attributes:
        ranking: ROC AUC of each class against the rest, shape (k,); NaN where a class is not there; empty for a
            regression.
        explained: share of the loss of a constant prediction that it takes away: of the log loss, or of the squared
            error. Below 0 where it misleads.
    """

    ranking: NDArray[np.float64]
    explained: float


def code_cells(cells: "pd.Series[Any]", column: Column, *, max_bins: int = 50) -> NDArray[np.int64]:
    """Put the cells of a column into levels that each hold enough rows to take a mean.

    Args:
        cells: repaired cells, n of them.
        column: their contract.
        max_bins: the most bins for numbers and times.

    Returns:
        Levels, shape (n,): 0 is missing. Numbers and times get bins of about equal mass, one for each value where
        there are few; rare words share a level; a picture is there or not.
    """
    if column.type == "image":
        return np.asarray(cells.notna(), dtype=np.int64)
    if column.is_numeric or column.type == "timestamp":
        return _code_numbers(as_numbers(cells), max_bins)
    codes = pd.factorize(cells)[0].astype(np.int64) + 1
    is_rare = np.bincount(codes, minlength=1) < _MIN_LEVEL_ROWS
    is_rare[0] = False
    return np.where(is_rare[codes], len(is_rare), codes)


def as_numbers(cells: "pd.Series[Any]") -> NDArray[np.float64]:
    """Read numbers or times as floats.

    Args:
        cells: repaired cells of a numeric column or a timestamp.

    Returns:
        Numbers, times as days since 1970; missing is NaN. Shape (n,).
    """
    if pd.api.types.is_datetime64_any_dtype(cells):
        return np.asarray(days_since_1970(cells), dtype=np.float64)
    return np.asarray(cells.to_numpy(dtype=float, na_value=np.nan))


def _code_numbers(numbers: NDArray[np.float64], max_bins: int) -> NDArray[np.int64]:
    codes = np.zeros(len(numbers), dtype=np.int64)
    known = ~np.isnan(numbers)
    n_bins = int(np.clip(known.sum() // _ROWS_PER_BIN, 2, max_bins))
    values = np.unique(numbers[known])
    edges = values[:-1] if len(values) <= n_bins else equal_mass_edges(numbers[known], n_bins=n_bins)
    codes[known] = bins_of(numbers[known], edges) + 1
    return codes


def judge_alone(codes: NDArray[np.int64], outcomes: NDArray[np.float64], folds: NDArray[np.int64]) -> Alone:
    """Predict each row by the mean outcome of its level in the other folds, and judge that.

    Args:
        codes: the level of each row, shape (n,).
        outcomes: of ``outcome_shares``, shape (n, k).
        folds: the fold of each row, 0 to f - 1, shape (n,).

    Returns:
        What the column tells.
    """
    n_levels, n_folds = int(codes.max(initial=0)) + 1, int(folds.max(initial=0)) + 1
    cell = folds * n_levels + codes
    shape = (n_folds, n_levels, 1)
    rows = np.bincount(cell, minlength=n_folds * n_levels).reshape(shape)
    sums = [np.bincount(cell, weights=share, minlength=n_folds * n_levels).reshape(shape) for share in outcomes.T]
    told: NDArray[np.float64] = np.concatenate(sums, axis=2).astype(np.float64)
    means = smooth_means(told.sum(axis=0) - told, rows.sum(axis=0) - rows, outcomes.mean(axis=0))
    if outcomes.shape[1] == 1:
        return Alone(np.empty(0), _explained_variance(told, rows, means, outcomes[:, 0]))
    return Alone(_rank_classes(told, rows, means), _explained_surprise(told, means))


def smooth_means(sums: NDArray[np.float64], n_rows: NDArray[Any], overall: NDArray[np.float64]) -> NDArray[np.float64]:
    """Take means that are drawn towards the overall one where there are few rows.

    Args:
        sums: of outcomes, shape (..., k).
        n_rows: rows behind each sum, shape (..., 1).
        overall: the mean of all rows, shape (k,).

    Returns:
        Means, shape (..., k).
    """
    means: NDArray[np.float64] = (sums + _PRIOR_ROWS * overall) / (n_rows + _PRIOR_ROWS)
    return means


def _rank_classes(told: NDArray[np.float64], rows: NDArray[Any], means: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rank whole levels: all rows of a level and a fold have one score, so a level counts as its rows do."""
    n_classes = told.shape[2]
    is_positive = np.repeat([True, False], rows.size)
    ranked = np.empty(n_classes)
    for k in range(n_classes):
        positives, scores = told[..., k].ravel(), means[..., k].ravel()
        weights = np.concatenate([positives, rows.ravel() - positives])[None, :]
        ranked[k] = rank_scores(is_positive, np.tile(scores, 2), weights)["roc_auc"][0]
    return ranked


def _explained_surprise(told: NDArray[np.float64], means: NDArray[np.float64]) -> float:
    shares = told.sum(axis=(0, 1)) / told.sum()
    constant = -float((shares * np.log(np.where(shares > 0, shares, 1))).sum())
    surprise = -float((told * np.log(np.where(told > 0, means, 1))).sum() / told.sum())
    return 1 - surprise / constant if constant > 0 else 0.0


def _explained_variance(
    told: NDArray[np.float64], rows: NDArray[Any], means: NDArray[np.float64], outcomes: NDArray[np.float64]
) -> float:
    total = float(((outcomes - outcomes.mean()) ** 2).sum())
    missed = float((outcomes**2).sum() - 2 * (means * told).sum() + (rows * means**2).sum())
    return 1 - missed / total if total > 0 else 0.0
