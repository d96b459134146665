"""Money of a whole life: what came, and what the best rule without a model would have earned of the same rows."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtri

_WINDOW = ["release_id", "width", "window"]


@dataclass(frozen=True)
class BestRule:
    """The rule without a model that would have earned most, beside the model, over the same rows.

    Attributes:
        name: the rule.
        money: what it would have earned.
        lead: what the model earned more.
        low: lower end of the interval of the lead, which holds for all rules together.
        high: its upper end.
        n_outcomes: rows compared.
        course: one row a window, in the order of time: ``window``, ``n_outcomes``, ``money`` of the rule.
    """

    name: str
    money: float
    lead: float
    low: float
    high: float
    n_outcomes: int
    course: pd.DataFrame


def money_so_far(counted: pd.DataFrame) -> float | None:
    """Add up what the decisions of all windows paid.

    Args:
        counted: each window once, with ``payoff`` per decision and ``n_outcomes``.

    Returns:
        Money; None where no outcome is known, or nothing is priced.
    """
    if counted.empty or counted["payoff"].isna().all():
        return None
    return float((counted["payoff"] * counted["n_outcomes"]).sum())


def lead_over(
    counted: pd.DataFrame, rules: pd.DataFrame, name: str, *, since: str, confidence: float
) -> BestRule | None:
    """Compare the model with one rule from some window on.

    Args:
        counted: each window once.
        rules: what each rule would have earned, window by window.
        name: the rule.
        since: the first window that is compared.
        confidence: as in ``find_best_rule``.

    Returns:
        The rule; None where it is not known of any of these windows.
    """
    own = _known_of(counted[counted["window"] >= since], rules)
    return _compare(own, name, confidence=confidence) if name in set(own["rule"]) else None


def find_best_rule(counted: pd.DataFrame, rules: pd.DataFrame, *, confidence: float) -> BestRule | None:
    """Find the rule that would have earned most, with hindsight, of those known in the most windows.

    Args:
        counted: each window once.
        rules: what each rule would have earned, window by window.
        confidence: of the two-sided interval of the lead; rows are taken as independent. Because the best of several
            rules was picked, it holds for all of them at once (Bonferroni).

    Returns:
        The rule; None where none is known.
    """
    own = _known_of(counted, rules)
    if own.empty:
        return None
    totals = own.groupby("rule", sort=False).agg(n_windows=("window", "size"), money=("money", "sum"))
    known = totals[totals["n_windows"] == totals["n_windows"].max()]
    return _compare(own, str(known["money"].idxmax()), confidence=confidence)


def _known_of(counted: pd.DataFrame, rules: pd.DataFrame) -> pd.DataFrame:
    if counted.empty or rules.empty:
        return pd.DataFrame(columns=[*_WINDOW, "rule"])
    return counted[_WINDOW].merge(rules, on=_WINDOW)


def _compare(own: pd.DataFrame, name: str, *, confidence: float) -> BestRule:
    part = own[own["rule"] == name]
    lead, n_rows = float(part["lead"].sum()), int(part["n_outcomes"].sum())
    variance = float(part["lead_squares"].sum()) - lead**2 / n_rows
    half = float(-ndtri((1 - confidence) / (2 * own["rule"].nunique()))) * float(np.sqrt(max(variance, 0.0)))
    course = part[["window", "n_outcomes", "money"]].reset_index(drop=True)
    return BestRule(name, float(part["money"].sum()), lead, lead - half, lead + half, n_rows, course)
