"""Prose as weighted counts of the pieces of its words, as scikit-learn counts and weighs them."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.feature_extraction import FeatureHasher
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

from evergreen.answering.feature_cells import FeatureCells
from evergreen.answering.off_list import off_list

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

# Words whose pieces are remembered, none of them longer: what people write is mostly the same few thousand words.
MOST_WORDS: Final = 20_000
_LONGEST_WORD: Final = 40
_NO_PIECES = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class SparseRows:
    """Rows of which most numbers are 0: the least of what a sparse matrix does, without its checks.

    Attributes:
        row_of: the row of each number, ascending, shape (m,).
        column_of: its column, shape (m,).
        numbers: shape (m,).
        shape: rows and columns.
    """

    row_of: Places
    column_of: Places
    numbers: Floats
    shape: tuple[int, int]

    def __matmul__(self, weights: Floats) -> Floats:
        """Weigh and sum up each row.

        Args:
            weights: shape (columns, k).

        Returns:
            Shape (rows, k).
        """
        if weights.shape[1] == 1:
            told = self.numbers * weights[:, 0][self.column_of]
            return np.asarray(np.bincount(self.row_of, told, self.shape[0])[:, None], dtype=np.float64)
        # Trees may split where texts differ by rounding alone, so each sum is added up in the order of scikit-learn's.
        starts = np.searchsorted(self.row_of, np.arange(self.shape[0] + 1))
        sums: Floats = csr_matrix((self.numbers, self.column_of, starts), shape=self.shape) @ weights
        return sums

    def __rmul__(self, weight: float) -> "SparseRows":
        """Multiply all by a number."""
        return replace(self, numbers=weight * self.numbers)

    def toarray(self) -> Floats:
        """Write out every number, shape (rows, columns)."""
        whole = np.zeros(self.shape)
        whole[self.row_of, self.column_of] = self.numbers
        return whole


Count = Callable[[FeatureCells, str], SparseRows]


def prose_counter(vectorizer: Any, weigher: Any) -> tuple[Count, int]:
    """Write the two steps of prose as one function.

    Args:
        vectorizer: how pieces are counted.
        weigher: how counts are weighed; fitted.

    Returns:
        From cells and the name of a column of prose to weighted counts, one row a row; and how many columns they have.

    Raises:
        OffListError: where these are other steps, or are set up in another way.
    """
    if type(vectorizer) is not HashingVectorizer or vectorizer.binary or vectorizer.norm is not None:
        raise off_list(vectorizer)
    if vectorizer.analyzer != "char_wb" or vectorizer.alternate_sign:
        raise off_list(vectorizer)
    if type(weigher) is not TfidfTransformer or weigher.norm != "l2" or not (weigher.sublinear_tf and weigher.use_idf):
        raise off_list(weigher)
    counter, idf = _PieceCounter(vectorizer), np.asarray(weigher.idf_)
    way = repr(sorted(vectorizer.get_params().items())), hashlib.sha256(idf.tobytes()).hexdigest()

    def weighed(texts: Sequence[str]) -> SparseRows:
        counts = counter.count(texts)
        numbers = (np.log(counts.numbers) + 1.0) * idf[counts.column_of]
        lengths = np.sqrt(np.bincount(counts.row_of, numbers**2, len(texts)))
        return replace(counts, numbers=numbers / lengths[counts.row_of])

    def count(cells: FeatureCells, name: str) -> SparseRows:
        # Members of a combination count the same pieces.
        made: SparseRows = cells.once((name, *way), lambda: weighed(cells[name]))
        return made

    return count, int(vectorizer.n_features)


class _PieceCounter:
    """Counts the pieces of words; a word has the same ones wherever it stands."""

    def __init__(self, vectorizer: HashingVectorizer) -> None:
        self._prepare, self._analyse = vectorizer.build_preprocessor(), vectorizer.build_analyzer()
        self._n_columns = int(vectorizer.n_features)
        self._hasher = FeatureHasher(
            self._n_columns, input_type="string", dtype=vectorizer.dtype, alternate_sign=vectorizer.alternate_sign
        )
        self._known: dict[str, Places] = {}

    def count(self, texts: Sequence[str]) -> SparseRows:
        """Count the pieces in texts, shape (n, columns)."""
        pieces = [[self._pieces(word) for word in self._prepare(text).split()] for text in texts]
        lengths = [sum(map(len, row)) for row in pieces]
        every = np.concatenate([_NO_PIECES, *(one for row in pieces for one in row)])
        place = np.sort(np.repeat(np.arange(len(texts)), lengths) * self._n_columns + every)
        starts = np.flatnonzero(np.diff(place, prepend=-1))
        counts = np.diff(starts, append=len(place)).astype(np.float64)
        row_of, column_of = np.divmod(place[starts], self._n_columns)
        return SparseRows(row_of, column_of, counts, (len(texts), self._n_columns))

    def _pieces(self, word: str) -> Places:
        """The columns of the pieces of a word, each as often as it occurs."""
        found = self._known.get(word)
        if found is None:
            told = self._hasher.transform([self._analyse(word)])
            found = np.repeat(told.indices.astype(np.int64), told.data.astype(np.int64))
            if len(word) <= _LONGEST_WORD:
                if len(self._known) >= MOST_WORDS:
                    self._known.clear()
                self._known[word] = found
        return found
