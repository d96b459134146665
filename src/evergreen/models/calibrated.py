"""Estimators as they are released: a fitted pipeline and what was learnt from its errors on rows it had not seen."""

from collections.abc import Sequence
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.isotonic import IsotonicRegression

from evergreen.problem import CaseModel

CalibrationMethod = Literal["none", "temperature", "sigmoid", "isotonic"]
CurvePoints = tuple[NDArray[np.float64], NDArray[np.float64]]
_METHODS: tuple[CalibrationMethod, ...] = ("none", "temperature", "sigmoid", "isotonic")
_FLOOR = 1e-12
_BINARY = 2
# A monotone map has as many free steps as the rows ask for. Fitted to fewer than about 1,000 rows it does worse than a
# sigmoid, beyond that as well or better (Niculescu-Mizil and Caruana, ICML 2005, section 6). Their classes were no rare
# ones; a share that rests on fewer than 100 rows of its class is not told within a tenth of itself.
_MIN_ISOTONIC_ROWS = 1_000
_MIN_ISOTONIC_CLASS_ROWS = 100


class Curve(CaseModel):
    """A monotone map from a predicted probability to the share that came true, straight between its points.

    Attributes:
        scores: predicted probabilities, ascending.
        shares: the share at each of them, never falling, above 0 and below 1.
    """

    scores: tuple[float, ...]
    shares: tuple[float, ...]


class Calibration(CaseModel):
    """How probabilities are corrected.

    Attributes:
        method: "none" changes nothing; "temperature" has a slope; "sigmoid" a slope and shifts; "isotonic" curves.
        slope: factor of the log-probabilities.
        shifts: one summand a class; the first is 0.
        curves: one a class; for two classes that of the second alone.
    """

    method: CalibrationMethod = "none"
    slope: float = Field(default=1.0, gt=0)
    shifts: tuple[float, ...] = ()
    curves: tuple[Curve, ...] = ()

    @property
    def points(self) -> tuple[CurvePoints, ...]:
        """The curves as arrays."""
        return tuple((np.array(curve.scores), np.array(curve.shares)) for curve in self.curves)


def offered_methods(y_true: NDArray[Any], n_classes: int) -> tuple[CalibrationMethod, ...]:
    """Say which corrections can be learnt from some rows, the simplest first.

    Args:
        y_true: class numbers of the rows that are learnt from, shape (n,).
        n_classes: k.

    Returns:
        Methods; "isotonic" only from 1,000 rows with 100 of every class.
    """
    is_many = len(y_true) >= _MIN_ISOTONIC_ROWS
    is_each = bool((np.bincount(y_true, minlength=n_classes) >= _MIN_ISOTONIC_CLASS_ROWS).all())
    return _METHODS if is_many and is_each else _METHODS[:-1]


def calibrate(probabilities: NDArray[Any], calibration: Calibration) -> NDArray[Any]:
    """Correct probabilities.

    Args:
        probabilities: shape (n, k), rows sum to 1.
        calibration: how.

    Returns:
        Probabilities, shape (n, k).
    """
    if calibration.method == "none":
        return probabilities
    if calibration.method == "isotonic":
        return follow_curves(probabilities, calibration.points)
    return rescale(probabilities, calibration.slope, calibration.shifts)


def rescale(probabilities: NDArray[Any], slope: float, shifts: tuple[float, ...]) -> NDArray[Any]:
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
    rescaled: NDArray[Any] = softmax(scaled, axis=1)
    return rescaled


def follow_curves(probabilities: NDArray[Any], curves: Sequence[CurvePoints]) -> NDArray[Any]:
    """Map each class against the rest along its curve, and divide by the sum (Zadrozny and Elkan, KDD 2002).

    Args:
        probabilities: shape (n, k), rows sum to 1.
        curves: one a class; for two classes that of the second alone.

    Returns:
        Probabilities, shape (n, k).
    """
    if len(curves) == 1:
        share = np.interp(probabilities[:, 1], *curves[0])
        return np.stack([1 - share, share], axis=1)
    mapped = np.stack(
        [np.interp(scores, *curve) for scores, curve in zip(probabilities.T, curves, strict=True)], axis=1
    )
    shares: NDArray[Any] = mapped / mapped.sum(axis=1, keepdims=True)
    return shares


def fit_calibration(
    probabilities: NDArray[Any],
    y_true: NDArray[Any],
    method: CalibrationMethod,
    *,
    sample_weight: NDArray[np.float64] | None = None,
) -> Calibration:
    """Learn a correction: slope and shifts with the least log-loss, or curves with the least squared error.

    Args:
        probabilities: predictions for rows the model had not seen, shape (n, k).
        y_true: class numbers, shape (n,).
        method: which correction.
        sample_weight: how much each row counts, shape (n,); all alike where not said.

    Returns:
        The correction.
    """
    if method == "none":
        return Calibration()
    if method == "isotonic":
        return Calibration(method=method, curves=_fit_curves(probabilities, y_true, sample_weight))
    slope, shifts = _fit_rescaling(probabilities, y_true, sample_weight, is_shifted=method == "sigmoid")
    return Calibration(method=method, slope=slope, shifts=shifts)


def fit_level(probabilities: NDArray[Any], y_true: NDArray[Any], slope: float) -> tuple[float, ...]:
    """Learn shifts alone, with the least log-loss: the level of the classes, and nothing of who is in them.

    Args:
        probabilities: shape (n, k), rows sum to 1.
        y_true: class numbers, shape (n,).
        slope: factor of log-probabilities, > 0.

    Returns:
        One summand a class for ``rescale`` with this slope, length k.
    """
    return _fit_rescaling(probabilities, y_true, None, is_shifted=True, slope=slope)[1]


def _fit_rescaling(
    probabilities: NDArray[Any],
    y_true: NDArray[Any],
    weights: NDArray[np.float64] | None,
    *,
    is_shifted: bool,
    slope: float | None = None,
) -> tuple[float, tuple[float, ...]]:
    n_classes = probabilities.shape[1]
    logs = np.log(np.clip(probabilities, _FLOOR, 1.0))
    n_shifts = n_classes - 1 if is_shifted else 0

    shares = np.ones(len(y_true)) if weights is None else weights
    shares = (shares / shares.sum())[:, None]
    is_true = np.eye(n_classes)[y_true]

    def loss(theta: NDArray[Any]) -> tuple[float, NDArray[np.float64]]:
        scores = np.exp(theta[0]) * logs
        scores[:, 1 : 1 + n_shifts] += theta[1:]
        surprise = log_softmax(scores, axis=1)
        slopes = shares * (np.exp(surprise) - is_true)
        gradient = [np.exp(theta[0]) * (slopes * logs).sum(), *slopes[:, 1 : 1 + n_shifts].sum(axis=0)]
        return -float((shares * surprise * is_true).sum()), np.array(gradient)

    steepness = (-4.0, 4.0) if slope is None else (float(np.log(slope)),) * 2
    bounds = [steepness, *([(-10.0, 10.0)] * n_shifts)]
    start = np.r_[np.clip(0.0, *steepness), np.zeros(n_shifts)]
    theta = minimize(loss, start, method="L-BFGS-B", jac=True, bounds=bounds).x
    shifts = [0.0, *theta[1:]] if n_shifts else [0.0] * n_classes
    return float(np.exp(theta[0])), tuple(float(s) for s in shifts)


def _fit_curves(
    probabilities: NDArray[Any], y_true: NDArray[Any], weights: NDArray[np.float64] | None
) -> tuple[Curve, ...]:
    """Fit each class against the rest; no share is surer than the rule of succession for all rows alike allows."""
    n_classes = probabilities.shape[1]
    least = 1 / (len(y_true) + 2)
    curves = []
    for number in range(1 if n_classes == _BINARY else 0, n_classes):
        fitted = IsotonicRegression(y_min=least, y_max=1 - least)
        fitted.fit(probabilities[:, number], y_true == number, sample_weight=weights)
        points = fitted.X_thresholds_.tolist(), fitted.y_thresholds_.tolist()
        curves.append(Curve(scores=tuple(points[0]), shares=tuple(points[1])))
    return tuple(curves)


class CalibratedClassifier(ClassifierMixin, BaseEstimator):
    """A fitted classifier whose probabilities are corrected.

    Args:
        pipeline: a fitted pipeline that takes a ``feature_frame`` and knows classes 0..k-1.
        classes: the names of the classes in that order.
        method: how it was calibrated.
        slope: see ``rescale``.
        shifts: see ``rescale``.
        training_id: the rows it has learnt from, see ``tables.split_card``.
        curves: see ``follow_curves``.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - plain figures, so that a release holds no type of its own for them
        self,
        pipeline: Any,
        classes: tuple[str, ...],
        method: CalibrationMethod,
        slope: float,
        shifts: tuple[float, ...],
        training_id: str = "",
        curves: tuple[CurvePoints, ...] = (),
    ) -> None:
        self.training_id = training_id
        self.pipeline = pipeline
        self.classes = classes
        self.method = method
        self.slope = slope
        self.shifts = shifts
        self.curves = curves

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
        if self.method == "none":
            return raw
        if self.method == "isotonic":
            return follow_curves(raw, self.curves)
        return rescale(raw, self.slope, self.shifts)

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
        scale: factor of the prediction where errors grow with it.
    """

    def __init__(self, pipeline: Any, offset: float, training_id: str = "", scale: float = 1.0) -> None:
        self.training_id = training_id
        self.pipeline = pipeline
        self.offset = offset
        self.scale = scale

    def decide(self, predicted: NDArray[Any]) -> NDArray[Any]:
        """Turn predictions into decisions.

        Args:
            predicted: values, shape (n,).

        Returns:
            Quantities in the target's unit, shape (n,).
        """
        # A model that was stored before scales were learnt has none.
        quantities: NDArray[Any] = getattr(self, "scale", 1.0) * predicted + self.offset
        return quantities

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
