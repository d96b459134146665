"""Which rows are learnt from, which only the verdict sees, which are new, and which wait for their outcome."""

import hashlib
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.errors import DataError
from evergreen.problem import Problem
from evergreen.tables.gather import end_of

ROLES = ("training", "holdout", "gap", "new", "unlabelled")


@dataclass(frozen=True)
class Roles:
    """The role of each row.

    Attributes:
        role: one of ``ROLES`` a row, aligned with the table: "gap" rows lie so close before the holdout that their
            outcome was not known when it began; "unlabelled" ones have no outcome yet.
        holdout_from: the first moment of the holdout, with time.
    """

    role: NDArray[np.str_]
    holdout_from: datetime | None


def assign_roles(rows: pd.DataFrame, problem: Problem, as_of: date, *, random_state: int) -> Roles:
    """Give every row its role.

    By time: new rows | holdout | gap | training, from the newest back. By group: whole groups go to one side. At
    random: row by row. Without time a row's or group's name decides, so that roles depend neither on the order of
    the rows nor on which others there are; a row without an outcome is new.

    Args:
        rows: repaired rows up to ``as_of``.
        problem: the case.
        as_of: the logical date.
        random_state: seed of the splits that are not by time.

    Returns:
        The roles.

    Raises:
        DataError: where too few labelled rows are left to learn from or to judge on.
    """
    is_labelled = rows[problem.target.column].notna().to_numpy()
    if problem.split.by == "time":
        roles = _by_time(rows, problem, as_of, is_labelled)
    else:
        roles = Roles(_by_chance(rows, problem, is_labelled, random_state), None)
    _refuse_too_few(roles.role, problem)
    return roles


def new_rows_after(problem: Problem, as_of: date) -> datetime | None:
    """Say from when on rows are new.

    Args:
        problem: the case.
        as_of: the logical date.

    Returns:
        The moment after which rows are new; None where the split is not by time.
    """
    if problem.split.by != "time":
        return None
    return end_of(as_of) - timedelta(days=int(problem.split.new_rows_days or 0))


def select_new(rows: pd.DataFrame, problem: Problem, as_of: date, *, random_state: int) -> pd.DataFrame:
    """Keep the rows that are scored as new ones: the same that ``assign_roles`` keeps from learning.

    Args:
        rows: repaired rows; without time, all of them.
        problem: the case.
        as_of: the logical date.
        random_state: the seed ``assign_roles`` is given.

    Returns:
        The new rows.
    """
    after = new_rows_after(problem, as_of)
    if after is not None:
        is_new = (rows[str(problem.event_time)] > after).to_numpy()
    else:
        is_labelled = rows[problem.target.column].notna().to_numpy()
        is_new = _by_chance(rows, problem, is_labelled, random_state) == "new"
    return rows.loc[is_new]


def _by_time(rows: pd.DataFrame, problem: Problem, as_of: date, is_labelled: NDArray[np.bool_]) -> Roles:
    times = rows[str(problem.event_time)]
    delay = timedelta(days=problem.target.delay_days)
    is_new = (times > pd.Timestamp(new_rows_after(problem, as_of) or end_of(as_of))).to_numpy()
    is_past = is_labelled & ~is_new
    role = np.where(is_new, "new", "unlabelled").astype("<U10")
    if not is_past.any():
        return Roles(role, None)
    past = times[is_past].sort_values(ignore_index=True)
    first = int(np.floor(len(past) * (1 - problem.split.holdout_share)))
    holdout_from = past.iloc[min(first, len(past) - 1)]
    is_holdout = is_past & (times >= holdout_from).to_numpy()
    was_known = (times <= holdout_from - delay).to_numpy() & ~is_holdout
    role[is_past] = "gap"
    role[is_holdout] = "holdout"
    role[is_past & was_known] = "training"
    return Roles(role, holdout_from.to_pydatetime())


def _by_chance(
    rows: pd.DataFrame, problem: Problem, is_labelled: NDArray[np.bool_], random_state: int
) -> NDArray[np.str_]:
    unit = [problem.split.group] if problem.split.group else list(problem.key)
    units = rows[unit].drop_duplicates()
    place = units.assign(_place=[_place_of(name, random_state) for name in units.itertuples(index=False)])
    placed = rows[unit].merge(place, on=unit, how="left")["_place"].to_numpy()
    n_new, n_holdout = float(problem.split.new_rows_share or 0), problem.split.holdout_share
    is_new = (placed < n_new) | ~is_labelled
    is_holdout = ~is_new & (placed < n_new + (1 - n_new) * n_holdout)
    return np.where(is_new, "new", np.where(is_holdout, "holdout", "training")).astype("<U10")


def _place_of(name: tuple[Hashable, ...], random_state: int) -> float:
    """Place a row or group between 0 and 1 by its name alone, so that it keeps its role however the data grow."""
    text = "\x1f".join([str(random_state), *map(str, name)])
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=7).digest()) / 2**56


def _refuse_too_few(role: NDArray[np.str_], problem: Problem) -> None:
    limits = {"training": problem.limits.min_training_rows, "holdout": problem.limits.min_holdout_rows}
    for name, least in limits.items():
        n_rows = int((role == name).sum())
        if n_rows < least:
            raise DataError(
                f"The {name} split",
                f"has {n_rows} labelled rows, fewer than the {least} the case asks for",
                f"Choose a later as_of, bring more data, or lower limits.min_{name}_rows.",
            )
