"""Models of other libraries as bytes: a release holds no object of theirs, and equal models are equal bytes."""

from abc import abstractmethod
from hashlib import sha256
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

from evergreen.errors import ReleaseError
from evergreen.models.candidates.base import Floats
from evergreen.models.candidates.settings import Setting

_CURE = "Do not use it: restore the release from a copy, or train and release again."


class StoredModel(BaseEstimator):
    """Keeps a model as bytes and loads it when it first predicts.

    Attributes:
        model_: the model as its library writes it; empty where there was nothing to tell apart, neither in features nor
            in outcomes.
        digest_: SHA-256 of it: LightGBM ends the whole process when it reads a damaged text.
        constant_: what is predicted without a model: shares of the classes, or one value.
    """

    _LOADED = "_loaded"

    @abstractmethod
    def _read(self, content: bytes) -> Any:
        """Load a model as its library does."""

    def _keep(self, content: bytes, constant: Floats) -> None:
        self.model_, self.digest_, self.constant_ = content, sha256(content).hexdigest(), constant
        self.__dict__.pop(self._LOADED, None)

    def _load(self) -> Any:
        if self._LOADED not in self.__dict__:
            if sha256(self.model_).hexdigest() != self.digest_:
                raise ReleaseError(f"The model of {type(self).__name__}", "is damaged: its checksum differs", _CURE)
            self.__dict__[self._LOADED] = self._read(self.model_)
        return self.__dict__[self._LOADED]

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what was loaded."""
        return {name: value for name, value in super().__getstate__().items() if name != self._LOADED}


class BoostedTrees:
    """What boosted trees of other libraries are told.

    Args:
        params: by the library's own names.
        n_categories: how many of the leading columns hold ordinals of words.
        rounds: of boosting.
        random_state: seed.
    """

    def __init__(self, params: dict[str, Setting], n_categories: int, rounds: int, random_state: int) -> None:
        self.params = params
        self.n_categories = n_categories
        self.rounds = rounds
        self.random_state = random_state


class StoredClassifier(ClassifierMixin, StoredModel):
    """A stored model that tells classes.

    Attributes:
        classes_: numbers of the classes that were learnt, ascending.
    """

    def fit(self, X: Any, y: NDArray[Any], sample_weight: Floats | None = None) -> Self:
        """Learn.

        Args:
            X: prepared features, shape (n, p).
            y: class numbers, shape (n,).
            sample_weight: how much each row counts, shape (n,).

        Returns:
            Itself.
        """
        self.classes_, codes = np.unique(np.asarray(y), return_inverse=True)
        shares = np.bincount(codes, weights=sample_weight, minlength=len(self.classes_))
        self._keep(self._learn(X, codes, sample_weight), shares / shares.sum())
        return self

    def predict_proba(self, X: Any) -> Floats:
        """Give probabilities.

        Args:
            X: prepared features, shape (n, p).

        Returns:
            Shape (n, k), columns as in ``classes_``.
        """
        if not self.model_:
            return np.tile(self.constant_, (len(X), 1))
        return self._predict(X)

    def predict(self, X: Any) -> NDArray[Any]:
        """Name the most probable class.

        Args:
            X: prepared features, shape (n, p).

        Returns:
            Class numbers, shape (n,).
        """
        named: NDArray[Any] = self.classes_[self.predict_proba(X).argmax(axis=1)]
        return named

    @abstractmethod
    def _learn(self, X: Any, codes: NDArray[np.int64], sample_weight: Floats | None) -> bytes:
        """Learn a model; empty where nothing can be told apart."""

    @abstractmethod
    def _predict(self, X: Any) -> Floats:
        """Predict by the model, shape (n, k)."""


class StoredRegressor(RegressorMixin, StoredModel):
    """A stored model that tells values."""

    def fit(self, X: Any, y: NDArray[Any], sample_weight: Floats | None = None) -> Self:
        """Learn.

        Args:
            X: prepared features, shape (n, p).
            y: values, shape (n,).
            sample_weight: how much each row counts, shape (n,).

        Returns:
            Itself.
        """
        values = np.asarray(y, dtype=float)
        self._keep(self._learn(X, values, sample_weight), np.array([np.average(values, weights=sample_weight)]))
        return self

    def predict(self, X: Any) -> Floats:
        """Predict the mean.

        Args:
            X: prepared features, shape (n, p).

        Returns:
            Values, shape (n,).
        """
        if not self.model_:
            return np.full(len(X), self.constant_[0])
        return self._predict(X)

    @abstractmethod
    def _learn(self, X: Any, values: Floats, sample_weight: Floats | None) -> bytes:
        """Learn a model; empty where nothing can be told apart."""

    @abstractmethod
    def _predict(self, X: Any) -> Floats:
        """Predict by the model, shape (n,)."""
