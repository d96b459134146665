"""Rows delivered twice, and keys that name two different rows."""

from dataclasses import dataclass

import narwhals.stable.v2 as nw

from evergreen.problem import Problem
from evergreen.tables.engines import Frame, as_pandas, count, is_pandas, like
from evergreen.tables.repair import REASONS

_N_ROWS = "_n_rows"


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


def drop_duplicates(rows: Frame, problem: Problem) -> Deduplicated:
    """Keep one of equal rows and set aside the rows whose key is ambiguous.

    Args:
        rows: repaired rows, so that equal content is written equally; no key is null.
        problem: the case, for its key.

    Returns:
        Unique rows, the number of dropped copies, and the conflicts.
    """
    key, reason = list(problem.key), f"key {', '.join(problem.key)} is shared by different rows"
    once, repeated = _part(rows, key)
    # Few rows share a key: only these are compared as a whole.
    different = repeated.unique()
    single, shared = _part(different, key)
    n_repeated, n_different, n_shared = (count(frame) for frame in (repeated, different, shared))
    told = shared.with_columns(nw.lit(reason).alias(REASONS))
    return Deduplicated(nw.concat([once, single]), n_repeated - n_different, told, n_shared)


def _part(rows: Frame, key: list[str]) -> tuple[Frame, Frame]:
    """Part the rows whose key is their own from those that share one."""
    if is_pandas(rows):
        is_shared = rows.to_native().duplicated(key, keep=False).to_numpy()
        native = rows.to_native()
        return nw.from_native(native[~is_shared]).lazy(), nw.from_native(native[is_shared]).lazy()
    counted = rows.group_by(key).agg(nw.len().alias(_N_ROWS)).filter(nw.col(_N_ROWS) > 1).select(key)
    shared = like(as_pandas(counted), rows)
    return rows.join(shared, on=key, how="anti"), rows.join(shared, on=key, how="semi")
