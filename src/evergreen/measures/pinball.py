"""The loss whose least mean is at a quantile."""

import numpy as np
from numpy.typing import NDArray

from evergreen.measures.arrays import Floats


def pinball_losses(y_true: NDArray[np.floating], decided: NDArray[np.floating], quantile: float) -> Floats:
    """Give the pinball loss of each row (Koenker and Bassett, 1978, Econometrica 46, 33-50).

    Where a unit short costs u and a unit over costs o, the cost is (u + o) times the loss at the quantile u / (u + o).

    Args:
        y_true: what came, shape (n,).
        decided: shape (n,).
        quantile: above 0 and below 1.

    Returns:
        quantile a unit short, 1 - quantile a unit over, in the unit of the values, shape (n,).
    """
    short = y_true - decided
    return np.maximum(quantile * short, (quantile - 1) * short)
