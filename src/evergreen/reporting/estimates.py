"""Estimates with their intervals, as tables and as words."""

from collections.abc import Mapping

import pandas as pd

from evergreen.problem import BEST_CONSTANT, METRICS, NoModelRule, Problem
from evergreen.reporting.cells import format_values, heading
from evergreen.reporting.sections import NOT_DEFINED, Fact, Table

MODEL = "model"
AS_TARGET = "as the target"
"""The unit of a metric in the unit of the target, where that has no name."""


IntervalDict = Mapping[str, float | None]
"""A figure and its interval as JSON keeps them: ``value``, ``low`` and ``high`` in one unit; None is undefined."""


def money_frame(money: Mapping[str, IntervalDict]) -> pd.DataFrame:
    """Lay money out as ``draw_money`` takes it.

    Args:
        money: rule -> estimate.

    Returns:
        One row a rule: ``rule``, ``value``, ``low``, ``high``; undefined is NaN.
    """
    return _frame(money, "rule")


def metrics_table(
    caption: str, metrics: Mapping[str, IntervalDict], money_unit: str, *, target_unit: str = AS_TARGET
) -> Table:
    """Lay metrics out for a reader; each is written with as many decimals as it needs itself.

    Args:
        caption: what the table shows.
        metrics: name -> estimate.
        money_unit: the unit of metrics in money.
        target_unit: the unit of metrics in that of the target.

    Returns:
        One row a metric: name, value, interval, unit and which way is better.
    """
    frame = _frame(metrics, "metric")
    described = frame.assign(
        unit=[_unit(name, money_unit, target_unit) for name in frame["metric"]],
        **{"better when": [_better(name) for name in frame["metric"]]},
        metric=[heading(name) for name in frame["metric"]],
    )
    return Table(caption, described, formats=dict.fromkeys(["value", "low", "high"], "each"))


def as_fact(name: str, estimate: IntervalDict, unit: str) -> Fact:
    """Write an estimate as a fact to be read at a glance.

    Args:
        name: what it is.
        estimate: the figure and its interval.
        unit: its unit.

    Returns:
        The figure with its interval beneath it; "not defined" where it is undefined.
    """
    value, low, high = format_values([estimate["value"], estimate["low"], estimate["high"]])
    is_defined = value != NOT_DEFINED
    return Fact(name, f"{value} {unit}" if is_defined else value, f"interval {low} to {high}" if is_defined else "")


def in_words(estimate: IntervalDict, unit: str) -> str:
    """Write an estimate as a phrase.

    Args:
        estimate: the figure and its interval.
        unit: its unit.

    Returns:
        ``"4.31 EUR (3.90 to 4.70)"``, or "not defined".
    """
    value, low, high = format_values([estimate["value"], estimate["low"], estimate["high"]])
    return NOT_DEFINED if value == NOT_DEFINED else f"{value} {unit} ({low} to {high})"


def best_rule(money: Mapping[str, IntervalDict]) -> str | None:
    """Name the way without a model that earned most.

    Args:
        money: rule -> estimate, with or without the model.

    Returns:
        The rule's name; None where no rule has a value.
    """
    known = {name: e["value"] for name, e in money.items() if name != MODEL and e["value"] is not None}
    return max(known, key=known.__getitem__) if known else None


def describe_rule(problem: Problem, name: str) -> str:
    """Say what a way to decide does.

    Args:
        problem: the case that holds the rule.
        name: its name, or "model".

    Returns:
        A phrase; empty where the case does not know the rule.
    """
    if name == MODEL:
        return "decides by the model's scores"
    if name == BEST_CONSTANT:
        return "the same quantity in every row, the one that costs least on the training rows"
    rule = next((rule for rule in problem.all_rules if rule.name == name), None)
    return "" if rule is None else _rule_phrase(rule)


def _rule_phrase(rule: NoModelRule) -> str:
    if rule.column is not None:
        return f"takes the value of {rule.column}"
    if rule.when is None:
        return f"{rule.action} in every row"
    return f"{rule.action} where {rule.when.phrase}, otherwise {rule.otherwise}"


def _unit(name: str, money_unit: str, target_unit: str) -> str:
    unit = METRICS[_plain(name)].unit if _plain(name) in METRICS else "none"
    return {"money": money_unit, "target": target_unit, "none": ""}.get(unit, unit)


def _better(name: str) -> str:
    if _plain(name) not in METRICS:
        return ""
    return "higher" if METRICS[_plain(name)].higher_is_better else "lower"


def _plain(name: str) -> str:
    """The metric itself where it is asked of one class: "recall" of "recall:yes"."""
    return name.partition(":")[0]


def _frame(estimates: Mapping[str, IntervalDict], name: str) -> pd.DataFrame:
    frame = pd.DataFrame(
        [[key, estimate["value"], estimate["low"], estimate["high"]] for key, estimate in estimates.items()],
        columns=[name, "value", "low", "high"],
    )
    return frame.astype(dict.fromkeys(["value", "low", "high"], float))
