"""Ensemble selection against trying everything."""

from itertools import combinations_with_replacement

import numpy as np
import pytest
from sklearn.metrics import log_loss, mean_squared_error

from evergreen.problem import Kind
from evergreen.tuning.greedy import Library, grow
from tests.models.small import KINDS
from tests.tuning.finished import ground, noisy, trial


def _library(kind: Kind, n_models: int, scale: float = 1.5) -> Library:
    where = ground(kind, 300)
    trials = [trial(where, number, "linear", noisy(where, number, scale)) for number in range(n_models)]
    truths = tuple(_truth(where, fold) for fold in range(3))
    return Library(tuple(one.unseen for one in trials), truths)


def _truth(where: object, fold: int) -> np.ndarray:
    from evergreen.models.target import target_values

    judged = where.folds()[fold][1]
    return target_values(where.rows, where.problem)[judged]


def _anything(_: frozenset[int]) -> bool:
    return True


def _loss(library: Library, draws: tuple[int, ...], folds: range) -> float:
    losses = []
    for fold in folds:
        mean = np.mean([library.unseen[one][fold] for one in draws], axis=0)
        truth = library.truths[fold]
        is_class = mean.ndim > 1
        told = log_loss(truth, mean, labels=range(mean.shape[1])) if is_class else mean_squared_error(truth, mean)
        losses.append(told)
    return float(np.mean(losses))


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_nearly_as_good_as_the_best_of_all_averages(kind: Kind) -> None:
    library = _library(kind, 3)
    everything = [draws for n in range(1, 9) for draws in combinations_with_replacement(range(3), n) if 0 in draws]
    best = min(_loss(library, draws, range(3)) for draws in everything)
    start = _loss(library, (0,), range(3))
    found = library.loss(grow(library, 0, range(3), _anything), range(3))
    assert found == pytest.approx(best, abs=0.05 * (start - best))


@pytest.mark.parametrize("kind", KINDS)
def test_losses_are_those_of_scikit_learn(kind: Kind) -> None:
    library = _library(kind, 2)
    assert library.loss({0: 0.5, 1: 0.5}, range(3)) == pytest.approx(_loss(library, (0, 1), range(3)))


def test_weights_are_shares_of_draws_and_the_start_is_always_in() -> None:
    weights = grow(_library("binary", 4), 2, range(3), _anything)
    assert sum(weights.values()) == pytest.approx(1)
    assert weights[2] > 0


def test_members_that_may_not_stand_together_do_not() -> None:
    library = _library("binary", 5)
    assert len(grow(library, 0, range(3), _anything)) > 2
    assert len(grow(library, 0, range(3), lambda members: len(members) <= 2)) == 2
    assert grow(library, 0, range(3), lambda members: len(members) == 1) == {0: 1.0}


def test_a_second_model_that_says_the_same_adds_nothing() -> None:
    one = _library("binary", 1)
    twice = Library((one.unseen[0], one.unseen[0]), one.truths)
    assert grow(twice, 0, range(3), _anything) == {0: 1.0}


def test_only_the_folds_that_are_asked_for_are_looked_at() -> None:
    library = _library("binary", 3)
    blind = Library(tuple((*one[:2], np.full_like(one[2], np.nan)) for one in library.unseen), library.truths)
    assert grow(blind, 0, (0, 1), _anything) == grow(library, 0, (0, 1), _anything)
