"""A small neural network: scikit-learn learns it, plain numbers keep it."""

import warnings
from abc import abstractmethod
from collections.abc import Callable, Iterator
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, softmax
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.neural_network import MLPClassifier, MLPRegressor

from evergreen.models.candidates.base import Floats, Judged, Watched
from evergreen.models.candidates.rounds import Losses, loss_of, spread_classes

_MAX_EPOCHS = 150
_PATIENCE = 15
_MAX_BATCH = 256
# Weights of the epochs before count on: a mean over about three epochs, which is steadier than the last one.
_MEMORY = 0.7


class _Layers(BaseEstimator):
    """What classifier and regressor share.

    Args:
        n_hidden: units of the first of two hidden layers; the second has half.
        alpha: how much large weights cost.
        learning_rate: the first step.
        epochs: how often all rows are gone through.
        random_state: seed.
    """

    def __init__(self, n_hidden: int, alpha: float, learning_rate: float, epochs: int, random_state: int) -> None:
        self.n_hidden = n_hidden
        self.alpha = alpha
        self.learning_rate = learning_rate
        self.epochs = epochs
        self.random_state = random_state

    def fit(self, X: Any, y: NDArray[Any], sample_weight: Floats | None = None) -> Self:
        """Learn.

        Args:
            X: prepared features, shape (n, p).
            y: class numbers, or values, shape (n,).
            sample_weight: how much each row counts, shape (n,).

        Returns:
            Itself.
        """
        for _ in self.learn(X, y, sample_weight, self.epochs):
            pass
        return self

    @abstractmethod
    def learn(self, X: Any, y: NDArray[Any], sample_weight: Floats | None, max_epochs: int) -> Iterator[int]:
        """Learn epoch by epoch.

        Args:
            X: prepared features, shape (n, p).
            y: class numbers, or values, shape (n,).
            sample_weight: how much each row counts, shape (n,).
            max_epochs: epochs at most.

        Yields:
            The number of each epoch that is done.
        """

    def _unfitted(self, kind: type, n_rows: int) -> Any:
        return kind(
            hidden_layer_sizes=(self.n_hidden, max(2, self.n_hidden // 2)),
            alpha=self.alpha,
            learning_rate_init=self.learning_rate,
            batch_size=min(_MAX_BATCH, max(16, n_rows // 20), n_rows),
            random_state=self.random_state,
        )

    def _train(self, network: Any, learn: Callable[[], object], max_epochs: int) -> Iterator[int]:
        """Go through all rows again and again; after each time ``layers_`` is what was learnt."""
        self.layers_: list[Floats] = []
        for epoch in range(1, max_epochs + 1):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of classes that were told and are not there
                learn()
            pairs = zip(network.coefs_, network.intercepts_, strict=True)
            newest = [np.vstack([weights, biases]) for weights, biases in pairs]
            before = self.layers_ or newest
            self.layers_ = [_MEMORY * old + (1 - _MEMORY) * new for old, new in zip(before, newest, strict=True)]
            yield epoch

    def _forward(self, X: Any) -> Floats:
        signal: Floats = np.asarray(X, dtype=float)
        for place, layer in enumerate(self.layers_):
            signal = signal @ layer[:-1] + layer[-1]
            if place < len(self.layers_) - 1:
                signal = np.maximum(signal, 0)
        return signal


class NetworkClassifier(ClassifierMixin, _Layers):
    """A network that tells classes; see ``_Layers`` for what it is told."""

    def learn(self, X: Any, y: NDArray[Any], sample_weight: Floats | None, max_epochs: int) -> Iterator[int]:
        """See ``_Layers.learn``."""
        self.classes_ = np.unique(y)
        numbers, network = np.asarray(X, dtype=float), self._unfitted(MLPClassifier, len(y))
        told = {"sample_weight": sample_weight, "classes": self.classes_}
        yield from self._train(network, lambda: network.partial_fit(numbers, y, **told), max_epochs)

    def predict_proba(self, X: Any) -> Floats:
        """Give probabilities.

        Args:
            X: prepared features, shape (n, p).

        Returns:
            Shape (n, k), columns as in ``classes_``.
        """
        scores = self._forward(X)
        if scores.shape[1] > 1:
            shares: Floats = softmax(scores, axis=1)
            return shares
        if len(self.classes_) == 1:
            return np.ones_like(scores)
        second = expit(scores)
        return np.hstack([1 - second, second])

    def predict(self, X: Any) -> NDArray[Any]:
        """Name the most probable class.

        Args:
            X: prepared features, shape (n, p).

        Returns:
            Class numbers, shape (n,).
        """
        named: NDArray[Any] = self.classes_[self.predict_proba(X).argmax(axis=1)]
        return named


class NetworkRegressor(RegressorMixin, _Layers):
    """A network that tells values, which it learns in deviations from their mean; see ``_Layers``."""

    def learn(self, X: Any, y: NDArray[Any], sample_weight: Floats | None, max_epochs: int) -> Iterator[int]:
        """See ``_Layers.learn``."""
        values = np.asarray(y, dtype=float)
        self.centre_ = float(np.average(values, weights=sample_weight))
        self.scale_ = float(values.std())
        numbers, network = np.asarray(X, dtype=float), self._unfitted(MLPRegressor, len(y))
        scaled = (values - self.centre_) / (self.scale_ or 1.0)
        yield from self._train(
            network, lambda: network.partial_fit(numbers, scaled, sample_weight=sample_weight), max_epochs
        )

    def predict(self, X: Any) -> Floats:
        """Predict the mean.

        Args:
            X: prepared features, shape (n, p).

        Returns:
            Values, shape (n,).
        """
        return self._forward(X)[:, 0] * self.scale_ + self.centre_


def watch_network(
    estimator: NetworkClassifier | NetworkRegressor,
    X: Any,
    y: NDArray[Any],
    sample_weight: Floats | None,
    judged: Judged,
    is_over: Callable[[], bool],
) -> Watched:
    """Fit under watch; see ``base.Watch``. All predictions are kept: a network forgets its epochs."""
    losses, seen, is_cut = Losses(_PATIENCE), [], False
    for epoch in estimator.learn(X, y, sample_weight, _MAX_EPOCHS):
        seen.append(_predict(estimator, judged))
        losses.add(epoch, loss_of(seen[-1], judged))
        is_cut = is_over()
        if is_cut or losses.is_hopeless:
            break
    return losses.watched(lambda epoch: seen[epoch - 1], is_cut=is_cut)


def _predict(estimator: NetworkClassifier | NetworkRegressor, judged: Judged) -> Floats:
    if isinstance(estimator, NetworkRegressor):
        return estimator.predict(judged.X)
    return spread_classes(estimator.predict_proba(judged.X), estimator.classes_, judged.n_classes)
