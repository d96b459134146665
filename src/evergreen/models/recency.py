"""How much of the past a model learns from, and how much its latest part counts."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Positions = NDArray[np.intp]


def latest_rows(times: pd.Series, window: float) -> Positions:
    """Take the latest share of rows.

    Args:
        times: when each row was decided, n of them; none missing.
        window: share of the rows that is taken, above 0 and at most 1.

    Returns:
        Their positions, ascending: at least one, and every row of the earliest moment that is reached, so that rows of
        one moment stay together.
    """
    if window >= 1 or len(times) == 0:
        return np.arange(len(times), dtype=np.intp)
    moments = times.to_numpy()
    n_taken = max(int(np.ceil(window * len(moments))), 1)
    earliest = np.partition(moments, len(moments) - n_taken)[len(moments) - n_taken]
    return np.flatnonzero(moments >= earliest).astype(np.intp)


def recency_weights(times: pd.Series, half_life: float | None) -> NDArray[np.float64] | None:
    """Let old rows count less.

    Args:
        times: when each row was decided, n of them; none missing.
        half_life: after which share of the time from the first to the last row a row counts half; None where all count
            alike.

    Returns:
        One weight a row, on average 1, shape (n,); None where all rows count alike.
    """
    if half_life is None or len(times) == 0:
        return None
    age = ((times.max() - times) / pd.Timedelta(seconds=1)).to_numpy(dtype=np.float64)
    span = age.max()
    if span == 0:
        return None
    weights: NDArray[np.float64] = 0.5 ** (age / (half_life * span))
    weights /= weights.mean()
    return weights
