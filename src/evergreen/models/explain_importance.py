"""What each column is worth to a finished model: what is lost when its cells are given to other rows."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.measures import Estimate, estimate
from evergreen.measures.clustered import blur_few_clusters
from evergreen.models.clusters import row_clusters
from evergreen.models.decide import Model, predict_rows
from evergreen.models.performance import Resampling, payoff_of
from evergreen.models.scores import ACTION, probabilities_of
from evergreen.models.target import target_values
from evergreen.models.threads import threads_for
from evergreen.problem import Problem

Floats = NDArray[np.float64]
_EPS = np.finfo(np.float64).eps


@dataclass(frozen=True, eq=False)
class Shuffled:
    """What shuffling each column did, row by row.

    Attributes:
        columns: the features of the contract, p of them.
        rows: the judged rows, n of them.
        truth: whether a row is of each class, shape (n, k), or its value, shape (n, 1).
        known: what the model says of them, the same shape.
        losses: log loss in nats, or squared error, of what it says, shape (n,).
        increases: by how much the loss grows where cells of other rows are put in, mean over the repeats, shape (n, p).
        increase_shares: what each row has to do with that, by its own loss and by where its cells went, shape (n, p).
        payoff_shares: the same of the payoff that decisions lose; NaN without a payoff.
        moves: what the model says because of the cell, in each of r repeats: its prediction minus that with the cell
            of another row, shape (r, p, n, k).
    """

    columns: tuple[str, ...]
    rows: pd.DataFrame
    truth: Floats
    known: Floats
    losses: Floats
    increases: Floats
    increase_shares: Floats
    payoff_shares: Floats
    moves: Floats


@dataclass(frozen=True, eq=False)
class _Said:
    """What a model says of rows: its prediction, shape (n, k), its loss, shape (n,), and what its decisions pay."""

    known: Floats
    losses: Floats
    payoffs: Floats


def sample_rows(rows: pd.DataFrame, *, max_rows: int, random_state: int) -> pd.DataFrame:
    """Take no more rows than are needed, by chance and in their order.

    Args:
        rows: labelled rows.
        max_rows: how many at most.
        random_state: seed of the draw.

    Returns:
        The rows, numbered from 0.
    """
    if len(rows) <= max_rows:
        return rows.reset_index(drop=True)
    drawn = np.random.default_rng(random_state).choice(len(rows), max_rows, replace=False)
    return rows.iloc[np.sort(drawn)].reset_index(drop=True)


def shuffle_columns(
    model: Model, rows: pd.DataFrame, problem: Problem, *, n_repeats: int, random_state: int
) -> Shuffled:
    """Give the cells of one column after the other to other rows, and ask the model again.

    Cells go to any of the rows, not only to those of the same day: a value that all rows of a day share would
    otherwise change nothing, and the model would seem not to use it.

    Args:
        model: a finished model.
        rows: of ``sample_rows``, n of them; the model has not learnt from them.
        problem: the case.
        n_repeats: how many shuffles each column is judged by, the same ones for all columns.
        random_state: their seed.

    Returns:
        What that did.
    """
    generator = np.random.default_rng(random_state)
    orders = np.stack([generator.permutation(len(rows)) for _ in range(n_repeats)])
    with threads_for(len(rows)):
        said = _ask(model, rows, rows, problem)
        again = [_ask_shuffled(model, rows, name, orders, problem) for name in problem.feature_columns]
    grown = [np.stack([one.losses - said.losses for one in repeats]) for repeats in again]
    lost = [np.stack([said.payoffs - one.payoffs for one in repeats]) for repeats in again]
    return Shuffled(
        columns=tuple(problem.feature_columns),
        rows=rows,
        truth=_truth(rows, problem),
        known=said.known,
        losses=said.losses,
        increases=np.stack([one.mean(axis=0) for one in grown], axis=1),
        increase_shares=np.stack([_shares(one, orders) for one in grown], axis=1),
        payoff_shares=np.stack([_shares(one, orders) for one in lost], axis=1),
        moves=np.stack([[said.known - one.known for one in repeats] for repeats in zip(*again, strict=True)]),
    )


def _shares(differences: Floats, orders: NDArray[np.intp]) -> Floats:
    """Divide a mean difference among rows: what each received, and what the cells it gave did elsewhere.

    The mean is one over pairs of rows (a U-statistic; Hoeffding, 1948, Annals of Mathematical Statistics 19, 293-325).
    What rows received alone would make its error too small, by half where only the column matters.

    Args:
        differences: of each repeat and row, shape (r, n).
        orders: which row gave its cell, shape (r, n).

    Returns:
        Shape (n,), with the mean of the differences.
    """
    received = differences.mean(axis=0)
    given = np.take_along_axis(differences, orders.argsort(axis=1), axis=1).mean(axis=0)
    shares: Floats = received + given - received.mean()
    return shares


def measure_importances(
    shuffled: Shuffled, problem: Problem, resampling: Resampling, *, confidence: float
) -> pd.DataFrame:
    """Measure what every feature of the contract is worth to the model (Breiman, 2001, Machine Learning 45, 5-32).

    Args:
        shuffled: of ``shuffle_columns``.
        problem: the case.
        resampling: how intervals are made; rows of a day or group are drawn together.
        confidence: of the two-sided intervals.

    Returns:
        One row a column, the most important first: ``column, loss_increase, payoff_lost``, both with ``_low`` and
        ``_high``. Loss is log loss in nats, or squared error in the target's unit squared; payoff is money per
        decision, NaN without a payoff. A column that the model leaves out has exactly 0.
    """
    clusters = row_clusters(shuffled.rows, problem)
    parts = {"loss_increase": shuffled.increase_shares, "payoff_lost": shuffled.payoff_shares}

    def means(weights: Floats) -> dict[str, Floats]:
        totals = weights.sum(axis=1)
        told = {name: weights @ values / totals[:, None] for name, values in parts.items()}
        places = range(len(shuffled.columns))
        return {f"{name}/{place}": values[:, place] for name, values in told.items() for place in places}

    found = estimate(
        means,
        len(shuffled.rows),
        n_resamples=resampling.n_resamples,
        random_state=resampling.random_state,
        clusters=clusters,
    )
    found = blur_few_clusters(found, clusters)
    figures = {name: _figures(name, found, len(shuffled.columns), confidence) for name in parts}
    table = pd.DataFrame({"column": pd.Series(shuffled.columns, dtype="str")})
    for figure in figures.values():
        table = table.join(figure)
    return table.sort_values(["loss_increase", "column"], ascending=[False, True], ignore_index=True)


def _figures(name: str, found: dict[str, Estimate], n_columns: int, confidence: float) -> pd.DataFrame:
    intervals = [found[f"{name}/{place}"].interval(confidence) for place in range(n_columns)]
    told = [(one.value, one.low, one.high) for one in intervals]
    return pd.DataFrame(told, columns=[name, f"{name}_low", f"{name}_high"], dtype="float64")


def _ask(model: Model, asked: pd.DataFrame, rows: pd.DataFrame, problem: Problem) -> _Said:
    """Let the model decide about some cells, and judge it by the rows as they are."""
    predictions = predict_rows(model, asked, problem)
    is_class = problem.is_classification
    known = probabilities_of(predictions, problem) if is_class else predictions[["score"]].to_numpy(dtype=float)
    payoffs = np.full(len(rows), np.nan)
    if problem.payoff is not None:
        actions = predictions[ACTION].to_numpy()
        payoffs = payoff_of(problem.payoff, problem, actions, target_values(rows, problem), rows)
    return _Said(known, _losses(known, _truth(rows, problem), problem), payoffs)


def _ask_shuffled(
    model: Model, rows: pd.DataFrame, name: str, orders: NDArray[np.intp], problem: Problem
) -> list[_Said]:
    """Ask once a repeat, not about all at once: rows of one question may compete for a scarce action."""
    cells = (rows[name].iloc[order].reset_index(drop=True) for order in orders)
    return [_ask(model, rows.assign(**{name: one}), rows, problem) for one in cells]


def _truth(rows: pd.DataFrame, problem: Problem) -> Floats:
    y = target_values(rows, problem)
    return np.eye(len(problem.target.classes))[y] if problem.is_classification else y[:, None]


def _losses(known: Floats, truth: Floats, problem: Problem) -> Floats:
    """Give the loss of each row; see ``measures.score_classes`` for the clipping."""
    if not problem.is_classification:
        squares: Floats = ((known - truth) ** 2)[:, 0]
        return squares
    surprise: Floats = -np.log(np.clip((known * truth).sum(axis=1), _EPS, 1 - _EPS))
    return surprise
