"""Estimators as they are released: a fitted pipeline and what was learnt from its errors on rows it had not seen."""

from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

CalibrationMethod = Literal["none", "temperature", "sigmoid"]
_FLOOR = 1e-12


def calibrate(probabilities: NDArray[Any], slope: float, shifts: tuple[float, ...]) -> NDArray[Any]:
    """Rescale log-probabilities: softmax(slope * log p + shift).

    A slope alone is temperature scaling (Guo et al. 2017, eq. 9, with slope = 1 / T); for two classes a slope and a
    shift are Platt's sigmoid on the log-odds (Platt 1999).

    Args:
        probabilities: shape (n, k), rows sum to 1.
        slope: factor, > 0.
        shifts: one summand a class, length k.

    Returns:
        Probabilities, shape (n, k).
    """
    scaled = slope * np.log(np.clip(probabilities, _FLOOR, 1.0)) + np.asarray(shifts)
    calibrated: NDArray[Any] = softmax(scaled, axis=1)
    return calibrated


def fit_calibration(
    probabilities: NDArray[Any],
    y_true: NDArray[Any],
    method: CalibrationMethod,
    *,
    sample_weight: NDArray[np.float64] | None = None,
) -> tuple[float, tuple[float, ...]]:
    """Find the slope and shifts with the least log-loss.

    Args:
        probabilities: predictions for rows the model had not seen, shape (n, k).
        y_true: class numbers, shape (n,).
        method: "none" changes nothing, "temperature" fits the slope, "sigmoid" the slope and the shifts.
        sample_weight: how much each row counts, shape (n,); all alike where not said.

    Returns:
        Slope and shifts; the first class's shift is 0.
    """
    n_classes = probabilities.shape[1]
    if method == "none":
        return 1.0, (0.0,) * n_classes
    logs = np.log(np.clip(probabilities, _FLOOR, 1.0))
    n_shifts = n_classes - 1 if method == "sigmoid" else 0

    def loss(theta: NDArray[Any]) -> float:
        scores = np.exp(theta[0]) * logs
        scores[:, 1 : 1 + n_shifts] += theta[1:]
        losses = -log_softmax(scores, axis=1)[np.arange(len(y_true)), y_true]
        return float(np.average(losses, weights=sample_weight))

    theta = minimize(loss, np.zeros(1 + n_shifts), method="L-BFGS-B", bounds=[(-4, 4)] + [(-10, 10)] * n_shifts).x
    shifts = [0.0, *theta[1:]] if n_shifts else [0.0] * n_classes
    return float(np.exp(theta[0])), tuple(float(s) for s in shifts)


class CalibratedClassifier(ClassifierMixin, BaseEstimator):
    """A fitted classifier whose probabilities are rescaled.

    Args:
        pipeline: a fitted pipeline that takes a ``feature_frame`` and knows classes 0..k-1.
        classes: the names of the classes in that order.
        method: how it was calibrated.
        slope: see ``calibrate``.
        shifts: see ``calibrate``.
        training_id: the rows it has learnt from, see ``tables.split_card``.
    """

    def __init__(
        self,
        pipeline: Any,
        classes: tuple[str, ...],
        method: CalibrationMethod,
        slope: float,
        shifts: tuple[float, ...],
        training_id: str = "",
    ) -> None:
        self.training_id = training_id
        self.pipeline = pipeline
        self.classes = classes
        self.method = method
        self.slope = slope
        self.shifts = shifts

    @property
    def classes_(self) -> NDArray[np.str_]:
        """The names of the classes, in the order of the probabilities."""
        return np.asarray(self.classes)

    def fit(self, X: pd.DataFrame, y: NDArray[Any]) -> Self:
        """Refit the pipeline and keep the calibration.

        Args:
            X: features.
            y: class numbers.

        Returns:
            Itself.
        """
        self.pipeline.fit(X, y)
        return self

    def predict_proba(self, X: pd.DataFrame) -> NDArray[Any]:
        """Give calibrated probabilities.

        Args:
            X: features, shape (n, p).

        Returns:
            Probabilities, shape (n, k), columns in the order of ``classes``.
        """
        raw: NDArray[Any] = self.pipeline.predict_proba(X)
        return raw if self.method == "none" else calibrate(raw, self.slope, self.shifts)

    def predict(self, X: pd.DataFrame) -> NDArray[Any]:
        """Name the most probable class.

        Args:
            X: features, shape (n, p).

        Returns:
            Class names, shape (n,).
        """
        names: NDArray[Any] = self.classes_[self.predict_proba(X).argmax(axis=1)]
        return names


class OffsetRegressor(RegressorMixin, BaseEstimator):
    """A fitted regressor with the offset that turns its prediction into the decision with the least expected cost.

    Args:
        pipeline: a fitted pipeline that takes a ``feature_frame`` and predicts the mean.
        offset: the quantile of its errors on rows it had not seen, at the quantile the costs imply.
        training_id: the rows it has learnt from, see ``tables.split_card``.
    """

    def __init__(self, pipeline: Any, offset: float, training_id: str = "") -> None:
        self.training_id = training_id
        self.pipeline = pipeline
        self.offset = offset

    def fit(self, X: pd.DataFrame, y: NDArray[Any]) -> Self:
        """Refit the pipeline and keep the offset.

        Args:
            X: features.
            y: values.

        Returns:
            Itself.
        """
        self.pipeline.fit(X, y)
        return self

    def predict(self, X: pd.DataFrame) -> NDArray[Any]:
        """Predict the mean.

        Args:
            X: features, shape (n, p).

        Returns:
            Values in the target's unit, shape (n,).
        """
        predicted: NDArray[Any] = self.pipeline.predict(X)
        return predicted
