"""What decisions pay."""

from collections.abc import Mapping, Sequence, Sized

import numpy as np
from numpy.typing import ArrayLike

from evergreen.errors import CaseError, DataError, named
from evergreen.measures.arrays import Floats, Integers, as_codes, as_finite, as_probabilities, check_same_length
from evergreen.problem import Payoff, RowMoney

# Expected payoffs that differ by less than this share of the largest payoff are a tie: rounding alone makes that much.
_TIE_SHARE = 1e-12
_BY_ROW = 3  # dimensions of a matrix a row


def payoff_matrix(payoff: Payoff, classes: Sequence[str], columns: Mapping[str, ArrayLike] | None = None) -> Floats:
    """Write a table of payoffs as a matrix.

    Args:
        payoff: the case's payoff, with actions.
        classes: the classes in the order of the probabilities.
        columns: the columns that money depends on, each of shape (n,), missing cells NaN.

    Returns:
        Money per decision, shape (n_actions, n_classes); actions in the order of ``payoff.actions``. Where money
        differs by row one such matrix a row, shape (n, n_actions, n_classes).

    Raises:
        CaseError: where the payoff has no actions or lacks a class, or money differs by row and no columns are given.
        DataError: where a cell is missing and the case does not say what it is taken for.
    """
    if not payoff.actions:
        raise CaseError("Payoff", "has no actions", "Give a payoff for every action and class.")
    lacking = {name for pays in payoff.actions.values() for name in classes if name not in pays}
    if lacking:
        raise CaseError("Payoff", f"lacks the classes {named(sorted(lacking))}", "Give a figure for every class.")
    cells = [[pays[name] for name in classes] for pays in payoff.actions.values()]
    if not payoff.row_money:
        return np.array(cells, dtype=np.float64)
    if columns is None:
        raise CaseError("Payoff", "differs by row, but no rows are given", "Give the columns that it depends on.")
    n_rows = len(np.asarray(columns[payoff.columns[0]]))
    matrix = np.empty((n_rows, len(cells), len(classes)))
    for action, pays in enumerate(cells):
        for position, cell in enumerate(pays):
            matrix[:, action, position] = money_by_row(cell, columns) if isinstance(cell, RowMoney) else cell
    return matrix


def money_by_row(money: RowMoney, columns: Mapping[str, ArrayLike]) -> Floats:
    """Work out money that differs by row: the constant plus each factor times its column.

    Args:
        money: how it depends on columns.
        columns: the columns, each of shape (n,), missing cells NaN.

    Returns:
        Money, shape (n,).

    Raises:
        DataError: where a cell is missing and the case does not say what it is taken for.
    """
    amounts: Floats = np.float64(money.plus) + np.zeros(len(np.asarray(columns[money.parts[0].column])))
    for part in money.parts:
        cells = np.asarray(columns[part.column], dtype=np.float64)
        if part.if_missing is not None:
            cells = np.where(np.isnan(cells), part.if_missing, cells)
        amounts += part.times * as_finite(cells, f"Payoff by '{part.column}'")
    return amounts


def expected_payoffs(probabilities: ArrayLike, matrix: Floats) -> Floats:
    """Weigh what each action pays in each class with the class's probability.

    Args:
        probabilities: shape (n, k), each row sums to 1.
        matrix: money per decision, shape (a, k), or one matrix a row, shape (n, a, k).

    Returns:
        Expected money per decision, shape (n, a).

    Raises:
        DataError: where probabilities are none, or the numbers of classes differ.
    """
    shares = as_probabilities(probabilities)
    n_actions, n_classes = matrix.shape[-2:]
    if shares.shape[1] != n_classes:
        found = f"are for {shares.shape[1]} classes, the payoffs for {n_classes}"
        raise DataError("Probabilities", found, "Give one column for each class of the payoff.")
    _check_rows(matrix, probabilities=shares)
    expected = np.zeros((len(shares), n_actions))
    # Class by class, not by matrix product: a product rounds a row differently alone and in a batch.
    for position in range(n_classes):
        expected += shares[:, position, None] * matrix[..., position]
    return expected


def best_actions(probabilities: ArrayLike, matrix: Floats) -> Integers:
    """Choose the action with the highest expected payoff.

    Args:
        probabilities: shape (n, k), each row sums to 1.
        matrix: money per decision, shape (a, k), or one matrix a row, shape (n, a, k).

    Returns:
        Positions of actions, shape (n,). A tie goes to the action listed first; payoffs that differ by no more than
        rounding (1e-12 of the largest payoff) are a tie.

    Raises:
        DataError: where probabilities are none, or the numbers of classes differ.
    """
    expected = expected_payoffs(probabilities, matrix)
    slack = _TIE_SHARE * np.abs(matrix).max(axis=(-2, -1), keepdims=True)[..., 0]
    is_best = expected >= expected.max(axis=1, keepdims=True) - slack
    return np.asarray(is_best.argmax(axis=1), dtype=np.int64)


def realised_payoffs(actions: ArrayLike, classes: ArrayLike, matrix: Floats) -> Floats:
    """Look up what each decision paid once its class was known.

    Args:
        actions: positions of actions, shape (n,).
        classes: positions of classes, shape (n,).
        matrix: money per decision, shape (a, k), or one matrix a row, shape (n, a, k).

    Returns:
        Money per decision, shape (n,).

    Raises:
        DataError: where lengths differ or a position does not exist.
    """
    n_actions, n_classes = matrix.shape[-2:]
    taken = as_codes(actions, "Actions", n_actions)
    happened = as_codes(classes, "Classes", n_classes)
    check_same_length(actions=taken, classes=happened)
    _check_rows(matrix, actions=taken)
    if matrix.ndim == _BY_ROW:
        return matrix[np.arange(len(taken)), taken, happened]
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


def _check_rows(matrix: Floats, **arrays: Sized) -> None:
    if matrix.ndim == _BY_ROW:
        check_same_length(payoffs=matrix, **arrays)
