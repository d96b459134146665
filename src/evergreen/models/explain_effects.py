"""How a model's prediction moves with one column: accumulated local effects, and means with the column set."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.models.decide import Model, predict_features
from evergreen.models.features import feature_frame
from evergreen.models.threads import threads_for
from evergreen.problem import Column, Problem

Floats = NDArray[np.float64]
_N_BINS = 16
_MAX_LEVELS = 10
_N_PLACES = 9
# A mean with a column set asks about every row once a value: so many rows tell it well enough.
_MAX_ROWS = 200
_DAY = pd.Timedelta(days=1)
_COLUMNS = ["column", "method", "of_class", "place", "label", "value", "effect", "n_rows"]
_WORDS, _NUMBERS = ("category", "boolean"), ("integer", "number", "timestamp")


def measure_effects(model: Model, rows: pd.DataFrame, problem: Problem, columns: Sequence[str]) -> pd.DataFrame:
    """Measure how the prediction moves with some columns.

    Numbers and times have accumulated local effects ("ale"), which stay true where columns go together, and partial
    dependence beside them ("pdp"), which asks about rows that may not exist. Words have the mean prediction with the
    column set to each ("level"), the most frequent first.

    Args:
        model: a finished model.
        rows: rows it has not learnt from, n of them.
        problem: the case.
        columns: features; prose and pictures have no order and no levels, and are passed over.

    Returns:
        One row a point: ``column, method, of_class`` (the second of two; empty for values), ``place`` (0, 1, ...),
        ``label``, ``value`` (NaN for words, days since 1970 for times), ``effect`` (in probability, or the target's
        unit, around 0) and ``n_rows`` (rows of the level, or up to this point since the one before).
    """
    X = feature_frame(rows, problem)
    few = X.iloc[np.unique(np.linspace(0, len(X) - 1, min(len(X), _MAX_ROWS)).astype(int))]
    tables = [pd.DataFrame(columns=_COLUMNS)]
    with threads_for(len(X)):
        for name in columns:
            column = problem.feature_columns[name]
            if column.type in _WORDS and X[name].notna().any():
                tables.append(_levels_of(model, X, few, problem, name))
            elif column.type in _NUMBERS and X[name].notna().any():
                tables += _numbers_of(model, X, few, problem, name)
    types = {"place": "int64", "value": "float64", "effect": "float64", "n_rows": "int64"}
    kept = [table for table in tables if len(table)] or tables
    return pd.concat(kept, ignore_index=True).astype(types)


def has_effects(column: Column) -> bool:
    """Say whether the effect of a column can be told: it has an order, or levels.

    Args:
        column: of the contract.

    Returns:
        False for prose and pictures.
    """
    return column.type in (*_WORDS, *_NUMBERS)


def accumulated_effects(
    model: Model, X: pd.DataFrame, problem: Problem, name: str, edges: Floats
) -> tuple[Floats, NDArray[np.int64]]:
    """Add up how predictions differ between the ends of the bin that each row lies in (Apley and Zhu, 2020, JRSS B 82).

    Args:
        model: a finished model.
        X: of ``feature_frame``, n rows.
        problem: the case.
        name: a column of numbers or times; rows without a value are left out.
        edges: ends of the bins, ascending, shape (b + 1,); the first and last hold all values between them.

    Returns:
        Effects at the edges, shape (b + 1, k), whose mean over the rows is 0, and the rows of each bin, shape (b,).
    """
    known = X[X[name].notna()]
    n_bins = len(edges) - 1
    bins = np.clip(np.searchsorted(edges, known[name], side="left") - 1, 0, n_bins - 1)
    ends = pd.concat([known.assign(**{name: edges[bins]}), known.assign(**{name: edges[bins + 1]})], ignore_index=True)
    below, above = np.split(predict_features(model, ends, problem), 2)
    n_rows = np.bincount(bins, minlength=n_bins)
    steps = np.zeros((n_bins, below.shape[1]))
    np.add.at(steps, bins, above - below)
    steps /= np.maximum(n_rows, 1)[:, None]
    effects = np.vstack([np.zeros(below.shape[1]), steps.cumsum(axis=0)])
    middles = (effects[1:] + effects[:-1]) / 2
    return effects - n_rows @ middles / n_rows.sum(), n_rows.astype(np.int64)


def partial_dependence(
    model: Model, X: pd.DataFrame, problem: Problem, name: str, values: Sequence[Any] | Floats
) -> Floats:
    """Give the mean prediction with a column set to each of some values (Friedman, 2001, Annals of Statistics 29).

    Args:
        model: a finished model.
        X: of ``feature_frame``, n rows.
        problem: the case.
        name: the column.
        values: as they stand in ``feature_frame``, v of them.

    Returns:
        Mean predictions, shape (v, k).
    """
    every = X.iloc[np.tile(np.arange(len(X)), len(values))].reset_index(drop=True)
    cells = np.repeat(np.asarray(values, dtype=X[name].to_numpy().dtype), len(X))
    predicted = predict_features(model, every.assign(**{name: cells}), problem)
    means: Floats = predicted.reshape(len(values), len(X), -1).mean(axis=1)
    return means


def _numbers_of(model: Model, X: pd.DataFrame, few: pd.DataFrame, problem: Problem, name: str) -> list[pd.DataFrame]:
    edges = _edges(X[name], _N_BINS)
    if len(edges) == 1:
        return []
    effects, n_rows = accumulated_effects(model, X, problem, name, edges)
    places = _edges(X[name], _N_PLACES - 1)
    means = partial_dependence(model, few, problem, name, places)
    kind = problem.feature_columns[name].type
    n_of_places = np.diff(np.searchsorted(np.sort(X[name].dropna()), places, side="right"), prepend=0)
    return [
        _table(problem, (name, "ale"), _labels(edges, kind), edges, effects, [0, *n_rows]),
        _table(problem, (name, "pdp"), _labels(places, kind), places, means - means.mean(axis=0), n_of_places),
    ]


def _levels_of(model: Model, X: pd.DataFrame, few: pd.DataFrame, problem: Problem, name: str) -> pd.DataFrame:
    counts = X[name].value_counts()
    counts = counts.sort_index().sort_values(ascending=False, kind="stable").head(_MAX_LEVELS)
    means = partial_dependence(model, few, problem, name, list(counts.index))
    average = predict_features(model, few, problem).mean(axis=0)
    nothing = np.full(len(counts), np.nan)
    return _table(problem, (name, "level"), list(counts.index), nothing, means - average, counts)


def _edges(cells: "pd.Series[float]", n_bins: int) -> Floats:
    """Give the ends of bins of about equal mass, each a value that there is; one alone where all are the same."""
    known = np.asarray(cells.dropna(), dtype=float)
    return np.unique(np.quantile(known, np.linspace(0, 1, n_bins + 1), method="inverted_cdf"))


def _labels(values: Floats, kind: str) -> list[str]:
    if kind != "timestamp":
        return [f"{value:.6g}" for value in values]
    return [str((pd.Timestamp(0).as_unit("us") + value * _DAY).date()) for value in values]


def _table(
    problem: Problem, what: tuple[str, str], labels: list[str], values: Floats, effects: Floats, n_rows: Any
) -> pd.DataFrame:
    shown = {"binary": [1], "regression": [0]}.get(problem.kind, range(effects.shape[1]))
    name, method = what
    parts = {
        problem.target.classes[number] if problem.is_classification else "": effects[:, number] for number in shown
    }
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "column": name,
                    "method": method,
                    "of_class": word,
                    "place": np.arange(len(labels)),
                    "label": [str(one) for one in labels],
                    "value": values,
                    "effect": effect,
                    "n_rows": np.asarray(n_rows, dtype=np.int64),
                }
            )
            for word, effect in parts.items()
        ],
        ignore_index=True,
    )
