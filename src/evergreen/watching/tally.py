"""What a window's decisions did: money beside every rule without a model, and decisions and outcomes by group."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from evergreen.measures.arrays import Floats
from evergreen.models.fair_groups import name_groups, reported_decision
from evergreen.models.no_model import NoModel, decide_without_model
from evergreen.models.performance import payoff_of, payoffs_of_ways
from evergreen.models.scores import ACTION, probabilities_of
from evergreen.models.target import target_values
from evergreen.problem import Problem
from evergreen.tables.groupings import MISSING, in_order, join_names

RULE_COLUMNS = {
    "rule": "str",
    "n_outcomes": "int64",
    "money": "float64",
    "lead": "float64",
    "lead_squares": "float64",
}
GROUP_COLUMNS = {
    "columns": "str",
    "group": "str",
    "n_rows": "int64",
    "decided": "float64",
    "expected": "float64",
    "n_outcomes": "int64",
    "expected_known": "float64",
    "happened": "float64",
    "money": "float64",
}
_WORDS = ("category", "boolean")
_MODEL = "model"
Tally = list[dict[str, Any]]


def tally_rules(rows: pd.DataFrame, predictions: pd.DataFrame, problem: Problem, knowledge: NoModel) -> Tally:
    """Count what every rule without a model would have earned of the rows of a window whose outcome is known.

    Args:
        rows: all repaired rows of the window with the target, missing where it is not known yet. A scarce action is
            given out among all of them.
        predictions: their predictions, in the same order.
        problem: the case of the release.
        knowledge: what the training target alone told.

    Returns:
        One record a rule: ``RULE_COLUMNS``. ``money`` is what the rule would have earned in all, ``lead`` what the
        model earned more, ``lead_squares`` the sum over rows of its square. None without a payoff or an outcome.
    """
    is_known = rows[problem.target.column].notna().to_numpy()
    if problem.payoff is None or not is_known.any():
        return []
    decided = {name: one[is_known] for name, one in decide_without_model(problem, knowledge, rows).items()}
    paid = payoffs_of_ways(problem, knowledge, rows[is_known], predictions[is_known], decided=decided)
    found: Tally = []
    for name, money in paid.items():
        if name != _MODEL:
            lead = paid[_MODEL] - money
            told = {"money": float(money.sum()), "lead": float(lead.sum()), "lead_squares": float(lead @ lead)}
            found.append({"rule": name, "n_outcomes": len(lead), **told})
    return found


def tally_groups(rows: pd.DataFrame, predictions: pd.DataFrame, problem: Problem) -> Tally:
    """Count the decisions of a window, what was expected and what has come, by group and intersection.

    Args:
        rows: repaired rows of the window with the target, missing where it is not known yet.
        predictions: their predictions, in the same order.
        problem: the case of the release.

    Returns:
        One record a grouping and group: ``GROUP_COLUMNS``, all but the counts sums over rows. ``decided`` counts
        favourable decisions, ``expected`` adds up the probabilities of the favourable class and ``happened`` counts
        it; of numbers they add up decided quantities, predictions and outcomes. ``expected_known`` is of the rows whose
        outcome is known, as are ``happened`` and ``money`` (NaN without a payoff). None where no class is favourable.
    """
    groupings = word_groupings(problem)
    told = _told(rows, predictions, problem) if groupings and len(rows) else None
    if told is None:
        return []
    found: Tally = []
    for columns in groupings:
        names = name_groups(rows, columns).fillna(MISSING).to_numpy(dtype=object)
        sums = told.groupby(names, sort=True).sum(min_count=1)
        for group, one in sums.iterrows():
            figures = {str(name): float(total) for name, total in one.items()}
            counts = {name: int(figures[name]) for name in ("n_rows", "n_outcomes")}
            found.append({"columns": join_names(columns), "group": str(group)} | figures | counts)
    return found


def word_groupings(problem: Problem) -> tuple[tuple[str, ...], ...]:
    """List by what the groups of windows are told apart: by words, which need no other rows to be known.

    Args:
        problem: the case.

    Returns:
        Every sensitive column of words; then those that the section on fairness, or a clause of the plan for biases,
        names together.
    """
    words = [name for name in problem.group_columns if problem.columns[name].type in _WORDS]
    fair: Sequence[str] = () if problem.fairness is None else problem.fairness.columns
    asked = [fair, *(clause.columns for clause in problem.bias_plan.clauses)]
    together = [in_order(columns, problem) for columns in asked if len(columns) > 1 and set(columns) <= set(words)]
    return tuple(dict.fromkeys([*((name,) for name in words), *together]))


def _told(rows: pd.DataFrame, predictions: pd.DataFrame, problem: Problem) -> pd.DataFrame | None:
    """Write what is added up as one number a row."""
    is_known = rows[problem.target.column].notna().to_numpy()
    both = _decided_and_expected(rows, predictions, problem)
    if both is None:
        return None
    happened: Floats = np.zeros(len(rows))
    money: Floats = np.full(len(rows), np.nan)
    known = rows[is_known]
    truth = target_values(known, problem)
    happened[is_known] = truth
    if problem.is_classification:
        is_good = np.asarray(problem.target.classes)[truth] == problem.favourable_class
        happened[is_known] = is_good.astype(float)
    if problem.payoff is not None:
        money[is_known] = payoff_of(problem.payoff, problem, predictions[is_known][ACTION].to_numpy(), truth, known)
    decided, expected = both
    return pd.DataFrame(
        {
            "n_rows": 1.0,
            "decided": decided,
            "expected": expected,
            "n_outcomes": is_known.astype(float),
            "expected_known": expected * is_known,
            "happened": happened,
            "money": money,
        }
    )


def _decided_and_expected(
    rows: pd.DataFrame, predictions: pd.DataFrame, problem: Problem
) -> tuple[Floats, Floats] | None:
    if not problem.is_classification:
        return predictions[ACTION].to_numpy(dtype=float), predictions["score"].to_numpy(dtype=float)
    wanted = reported_decision(problem, rows)
    if wanted is None or problem.favourable_class is None:
        return None
    place = problem.target.classes.index(problem.favourable_class)
    selected = (predictions[ACTION].astype("str") == wanted).to_numpy(dtype=float)
    return np.asarray(selected, dtype=float), np.asarray(probabilities_of(predictions, problem)[:, place], dtype=float)
