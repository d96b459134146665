"""Outcomes that came to the service."""

from datetime import date, timedelta

import pandas as pd

from evergreen.pipelines.monitoring.answered import KEY
from evergreen.prediction_log import LogReader
from evergreen.problem import Problem
from evergreen.tables.engines import as_frame
from evergreen.tables.repair import REASONS, mark_rows


def logged_outcomes(
    problem: Problem, as_of: date, watched_rows: pd.DataFrame, prediction_log: LogReader
) -> pd.DataFrame | None:
    """Look up what counts in the log for watched rows; no answer is read for it.

    Args:
        problem: the case.
        as_of: the logical date; what was known later is left out.
        watched_rows: the rows that are watched.
        prediction_log: reads the log.

    Returns:
        The key and the target of rows whose outcome is known, each once, cleaned like all others; None without a log
        or without rows.
    """
    if watched_rows.empty or not prediction_log.is_there():
        return None
    keys = _keys_of(watched_rows, problem)
    until = f"{(as_of + timedelta(days=1)).isoformat()}T00:00:00"
    told = prediction_log.find_outcomes(keys.drop_duplicates().tolist(), known_until=_just_before(until))
    key, target = list(problem.key), problem.target.column
    is_told = keys.isin(list(told))
    found = watched_rows.loc[is_told, key].assign(**{target: keys[is_told].map(told)})
    return _clean(found, problem).drop_duplicates(key, ignore_index=True)


def _just_before(moment: str) -> str:
    return (pd.Timestamp(moment) - pd.Timedelta(microseconds=1)).isoformat()


def _keys_of(rows: pd.DataFrame, problem: Problem) -> "pd.Series[str]":
    """Write keys as the log writes them; those of rows that it has answered are known."""
    from evergreen.prediction_log.cells import key_text

    told = rows[KEY] if KEY in rows else pd.Series("", index=rows.index, dtype="str")
    names = list(problem.key)
    made = [
        known or key_text(dict(zip(names, cells, strict=True)))
        for known, *cells in zip(told, *(rows[name].tolist() for name in names), strict=True)
    ]
    return pd.Series(made, index=rows.index, dtype="str")


def _clean(found: pd.DataFrame, problem: Problem) -> pd.DataFrame:
    """Repair outcomes by their column's own rules; those that cannot be used are left out."""
    target = problem.target.column
    told = found[target].reset_index(drop=True)
    cells = told.map(str).astype("str") if problem.is_classification else told.map(_as_number).astype("float64")
    alone = problem.model_copy(update={"columns": {target: problem.columns[target]}})
    marked: pd.DataFrame = mark_rows(as_frame(cells.to_frame(target)), alone).to_native()
    is_usable = (marked[REASONS].isna() & marked[target].notna()).to_numpy()
    return found.assign(**{target: marked[target].to_numpy()})[is_usable]


def _as_number(value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return float("nan")
