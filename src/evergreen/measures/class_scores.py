"""Precision, recall and F1 of each class and their averages, for many rows of weights at once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from evergreen.measures.arrays import Floats, as_codes, as_probabilities, as_weights, check_same_length, ratio


@dataclass(frozen=True, eq=False)
class ClassScores:
    """Figures of each class.

    Attributes:
        by_class: "precision", "recall" and "f1" -> shape (b, k); NaN where undefined.
        shares: the share of rows of each class, shape (b, k); NaN without weight.
    """

    by_class: dict[str, Floats]
    shares: Floats

    def averages(self) -> dict[str, Floats]:
        """Average over classes as scikit-learn does, but that an undefined term leaves the average undefined.

        Returns:
            ``<metric>_macro``, the plain mean over all classes, and ``<metric>_weighted``, the mean by the shares of
            true classes, where a class without rows does not count; each of shape (b,).
        """
        found = {f"{name}_macro": values.mean(axis=1) for name, values in self.by_class.items()}
        for name, values in self.by_class.items():
            counted = np.where(self.shares > 0, values, 0)
            found[f"{name}_weighted"] = (counted * self.shares).sum(axis=1)
        return found


def score_each_class(
    y_true: ArrayLike, probabilities: ArrayLike, *, sample_weight: ArrayLike | None = None
) -> ClassScores:
    """Score the most probable class, class by class; of equals the first is predicted.

    Args:
        y_true: positions of classes, shape (n,).
        probabilities: shape (n, k), k >= 2, each row sums to 1 (tolerance 1e-6).
        sample_weight: each >= 0, shape (b, n); None stands for one row of ones.

    Returns:
        The figures.

    Raises:
        DataError: where lengths differ, probabilities are none, a class does not exist or a weight is negative.
    """
    shares = as_probabilities(probabilities)
    truth = as_codes(y_true, "y_true", shares.shape[1])
    check_same_length(y_true=truth, probabilities=shares)
    weights = as_weights(sample_weight, len(truth))
    one_hot = np.eye(shares.shape[1])
    is_true, is_predicted = one_hot[truth], one_hot[shares.argmax(axis=1)]
    n_true, n_predicted, n_hit = weights @ is_true, weights @ is_predicted, weights @ (is_true * is_predicted)
    by_class = {
        "precision": ratio(n_hit, n_predicted),
        "recall": ratio(n_hit, n_true),
        "f1": ratio(2 * n_hit, n_true + n_predicted),
    }
    return ClassScores(by_class, ratio(n_true, weights.sum(axis=1, keepdims=True)))
