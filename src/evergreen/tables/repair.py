"""The one place where cells are repaired: training, batch scoring and requests all pass through here."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.problem import Column, Problem
from evergreen.tables.cells import text_of
from evergreen.tables.engines import Frame, as_frame, as_pandas, is_pandas, where
from evergreen.tables.outliers import NO_LIMITS, OutlierLimits
from evergreen.tables.rules import ColumnRules, rules_of
from evergreen.tables.run_rules import RAW, RULES, fault_columns, name_rules, packed_rules, run_rules, unpack_rules

REASONS = "reasons"
REPAIRS = "repairs"
REASON_SEPARATOR = "; "
# Below this share of different words it pays to repair each word once.
_FEW_WORDS = 0.5


def mark_rows(table: Frame, problem: Problem, limits: OutlierLimits = NO_LIMITS) -> Frame:
    """Repair every cell by its column's rules and mark the rows that cannot be used.

    Each row is treated by itself: no other row changes what happens to it, and repairing the result again
    changes nothing.

    Args:
        table: raw rows with the contract's columns; n of them.
        problem: the case.
        limits: the fences of outliers; none before they are learnt.

    Returns:
        n rows: the repaired cells under the contract's names (numbers Float64, words String, times Datetime("us"));
        ``reasons``, all of them in one text, null where the row is usable; the raw cells as ``_raw_<name>`` of the
        rows that are not; and ``_rules_<k>``, whose bits say which rule changed a cell, for ``tally_rows``.
    """
    schema = table.collect_schema()
    rules = {
        name: rules_of(column, schema[name], is_required=name in problem.required_columns, fence=limits.root.get(name))
        for name, column in problem.columns.items()
    }
    return _mark_in_pandas(table, rules) if is_pandas(table) else _mark_lazily(table, rules)


@dataclass(frozen=True)
class Tally:
    """What marked rows amount to.

    Attributes:
        n_rows: all of them.
        n_unusable: those with reasons.
        repairs: (column, rule) -> number of changed cells in usable rows, for rules that changed any.
    """

    n_rows: int
    n_unusable: int
    repairs: Counter[tuple[str, str]]


def tally_rows(marked: Frame, problem: Problem) -> Tally:
    """Count marked rows and the cells that each rule changed.

    Args:
        marked: rows from ``mark_rows``.
        problem: the case.

    Returns:
        The counts.
    """
    names = [name for name in marked.collect_schema().names() if name.startswith(RULES)]
    if not names:
        # A contract of numbers alone may have no rule that is counted; its rows are.
        names = [f"{RULES}0"]
        marked = marked.with_columns(nw.lit(0).alias(names[0]))
    n_rows, n_unusable, repairs = 0, 0, Counter[tuple[str, str]]()
    for name in names:
        is_bad = ~nw.col(REASONS).is_null()
        counted = marked.select(name, is_bad.alias("is_bad")).group_by(name, "is_bad").agg(nw.len().alias("n_rows"))
        found = as_pandas(counted)
        n_rows, n_unusable = int(found["n_rows"].sum()), int(found.loc[found["is_bad"], "n_rows"].sum())
        used = found[~found["is_bad"]]
        numbers = dict(zip(used[name].astype(int), used["n_rows"].astype(int), strict=True))
        repairs += unpack_rules(numbers, int(name.removeprefix(RULES)), problem.columns)
    return Tally(n_rows, n_unusable, repairs)


def repairs_by_key(marked: Frame, problem: Problem) -> pd.DataFrame:
    """Say which rules changed which cells of each row.

    Args:
        marked: rows from ``mark_rows``.
        problem: the case.

    Returns:
        The key and ``repairs``, all changes in contract order in one text, of usable rows with any; every key once. Of
        copies of a row the one counts whose text comes first.
    """
    key, names = list(problem.key), [name for name in marked.collect_schema().names() if name.startswith(RULES)]
    if not names:
        return as_pandas(marked.select(key).head(0)).assign(**{REPAIRS: pd.Series(dtype="str")})
    rows = as_pandas(marked.filter(nw.col(REASONS).is_null()).select(*key, *names))
    kinds = rows[names].drop_duplicates(ignore_index=True)
    told = [REASON_SEPARATOR.join(map(": ".join, pairs)) for pairs in name_rules(kinds, problem.columns)]
    named = rows.merge(kinds.assign(**{REPAIRS: pd.Series(told, index=kinds.index, dtype="str")}), on=names)
    # Copies of a row may be written in different ways and come in any order: the text that comes first counts.
    first = named.sort_values([*key, REPAIRS]).drop_duplicates(key)[[*key, REPAIRS]]
    return first[first[REPAIRS] != ""].reset_index(drop=True)


def repairs_table(repairs: Mapping[tuple[str, str], int]) -> pd.DataFrame:
    """Write counts down as a table.

    Args:
        repairs: (column, rule) -> number of cells.

    Returns:
        Columns ``column, rule, n_cells``.
    """
    found = [(column, rule, n) for (column, rule), n in repairs.items()]
    frame = pd.DataFrame(found, columns=["column", "rule", "n_cells"])
    return frame.astype({"column": "str", "rule": "str", "n_cells": "int64"})


def usable_rows(marked: Frame, problem: Problem) -> Frame:
    """Take the usable ones of marked rows.

    Args:
        marked: rows from ``mark_rows``.
        problem: the case.

    Returns:
        The repaired cells under the contract's names.
    """
    # In pandas a filter copies every column it is given.
    needed = marked.select(*problem.columns, REASONS)
    return needed.filter(nw.col(REASONS).is_null()).select(settled_cells(problem))


def unusable_rows(marked: Frame, problem: Problem) -> Frame:
    """Take the unusable ones of marked rows, as they came.

    Args:
        marked: rows from ``mark_rows``.
        problem: the case.

    Returns:
        The raw cells as text, and ``reasons``.
    """
    schema = marked.collect_schema()
    raw = [text_of(nw.col(RAW + name), schema[RAW + name]).alias(name) for name in problem.columns]
    needed = marked.select(*(RAW + name for name in problem.columns), REASONS)
    return needed.filter(~nw.col(REASONS).is_null()).select(*raw, nw.col(REASONS))


def settled_cells(problem: Problem) -> list[nw.Expr]:
    """Write the cells of usable rows as they are stored: whole numbers that are never missing as such.

    Args:
        problem: the case.

    Returns:
        One expression a column of the contract.
    """
    whole = {name for name in problem.required_columns if problem.columns[name].type == "integer"}
    return [nw.col(name).cast(nw.Int64) if name in whole else nw.col(name) for name in problem.columns]


def _mark_lazily(table: Frame, rules: Mapping[str, ColumnRules]) -> Frame:
    schema, done = table.collect_schema(), run_rules(table, rules)
    marks = fault_columns(rules)
    is_bad = nw.any_horizontal(*marks, ignore_nulls=True) if marks else nw.lit(value=False)
    # Only bad rows keep their raw cells, as text: the others would be stored twice.
    raw = [nw.when(is_bad).then(text_of(nw.col(RAW + name), schema[name])).alias(RAW + name) for name in rules]
    told = nw.when(is_bad).then(_told(marks)) if marks else nw.lit(None).cast(nw.String)
    return done.select(*rules, *raw, *_all_packed(rules), told.alias(REASONS))


def _mark_in_pandas(table: Frame, rules: Mapping[str, ColumnRules]) -> Frame:
    """The same column by column, so that little lies in memory at a time, and each word once where words repeat."""
    raw = table.to_native().reset_index(drop=True)
    contract = {name: one.column for name, one in rules.items()}
    parts, numbers = [], dict[str, NDArray[np.int64]]()
    for name, one in rules.items():
        part = _run_on_words(raw[[name]], {name: one}, contract)
        packed = [column for column in part.columns if column.startswith(RULES)]
        for column in packed:
            numbers[column] = numbers.get(column, 0) + part[column].to_numpy()
        parts.append(part.drop(columns=packed))
    done = pd.concat([*parts, pd.DataFrame(numbers, index=raw.index)], axis=1)
    marks = fault_columns(rules)
    bad = as_frame(done[done[list(marks)].any(axis=1)])
    told = bad.select(_told(marks).alias(REASONS)).to_native()[REASONS] if marks else pd.Series(dtype="str")
    return as_frame(done.drop(columns=list(marks)).assign(**{REASONS: told.astype("str").reindex(done.index)}))


def _run_on_words(raw: pd.DataFrame, rules: Mapping[str, ColumnRules], contract: Mapping[str, Column]) -> pd.DataFrame:
    """Run a column's rules; on each word once where words repeat."""
    (name,) = raw.columns
    if isinstance(raw[name].dtype, pd.StringDtype) and len(raw) > 0:
        codes, words = pd.factorize(raw[name], use_na_sentinel=False)
        if len(words) < _FEW_WORDS * len(raw):
            return _run_packed(pd.DataFrame({name: words}), rules, contract).take(codes).reset_index(drop=True)
    return _run_packed(raw, rules, contract)


def _run_packed(raw: pd.DataFrame, rules: Mapping[str, ColumnRules], contract: Mapping[str, Column]) -> pd.DataFrame:
    (name,) = rules
    kept = [name, RAW + name, *fault_columns(rules)]
    done: pd.DataFrame = (
        run_rules(as_frame(raw), rules).select(*kept, *packed_rules(rules, contract).values()).to_native()
    )
    return done


def _all_packed(rules: Mapping[str, ColumnRules]) -> list[nw.Expr]:
    return list(packed_rules(rules, {name: one.column for name, one in rules.items()}).values())


def _told(marks: Mapping[str, str]) -> nw.Expr:
    told = [nw.when(where(nw.col(mark))).then(nw.lit(reason)) for mark, reason in marks.items()]
    return nw.concat_str(told, separator=REASON_SEPARATOR, ignore_nulls=True)
