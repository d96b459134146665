"""Released models whose pipelines are compiled; what corrects and decides is the model's own code."""

from copy import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from evergreen.answering.compiled_estimators import Floats, Linear, compile_estimator
from evergreen.answering.compiled_features import CompiledFeatures
from evergreen.answering.feature_cells import FeatureCells, MixedCells
from evergreen.answering.off_list import OffListError, off_list
from evergreen.models.averaged import AveragedModel
from evergreen.models.calibrated import CalibratedClassifier, OffsetRegressor
from evergreen.models.decide import Model
from evergreen.models.fair_classifier import FairClassifier
from evergreen.models.quantile_decider import QuantileDecider
from evergreen.models.reduced_classifier import ReducedClassifier
from evergreen.problem import Problem

_MODELS = (CalibratedClassifier, FairClassifier, ReducedClassifier, OffsetRegressor, QuantileDecider)
# Where a model keeps what takes features.
_INSIDE = ("pipeline", "quantile", "decider")
_STEPS = 2


class CompiledPipeline:
    """Stands in a model for one of its fitted pipelines.

    Args:
        features: how cells are prepared.
        estimator: fitted.

    Attributes:
        classes_: the class numbers that a classifier knows, shape (k,).
    """

    def __init__(self, features: CompiledFeatures, estimator: Any) -> None:
        self._features, self._predict = features, compile_estimator(estimator)
        self.classes_: NDArray[Any] = np.asarray(getattr(estimator, "classes_", ()))

    def predict_proba(self, X: FeatureCells | MixedCells) -> Floats:
        """Give probabilities.

        Args:
            X: n rows.

        Returns:
            Shape (n, k).
        """
        return self._ask(X)

    def predict(self, X: FeatureCells | MixedCells) -> Floats:
        """Give values.

        Args:
            X: n rows.

        Returns:
            Shape (n,).
        """
        return self._ask(X)

    def _ask(self, X: FeatureCells | MixedCells) -> Floats:
        if isinstance(self._predict, Linear):
            if isinstance(X, MixedCells):
                return self._predict.of_sums(X.weighed_by(self._features, self._predict.weights))
            if self._features.is_wide:
                return self._predict.of_sums(self._features.weigh(X, self._predict.weights))
        return self._predict(X.prepared_by(self._features))


def compile_model(model: Model, problem: Problem) -> Model:
    """Compile the pipelines of a model.

    Args:
        model: a finished model of any kind; it stays as it is.
        problem: the case.

    Returns:
        A model that takes ``FeatureCells`` and says the same.

    Raises:
        OffListError: where it holds a part that nothing faster is known for.
    """
    if type(model) not in _MODELS:
        raise off_list(model)
    compiled: Model = _Compiler(problem).copy_of(model)
    return compiled


class _Compiler:
    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._features: dict[int, CompiledFeatures] = {}

    def copy_of(self, model: Any) -> Any:
        copied = copy(model)
        for name in _INSIDE:
            if getattr(model, name, None) is not None:
                setattr(copied, name, self._compile(getattr(model, name)))
        return copied

    def _compile(self, inside: Any) -> Any:
        if type(inside) is AveragedModel:
            models = [self._compile(one) for one in inside.models]
            return AveragedModel(models, inside.weights, inside.n_classes, getattr(inside, "lines", ()))
        if type(inside) is not Pipeline:
            raise off_list(inside)
        if len(inside.steps) != _STEPS:
            raise OffListError(f"a pipeline of {len(inside.steps)} steps")
        (_, prepare), (_, estimator) = inside.steps
        # Models that decide by reductions share one preparation.
        if id(prepare) not in self._features:
            self._features[id(prepare)] = CompiledFeatures(prepare, self._problem)
        return CompiledPipeline(self._features[id(prepare)], estimator)
