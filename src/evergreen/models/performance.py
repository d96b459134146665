"""How well a model does on rows with known outcomes, beside every way to do without it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.measures import (
    Estimate,
    estimate,
    payoff_matrix,
    quantity_payoffs,
    realised_payoffs,
    score_classes,
    score_values,
)
from evergreen.measures.clustered import blur_few_clusters
from evergreen.models.clusters import row_clusters
from evergreen.models.no_model import NoModel, decide_without_model
from evergreen.models.scores import ACTION, probabilities_of
from evergreen.models.target import target_values
from evergreen.problem import Payoff, Problem

PAYOFF = "payoff_per_decision"
Figures = dict[str, NDArray[Any]]
Intervals = dict[str, dict[str, float | None]]


@dataclass(frozen=True)
class Resampling:
    """How intervals are made.

    Attributes:
        n_resamples: bootstrap resamples.
        random_state: their seed.
    """

    n_resamples: int
    random_state: int


@dataclass(frozen=True)
class Performance:
    """Figures with their draws, all from the same resamples, so that differences are paired.

    Attributes:
        model: metric -> estimate, for every metric of the case.
        no_model: the same metrics for the best prediction that looks at no feature; none in money.
        rules: rule -> payoff per decision.
        clusters: what was resampled whole: "rows", "days" or the column of the group.
    """

    model: dict[str, Estimate]
    no_model: dict[str, Estimate]
    rules: dict[str, Estimate]
    clusters: str

    def intervals(self, confidence: float) -> tuple[Intervals, Intervals]:
        """Write figures with their two-sided intervals.

        Args:
            confidence: of the intervals.

        Returns:
            Metrics: name -> value, low, high. Money: "model" and each rule -> value, low, high; empty without a payoff.
        """
        metrics = {name: one.interval(confidence).to_dict() for name, one in self.model.items()}
        money = {rule: one.interval(confidence).to_dict() for rule, one in self.rules.items()}
        return metrics, {"model": metrics[PAYOFF], **money} if money else {}


def measure_performance(
    problem: Problem, knowledge: NoModel, rows: pd.DataFrame, predictions: pd.DataFrame, resampling: Resampling
) -> Performance:
    """Measure a model and the ways to do without it on the same rows.

    Rows of one day, or of one group, resemble each other; where the split is by time or group they are
    resampled together.

    Args:
        problem: the case.
        knowledge: what the training target alone tells.
        rows: labelled rows, n of them.
        predictions: what ``predict_rows`` gave for them, in the same order.
        resampling: how intervals are made.

    Returns:
        The performance.
    """
    y_true = target_values(rows, problem)
    clusters = row_clusters(rows, problem)
    payoffs = _payoffs(problem, knowledge, rows, predictions, y_true)

    def statistic(weights: NDArray[Any]) -> Figures:
        figures = _prefixed("model", _scores(problem, y_true, predictions, weights))
        figures |= _prefixed("no_model", _constant_scores(problem, knowledge, y_true, weights))
        totals = weights.sum(axis=1)
        return figures | {f"rule/{rule}": weights @ values / totals for rule, values in payoffs.items()}

    found = estimate(
        statistic,
        len(rows),
        n_resamples=resampling.n_resamples,
        random_state=resampling.random_state,
        clusters=clusters,
    )
    found = blur_few_clusters(found, clusters)
    rules = _unprefixed("rule", found)
    model = _unprefixed("model", found)
    if problem.payoff is not None:
        model[PAYOFF] = rules.pop("model")
    ordered = {name: model[name] for name in problem.metrics}
    return Performance(ordered, _unprefixed("no_model", found), rules, _unit(problem))


def payoff_of(payoff: Payoff, problem: Problem, actions: NDArray[Any], y_true: NDArray[Any]) -> NDArray[np.float64]:
    """Say what each decision paid once its outcome was known.

    Args:
        payoff: the payoff.
        problem: the case.
        actions: names of actions, or quantities, shape (n,).
        y_true: class numbers, or values, shape (n,).

    Returns:
        Money, shape (n,).
    """
    if not problem.is_classification:
        under, over = float(payoff.under_per_unit or 0), float(payoff.over_per_unit or 0)
        return quantity_payoffs(np.asarray(actions, dtype=float), y_true, under_per_unit=under, over_per_unit=over)
    numbers = {name: number for number, name in enumerate(payoff.actions)}
    codes = np.array([numbers[name] for name in actions], dtype=int)
    return realised_payoffs(codes, y_true, payoff_matrix(payoff, problem.target.classes))


def _payoffs(
    problem: Problem, knowledge: NoModel, rows: pd.DataFrame, predictions: pd.DataFrame, y_true: NDArray[Any]
) -> Figures:
    if problem.payoff is None:
        return {}
    decided = {"model": predictions[ACTION].to_numpy(), **decide_without_model(problem, knowledge, rows)}
    return {name: payoff_of(problem.payoff, problem, actions, y_true) for name, actions in decided.items()}


def _scores(problem: Problem, y_true: NDArray[Any], predictions: pd.DataFrame, weights: NDArray[Any]) -> Figures:
    if problem.is_classification:
        return score_classes(y_true, probabilities_of(predictions, problem), sample_weight=weights)
    return score_values(y_true, predictions["score"].to_numpy(dtype=float), sample_weight=weights)


def _constant_scores(problem: Problem, knowledge: NoModel, y_true: NDArray[Any], weights: NDArray[Any]) -> Figures:
    if problem.is_classification:
        rates = np.tile(knowledge.base_rates, (len(y_true), 1))
        return score_classes(y_true, rates, sample_weight=weights)
    median = score_values(y_true, np.full(len(y_true), knowledge.median), sample_weight=weights)
    mean = score_values(y_true, np.full(len(y_true), knowledge.mean), sample_weight=weights)
    return {**mean, "mae": median["mae"]}


def _unit(problem: Problem) -> str:
    """What counts as one: a group, a day or a row."""
    return problem.split.group or ("days" if problem.split.by == "time" else "rows")


def _prefixed(prefix: str, figures: Figures) -> Figures:
    return {f"{prefix}/{name}": values for name, values in figures.items()}


def _unprefixed(prefix: str, found: dict[str, Estimate]) -> dict[str, Estimate]:
    start = f"{prefix}/"
    return {name.removeprefix(start): value for name, value in found.items() if name.startswith(start)}
