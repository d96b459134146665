"""One pass over a table of any engine: what the rows of each combination of groups hold."""

from collections.abc import Mapping, Sequence
from typing import Any

import narwhals.stable.v2 as nw
import pandas as pd

from evergreen.problem import Problem
from evergreen.tables.engines import as_frame, as_pandas, where
from evergreen.tables.groupings import Levels
from evergreen.tables.repair import REASONS

_IS_BAD, _EMPTY, _TOLD = "_is_bad", "_is_empty", "_told"
STAGES = ("raw", "quarantined", "repaired", "training", "holdout")


def count_stages(
    tables: Mapping[str, Any], columns: Sequence[str], levels: Mapping[str, Levels], problem: Problem
) -> pd.DataFrame:
    """Boil the rows of every stage down to one row a combination of groups.

    Args:
        tables: ``marked``, ``repaired``, ``training`` and ``holdout``, each of any engine.
        columns: the sensitive columns to combine.
        levels: their groups.
        problem: the case.

    Returns:
        Columns ``_stage``, the names of the groups under the names of ``columns``, ``_n_rows``, ``_missing_share`` and
        ``_missing_variance`` (of the share of empty feature cells over rows), ``_n_labelled``, ``_outcome`` and
        ``_outcome_variance``: no column of a contract begins with an underscore. The raw stage is all of ``marked``,
        quarantined are its rows with reasons.
    """
    parts = []
    for name, table in tables.items():
        cells = _count(table, columns, levels, problem, is_marked=name == "marked")
        if name != "marked":
            parts.append(cells.assign(_stage=name))
            continue
        parts += [cells.assign(_stage="raw"), cells[cells[_IS_BAD].astype(bool)].assign(_stage="quarantined")]
    return pd.concat(parts, ignore_index=True).drop(columns=_IS_BAD)


def _count(
    table: Any, columns: Sequence[str], levels: Mapping[str, Levels], problem: Problem, *, is_marked: bool
) -> pd.DataFrame:
    rows = as_frame(table)
    is_bad = ~nw.col(REASONS).is_null() if is_marked else nw.lit(value=False)
    keys = {f"_group_{place}": levels[column] for place, column in enumerate(columns)}
    told = rows.select(
        is_bad.alias(_IS_BAD),
        *(one.key().alias(key) for key, one in keys.items()),
        _empty_share(problem).alias(_EMPTY),
        _outcome(problem).alias(_TOLD),
    )
    empty, outcome = nw.col(_EMPTY), nw.col(_TOLD)
    cells = told.group_by(_IS_BAD, *keys).agg(
        nw.len().alias("_n_rows"),
        empty.mean().alias("_missing_share"),
        empty.var().alias("_missing_variance"),
        outcome.count().alias("_n_labelled"),
        outcome.mean().alias("_outcome"),
        outcome.var().alias("_outcome_variance"),
    )
    found = as_pandas(cells)
    names = {one.column: one.name_keys(found[key]) for key, one in keys.items()}
    return found.drop(columns=list(keys)).assign(**names)


def _empty_share(problem: Problem) -> nw.Expr:
    features = list(problem.feature_columns)
    return nw.sum_horizontal(*(nw.col(name).is_null().cast(nw.Int64) for name in features)) / len(features)


def _outcome(problem: Problem) -> nw.Expr:
    """Tell the outcome as a number: 1 for the favourable class; null without an outcome that the contract allows."""
    target = problem.target.column
    cell, column = nw.col(target), problem.columns[target]
    if problem.is_classification:
        classes = problem.target.classes
        is_known = where(cell.is_in(list(classes)))
        return nw.when(is_known).then((cell == (problem.favourable_class or classes[0])).cast(nw.Float64))
    low, high = column.range or (None, None)
    is_known = ~cell.is_null() & where(cell.is_finite())
    if low is not None:
        is_known = is_known & where(cell >= low)
    if high is not None:
        is_known = is_known & where(cell <= high)
    return nw.when(is_known).then(cell.cast(nw.Float64))
