"""What a suspicion is, and the outcomes that columns are held against."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from evergreen.measures.bins import equal_mass_edges
from evergreen.models.target import target_values
from evergreen.problem import Column, Problem

Suspicion = Literal[
    "tells the target",
    "presence tells the target",
    "filled only with the outcome",
    "adds up to the target",
    "group straddles the split",
    "duplicate across splits",
]
_N_STEPS = 10


@dataclass(frozen=True)
class Suspect:
    """A column, or the rows themselves, that may know the outcome.

    Attributes:
        subject: the column; the key's columns joined by ", ", or "(rows)", where rows are suspected.
        suspicion: of what it is suspected.
        strength: 0 is nothing, 1 gives the outcome away for certain.
        finding: what was found, in a sentence.
    """

    subject: str
    suspicion: Suspicion
    strength: float
    finding: str


def checked_columns(problem: Problem) -> dict[str, Column]:
    """List the columns that may be suspects: all but the target and what names a row.

    Args:
        problem: the case.

    Returns:
        Name -> column, blocked ones too.
    """
    left_out = {problem.target.column, *problem.key}
    return {name: column for name, column in problem.columns.items() if name not in left_out}


def outcome_shares(rows: pd.DataFrame, problem: Problem) -> NDArray[np.float64]:
    """Write outcomes as numbers between 0 and 1 whose means can be taken.

    Args:
        rows: labelled rows, n of them.
        problem: the case.

    Returns:
        Whether a row is of each class, shape (n, k); for a regression the rank of its value, shape (n, 1): ranks do
        not care for the few largest values.
    """
    y = target_values(rows, problem)
    if problem.is_classification:
        shares: NDArray[np.float64] = np.eye(len(problem.target.classes))[y]
        return shares
    ranks: NDArray[np.float64] = (rankdata(y) - 0.5).reshape(-1, 1) / max(len(y), 1)
    return ranks


def outcome_sides(rows: pd.DataFrame, problem: Problem) -> dict[str, NDArray[np.bool_]]:
    """Part rows by their outcome into one side and the rest, in every way that makes sense.

    Args:
        rows: labelled rows, n of them.
        problem: the case.

    Returns:
        The side in words -> whether a row is on it, shape (n,): each class; for a regression all values above, and
        all up to, the tenths of the rows.
    """
    y: NDArray[Any] = target_values(rows, problem)
    name = problem.target.column
    if problem.is_classification:
        return {f"{name} '{word}'": y == code for code, word in enumerate(problem.target.classes)}
    edges = equal_mass_edges(y, n_bins=_N_STEPS)
    above = {f"{name} above {edge:g}": y > edge for edge in edges}
    return above | {f"{name} up to {edge:g}": y <= edge for edge in edges}
