"""Which rows are learnt from, which only the verdict sees, which are new, and which wait for their outcome."""

import hashlib
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.errors import DataError
from evergreen.problem import Problem
from evergreen.tables.engines import Frame, as_pandas, like, where
from evergreen.tables.gather import end_of

ROLES = ("training", "holdout", "gap", "new", "unlabelled")
# Inside, a role is its place in ROLES: engines compare numbers sooner than words.
_TRAINING, _HOLDOUT, _GAP, _NEW, _UNLABELLED = range(len(ROLES))
_ROLE = "_role"
_PLACE = "_place"


@dataclass(frozen=True)
class Split:
    """Rows and their roles.

    Attributes:
        counts: role -> number of rows, for all of ``ROLES``: "gap" rows lie so close before the holdout that their
            outcome was not known when it began; "unlabelled" ones have no outcome yet.
        newest: role -> the time of its newest row, with time.
        holdout_from: the first moment of the holdout, with time.
        marked: the rows with their role.
    """

    counts: Mapping[str, int]
    newest: Mapping[str, datetime]
    holdout_from: datetime | None
    marked: Frame

    def rows(self, role: str, problem: Problem) -> Frame:
        """Take the rows of one role, in order of time and key.

        Args:
            role: one of ``ROLES``.
            problem: the case.

        Returns:
            The rows.
        """
        order = [name for name in dict.fromkeys((problem.event_time, *problem.key)) if name is not None]
        return self.marked.filter(nw.col(_ROLE) == ROLES.index(role)).drop(_ROLE).sort(order)

    def keys(self, roles: Sequence[str], problem: Problem) -> dict[str, pd.DataFrame]:
        """Take the keys of some roles into memory.

        Args:
            roles: some of ``ROLES``.
            problem: the case.

        Returns:
            Role -> its keys.
        """
        wanted = [ROLES.index(role) for role in roles]
        keys = as_pandas(self.marked.select(*problem.key, _ROLE).filter(nw.col(_ROLE).is_in(wanted)))
        return {ROLES[place]: keys.loc[keys[_ROLE] == place, list(problem.key)] for place in wanted}


def split_rows(rows: Frame, problem: Problem, as_of: date, *, random_state: int) -> Split:
    """Give every row its role.

    By time: new rows | holdout | gap | training, from the newest back. By group: whole groups go to one side. At
    random: row by row. Without time a row's or group's name decides, so that roles depend neither on the order of
    the rows nor on which others there are; a row without an outcome is new.

    So the holdout at random is stratified in expectation: names know nothing of outcomes, and of a class of n labelled
    rows that are not new the holdout has n * ``holdout_share``, give or take the square root of n * ``holdout_share`` *
    (1 - ``holdout_share``). Whoever draws each class's share exactly must move rows to the other side as others come,
    and a model would be judged on rows that one before it learnt from.

    Args:
        rows: repaired rows up to ``as_of``.
        problem: the case.
        as_of: the logical date.
        random_state: seed of the splits that are not by time.

    Returns:
        The rows with their roles.

    Raises:
        DataError: where too few labelled rows are left to learn from or to judge on.
    """
    holdout_from = _holdout_from(rows, problem, as_of) if problem.split.by == "time" else None
    if problem.split.by == "time":
        role = _role_by_time(problem, as_of, holdout_from)
    else:
        rows, role = _with_place(rows, problem, random_state), _role_by_chance(problem)
    marked = rows.with_columns(role.alias(_ROLE)).select(*problem.columns, _ROLE)
    latest = [] if problem.event_time is None else [nw.col(problem.event_time).max().alias("newest")]
    found = as_pandas(marked.group_by(_ROLE).agg(nw.len().alias("n_rows"), *latest))
    found = found.set_index(pd.Index([ROLES[place] for place in found[_ROLE]]))
    counts = {name: int(found["n_rows"].get(name, 0)) for name in ROLES}
    _refuse_too_few(counts, problem)
    newest = {str(name): moment.to_pydatetime() for name, moment in found["newest"].items()} if latest else {}
    return Split(counts, newest, holdout_from, marked)


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


def select_new(rows: Frame, problem: Problem, as_of: date, *, random_state: int) -> Frame:
    """Keep the rows that are scored as new ones: the same that ``split_rows`` keeps from learning.

    Args:
        rows: repaired rows; without time, all of them.
        problem: the case.
        as_of: the logical date.
        random_state: the seed ``split_rows`` is given.

    Returns:
        The new rows.
    """
    after = new_rows_after(problem, as_of)
    if after is not None:
        return rows.filter(where(nw.col(str(problem.event_time)) > after))
    placed = _with_place(rows, problem, random_state)
    return placed.filter(_role_by_chance(problem) == _NEW).drop(_PLACE)


def may_be_learnt(rows: pd.DataFrame, problem: Problem, *, random_state: int) -> NDArray[np.bool_]:
    """Say which rows a split that is not by time gives to training once their outcome is known.

    Args:
        rows: rows with their key and group.
        problem: the case.
        random_state: the seed ``split_rows`` was given.

    Returns:
        Shape (n,).
    """
    unit = [problem.split.group] if problem.split.group else list(problem.key)
    places = [_place_of(name, random_state) for name in rows[unit].itertuples(index=False)]
    return np.array(places) >= _training_from(problem)


def _holdout_from(rows: Frame, problem: Problem, as_of: date) -> datetime | None:
    """Find the moment from which the newest ``holdout_share`` of the labelled rows begins.

    Only the rows of one day leave the engine, however many there are.
    """
    after = new_rows_after(problem, as_of) or end_of(as_of)
    time = str(problem.event_time)
    is_past = ~nw.col(problem.target.column).is_null() & where(nw.col(time) <= after)
    # In pandas a filter copies every column it is given.
    times = rows.select(time, problem.target.column).filter(is_past).select(nw.col(time).alias("time"))
    days = times.with_columns(nw.col("time").dt.truncate("1d").alias("day"))
    counted = as_pandas(days.group_by("day").agg(nw.len().alias("n_rows"))).sort_values("day", ignore_index=True)
    n_past = int(counted["n_rows"].sum())
    if n_past == 0:
        return None
    first = min(int(np.floor(n_past * (1 - problem.split.holdout_share))), n_past - 1)
    until = counted["n_rows"].cumsum()
    place = int(np.searchsorted(until.to_numpy(), first, side="right"))
    day = counted["day"].iloc[place].to_pydatetime()
    inside = as_pandas(days.filter(nw.col("day") == day).select("time"))["time"].sort_values(ignore_index=True)
    before = int(until.iloc[place]) - len(inside)
    moment: datetime = inside.iloc[first - before].to_pydatetime()
    return moment


def _role_by_time(problem: Problem, as_of: date, holdout_from: datetime | None) -> nw.Expr:
    time = nw.col(str(problem.event_time))
    is_labelled = ~nw.col(problem.target.column).is_null()
    role = nw.lit(_UNLABELLED)
    if holdout_from is not None:
        known_until = holdout_from - timedelta(days=problem.target.delay_days)
        role = nw.when(is_labelled).then(nw.lit(_GAP)).otherwise(role)
        was_known = is_labelled & where(time <= known_until) & where(time < holdout_from)
        role = nw.when(was_known).then(nw.lit(_TRAINING)).otherwise(role)
        role = nw.when(is_labelled & where(time >= holdout_from)).then(nw.lit(_HOLDOUT)).otherwise(role)
    is_new = where(time > (new_rows_after(problem, as_of) or end_of(as_of)))
    return nw.when(is_new).then(nw.lit(_NEW)).otherwise(role)


def _role_by_chance(problem: Problem) -> nw.Expr:
    place = nw.col(_PLACE)
    known = nw.when(place < _training_from(problem)).then(nw.lit(_HOLDOUT)).otherwise(nw.lit(_TRAINING))
    is_new = (place < float(problem.split.new_rows_share or 0)) | nw.col(problem.target.column).is_null()
    return nw.when(is_new).then(nw.lit(_NEW)).otherwise(known)


def _training_from(problem: Problem) -> float:
    n_new = float(problem.split.new_rows_share or 0)
    return n_new + (1 - n_new) * problem.split.holdout_share


def _with_place(rows: Frame, problem: Problem, random_state: int) -> Frame:
    unit = [problem.split.group] if problem.split.group else list(problem.key)
    units = as_pandas(rows.select(unit).unique())
    places = [_place_of(name, random_state) for name in units.itertuples(index=False)]
    return rows.join(like(units.assign(**{_PLACE: places}), rows), on=unit, how="left")


def _place_of(name: tuple[Hashable, ...], random_state: int) -> float:
    """Place a row or group between 0 and 1 by its name alone, so that it keeps its role however the data grow."""
    text = "\x1f".join([str(random_state), *map(str, name)])
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=7).digest()) / 2**56


def _refuse_too_few(counts: Mapping[str, int], problem: Problem) -> None:
    limits = {"training": problem.limits.min_training_rows, "holdout": problem.limits.min_holdout_rows}
    for name, least in limits.items():
        if counts[name] < least:
            raise DataError(
                f"The {name} split",
                f"has {counts[name]} labelled rows, fewer than the {least} the case asks for",
                f"Choose a later as_of, bring more data, or lower limits.min_{name}_rows.",
            )
