"""What other cuts through the scores of two classes would have found and paid."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.measures.arrays import Floats
from evergreen.measures.clustered import clustered_shares
from evergreen.models.clusters import row_clusters
from evergreen.models.row_payoffs import row_matrix
from evergreen.models.scores import probabilities_of
from evergreen.models.target import target_values
from evergreen.problem import Payoff, Problem

GAIN_COLUMNS = ("share", "caught", "low", "high", "lift")
THRESHOLD_COLUMNS = ("threshold", "acted_share", "payoff", "low", "high", "is_break_even")
_N_CUTS = 50
# So many columns of a table of rows by cuts are held at once.
_AT_ONCE = 10


def gain_curve(problem: Problem, rows: pd.DataFrame, predictions: pd.DataFrame, *, confidence: float) -> pd.DataFrame:
    """Tell how many of the positive class are among the rows with the highest scores.

    The curve of cumulative gains of direct marketing (Ling and Li, 1998, Data Mining for Direct Marketing, KDD-98);
    lift is its height over that of a list by chance. Rows of one score count together. Bounds are of a ratio of two
    sums, the cut held fixed, with rows that resemble each other counted together.

    Args:
        problem: the case.
        rows: labelled rows, n of them.
        predictions: what ``predict_rows`` gave for them, in the same order.
        confidence: of the two-sided bounds.

    Returns:
        Columns ``share`` (of all rows, the highest scores first), ``caught`` (share of the positive class among them),
        ``low`` and ``high`` (NaN below 10 clusters), ``lift``; in order. No row unless the problem is binary and both
        classes are there.
    """
    if problem.kind != "binary":
        return _empty(GAIN_COLUMNS)
    is_positive = target_values(rows, problem) == 1
    if is_positive.all() or not is_positive.any():
        return _empty(GAIN_COLUMNS)
    scores = probabilities_of(predictions, problem)[:, 1]
    cuts = _cuts(scores)
    shares = np.array([(scores >= cut).mean() for cut in cuts])
    whole, clusters = is_positive.astype(float), row_clusters(rows, problem)
    columns = _ratios((whole * (scores >= cut) for cut in cuts), whole, clusters, confidence)
    table = pd.DataFrame({"share": shares, **columns}).rename(columns={"value": "caught"})
    return table.assign(low=table["low"].clip(0, 1), high=table["high"].clip(0, 1), lift=table["caught"] / shares)


def payoff_by_threshold(
    problem: Problem, rows: pd.DataFrame, predictions: pd.DataFrame, *, confidence: float
) -> pd.DataFrame:
    """Tell what acting on all rows with at least a certain score would have paid.

    The action is the one that pays most in the positive class, the alternative the one that pays most in the other, by
    the mean over rows. No capacity is heeded.

    Args:
        problem: the case.
        rows: labelled rows, n of them.
        predictions: what ``predict_rows`` gave for them, in the same order.
        confidence: of the two-sided bounds.

    Returns:
        Columns ``threshold``, ``acted_share`` (of the rows), ``payoff`` (per decision) with ``low`` and ``high`` (NaN
        below 10 clusters), ``is_break_even`` (the one cut at which both are worth the same by the payoff alone), by
        threshold. No row unless the problem is binary with a payoff and two actions have their own class.
    """
    chosen = threshold_actions(problem, rows)
    if chosen is None or problem.payoff is None:
        return _empty(THRESHOLD_COLUMNS)
    acted, left = (_paid(problem, rows, place) for place in _places(problem.payoff, chosen))
    scores = probabilities_of(predictions, problem)[:, 1]
    even = _break_even(problem, chosen)
    thresholds = np.unique(np.concatenate([_cuts(scores), [np.nextafter(scores.max(), 2)], even]))
    paid = (np.where(scores >= cut, acted, left) for cut in thresholds)
    columns = _ratios(paid, np.ones(len(scores)), row_clusters(rows, problem), confidence)
    shares = [(scores >= cut).mean() for cut in thresholds]
    table = pd.DataFrame({"threshold": thresholds, "acted_share": shares, **columns})
    return table.rename(columns={"value": "payoff"}).assign(is_break_even=np.isin(thresholds, even))


def threshold_actions(problem: Problem, rows: pd.DataFrame | None = None) -> tuple[str, str] | None:
    """Name the action for high scores and the one for low scores.

    Args:
        problem: the case.
        rows: repaired rows; needed where money differs by row.

    Returns:
        Both, or None where the problem is not binary, has no payoff, or one action is best in both classes.
    """
    if problem.kind != "binary" or problem.payoff is None:
        return None
    matrix = row_matrix(problem.payoff, problem, rows)
    means = matrix if matrix.ndim == 2 else matrix.mean(axis=0)  # noqa: PLR2004 - actions by classes
    low, high = means.argmax(axis=0)
    names = list(problem.payoff.actions)
    return None if low == high else (names[high], names[low])


def _places(payoff: Payoff, chosen: tuple[str, str]) -> tuple[int, int]:
    names = list(payoff.actions)
    return names.index(chosen[0]), names.index(chosen[1])


def _paid(problem: Problem, rows: pd.DataFrame, place: int) -> Floats:
    """What one action taken everywhere would have paid in each row."""
    assert problem.payoff is not None  # noqa: S101 - see the caller
    matrix, y = row_matrix(problem.payoff, problem, rows), target_values(rows, problem)
    by_class = matrix[..., place, :]
    paid: Floats = by_class[y] if by_class.ndim == 1 else by_class[np.arange(len(y)), y]
    return paid


def _break_even(problem: Problem, chosen: tuple[str, str]) -> list[float]:
    assert problem.payoff is not None  # noqa: S101 - see the caller
    if problem.payoff.row_money:
        return []
    high, low = (problem.payoff.plain_actions[name] for name in chosen)
    negative, positive = problem.target.classes
    lost, won = low[negative] - high[negative], high[positive] - low[positive]
    return [lost / (lost + won)] if lost + won > 0 else []


def _cuts(scores: Floats) -> Floats:
    """Scores that cut off about every fiftieth of the rows, from the highest down."""
    cuts: Floats = np.unique(np.quantile(scores, np.linspace(0, 1, _N_CUTS + 1), method="lower"))[::-1]
    return cuts


def _ratios(
    parts: Iterator[NDArray[Any]], whole: Floats, clusters: NDArray[Any] | None, confidence: float
) -> dict[str, list[float]]:
    told: dict[str, list[float]] = {"value": [], "low": [], "high": []}
    while held := list(islice(parts, _AT_ONCE)):
        found = clustered_shares(np.column_stack(held), whole, clusters, confidence=confidence)
        for name, values in told.items():
            values.extend(getattr(found, name).tolist())
    return told


def _empty(columns: tuple[str, ...]) -> pd.DataFrame:
    kinds = {name: "bool" if name.startswith("is_") else "float64" for name in columns}
    return pd.DataFrame(columns=list(columns)).astype(kinds)
