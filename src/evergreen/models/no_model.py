"""What one can predict and decide without a model."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.models.row_payoffs import ration_in_turn
from evergreen.problem import CaseModel, NoModelRule, Problem
from evergreen.tables.conditions import rows_of_slice


class NoModel(CaseModel):
    """What the training target alone tells.

    Attributes:
        base_rates: share of each class, in class order; empty for a regression.
        mean: mean of the target; regression only.
        median: median of the target; regression only.
        cost_quantile: the constant quantity with the least expected cost; regression with a payoff only.
    """

    base_rates: tuple[float, ...] = ()
    mean: float | None = None
    median: float | None = None
    cost_quantile: float | None = None


def learn_no_model(training: pd.DataFrame, problem: Problem) -> NoModel:
    """Learn base rates or typical values.

    Args:
        training: training rows.
        problem: the case.

    Returns:
        What the target alone tells.
    """
    target = training[problem.target.column]
    if problem.is_classification:
        shares = target.value_counts(normalize=True)
        return NoModel(base_rates=tuple(float(shares.get(name, 0.0)) for name in problem.target.classes))
    quantile = None if problem.payoff is None else float(target.quantile(problem.payoff.cost_quantile))
    return NoModel(mean=float(target.mean()), median=float(target.median()), cost_quantile=quantile)


def apply_rule(rule: NoModelRule, rows: pd.DataFrame) -> NDArray[Any]:
    """Decide by a rule of the case.

    Args:
        rule: the rule.
        rows: repaired rows, n of them.

    Returns:
        Actions, or quantities (NaN where the rule's column is missing), shape (n,).
    """
    if rule.column is not None:
        return rows[rule.column].to_numpy(dtype=float)
    if rule.when is None:
        return np.full(len(rows), rule.action, dtype=object)
    holds = rows_of_slice(rows, [rule.when])
    return pd.Series(rule.action, index=rows.index, dtype=object).where(holds, rule.otherwise).to_numpy()


def decide_without_model(problem: Problem, knowledge: NoModel, rows: pd.DataFrame) -> dict[str, NDArray[Any]]:
    """Decide by every no-model rule: the case's own and the constant ones.

    Args:
        problem: the case, with a payoff.
        knowledge: what the training target tells.
        rows: repaired rows, n of them.

    Returns:
        Rule -> actions or quantities, each of shape (n,). A quantity rule whose column is missing in a row falls
        back to the best constant. A scarce action goes to the first rows of a window that a rule wants it for.
    """
    decided = {
        rule.name: ration_in_turn(apply_rule(rule, rows), _instead(rule, problem), knowledge.base_rates, rows, problem)
        for rule in problem.all_rules
    }
    if problem.is_classification or knowledge.cost_quantile is None:
        return decided
    constant = np.full(len(rows), knowledge.cost_quantile)
    filled = {name: np.where(np.isnan(values), constant, values) for name, values in decided.items()}
    return {**filled, "best_constant": constant}


def _instead(rule: NoModelRule, problem: Problem) -> str | None:
    """Name the other action of a rule, where its first choice is scarce; None where it has none."""
    capacity = None if problem.payoff is None else problem.payoff.capacity
    others = [name for name in (rule.action, rule.otherwise) if capacity is not None and name != capacity.action]
    return next((name for name in others if name is not None), None)
