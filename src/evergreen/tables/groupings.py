"""Which groups the sensitive columns of a table tell apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations, pairwise
from typing import Any

import narwhals.stable.v2 as nw
import pandas as pd

from evergreen.problem import Column, Problem
from evergreen.tables.engines import as_frame, as_pandas, where

MISSING = "(missing)"
OTHER = "(other)"
MAX_GROUPS = 30
_BETWEEN = " x "
_QUARTILES = (0.25, 0.5, 0.75)


@dataclass(frozen=True)
class Words:
    """The groups of a column of words.

    Attributes:
        column: its name.
        kept: the words that are groups of their own, in the order of the contract or by size.
        pooled: further words of the contract, too rare for groups of their own; None where any word may come.
    """

    column: str
    kept: tuple[str, ...]
    pooled: tuple[str, ...] | None

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the groups."""
        return (*self.kept, *((OTHER,) if self.pooled != () else ()))

    def key(self) -> nw.Expr:
        """Tell the group of each row inside an engine: its name, or null."""
        cell = nw.col(self.column)
        is_kept = where(cell.is_in(list(self.kept)))
        if self.pooled == ():
            return nw.when(is_kept).then(cell)
        is_rest = ~cell.is_null() if self.pooled is None else where(cell.is_in(list(self.pooled)))
        return nw.when(is_kept).then(cell).otherwise(nw.when(is_rest).then(nw.lit(OTHER)))

    def name_keys(self, keys: pd.Series) -> pd.Series:
        """Name the groups of keys; null is a group too."""
        return keys.astype(object).where(keys.notna(), MISSING)


@dataclass(frozen=True)
class Bands:
    """The groups of a column of numbers or times.

    Attributes:
        column: its name.
        edges: the last value of every band but the highest, rising.
        low: the lowest possible value, if there is one.
        high: the highest possible value, if there is one.
    """

    column: str
    edges: tuple[Any, ...]
    low: float | None = None
    high: float | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the groups: ``up to 31``, ``over 31 to 39``, ``over 39``."""
        if not self.edges:
            return ("any",)
        words = [_write(edge) for edge in self.edges]
        between = [f"over {low} to {high}" for low, high in pairwise(words)]
        return (f"up to {words[0]}", *between, f"over {words[-1]}")

    def key(self) -> nw.Expr:
        """Tell the group of each row inside an engine: its place among the names, or null."""
        cell = nw.col(self.column)
        is_known = ~cell.is_null()
        if self.low is not None:
            is_known = is_known & where(cell >= self.low)
        if self.high is not None:
            is_known = is_known & where(cell <= self.high)
        steps = [where(cell > edge).cast(nw.Int64) for edge in self.edges]
        place = nw.sum_horizontal(*steps) if steps else nw.lit(0)
        return nw.when(is_known).then(place)

    def name_keys(self, keys: pd.Series) -> pd.Series:
        """Name the groups of keys; null is a group too."""
        return keys.map(dict(enumerate(self.names))).astype(object).where(keys.notna(), MISSING)


Levels = Words | Bands


def list_groupings(problem: Problem) -> list[tuple[str, ...]]:
    """List by what groups are told apart.

    Args:
        problem: the case.

    Returns:
        Every sensitive column, every two of them, and what clauses of the plan name together; columns in the order of
        the contract.
    """
    names = problem.group_columns
    asked = {in_order(clause.columns, problem) for clause in problem.bias_plan.clauses}
    plain = [(name,) for name in names] + list(combinations(names, 2))
    return plain + sorted(asked - set(plain), key=lambda columns: [names.index(name) for name in columns])


def in_order(columns: Sequence[str], problem: Problem) -> tuple[str, ...]:
    """Put columns in the order of the contract.

    Args:
        columns: some sensitive columns.
        problem: the case.

    Returns:
        The same columns.
    """
    return tuple(name for name in problem.group_columns if name in columns)


def join_names(names: Sequence[str]) -> str:
    """Name an intersection: ``female x black``.

    Args:
        names: columns, or groups of one column each.

    Returns:
        The name.
    """
    return _BETWEEN.join(names)


def is_known(group: str) -> bool:
    """Say whether rows of a group are known to belong to it.

    Args:
        group: the name of a group or an intersection.

    Returns:
        Whether no part of it is missing.
    """
    return MISSING not in group.split(_BETWEEN)


def find_levels(columns: Sequence[str], *, table: Any, training: pd.DataFrame, problem: Problem) -> dict[str, Levels]:
    """Find the groups of sensitive columns.

    Words of the contract are groups; of more than ``MAX_GROUPS`` words the commonest are, and the others are
    "(other)" together. Numbers and times fall into quarters of the training rows: what a model learns from decides,
    whichever engine holds the rest. A word or number that the contract does not allow could not be read and tells no
    group.

    Args:
        columns: some of ``problem.group_columns``.
        table: the rows that tell which words are common, of any engine.
        training: the rows whose quartiles part numbers.
        problem: the case.

    Returns:
        Column -> its groups.
    """
    return {name: _find(name, problem.columns[name], table, training) for name in columns}


def _find(name: str, column: Column, table: Any, training: pd.DataFrame) -> Levels:
    if column.is_numeric or column.type == "timestamp":
        low, high = column.range or (None, None)
        return Bands(name, _edges(training[name]), low, high)
    words = ("true", "false") if column.type == "boolean" else column.values
    if words is not None and len(words) <= MAX_GROUPS:
        return Words(name, words, ())
    common = _commonest(table, name)
    if words is None:
        return Words(name, common, None)
    return Words(name, tuple(w for w in common if w in words), tuple(w for w in words if w not in common))


def _edges(cells: pd.Series) -> tuple[Any, ...]:
    known = cells.dropna()
    if known.empty:
        return ()
    edges = known.quantile(list(_QUARTILES), interpolation="lower").unique()
    inner = [edge for edge in edges.tolist() if edge < known.max()]
    return tuple(edge.to_pydatetime() if isinstance(edge, pd.Timestamp) else edge for edge in inner)


def _commonest(table: Any, name: str) -> tuple[str, ...]:
    words = as_frame(table).select(name).filter(~nw.col(name).is_null())
    counts = words.group_by(name).agg(nw.len().alias("_n_rows"))
    top = as_pandas(counts.sort("_n_rows", name, descending=[True, False]).head(MAX_GROUPS))
    return tuple(str(word) for word in top[name])


def _write(edge: Any) -> str:
    if isinstance(edge, datetime):
        return edge.isoformat(sep=" ").removesuffix(" 00:00:00")
    return f"{edge:.15g}"
