"""Rows delivered twice, and keys that name two different rows."""

from dataclasses import dataclass, replace

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from evergreen.problem import Problem
from evergreen.tables.engines import Frame, as_frame, as_pandas, is_pandas, like
from evergreen.tables.repair import REASONS

_N_ROWS, _IS_AMONG = "_n_rows", "_is_among"


@dataclass(frozen=True)
class Deduplicated:
    """The result of looking for repeated rows.

    Attributes:
        rows: every row once, every key once.
        n_duplicates: how many further copies of a row were dropped.
        conflicts: rows whose key also names a different row, with their ``reasons``: nobody can say which is true.
        n_conflicts: their number.
    """

    rows: Frame
    n_duplicates: int
    conflicts: Frame
    n_conflicts: int


def drop_duplicates(rows: Frame, problem: Problem, *, among: nw.Expr | None = None) -> Deduplicated:
    """Keep one of equal rows and set aside the rows whose key is ambiguous.

    Args:
        rows: repaired rows, so that equal content is written equally; no key is null.
        problem: the case, for its key.
        among: the condition of the rows that are looked at, without null; the others are left out. All where not said.

    Returns:
        Unique rows, the number of dropped copies, and the conflicts.
    """
    key, reason = list(problem.key), shared_key_reason(problem)
    found = _parted_in_pandas(rows, key, among) if is_pandas(rows) else _parted(_only(rows, among), key)
    told = found.conflicts.with_columns(nw.lit(reason).alias(REASONS))
    return replace(found, conflicts=told)


def _only(rows: Frame, among: nw.Expr | None) -> Frame:
    return rows if among is None else rows.filter(among)


def shared_key_reason(problem: Problem) -> str:
    """Say why rows whose key is ambiguous are set aside.

    Args:
        problem: the case, for its key.

    Returns:
        ``key call_id is shared by different rows``.
    """
    return f"key {', '.join(problem.key)} is shared by different rows"


def _parted_in_pandas(frame: Frame, key: list[str], among: nw.Expr | None) -> Deduplicated:
    """The same with one copy of the table: every filter of pandas is one."""
    rows: pd.DataFrame = frame.to_native()
    places = np.arange(len(rows))
    if among is not None:
        places = np.flatnonzero(frame.select(among.alias(_IS_AMONG)).to_native()[_IS_AMONG].to_numpy(dtype=bool))
    is_shared = rows[key].iloc[places].duplicated(keep=False).to_numpy()
    shared = places[is_shared]
    different = rows.iloc[shared].reset_index(drop=True).drop_duplicates()
    is_conflict = different.duplicated(key, keep=False)
    kept = np.zeros(len(rows), dtype=bool)
    kept[places[~is_shared]] = True
    kept[shared[different.index[~is_conflict]]] = True
    n_copies = len(shared) - len(different)
    return Deduplicated(as_frame(rows[kept]), n_copies, as_frame(different[is_conflict]), int(is_conflict.sum()))


def _parted(rows: Frame, key: list[str]) -> Deduplicated:
    counted = rows.group_by(key).agg(nw.len().alias(_N_ROWS)).filter(nw.col(_N_ROWS) > 1)
    shared = as_pandas(counted)
    if shared.empty:
        return Deduplicated(rows, 0, rows.head(0), 0)
    keys = like(shared[key], rows)
    once, repeated = rows.join(keys, on=key, how="anti"), rows.join(keys, on=key, how="semi")
    # Few rows share a key: only these are compared as a whole.
    different = repeated.unique().with_columns(nw.len().over(*key).alias(_N_ROWS))
    is_conflict = (nw.col(_N_ROWS) > 1).cast(nw.Int64)
    counts = as_pandas(different.select(nw.len().alias("n"), is_conflict.sum().alias("n_conflicts"))).iloc[0]
    single = different.filter(nw.col(_N_ROWS) == 1).drop(_N_ROWS)
    conflicts = different.filter(nw.col(_N_ROWS) > 1).drop(_N_ROWS)
    n_copies = int(shared[_N_ROWS].sum()) - int(counts["n"])
    return Deduplicated(nw.concat([once, single]), n_copies, conflicts, int(counts["n_conflicts"]))
