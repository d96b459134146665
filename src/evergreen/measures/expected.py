"""How well a model is expected to do where no outcome is known, if its probabilities are right.

All of it is blind to concept drift: it asks the model itself. If the same rows come to behave otherwise, nothing here
moves; only outcomes show that. The idea is that of confidence-based performance estimation (Guillory et al., 2021,
ICCV; Garg et al., 2022, ICLR, for accuracy).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from evergreen.measures.arrays import Floats, as_codes, as_finite, as_probabilities, check_same_length, ratio


@dataclass(frozen=True)
class ExpectedPerformance:
    """What calibrated probabilities say about their own quality; blind to concept drift.

    Attributes:
        confusion: expected number of rows by predicted class (rows) and true class (columns), shape (k, k).
        accuracy: expected share of rows whose predicted class is the true one; NaN without rows.
        roc_auc: expected area under the ROC curve of class 1 of two, the plain mean over classes against the rest for
            more; NaN where undefined.
    """

    confusion: Floats
    accuracy: float
    roc_auc: float


def expect_performance(probabilities: ArrayLike, predicted: ArrayLike | None = None) -> ExpectedPerformance:
    """Estimate performance without outcomes; blind to concept drift.

    Args:
        probabilities: calibrated, shape (n, k), each row sums to 1.
        predicted: positions of the predicted classes, shape (n,); None stands for the most probable ones.

    Returns:
        The expected performance.

    Raises:
        DataError: where probabilities are none, or a predicted class does not exist.
    """
    shares = as_probabilities(probabilities)
    n_classes = shares.shape[1]
    taken = as_codes(shares.argmax(axis=1) if predicted is None else predicted, "Predicted classes", n_classes)
    check_same_length(probabilities=shares, predicted=taken)
    confusion = np.eye(n_classes)[taken].T @ shares
    positive = [1] if n_classes == len((0, 1)) else list(range(n_classes))
    areas = [expected_roc_auc(shares[:, k]) for k in positive]
    return ExpectedPerformance(
        confusion=confusion, accuracy=float(ratio(confusion.trace(), confusion.sum())), roc_auc=float(np.mean(areas))
    )


def expected_roc_auc(probabilities: ArrayLike) -> float:
    """Give the area under the expected ROC curve.

    Each row counts as a positive with its probability and as a negative with the rest: the curve goes through the
    expected true and false positive rates at every threshold, with straight lines between them.

    Args:
        probabilities: of the positive class, 0 to 1, shape (n,).

    Returns:
        0.5 to 1; NaN where no positive or no negative is expected.
    """
    _, place = np.unique(as_finite(probabilities, "Probabilities"), return_inverse=True)
    score = np.asarray(probabilities, dtype=np.float64)
    positive, negative = np.bincount(place, weights=score), np.bincount(place, weights=1 - score)
    below = np.cumsum(negative) - negative / 2
    return float(ratio(positive @ below, positive.sum() * negative.sum()))
