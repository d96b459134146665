"""Columns that had no value, or no gap, while a model was fitted."""

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


class NewGapsFiller(EmptyColumnsFiller):
    """Fills columns that were empty with zero, and gaps where there were none at fit time with the median.

    LightGBM reads a gap as zero, and CatBoost as less than any number, where none was in the rows they learnt from.
    """

    def fit(self, X: pd.DataFrame, y: NDArray[Any] | None = None) -> Self:
        """Note which columns hold no value, and what is in the middle of those without a gap.

        Args:
            X: numbers, shape (n, p); missing is NaN.
            y: not used.

        Returns:
            Itself, with ``fill_`` of shape (p,), NaN where a gap stays one.
        """
        super().fit(X, y)
        self.fill_ = np.median(np.asarray(X, dtype=float), axis=0)
        return self

    def transform(self, X: pd.DataFrame) -> NDArray[np.float64]:
        """Fill columns and gaps.

        Args:
            X: numbers, shape (n, p).

        Returns:
            Numbers, shape (n, p).
        """
        filled = super().transform(X)
        return np.where(np.isnan(filled), self.fill_, filled)
