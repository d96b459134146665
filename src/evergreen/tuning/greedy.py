"""Ensemble selection: members are added one by one, the one that helps most first."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evergreen.tuning.arena import row_losses

# Weights are multiples of an eighth: finer ones were never worth their members.
_N_DRAWS = 8
_ROUNDING = 1e-12
Weights = dict[int, float]


@dataclass(frozen=True, eq=False)
class Library:
    """Models whose predictions of unseen rows may be averaged.

    Attributes:
        unseen: predictions, one array a model and fold: shape (m, k), or (m,) for values.
        truths: class numbers or values, one array a fold, shape (m,).
    """

    unseen: tuple[tuple[NDArray[Any], ...], ...]
    truths: tuple[NDArray[Any], ...]

    def average(self, weights: Weights, fold: int) -> NDArray[Any]:
        """Average the predictions of some models in one fold, shape (m, k) or (m,)."""
        return np.asarray(sum(weight * self.unseen[model][fold] for model, weight in weights.items()))

    def loss(self, weights: Weights, folds: Sequence[int]) -> float:
        """The mean over folds of log-loss in nats or mean squared error."""
        return float(np.mean([row_losses(self.average(weights, fold), self.truths[fold]).mean() for fold in folds]))


def grow(library: Library, start: int, folds: Sequence[int], is_allowed: Callable[[frozenset[int]], bool]) -> Weights:
    """Select an ensemble from a library of models (Caruana et al., ICML 2004), with replacement.

    From a first model on, the model whose addition to the average lowers the loss most is added, again and again, also
    one that is in already. Of all the averages on the way the best is taken; ties keep the shorter.

    Args:
        library: predictions of unseen rows.
        start: the first model.
        folds: on which losses are looked at.
        is_allowed: whether models may stand together.

    Returns:
        Model -> weight; weights add up to 1.
    """
    told = [_told(library, model, folds) for model in range(len(library.unseen))]
    loss = _loss_of_told(library, folds)
    draws, total = [start], told[start]
    best, n_best = loss(total), 1
    while len(draws) < _N_DRAWS:
        open_to = [model for model in range(len(told)) if is_allowed(frozenset({*draws, model}))]
        losses = [loss((total + told[model]) / (len(draws) + 1)) for model in open_to]
        place = int(np.argmin(losses))
        draws.append(open_to[place])
        total = total + told[open_to[place]]
        if losses[place] < best - _ROUNDING * abs(best):
            best, n_best = losses[place], len(draws)
    return {model: count / n_best for model, count in Counter(draws[:n_best]).items()}


def _told(library: Library, model: int, folds: Sequence[int]) -> NDArray[np.float64]:
    """What a model says that its loss depends on: the probability of what came, or the value. Shape (n,)."""
    parts = [library.unseen[model][fold] for fold in folds]
    if parts[0].ndim == 1:
        return np.concatenate(parts)
    return np.concatenate(
        [part[np.arange(len(part)), library.truths[fold]] for part, fold in zip(parts, folds, strict=True)]
    )


def _loss_of_told(library: Library, folds: Sequence[int]) -> Callable[[NDArray[np.float64]], float]:
    """Each fold counts alike, however many rows it has."""
    truths = [library.truths[fold] for fold in folds]
    shares = np.concatenate([np.full(len(truth), 1 / len(truth) / len(folds)) for truth in truths])
    truth, is_values = np.concatenate(truths), library.unseen[0][folds[0]].ndim == 1

    def loss(told: NDArray[np.float64]) -> float:
        # Of two columns, the first is what came: the loss of a class depends on nothing else.
        losses = row_losses(told, truth) if is_values else row_losses(told[:, None], np.zeros(len(told), dtype=int))
        return float(shares @ losses)

    return loss
