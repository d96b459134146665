"""Words that are frequent enough to learn something about; all others are one word."""

from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin

# A code point that Unicode keeps free of characters: no cell holds it, and it sorts behind all words.
RARE = "\uffff"


class FrequentWords(TransformerMixin, BaseEstimator):
    """Keeps the most frequent words of each column and writes all others, known or not, as one.

    Encoders keep every word they are shown: a column of 200,000 words makes scikit-learn's ordinal encoder a release of
    57 MB. Of words as frequent as each other those that come first in the alphabet are kept, so that the order of rows
    does not matter.

    Args:
        max_words: how many are kept at most, of each column.
        min_rows: in how many rows a word must be to be kept.
    """

    def __init__(self, max_words: int, min_rows: int = 1) -> None:
        self.max_words = max_words
        self.min_rows = min_rows

    def fit(self, X: pd.DataFrame, y: NDArray[Any] | None = None) -> Self:  # noqa: ARG002
        """Count words.

        Args:
            X: words as object, shape (n, p); missing is NaN.
            y: not used.

        Returns:
            Itself, with ``words_``: the kept words of each column, in the order of the alphabet.
        """
        self.words_ = [self._frequent(X[name]) for name in X.columns]
        return self

    def transform(self, X: pd.DataFrame) -> NDArray[np.object_]:
        """Write words that were not kept as one.

        Args:
            X: words as object, shape (n, p).

        Returns:
            Words, shape (n, p); missing is NaN.
        """
        columns = [_keep(X.iloc[:, place], words) for place, words in enumerate(self.words_)]
        return np.stack(columns, axis=1)

    def _frequent(self, cells: "pd.Series[Any]") -> NDArray[np.str_]:
        counts = cells.value_counts()
        counts = counts[counts >= self.min_rows]
        words = np.asarray(counts.index, dtype=str)
        first = np.lexsort((words, -counts.to_numpy()))[: self.max_words]
        return np.sort(words[first])


def _keep(cells: "pd.Series[Any]", words: NDArray[np.str_]) -> NDArray[np.object_]:
    kept: NDArray[np.object_] = cells.to_numpy(dtype=object, copy=True)
    kept[~(cells.isin(words.tolist()) | cells.isna()).to_numpy()] = RARE
    return kept
