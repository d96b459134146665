"""The figures of a model and of the ways to do without it, for many rows of weights at once."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.measures import (
    LOSS,
    PLAIN,
    ROOT,
    SHARE,
    Estimate,
    Scale,
    score_classes,
    score_each_class,
    score_values,
)
from evergreen.measures.arrays import ratio
from evergreen.models.no_model import NoModel
from evergreen.models.scores import probabilities_of
from evergreen.models.target import target_values
from evergreen.problem import Problem, class_of, find_metric

Figures = dict[str, NDArray[Any]]
Statistic = Callable[[NDArray[Any]], Figures]
_AVERAGES = ("_macro", "_weighted")


def make_statistic(
    problem: Problem, knowledge: NoModel, rows: pd.DataFrame, predictions: pd.DataFrame, payoffs: Mapping[str, Any]
) -> Statistic:
    """Make the function that gives all figures for rows of weights.

    Args:
        problem: the case.
        knowledge: what the training target alone tells.
        rows: labelled rows, n of them.
        predictions: what ``predict_rows`` gave for them, in the same order.
        payoffs: rule, and "model" -> what each decision paid, shape (n,).

    Returns:
        Weights of shape (b, n) -> ``model/<metric>``, ``no_model/<metric>`` and ``rule/<rule>``, each of shape (b,).
        NaN where undefined, as without any weight.
    """
    y_true = target_values(rows, problem)

    def statistic(weights: NDArray[Any]) -> Figures:
        figures = _prefixed("model", score_predictions(problem, y_true, predictions, weights))
        figures |= _prefixed("no_model", _constant_scores(problem, knowledge, y_true, weights))
        totals = weights.sum(axis=1)
        return figures | {f"rule/{rule}": ratio(weights @ values, totals) for rule, values in payoffs.items()}

    return statistic


def score_predictions(
    problem: Problem, y_true: NDArray[Any], predictions: pd.DataFrame, weights: NDArray[Any]
) -> Figures:
    """Score predictions for rows of weights.

    Args:
        problem: the case.
        y_true: class numbers, or values, shape (n,).
        predictions: what ``predict_rows`` gave, n rows.
        weights: shape (b, n).

    Returns:
        Every metric of the case that is not in money -> shape (b,); NaN where undefined.
    """
    if not problem.is_classification:
        return score_values(y_true, predictions["score"].to_numpy(dtype=float), sample_weight=weights)
    probabilities = probabilities_of(predictions, problem)
    figures = score_classes(y_true, probabilities, sample_weight=weights)
    return figures | _class_scores(problem, y_true, probabilities, weights)


def group_figures(group: str, found: Mapping[str, Estimate]) -> dict[str, Estimate]:
    """Take the figures of one group of names.

    Args:
        group: "model", "no_model" or "rule".
        found: estimates by the names of ``make_statistic``.

    Returns:
        Name without its group -> estimate.
    """
    start = f"{group}/"
    return {name.removeprefix(start): one for name, one in found.items() if name.startswith(start)}


def on_its_scale(metric: str, one: Estimate) -> Estimate:
    """Tell an estimate by which scale its tail is taken.

    Args:
        metric: a metric of the case.
        one: its estimate.

    Returns:
        The estimate.
    """
    return replace(one, scale=_scale_of(metric))


def why_undecidable(problem: Problem, rows: pd.DataFrame) -> str:
    """Say why nothing can be concluded from rows.

    Args:
        problem: the case.
        rows: labelled rows.

    Returns:
        The reason; empty where there is none.
    """
    known = rows[problem.target.column].unique()
    return f"the rows have one class only, '{known[0]}'" if problem.is_classification and len(known) == 1 else ""


def _class_scores(problem: Problem, y_true: NDArray[Any], shares: NDArray[Any], weights: NDArray[Any]) -> Figures:
    """Score single classes and their averages, where the case has them among its metrics."""
    if not any(class_of(name) is not None or name.endswith(_AVERAGES) for name in problem.metrics):
        return {}
    found = score_each_class(y_true, shares, sample_weight=weights)
    by_class = {
        f"{name}:{one}": values[:, place]
        for name, values in found.by_class.items()
        for place, one in enumerate(problem.target.classes)
    }
    return by_class | found.averages()


def _constant_scores(problem: Problem, knowledge: NoModel, y_true: NDArray[Any], weights: NDArray[Any]) -> Figures:
    if problem.is_classification:
        rates = np.tile(knowledge.base_rates, (len(y_true), 1))
        return score_classes(y_true, rates, sample_weight=weights)
    median = score_values(y_true, np.full(len(y_true), knowledge.median), sample_weight=weights)
    mean = score_values(y_true, np.full(len(y_true), knowledge.mean), sample_weight=weights)
    return {**mean, "mae": median["mae"]}


def _scale_of(metric: str) -> Scale:
    unit = find_metric(metric).unit
    if metric == "rmse":
        return ROOT
    # The Brier score of many classes reaches to 2.
    if metric == "brier_score" or unit in ("nat", "target"):
        return LOSS
    return SHARE if unit == "share" else PLAIN


def _prefixed(prefix: str, figures: Figures) -> Figures:
    return {f"{prefix}/{name}": values for name, values in figures.items()}
