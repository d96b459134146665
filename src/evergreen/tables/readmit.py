"""Rows in quarantine get another chance after the contract or the source was mended, and the others are left alone."""

from dataclasses import dataclass, replace
from functools import reduce

import narwhals.stable.v2 as nw
import pandas as pd

from evergreen.errors import DataError
from evergreen.problem import Problem
from evergreen.tables.cells import text_of
from evergreen.tables.claims import Claims, find_claims
from evergreen.tables.engines import Frame, count, like, same_engine
from evergreen.tables.repair import REASONS, mark_rows
from evergreen.tables.rules import rules_of
from evergreen.tables.settle import Settled, settle_rows


@dataclass(frozen=True)
class Readmitted:
    """The result of looking at unsettled rows again.

    Attributes:
        marked: every row once, with its repaired cells and its ``reasons``; copies of earlier rows are left out.
        rows: all usable rows, the earlier ones and those that are usable now.
        settled: what became of the rows that were looked at again; its ``n_rows`` leaves out those that claim the key
            of a row in use.
        n_rows: gathered rows.
        n_duplicates: further copies of rows, of earlier and of readmitted ones.
        n_usable: usable rows.
    """

    marked: Frame
    rows: Frame
    settled: Settled
    n_rows: int
    n_duplicates: int
    n_usable: int


def readmit_rows(gathered: Frame, repaired: Frame, problem: Problem) -> Readmitted:
    """Repair the gathered rows whose key is not among the usable ones, and add those that are usable now.

    A row in use stays as it is. Another row that claims its key is looked at, and stays in quarantine.

    Args:
        gathered: rows in raw form, gathered anew.
        repaired: the usable rows so far.
        problem: the case, with its contract as it is now.

    Returns:
        The usable rows and the accounts.

    Raises:
        DataError: where the source no longer holds rows that are in use, or nobody can say which they are.
    """
    earlier = same_engine(repaired, gathered).select(list(problem.columns))
    keyed, names = _with_text_keys(gathered, problem)
    in_use, _ = _with_text_keys(earlier, problem)
    used = in_use.select(names)
    known = keyed.join(used, on=names, how="semi")
    n_known, n_used = count(known), count(used)
    _refuse_lost(n_used - count(used.join(keyed.select(names).unique(), on=names, how="semi")), problem)
    open_rows = keyed.join(used, on=names, how="anti").drop(names)
    marked = mark_rows(open_rows, problem)
    settled, claims = settle_rows(marked, problem), find_claims(known, in_use, problem, names)
    rows, n_claims = nw.concat([earlier, settled.rows]), claims.n_rows if claims else 0
    done = Readmitted(
        marked=_all_marked(earlier, marked, problem),
        rows=rows,
        settled=settled,
        n_rows=n_known + settled.n_rows,
        n_duplicates=n_known - n_used - n_claims + settled.n_duplicates,
        n_usable=count(rows),
    )
    return _with_claims(done, claims) if claims else done


def _with_claims(done: Readmitted, claims: Claims) -> Readmitted:
    settled = replace(
        done.settled,
        quarantine=_below(done.settled.quarantine, claims.quarantine),
        n_quarantined=done.settled.n_quarantined + claims.n_rows,
    )
    return replace(done, marked=_below(done.marked, claims.marked), settled=settled)


def _below(rows: Frame, more: pd.DataFrame) -> Frame:
    types = rows.collect_schema()
    added = like(more, rows).select(nw.col(name).cast(dtype) for name, dtype in types.items())
    return nw.concat([rows, added])


def _all_marked(earlier: Frame, marked: Frame, problem: Problem) -> Frame:
    types = marked.collect_schema()
    cells = [nw.col(name).cast(types[name]) for name in problem.columns]
    usable = earlier.select(*cells, nw.lit(None).cast(nw.String).alias(REASONS))
    return nw.concat([usable, marked.select(*problem.columns, REASONS)])


def _with_text_keys(rows: Frame, problem: Problem) -> tuple[Frame, list[str]]:
    """Add the key as the contract reads it, written as text: raw and repaired keys then meet."""
    schema = rows.collect_schema()
    cells = {}
    for name in problem.key:
        steps = rules_of(problem.columns[name], schema[name]).steps
        read = reduce(lambda cell, step: step.rule(cell), steps, nw.col(name))
        cells[f"_key_{name}"] = text_of(read, _read_type(problem, name)).fill_null("")
    return rows.with_columns(cell.alias(name) for name, cell in cells.items()), list(cells)


def _read_type(problem: Problem, name: str) -> nw.dtypes.DType:
    column = problem.columns[name]
    if column.is_numeric:
        return nw.Float64()
    return nw.Datetime("us") if column.type == "timestamp" else nw.String()


def _refuse_lost(n_lost: int, problem: Problem) -> None:
    if n_lost > 0:
        raise DataError(
            f"Source '{problem.spine}'",
            f"no longer holds {n_lost} rows that are in use",
            "Run data_processing: more has changed than rows in quarantine.",
        )
