"""Columns that had no value while a model was fitted."""

from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin


class EmptyColumnsFiller(TransformerMixin, BaseEstimator):
    """Fills columns that were empty at fit time with zero, for ever: nothing was learnt about them.

    Histogram boosting cannot bin a column without a value, and dropping it would change the shape of the input.
    """

    def fit(self, X: pd.DataFrame, y: NDArray[Any] | None = None) -> Self:  # noqa: ARG002
        """Note which columns hold no value.

        Args:
            X: numbers, shape (n, p); missing is NaN.
            y: not used.

        Returns:
            Itself, with ``is_empty_`` of shape (p,).
        """
        self.is_empty_ = np.isnan(np.asarray(X, dtype=float)).all(axis=0)
        self.n_features_in_ = len(self.is_empty_)
        return self

    def transform(self, X: pd.DataFrame) -> NDArray[np.float64]:
        """Fill those columns.

        Args:
            X: numbers, shape (n, p).

        Returns:
            Numbers, shape (n, p).
        """
        filled = np.array(X, dtype=float)
        filled[:, self.is_empty_] = 0.0
        return filled
