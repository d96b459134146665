"""Why a model says what it says of one row: a contribution of each column, and together they are the score."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.errors import CaseError, DataError, named
from evergreen.models.decide import Model, predict_features
from evergreen.models.features import feature_frame
from evergreen.models.threads import threads_for
from evergreen.problem import Problem

Floats = NDArray[np.float64]
Orders = NDArray[np.intp]
Mix = Callable[[Orders, NDArray[np.bool_]], Any]
Score = Callable[[Orders, NDArray[np.bool_]], Floats]
_FLOOR = 1e-12
# Up to so many columns all orders are gone through, and the values are exact.
_FEW_COLUMNS = 4
_SEED = 0


@dataclass(frozen=True)
class Explanation:
    """The score of a row, divided among the columns of the contract.

    Attributes:
        of_class: the class whose log-odds are explained; empty for a value.
        baseline: mean score of the background: log-odds, or the target's unit.
        contributions: column -> what its cell adds; with the baseline they sum up to the score.
        score: the row's score, in the same unit.
    """

    of_class: str
    baseline: float
    contributions: dict[str, float]
    score: float


def choose_background(model: Model, rows: pd.DataFrame, problem: Problem, *, n_rows: int = 10) -> pd.DataFrame:
    """Choose a few rows that stand for all: those at even steps through the order of their scores.

    Args:
        model: the model that will be explained.
        rows: rows of the contract, at least one.
        problem: the case.
        n_rows: how many, at most.

    Returns:
        Of their columns the features.

    Raises:
        DataError: where there is no row.
    """
    if not len(rows):
        raise DataError("The background", "has no rows", "Give rows to compare with.")
    scores = predict_features(model, feature_frame(rows, problem), problem)[:, -1]
    steps = (np.arange(min(n_rows, len(rows))) + 0.5) / min(n_rows, len(rows))
    chosen = np.argsort(scores, kind="stable")[(steps * len(rows)).astype(int)]
    background: pd.DataFrame = rows.iloc[chosen][list(problem.feature_columns)].reset_index(drop=True)
    return background


def explain_row(
    model: Model, row_frame: pd.DataFrame, background: pd.DataFrame, problem: Problem, *, of_class: str | None = None
) -> Explanation:
    """Divide the score of one row among its columns.

    These are Shapley values of the score with the other cells taken from background rows, along permutations and their
    reverses (Mitchell et al., 2022, JMLR 23, 43). The same call gives the same values. For a model that adds up its
    columns they are exact, and for up to four columns; otherwise they are a sample of the orders. In every case they
    sum up to the score.

    Args:
        model: a finished model of any kind.
        row_frame: one repaired row.
        background: of ``choose_background``.
        problem: the case.
        of_class: the class to explain; the second of two, or the most probable of more, where not said.

    Returns:
        The explanation: in log-odds of the calibrated probability, or in the target's unit.

    Raises:
        CaseError: where the case has no such class.
        DataError: where not exactly one row is given, or no background.
    """
    if len(row_frame) != 1 or not len(background):
        found = f"are {len(row_frame)} to explain and {len(background)} behind them"
        raise DataError("Rows", found, "Give one row, and a background of one or more.")
    X, X_background = feature_frame(row_frame, problem), feature_frame(background, problem)

    def mix(others: Orders, is_own: NDArray[np.bool_]) -> pd.DataFrame:
        return pd.concat([X, X_background, _mix(X, X_background.iloc[others], is_own)], ignore_index=True)

    with threads_for(len(X_background)):
        return explain_mixes(model, X, mix, len(X_background), problem, of_class=of_class)


def explain_mixes(
    model: Model, X: Any, mix: Mix, n_background: int, problem: Problem, *, of_class: str | None = None
) -> Explanation:
    """Divide the score of one row by asking about rows that are mixed of it and of background rows.

    Args:
        model: a finished model, or one that says the same.
        X: the row as its pipelines take it.
        mix: from the place of a background row, shape (m,), and which features are the row's own, shape (m, p), to the
            row, the background rows and the m mixed ones, as pipelines take them.
        n_background: rows of the background.
        problem: the case.
        of_class: see ``explain_row``.

    Returns:
        The explanation.

    Raises:
        CaseError: where the case has no such class.
    """
    explained = _class_of(model, X, problem, of_class)
    names = list(problem.feature_columns)
    path = _follow(lambda *asked: _score(model, mix(*asked), problem, explained), names, n_background)
    return Explanation(explained, path.baseline, path.contributions, path.score)


@dataclass(frozen=True)
class _Path:
    baseline: float
    contributions: dict[str, float]
    score: float


def _follow(score: Score, names: list[str], n_background: int) -> _Path:
    """Change background rows into the row, column by column in several orders, and ask for all steps at once."""
    orders = _orders(len(names), n_background)
    n_paths, n_columns = orders.shape
    behind = np.repeat(np.arange(n_background), n_paths // n_background)
    # Column c is the row's own from step rank + 1 on, where rank is its place in the order.
    is_own = np.arange(1, n_columns)[None, :, None] > orders.argsort(axis=1)[:, None, :]
    scores = score(np.repeat(behind, n_columns - 1), is_own.reshape(-1, n_columns))
    own, first, between = scores[0], scores[1 : 1 + n_background], scores[1 + n_background :]
    along = np.column_stack([first[behind], between.reshape(n_paths, n_columns - 1), np.full(n_paths, own)])
    gains = np.zeros((n_paths, n_columns))
    np.put_along_axis(gains, orders, np.diff(along, axis=1), axis=1)
    contributions = dict(zip(names, map(float, gains.mean(axis=0)), strict=True))
    return _Path(float(first.mean()), contributions, float(own))


def _orders(n_columns: int, n_background: int) -> Orders:
    """Give the orders of columns for each background row in turn: all of them, or one and its reverse."""
    if n_columns <= _FEW_COLUMNS:
        return np.tile(np.array(list(permutations(range(n_columns)))), (n_background, 1))
    generator = np.random.default_rng(_SEED)
    forward = np.stack([generator.permutation(n_columns) for _ in range(n_background)])
    return np.stack([forward, forward[:, ::-1]], axis=1).reshape(-1, n_columns)


def _mix(X: pd.DataFrame, others: pd.DataFrame, is_own: NDArray[np.bool_]) -> pd.DataFrame:
    cells = {name: np.where(is_own[:, place], X[name].iloc[0], others[name].to_numpy()) for place, name in enumerate(X)}
    return pd.DataFrame(cells).astype(X.dtypes)


def _score(model: Model, X: Any, problem: Problem, explained: str) -> Floats:
    predicted = predict_features(model, X, problem)
    if not problem.is_classification:
        values: Floats = predicted[:, 0]
        return values
    share = np.clip(predicted[:, problem.target.classes.index(explained)], _FLOOR, 1 - _FLOOR)
    odds: Floats = np.log(share) - np.log1p(-share)
    return odds


def _class_of(model: Model, X: Any, problem: Problem, of_class: str | None) -> str:
    classes = problem.target.classes
    if of_class is not None and of_class not in classes:
        raise CaseError("The class to explain", f"is '{of_class}'", f"It is one of {named(classes) or 'none'}.")
    if of_class is not None or not classes:
        return of_class or ""
    if problem.kind == "binary":
        return problem.positive_class
    return classes[int(predict_features(model, X, problem)[0].argmax())]
