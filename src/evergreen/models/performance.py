"""How well a model does on rows with known outcomes, beside every way to do without it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.measures import (
    Estimate,
    estimate,
    quantity_payoffs,
    realised_payoffs,
)
from evergreen.measures.clustered import blur_few_clusters
from evergreen.models.clusters import row_clusters
from evergreen.models.figures import Figures, group_figures, make_statistic, on_its_scale, why_undecidable
from evergreen.models.no_model import NoModel, decide_without_model
from evergreen.models.row_payoffs import row_matrix
from evergreen.models.scores import ACTION
from evergreen.models.target import target_values
from evergreen.problem import Payoff, Problem

PAYOFF = "payoff_per_decision"
Decisions = dict[str, NDArray[Any]]
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
        undecidable: why nothing can be concluded from these rows, in words; empty where something can.
    """

    model: dict[str, Estimate]
    no_model: dict[str, Estimate]
    rules: dict[str, Estimate]
    clusters: str
    undecidable: str = ""

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
    problem: Problem,
    knowledge: NoModel,
    rows: pd.DataFrame,
    predictions: pd.DataFrame,
    resampling: Resampling,
    *,
    decided: Decisions | None = None,
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
        decided: what the rules decided, where they decided about more rows than these; made from the rows where not
            said.

    Returns:
        The performance.
    """
    clusters = row_clusters(rows, problem)
    payoffs = payoffs_of_ways(problem, knowledge, rows, predictions, decided=decided)
    found = estimate(
        make_statistic(problem, knowledge, rows, predictions, payoffs),
        len(rows),
        n_resamples=resampling.n_resamples,
        random_state=resampling.random_state,
        clusters=clusters,
    )
    return sort_figures(problem, blur_few_clusters(found, clusters), rows)


def sort_figures(problem: Problem, found: dict[str, Estimate], rows: pd.DataFrame) -> Performance:
    """Sort what ``make_statistic`` named into a performance.

    Args:
        problem: the case.
        found: estimates by the names of ``make_statistic``.
        rows: the rows they are of.

    Returns:
        The performance.
    """
    rules, model = group_figures("rule", found), group_figures("model", found)
    if problem.payoff is not None:
        model[PAYOFF] = rules.pop("model")
    ordered = {name: on_its_scale(name, model[name]) for name in problem.metrics}
    without = group_figures("no_model", found)
    return Performance(ordered, without, rules, _unit(problem), undecidable=why_undecidable(problem, rows))


def payoffs_of_ways(
    problem: Problem,
    knowledge: NoModel,
    rows: pd.DataFrame,
    predictions: pd.DataFrame,
    *,
    decided: Decisions | None = None,
) -> Figures:
    """Say what each row paid, as the model and as each rule decided.

    Args:
        problem: the case.
        knowledge: what the training target alone tells.
        rows: labelled rows, n of them.
        predictions: what ``predict_rows`` gave for them, in the same order.
        decided: what the rules decided, where they decided about more rows than these.

    Returns:
        "model" and each rule -> money, shape (n,); nothing where the case has no payoff.
    """
    if problem.payoff is None:
        return {}
    without = decide_without_model(problem, knowledge, rows) if decided is None else decided
    return _payoffs(problem, {"model": predictions[ACTION].to_numpy(), **without}, rows)


def payoff_of(
    payoff: Payoff,
    problem: Problem,
    actions: NDArray[Any],
    y_true: NDArray[Any],
    rows: pd.DataFrame | None = None,
) -> NDArray[np.float64]:
    """Say what each decision paid once its outcome was known.

    Args:
        payoff: the payoff.
        problem: the case.
        actions: names of actions, or quantities, shape (n,).
        y_true: class numbers, or values, shape (n,).
        rows: the same rows; needed where money differs by row.

    Returns:
        Money, shape (n,).
    """
    if not problem.is_classification:
        under, over = float(payoff.under_per_unit or 0), float(payoff.over_per_unit or 0)
        return quantity_payoffs(np.asarray(actions, dtype=float), y_true, under_per_unit=under, over_per_unit=over)
    numbers = {name: number for number, name in enumerate(payoff.actions)}
    codes = np.array([numbers[name] for name in actions], dtype=int)
    return realised_payoffs(codes, y_true, row_matrix(payoff, problem, rows))


def _payoffs(problem: Problem, decided: Decisions, rows: pd.DataFrame) -> Figures:
    assert problem.payoff is not None  # noqa: S101 - asked of cases that have one
    payoff, y_true = problem.payoff, target_values(rows, problem)
    return {name: payoff_of(payoff, problem, actions, y_true, rows) for name, actions in decided.items()}


def _unit(problem: Problem) -> str:
    """What counts as one: a group, a day or a row."""
    return problem.split.group or ("days" if problem.split.by == "time" else "rows")
