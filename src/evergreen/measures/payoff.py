"""What decisions pay."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from evergreen.errors import CaseError, DataError, named
from evergreen.measures.arrays import Floats, Integers, as_codes, as_finite, as_probabilities, check_same_length
from evergreen.problem import Payoff

# Expected payoffs that differ by less than this share of the largest payoff are a tie: rounding alone makes that much.
_TIE_SHARE = 1e-12


def payoff_matrix(payoff: Payoff, classes: Sequence[str]) -> Floats:
    """Write a table of payoffs as a matrix.

    Args:
        payoff: the case's payoff, with actions.
        classes: the classes in the order of the probabilities.

    Returns:
        Money per decision, shape (n_actions, n_classes); actions in the order of ``payoff.actions``.

    Raises:
        CaseError: where the payoff has no actions or lacks a class.
    """
    if not payoff.actions:
        raise CaseError("Payoff", "has no actions", "Give a payoff for every action and class.")
    lacking = {name for pays in payoff.actions.values() for name in classes if name not in pays}
    if lacking:
        raise CaseError("Payoff", f"lacks the classes {named(sorted(lacking))}", "Give a figure for every class.")
    return np.array([[pays[name] for name in classes] for pays in payoff.actions.values()], dtype=np.float64)


def expected_payoffs(probabilities: ArrayLike, matrix: Floats) -> Floats:
    """Weigh what each action pays in each class with the class's probability.

    Args:
        probabilities: shape (n, k), each row sums to 1.
        matrix: money per decision, shape (a, k).

    Returns:
        Expected money per decision, shape (n, a).

    Raises:
        DataError: where probabilities are none, or the numbers of classes differ.
    """
    shares = as_probabilities(probabilities)
    if shares.shape[1] != matrix.shape[1]:
        found = f"are for {shares.shape[1]} classes, the payoffs for {matrix.shape[1]}"
        raise DataError("Probabilities", found, "Give one column for each class of the payoff.")
    expected = np.zeros((len(shares), len(matrix)))
    # Class by class, not by matrix product: a product rounds a row differently alone and in a batch.
    for position in range(matrix.shape[1]):
        expected += shares[:, position, None] * matrix[:, position]
    return expected


def best_actions(probabilities: ArrayLike, matrix: Floats) -> Integers:
    """Choose the action with the highest expected payoff.

    Args:
        probabilities: shape (n, k), each row sums to 1.
        matrix: money per decision, shape (a, k).

    Returns:
        Positions of actions, shape (n,). A tie goes to the action listed first; payoffs that differ by no more than
        rounding (1e-12 of the largest payoff) are a tie.

    Raises:
        DataError: where probabilities are none, or the numbers of classes differ.
    """
    expected = expected_payoffs(probabilities, matrix)
    slack = _TIE_SHARE * np.abs(matrix).max()
    is_best = expected >= expected.max(axis=1, keepdims=True) - slack
    return np.asarray(is_best.argmax(axis=1), dtype=np.int64)


def realised_payoffs(actions: ArrayLike, classes: ArrayLike, matrix: Floats) -> Floats:
    """Look up what each decision paid once its class was known.

    Args:
        actions: positions of actions, shape (n,).
        classes: positions of classes, shape (n,).
        matrix: money per decision, shape (a, k).

    Returns:
        Money per decision, shape (n,).

    Raises:
        DataError: where lengths differ or a position does not exist.
    """
    taken = as_codes(actions, "Actions", matrix.shape[0])
    happened = as_codes(classes, "Classes", matrix.shape[1])
    check_same_length(actions=taken, classes=happened)
    return matrix[taken, happened]


def quantity_payoffs(decided: ArrayLike, y_true: ArrayLike, *, under_per_unit: float, over_per_unit: float) -> Floats:
    """Price how far decided quantities were from the true ones.

    Args:
        decided: quantities in the target's unit, shape (n,).
        y_true: what was needed, shape (n,).
        under_per_unit: cost of each unit too few, > 0.
        over_per_unit: cost of each unit too many, > 0.

    Returns:
        Money per decision, zero or negative, shape (n,).

    Raises:
        DataError: where lengths differ or a value is not finite.
    """
    quantities, needed = as_finite(decided, "Decided quantity"), as_finite(y_true, "y_true")
    check_same_length(decided=quantities, y_true=needed)
    excess = quantities - needed
    return under_per_unit * np.minimum(excess, 0) - over_per_unit * np.maximum(excess, 0)
