"""Scores of predictions, for many rows of weights at once.

One call scores every resample of a bootstrap: each row of ``sample_weight`` says how often each row of the data
counts. What is undefined (0 / 0, a class without a row) is NaN.
"""

import numpy as np
from numpy.typing import ArrayLike

from evergreen.measures.arrays import (
    Floats,
    Integers,
    as_codes,
    as_finite,
    as_probabilities,
    as_weights,
    check_same_length,
    ratio,
)
from evergreen.measures.bins import equal_mass_bins
from evergreen.measures.class_scores import score_each_class
from evergreen.measures.ranking import rank_scores
from evergreen.problem import Kind, metrics_for

_BINARY = 2
_N_CALIBRATION_BINS = 10
# A spread this small beside the distance from the mean of all rows is rounding: the target is constant.
_SPREAD_TOLERANCE = 1e-12


def score_classes(
    y_true: ArrayLike, probabilities: ArrayLike, *, sample_weight: ArrayLike | None = None
) -> dict[str, Floats]:
    """Score predicted class probabilities.

    The predicted class is the most probable one, the first of equals.

    * ``accuracy``; ``balanced_accuracy``: the mean recall of all classes.
    * ``precision``, ``recall``, ``f1``: of class 1 of two; of more, the plain mean over all classes (macro).
    * ``roc_auc``: of class 1 of two; of more, the mean of each class against the rest.
    * ``average_precision``: of class 1; only for two classes.
    * ``log_loss``: in nats; probabilities are clipped to [eps, 1 - eps] with the eps of float64, as in scikit-learn.
    * ``brier_score``: the mean of (p_1 - y)^2 for two classes, 0 to 1; the sum of squared differences over all
      classes for more, 0 to 2. So does scikit-learn's ``brier_score_loss`` with ``scale_by_half="auto"``.
    * ``calibration_error``: the expected calibration error (Naeini et al., AAAI 2015, 2901-2907): the
      mean over rows of the distance between mean score and observed share in 10 bins of equal mass. The bins are
      those of the unweighted scores, and ties share one. The score is p_1 for two classes, and the probability of
      the predicted class for more. It is never negative, so even a perfect model has a small positive value, and
      resampling adds to it: a bootstrap interval lies too high, which errs against the model.

    Args:
        y_true: positions of classes, shape (n,).
        probabilities: shape (n, k), k >= 2, each row sums to 1 (tolerance 1e-6).
        sample_weight: each >= 0, shape (b, n); None stands for one row of ones.

    Returns:
        Metric -> shape (b,), in the order of ``evergreen.problem.METRICS``. NaN where undefined; a mean over classes
        is undefined where one of its terms is.

    Raises:
        DataError: where lengths differ, probabilities are none, a class does not exist or a weight is negative.
    """
    shares = as_probabilities(probabilities)
    n_classes = shares.shape[1]
    truth = as_codes(y_true, "y_true", n_classes)
    check_same_length(y_true=truth, probabilities=shares)
    weights = as_weights(sample_weight, len(truth))
    scores = {
        **_score_labels(truth, shares, weights),
        **_score_rankings(truth, shares, weights),
        **_score_probabilities(truth, shares, weights),
    }
    kind: Kind = "binary" if n_classes == _BINARY else "multiclass"
    return {name: scores[name] for name in metrics_for(kind, has_payoff=False)}


def score_values(y_true: ArrayLike, y_pred: ArrayLike, *, sample_weight: ArrayLike | None = None) -> dict[str, Floats]:
    """Score predicted numbers.

    * ``mae``, ``rmse``: in the target's unit.
    * ``r2``: 1 - residual sum of squares / total sum of squares; NaN for a constant target.

    Args:
        y_true: shape (n,).
        y_pred: shape (n,).
        sample_weight: each >= 0, shape (b, n); None stands for one row of ones.

    Returns:
        Metric -> shape (b,). NaN where undefined.

    Raises:
        DataError: where lengths differ, a value is not finite or a weight is negative.
    """
    truth, predicted = as_finite(y_true, "y_true"), as_finite(y_pred, "y_pred")
    check_same_length(y_true=truth, y_pred=predicted)
    weights = as_weights(sample_weight, len(truth))
    total = weights.sum(axis=1)
    errors = predicted - truth
    centred = truth - truth.mean() if len(truth) else truth
    absolute, squared, around, apart = (weights @ np.stack([np.abs(errors), errors**2, centred**2, centred], axis=1)).T
    spread = around - np.nan_to_num(ratio(apart**2, total))
    spread[spread <= _SPREAD_TOLERANCE * around] = 0
    return {
        "mae": ratio(absolute, total),
        "rmse": np.sqrt(ratio(squared, total)),
        "r2": 1 - ratio(squared, spread),
    }


def _score_labels(truth: Integers, shares: Floats, weights: Floats) -> dict[str, Floats]:
    by_class = score_each_class(truth, shares, sample_weight=weights).by_class
    is_hit = (shares.argmax(axis=1) == truth).astype(np.float64)
    return {
        "accuracy": ratio(weights @ is_hit, weights.sum(axis=1)),
        "balanced_accuracy": by_class["recall"].mean(axis=1),
        **{name: _summarise(values) for name, values in by_class.items()},
    }


def _summarise(by_class: Floats) -> Floats:
    return by_class[:, 1] if by_class.shape[1] == _BINARY else by_class.mean(axis=1)


def _score_rankings(truth: Integers, shares: Floats, weights: Floats) -> dict[str, Floats]:
    if shares.shape[1] == _BINARY:
        return rank_scores(truth == 1, shares[:, 1], weights)
    by_class = [rank_scores(truth == k, shares[:, k], weights)["roc_auc"] for k in range(shares.shape[1])]
    return {"roc_auc": np.mean(by_class, axis=0)}


def _score_probabilities(truth: Integers, shares: Floats, weights: Floats) -> dict[str, Floats]:
    n_classes, rows, total = shares.shape[1], np.arange(len(truth)), weights.sum(axis=1)
    eps = np.finfo(np.float64).eps
    surprise = -np.log(np.clip(shares[rows, truth], eps, 1 - eps))
    squares = ((shares - np.eye(n_classes)[truth]) ** 2).sum(axis=1) / (2 if n_classes == _BINARY else 1)
    return {
        "log_loss": ratio(weights @ surprise, total),
        "brier_score": ratio(weights @ squares, total),
        "calibration_error": _calibration_error(truth, shares, weights),
    }


def _calibration_error(truth: Integers, shares: Floats, weights: Floats) -> Floats:
    is_binary = shares.shape[1] == _BINARY
    score = shares[:, 1] if is_binary else shares.max(axis=1)
    is_hit = truth == 1 if is_binary else truth == shares.argmax(axis=1)
    bins = equal_mass_bins(score, n_bins=_N_CALIBRATION_BINS)
    gaps = np.eye(_N_CALIBRATION_BINS)[bins] * (score - is_hit)[:, None]
    return ratio(np.abs(weights @ gaps).sum(axis=1), weights.sum(axis=1))
