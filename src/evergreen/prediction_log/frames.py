"""Rows of the log as frames."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy import RowMapping

# Name -> dtype. No column of a contract begins with an underscore.
META = {
    "_request_id": "str",
    "_row": "int64",
    "_role": "str",
    "_key": "str",
    "_event_time": "str",
    "_repairs": "object",
    "_reasons": "str",
    "_scores": "object",
    "_action": "object",
    "_expected_payoff": "float64",
    "_release_id": "str",
    "_answered_at": "str",
    "_latency_ms": "float64",
    "_outcome": "object",
    "_outcome_known_at": "str",
}


def to_frame(rows: Sequence[RowMapping], columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Write rows of the log as a frame.

    Args:
        rows: column -> value, as ``read_rows`` gives them.
        columns: the raw cells to keep; all that occur where not said.

    Returns:
        One row each: what is known of the answer, in the columns ``META``; then the raw cells, of dtype object, None
        where there was none. ``_repairs`` are lists of (column, rule), ``_scores`` lists of numbers; ``_outcome`` is
        None where it is not known.
    """
    words: dict[str, str] = {}
    cells = [_shared(json.loads(row["cells"]), words) for row in rows]
    names = list(dict.fromkeys(name for one in cells for name in one)) if columns is None else columns
    told = {name: _meta(name, rows) for name in META}
    raw = {name: pd.Series([one.get(name) for one in cells], dtype=object) for name in names}
    return pd.DataFrame({**told, **raw})


def scores_of(frame: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Write the scores of rows as one array.

    Args:
        frame: rows of the log, at least one of which has scores.

    Returns:
        One row each, one column a score; NaN where a row could not be used.
    """
    lists = frame["_scores"].tolist()
    n_scores = max(map(len, lists), default=0)
    return np.array([one or [np.nan] * n_scores for one in lists], dtype=np.float64).reshape(len(lists), n_scores)


def _meta(name: str, rows: Sequence[RowMapping]) -> "pd.Series[Any]":
    kind = META[name]
    values = [row[name[1:]] for row in rows]
    if kind == "object":
        values = [None if value is None else json.loads(value) for value in values]
    return pd.Series(values, dtype=kind)


def _shared(cells: dict[str, Any], words: dict[str, str]) -> dict[str, Any]:
    """Keep each word once: columns repeat a few of them."""
    return {name: words.setdefault(cell, cell) if isinstance(cell, str) else cell for name, cell in cells.items()}
