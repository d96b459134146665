"""Who belongs to which group, and which decision a group is better off with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.measures import payoff_matrix
from evergreen.measures.arrays import Floats
from evergreen.models.row_payoffs import row_matrix
from evergreen.problem import Problem
from evergreen.tables.groupings import MISSING, OTHER, Levels, Words, find_levels, is_known, join_names


@dataclass(frozen=True, eq=False)
class Groups:
    """The group of each row.

    Attributes:
        codes: places among the names, shape (n,).
        names: the groups that have rows, in order; intersections as ``female x black``.
        is_known: whether a group is one: those with a missing part are none, shape (k,).
    """

    codes: NDArray[np.int64]
    names: tuple[str, ...]
    is_known: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Stakes:
    """What the favourable action brings against the other one, of two.

    Attributes:
        action: its name.
        other: the name of the other one.
        gains: money it pays more than the other one, by class, shape (2,).
        score_class: the class in which it gains more; its probability is the score that is compared with cut points.
    """

    action: str
    other: str
    gains: Floats
    score_class: int


def find_groups(
    rows: pd.DataFrame, columns: Sequence[str], problem: Problem, levels: Mapping[str, Levels] | None = None
) -> Groups:
    """Tell the groups of rows apart, as the plan for biases does.

    Args:
        rows: n rows.
        columns: sensitive columns.
        problem: the case.
        levels: column -> its groups; found in the rows themselves where not said, and numbers then fall into their
            quarters.

    Returns:
        The group of each row.
    """
    if levels is None:
        levels = find_levels(columns, table=rows, training=rows, problem=problem)
    table = nw.from_native(rows, eager_only=True)
    keys = table.select(levels[name].key().alias(name) for name in columns).to_native()
    parts = [levels[name].name_keys(keys[name]).to_numpy(dtype=object) for name in columns]
    words = pd.Series([join_names(names) for names in zip(*parts, strict=True)], dtype=object)
    codes, names = pd.factorize(words, sort=True)
    known = np.array([is_known(str(name)) for name in names], dtype=bool)
    return Groups(codes.astype(np.int64), tuple(map(str, names)), known)


def ledger_levels(group_ledger: pd.DataFrame, training: pd.DataFrame, problem: Problem) -> dict[str, Levels]:
    """Find the groups that the ledger of groups tells apart, so that all tables name the same ones.

    Args:
        group_ledger: of ``tables.groups.measure_groups``.
        training: training rows, whose quartiles part numbers.
        problem: the case.

    Returns:
        Sensitive column -> its groups.
    """
    found = find_levels(problem.group_columns, table=training, training=training, problem=problem)
    for name, one in found.items():
        if isinstance(one, Words):
            told = group_ledger.loc[group_ledger["columns"] == name, "group"].unique().tolist()
            kept = tuple(str(word) for word in told if word not in (OTHER, MISSING))
            found[name] = Words(name, kept, None if OTHER in told else ())
    return found


def name_groups(rows: pd.DataFrame, columns: Sequence[str]) -> pd.Series:
    """Name the group of each row by its words alone, without asking other rows.

    Args:
        rows: n rows.
        columns: sensitive columns of words.

    Returns:
        Names as those of ``find_groups``, shape (n,); missing where a word is.
    """
    parts = [rows[name].astype(object) for name in columns]
    is_there = np.logical_and.reduce([part.notna().to_numpy() for part in parts])
    words = [join_names(list(map(str, names))) for names in zip(*parts, strict=True)]
    return pd.Series(words, index=rows.index, dtype=object).where(is_there)


def favourable_decision(problem: Problem) -> str:
    """Name the decision that a group is better off with.

    Args:
        problem: a case with a section on fairness.

    Returns:
        An action, or the favourable class where the case has no payoff.
    """
    assert problem.fairness is not None  # noqa: S101 - asked of cases that have the section
    return problem.fairness.favourable_action or str(problem.favourable_class)


def reported_decision(problem: Problem, rows: pd.DataFrame) -> str | None:
    """Name the decision whose rates are told by group, also where the case asks nothing about groups.

    Args:
        problem: a classification.
        rows: the rows that are decided about; needed where money differs by row.

    Returns:
        What the section on fairness names. Without one the action that pays most in the favourable class, or the class
        itself where the case has no payoff; None where no class is favourable.
    """
    if problem.fairness is not None:
        return favourable_decision(problem)
    if problem.payoff is None or problem.favourable_class is None:
        return problem.favourable_class
    matrix = row_matrix(problem.payoff, problem, rows)
    pays = matrix.reshape(-1, *matrix.shape[-2:]).mean(axis=0)[
        :, problem.target.classes.index(problem.favourable_class)
    ]
    return list(problem.payoff.actions)[int(pays.argmax())]


def find_stakes(problem: Problem) -> Stakes:
    """Compare the favourable action with the other one.

    Args:
        problem: a case with a section on fairness and a payoff of two actions.

    Returns:
        What is at stake.
    """
    assert problem.payoff is not None  # noqa: S101 - see check_fairness
    action, names = favourable_decision(problem), list(problem.payoff.actions)
    place = names.index(action)
    matrix = payoff_matrix(problem.payoff, problem.target.classes)
    gains = matrix[place] - matrix[1 - place]
    return Stakes(action, names[1 - place], gains, int(gains.argmax()))
