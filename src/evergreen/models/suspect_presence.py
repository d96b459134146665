"""Columns that tell the outcome by being there or not."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.measures import wilson_interval
from evergreen.models.suspect import Suspect, checked_columns, outcome_sides
from evergreen.problem import Problem

# For a cell that is there or not, 2 AUC - 1 is the difference of the two shares: this is an AUC of 0.97.
_DIFFERENCE = 0.94
_MIN_SIDE_ROWS = 10
# "Only with the outcome": on one side a share worth looking at, and 25 times that of the other side even where chance
# is granted (an honest column of the bank, whether a client was called in a former campaign, has 14 times).
_TIMES, _MIN_SHARE, _CONFIDENCE = 25.0, 0.05, 0.9


def find_telling_presence(rows: pd.DataFrame, problem: Problem) -> list[Suspect]:
    """Find columns whose cells are there, or missing, depending on the outcome.

    Args:
        rows: labelled training rows.
        problem: the case.

    Returns:
        The suspects; their strength is the difference between the shares of known cells on the two sides.
    """
    names = list(checked_columns(problem))
    is_known = rows[names].notna().to_numpy()
    found: dict[str, Suspect] = {}
    for side, is_on in outcome_sides(rows, problem).items():
        if min(is_on.sum(), (~is_on).sum()) < _MIN_SIDE_ROWS:
            continue
        for name, suspect in _on_side(names, is_known, is_on, side).items():
            if name not in found or suspect.strength > found[name].strength:
                found[name] = suspect
    return list(found.values())


def _on_side(names: list[str], is_known: NDArray[np.bool_], is_on: NDArray[np.bool_], side: str) -> dict[str, Suspect]:
    here, there = is_known[is_on].sum(axis=0), is_known[~is_on].sum(axis=0)
    n_here, n_there = int(is_on.sum()), int((~is_on).sum())
    difference = np.abs(here / n_here - there / n_there)
    only_known = _is_only(here, n_here, there, n_there)
    only_missing = _is_only(n_here - here, n_here, n_there - there, n_there)
    suspects = {}
    for i, name in enumerate(names):
        if difference[i] >= _DIFFERENCE:
            finding = (
                f"Known in {here[i] / n_here:.1%} of the rows with {side}, in {there[i] / n_there:.1%} of the others."
            )
            suspects[name] = Suspect(name, "presence tells the target", float(difference[i]), finding)
        elif only_known[i] or only_missing[i]:
            finding = _only_finding(here[i], n_here, there[i], n_there, side, is_filled=bool(only_known[i]))
            suspects[name] = Suspect(name, "filled only with the outcome", float(difference[i]), finding)
    return suspects


def _is_only(here: NDArray[np.int64], n_here: int, there: NDArray[np.int64], n_there: int) -> NDArray[np.bool_]:
    """Say where something happens on one side and, as far as can be told, hardly ever on the other."""
    share, least_times = here / n_here, _TIMES
    most_there = wilson_interval(there, np.full(there.shape, n_there), confidence=_CONFIDENCE)[1]
    is_only: NDArray[np.bool_] = (share >= _MIN_SHARE) & (here >= _MIN_SIDE_ROWS) & (share >= least_times * most_there)
    return is_only


def _only_finding(here: int, n_here: int, there: int, n_there: int, side: str, *, is_filled: bool) -> str:
    what = "filled" if is_filled else "missing"
    one, other = (here, there) if is_filled else (n_here - here, n_there - there)
    return f"It is {what} in {one / n_here:.1%} of the rows with {side}, and in {other} of the {n_there} others."
