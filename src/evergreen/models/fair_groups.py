"""Who belongs to which group, and which decision a group is better off with."""

from collections.abc import Sequence
from dataclasses import dataclass

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.measures import payoff_matrix
from evergreen.measures.arrays import Floats
from evergreen.problem import Problem
from evergreen.tables.groupings import find_levels, is_known, join_names


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


def find_groups(rows: pd.DataFrame, columns: Sequence[str], problem: Problem) -> Groups:
    """Tell the groups of rows apart, as the plan for biases does.

    Args:
        rows: n rows; numbers fall into their quarters.
        columns: sensitive columns.
        problem: the case.

    Returns:
        The group of each row.
    """
    levels = find_levels(columns, table=rows, training=rows, problem=problem)
    table = nw.from_native(rows, eager_only=True)
    keys = table.select(levels[name].key().alias(name) for name in columns).to_native()
    parts = [levels[name].name_keys(keys[name]).to_numpy(dtype=object) for name in columns]
    words = pd.Series([join_names(names) for names in zip(*parts, strict=True)], dtype=object)
    codes, names = pd.factorize(words, sort=True)
    known = np.array([is_known(str(name)) for name in names], dtype=bool)
    return Groups(codes.astype(np.int64), tuple(map(str, names)), known)


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
