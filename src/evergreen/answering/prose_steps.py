"""Prose as weighted counts of the pieces of its words, as scikit-learn counts and weighs them."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction import FeatureHasher
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

from evergreen.answering.feature_cells import FeatureCells
from evergreen.answering.off_list import off_list

Count = Callable[[FeatureCells, str], csr_matrix]


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
    if type(weigher) is not TfidfTransformer or weigher.norm != "l2" or not (weigher.sublinear_tf and weigher.use_idf):
        raise off_list(weigher)
    analyse = vectorizer.build_analyzer()
    hasher = FeatureHasher(
        vectorizer.n_features,
        input_type="string",
        dtype=vectorizer.dtype,
        alternate_sign=vectorizer.alternate_sign,
    )
    idf = np.asarray(weigher.idf_)

    way = repr(sorted(vectorizer.get_params().items()))

    def count(cells: FeatureCells, name: str) -> csr_matrix:
        # Members of a combination count the same pieces.
        counts = cells.once((name, way), lambda: hasher.transform([analyse(text) for text in cells[name]]))
        weighed = (np.log(counts.data) + 1.0) * idf[counts.indices]
        row_of = np.repeat(np.arange(len(cells)), np.diff(counts.indptr))
        lengths = np.sqrt(np.bincount(row_of, weights=weighed**2, minlength=len(cells)))
        return csr_matrix((weighed / lengths[row_of], counts.indices, counts.indptr), shape=counts.shape)

    return count, int(vectorizer.n_features)
