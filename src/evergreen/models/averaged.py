"""Several fitted models that answer as one."""

from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from evergreen.models.calibrated import rescale

Line = tuple[float, tuple[float, ...]]
AS_IT_IS: Line = (1.0, ())


class AveragedModel(BaseEstimator):
    """The weighted mean of what fitted pipelines say: of their probabilities, or of their values.

    Args:
        models: fitted pipelines that take the same ``feature_frame``; classifiers may each know fewer classes.
        weights: how much each counts, together 1.
        n_classes: classes, numbered from 0; 0 for a regression.
        lines: slope and shifts of each classifier, see ``sharpened``; empty where all speak as they are.
    """

    def __init__(
        self, models: list[Any], weights: tuple[float, ...], n_classes: int, lines: tuple[Line, ...] = ()
    ) -> None:
        self.models = models
        self.weights = weights
        self.n_classes = n_classes
        self.lines = lines

    @property
    def classes_(self) -> NDArray[np.intp]:
        """The numbers of the classes, in the order of the probabilities."""
        return np.arange(self.n_classes)

    def fit(self, X: pd.DataFrame, y: NDArray[Any]) -> Self:
        """Refit every model and keep the weights.

        Args:
            X: features.
            y: class numbers or values.

        Returns:
            Itself.
        """
        for model in self.models:
            model.fit(X, y)
        return self

    def predict_proba(self, X: pd.DataFrame) -> NDArray[np.float64]:
        """Average probabilities.

        Args:
            X: features, shape (n, p).

        Returns:
            Probabilities, shape (n, n_classes).
        """
        total = np.zeros((len(X), self.n_classes))
        # A model that was stored before lines were learnt has none.
        lines = getattr(self, "lines", ()) or (AS_IT_IS,) * len(self.models)
        for model, weight, line in zip(self.models, self.weights, lines, strict=True):
            total += weight * sharpened(all_probabilities(model, X, self.n_classes), line)
        return total

    def predict(self, X: pd.DataFrame) -> NDArray[Any]:
        """Average values, or name the most probable class by its number.

        Args:
            X: features, shape (n, p).

        Returns:
            Shape (n,).
        """
        if self.n_classes:
            return np.asarray(self.predict_proba(X).argmax(axis=1))
        total = np.zeros(len(X))
        for model, weight in zip(self.models, self.weights, strict=True):
            total += weight * model.predict(X)
        return total


def sharpened(probabilities: NDArray[Any], line: Line) -> NDArray[Any]:
    """Make a classifier surer of itself, before others are heard beside it.

    Args:
        probabilities: shape (n, k).
        line: slope and shifts of ``rescale``; no shifts leave them as they are.

    Returns:
        Probabilities, shape (n, k).
    """
    slope, shifts = line
    return rescale(probabilities, slope, shifts) if shifts else probabilities


def all_probabilities(model: Any, X: pd.DataFrame, n_classes: int) -> NDArray[np.float64]:
    """Ask a classifier for all classes of the case, of which it may not have seen some.

    Args:
        model: fitted on class numbers.
        X: features, shape (n, p).
        n_classes: k.

    Returns:
        Probabilities, shape (n, k); 0 where the model knows nothing of a class.
    """
    full = np.zeros((len(X), n_classes))
    full[:, np.asarray(model.classes_, dtype=int)] = model.predict_proba(X)
    return full
