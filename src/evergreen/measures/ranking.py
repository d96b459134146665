"""How well scores rank rows, for many rows of weights at once."""

import numpy as np
from numpy.typing import NDArray

from evergreen.measures.arrays import Floats, ratio

# Sorted copies of the weights are made block by block: a block fits the processor's cache.
_BLOCK_CELLS = 20_000


def rank_scores(is_positive: NDArray[np.bool_], y_score: Floats, weights: Floats) -> dict[str, Floats]:
    """Measure the ranking of one class against the rest.

    The area under the ROC curve joins thresholds by straight lines, so a tie counts half. Average precision is
    the sum over thresholds of precision times the gain in recall, without interpolation. Both as scikit-learn.

    Args:
        is_positive: whether a row is of the class, shape (n,).
        y_score: higher is more likely of the class, shape (n,).
        weights: each >= 0, shape (b, n).

    Returns:
        ``roc_auc`` and ``average_precision``, each of shape (b,). NaN where a class has no weight: the first
        where either has none, the second where the positive one has none.
    """
    order = np.argsort(-y_score, kind="stable")
    ranked = y_score[order]
    is_last_of_tie = np.append(ranked[1:] != ranked[:-1], True)[: len(ranked)]
    n_blocks = max(1, -(-weights.size // _BLOCK_CELLS))
    blocks = [
        _rank_block(block[:, order], is_positive[order], is_last_of_tie)
        for block in np.array_split(weights, min(n_blocks, max(1, len(weights))))
    ]
    roc_auc, average_precision = np.concatenate(blocks, axis=1)
    return {"roc_auc": roc_auc, "average_precision": average_precision}


def _rank_block(
    weights: Floats, is_positive: NDArray[np.bool_], is_last_of_tie: NDArray[np.bool_]
) -> tuple[Floats, Floats]:
    true_positives = _cumulate(weights * is_positive, is_last_of_tie)
    false_positives = _cumulate(weights * ~is_positive, is_last_of_tie)
    n_positive, n_negative = true_positives[:, -1], false_positives[:, -1]
    gain = np.diff(true_positives, axis=1)
    heights = true_positives[:, 1:] + true_positives[:, :-1]
    area = np.einsum("ij,ij->i", np.diff(false_positives, axis=1), heights) / 2
    precision = ratio(true_positives[:, 1:], true_positives[:, 1:] + false_positives[:, 1:])
    reached = np.einsum("ij,ij->i", gain, np.nan_to_num(precision, copy=False))
    return ratio(area, n_positive * n_negative), ratio(reached, n_positive)


def _cumulate(weights: Floats, is_last_of_tie: NDArray[np.bool_]) -> Floats:
    sums = np.cumsum(weights, axis=1)
    at_thresholds = sums if is_last_of_tie.all() else sums[:, is_last_of_tie]
    return np.concatenate([np.zeros((len(weights), 1)), at_thresholds], axis=1)
