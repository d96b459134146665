"""Whether as many rows come as usual."""

from collections.abc import Sequence

import numpy as np
from scipy.special import ndtri

from evergreen.measures.shifts import normal_score
from evergreen.watching.budget import AlarmBudget

# The number of rows is one more figure; its level comes out of the reserve of the budget.
_SHARE = 0.05
_MIN_WINDOWS = 5


def volume_score(n_rows: int, n_days: int, past: Sequence[tuple[int, int]]) -> float | None:
    """Say by how many standard errors the rows of a window differ from those of former windows.

    Counts are taken as overdispersed Poisson ones (quasi-likelihood: Wedderburn, 1974, Biometrika 61, 439-447): their
    variance is a multiple of their mean, at least once, that is estimated from the former windows, weekends and quiet
    days among them. The score of Student's distribution with their degrees of freedom is put on the normal scale.

    Args:
        n_rows: rows of the window.
        n_days: days of the window.
        past: rows and days of former windows.

    Returns:
        A normal score, positive where there are more rows; None with fewer than five former windows or none with rows.
    """
    rows, days = (np.array(part, dtype=np.float64) for part in zip(*past, strict=True)) if past else (np.zeros(0),) * 2
    if len(rows) < _MIN_WINDOWS or not rows.sum():
        return None
    usual = rows.sum() / days.sum()
    expected = usual * days
    dispersion = max(float(((rows - expected) ** 2 / expected).sum()) / (len(rows) - 1), 1.0)
    variance = dispersion * usual * n_days * (1 + n_days / days.sum())
    score = (n_rows - usual * n_days) / np.sqrt(variance)
    return normal_score(score, len(rows) - 1)


def is_loud(score: float | None, budget: AlarmBudget) -> bool:
    """Say whether the number of rows of a window rings.

    Args:
        score: what ``volume_score`` gave.
        budget: how often the watch may ring for nothing.

    Returns:
        Whether it does; never without a score.
    """
    return score is not None and bool(abs(score) >= -ndtri(budget.rate * _SHARE / 2))
