"""Words as the mean outcome of the rows that hold them, learnt without a row's own outcome."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.model_selection import KFold
from sklearn.preprocessing import TargetEncoder

# A word counts as if so many rows with the mean outcome held it too. scikit-learn's own choice of this number gives a
# word of one row that row's outcome, for outcomes of one row do not differ.
_SMOOTH = 20.0
_N_FOLDS = 5
_FEW_CLASSES = 2


class OutcomeMeans(TransformerMixin, BaseEstimator):
    """Encodes words by outcome; rows that are learnt from are encoded by means of other rows (cross-fitting).

    Micci-Barreca 2001, with the cross-fitting of scikit-learn's ``TargetEncoder``. That encoder is told of each class
    as a number, 0 or 1, so that a class may be as rare as it likes.

    Args:
        n_classes: classes; 0 for a regression.
        random_state: seed of the folds.
    """

    def __init__(self, n_classes: int, random_state: int) -> None:
        self.n_classes = n_classes
        self.random_state = random_state

    def fit(self, X: Any, y: NDArray[Any]) -> Self:
        """Learn means of all rows.

        Args:
            X: words, shape (n, p); missing is NaN.
            y: class numbers or values, shape (n,).

        Returns:
            Itself, with ``encoders_``: one a column of outcomes.
        """
        self.encoders_ = [self._encoder(len(y)).fit(X, told) for told in self._outcomes(y)]
        return self

    def fit_transform(self, X: Any, y: NDArray[Any]) -> NDArray[np.float64]:
        """Learn means, and give those that each row's fold did not take part in.

        Args:
            X: words, shape (n, p).
            y: class numbers or values, shape (n,).

        Returns:
            Means, shape (n, p) for two classes and values, (n, p k) for k classes.
        """
        outcomes = self._outcomes(y)
        self.encoders_ = [self._encoder(len(y)) for _ in outcomes]
        pairs = zip(self.encoders_, outcomes, strict=True)
        return np.hstack([encoder.fit_transform(X, told) for encoder, told in pairs])

    def transform(self, X: Any) -> NDArray[np.float64]:
        """Give the means of all rows that were learnt from.

        Args:
            X: words, shape (n, p); a word never seen has the mean of all.

        Returns:
            Means, of the shape ``fit_transform`` gives.
        """
        return np.hstack([encoder.transform(X) for encoder in self.encoders_])

    def _encoder(self, n_rows: int) -> TargetEncoder:
        folds = KFold(min(_N_FOLDS, n_rows), shuffle=True, random_state=self.random_state)
        return TargetEncoder(target_type="continuous", smooth=_SMOOTH, cv=folds)

    def _outcomes(self, y: NDArray[Any]) -> list[NDArray[np.float64]]:
        if self.n_classes == 0:
            return [np.asarray(y, dtype=float)]
        told = [1] if self.n_classes == _FEW_CLASSES else range(self.n_classes)
        return [(np.asarray(y) == one).astype(float) for one in told]
