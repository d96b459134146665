"""Repaired rows written as JSON: as a request would bring them, or as they are."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pandas as pd

from evergreen.answering.plain import raw_table
from evergreen.problem import Column, Problem
from evergreen.tables.engines import as_frame
from evergreen.tables.outliers import OutlierLimits
from evergreen.tables.repair import mark_rows

_DATES = {"iso": "%Y-%m-%dT", "day_first": "%d/%m/%Y ", "month_first": "%m/%d/%Y "}


def raw_cells(rows: pd.DataFrame, problem: Problem, columns: Collection[str]) -> list[dict[str, Any]]:
    """Write repaired rows as a request would bring them.

    Args:
        rows: repaired rows with these columns.
        problem: the case.
        columns: the columns to write.

    Returns:
        One a row: text, numbers and None. Booleans are the words true and false, as repaired rows have them; times are
        ISO text to the second, or written as the contract says that dates are.
    """
    cells = {name: [_cell(value, problem.columns[name]) for value in rows[name]] for name in columns}
    return [dict(zip(cells, values, strict=True)) for values in zip(*cells.values(), strict=True)]


def repaired_as_json(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Write repaired rows as they are.

    Args:
        rows: repaired rows.

    Returns:
        One a row: words, numbers, ISO times and None.
    """
    return [{str(name): _plain(value) for name, value in row.items()} for row in rows.to_dict("records")]


def repaired_cells(rows: Sequence[Mapping[str, Any]], problem: Problem, limits: OutlierLimits) -> pd.DataFrame:
    """Read raw rows back.

    Args:
        rows: of ``raw_cells``, with any columns of the contract.
        problem: the case.
        limits: the fences of outliers of the release.

    Returns:
        The features, repaired.
    """
    marked = mark_rows(as_frame(raw_table(rows, problem)), problem, limits)
    repaired: pd.DataFrame = marked.select(*problem.feature_columns).to_native()
    return repaired


def _cell(value: Any, column: Column) -> Any:
    if pd.isna(value):
        return None
    if column.type == "timestamp":
        time = pd.Timestamp(value)
        # Years before 1000 come out of strftime without their zeros.
        day = time.strftime(_DATES[column.time_format].replace("%Y", f"{time.year:04d}"))
        return f"{day}{time:%H:%M:%S}"
    if column.is_numeric:
        return int(value) if column.type == "integer" else float(value)
    return str(value)


def _plain(value: Any) -> Any:
    if pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    return value if isinstance(value, str) else float(value)
