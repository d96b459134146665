"""Other rows that claim the key of a row in use: set aside with their reasons, as a whole run would."""

from dataclasses import dataclass

import narwhals.stable.v2 as nw
import pandas as pd

from evergreen.errors import DataError
from evergreen.problem import Problem
from evergreen.tables.duplicates import shared_key_reason
from evergreen.tables.engines import Frame, as_frame, as_pandas, like, where
from evergreen.tables.quarantine import all_as_text
from evergreen.tables.repair import REASONS, mark_rows, unusable_rows, usable_rows

_N_ROWS = "_n_rows"


@dataclass(frozen=True)
class Claims:
    """Rows that are set aside because they claim the key of a row in use.

    Attributes:
        marked: their repaired cells, and their ``reasons``.
        quarantine: the same as text, as they came.
    """

    marked: pd.DataFrame
    quarantine: pd.DataFrame

    @property
    def n_rows(self) -> int:
        """Their number."""
        return len(self.quarantine)


def find_claims(known: Frame, earlier: Frame, problem: Problem, key: list[str]) -> Claims | None:
    """Find the rows that cannot be used, or differ from the row in use whose key they have.

    Args:
        known: gathered rows in raw form whose key is in use.
        earlier: the rows in use, repaired.
        problem: the case, with its contract as it is now.
        key: columns of both tables that hold the key as text.

    Returns:
        The rows; None where every key in use stands for one row and its copies.

    Raises:
        DataError: where nobody can say which of the rows with a key is the one in use.
    """
    repeated = _keys_of_several(known, key)
    several = _keys_of_several(known.join(like(repeated, known), on=key, how="semi").unique(), key)
    if several.empty:
        return None
    rows = as_frame(as_pandas(known.join(like(several, known), on=key, how="semi")))
    in_use = as_pandas(earlier.join(like(several, earlier), on=key, how="semi").select(list(problem.columns)))
    marked = mark_rows(rows.drop(key), problem)
    usable = usable_rows(marked, problem).to_native().drop_duplicates()
    others = _others(usable, in_use, problem)
    conflicts = as_frame(others).with_columns(nw.lit(shared_key_reason(problem)).alias(REASONS))
    bad = marked.filter(~nw.col(REASONS).is_null())
    quarantine = nw.concat([all_as_text(unusable_rows(marked, problem)), all_as_text(conflicts)])
    told = [part.select(*problem.columns, REASONS).to_native() for part in (bad, conflicts)]
    return Claims(pd.concat(told, ignore_index=True), quarantine.to_native())


def _keys_of_several(rows: Frame, key: list[str]) -> pd.DataFrame:
    counted = rows.group_by(key).agg(nw.len().alias(_N_ROWS)).filter(where(nw.col(_N_ROWS) > 1))
    return as_pandas(counted.select(key))


def _others(usable: pd.DataFrame, in_use: pd.DataFrame, problem: Problem) -> pd.DataFrame:
    """Tell the rows that differ from the one in use; a mended contract may have rewritten that one, if it is alone."""
    key = list(problem.key)
    is_same = usable.merge(in_use.drop_duplicates(), how="left", indicator=True)["_merge"].eq("both").to_numpy()
    told = usable[key].assign(_is_same=is_same).groupby(key)["_is_same"].agg(["any", "size"])
    unclear = len(in_use) - int((told["any"] | (told["size"] == 1)).sum())
    if unclear > 0:
        finding = f"holds several rows for each of {unclear} keys in use, and none is the row in use as it was repaired"
        raise DataError(f"Source '{problem.spine}'", finding, "Run data_processing: more has changed than quarantine.")
    has_same = told["any"].reindex(pd.MultiIndex.from_frame(usable[key]) if len(key) > 1 else usable[key[0]]).to_numpy()
    return usable[has_same & ~is_same]
