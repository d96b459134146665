"""The one place where cells are repaired: training, batch scoring and requests all pass through here."""

from collections import Counter
from collections.abc import Mapping

import narwhals.stable.v2 as nw
import pandas as pd

from evergreen.problem import Problem
from evergreen.tables.cells import text_of
from evergreen.tables.engines import Frame, as_frame, is_pandas, where
from evergreen.tables.outliers import NO_LIMITS, OutlierLimits
from evergreen.tables.rules import ColumnRules, rules_of
from evergreen.tables.run_rules import RAW, fault_columns, rule_columns, run_rules

REASONS = "reasons"
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
        rows that are not; and Boolean columns that say which rule changed a cell, for ``count_repairs``.
    """
    schema = table.collect_schema()
    rules = {
        name: rules_of(column, schema[name], is_required=name in problem.required_columns, fence=limits.root.get(name))
        for name, column in problem.columns.items()
    }
    return _mark_in_pandas(table, rules) if is_pandas(table) else _mark_lazily(table, rules)


def count_repairs(marked: Frame, problem: Problem) -> Counter[tuple[str, str]]:
    """Count the cells that each rule changed.

    Args:
        marked: rows from ``mark_rows``.
        problem: the case.

    Returns:
        (column, rule) -> number of cells, for rules that changed any.
    """
    names = rule_columns(marked.collect_schema().names(), problem.columns)
    found: Counter[tuple[str, str]] = Counter()
    if names:
        sums = marked.select(nw.col(name).cast(nw.Int64).sum() for name in names).collect().rows()[0]
        for (column, rule), n in zip(names.values(), sums, strict=True):
            found[column, rule] += int(n or 0)
    return +found


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
    return marked.filter(nw.col(REASONS).is_null()).select(_settled(problem))


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
    return marked.filter(~nw.col(REASONS).is_null()).select(*raw, nw.col(REASONS))


def _mark_lazily(table: Frame, rules: Mapping[str, ColumnRules]) -> Frame:
    done = run_rules(table, rules)
    marks = fault_columns(rules)
    is_bad = nw.any_horizontal(*marks, ignore_nulls=True) if marks else nw.lit(value=False)
    # Only bad rows keep their raw cells, as text: the others would be stored twice.
    schema = table.collect_schema()
    raw = [nw.when(is_bad).then(text_of(nw.col(RAW + name), schema[name])).alias(RAW + name) for name in rules]
    told = nw.when(is_bad).then(_told(marks)) if marks else nw.lit(None).cast(nw.String)
    return done.with_columns(*raw, told.alias(REASONS)).drop(list(marks))


def _mark_in_pandas(table: Frame, rules: Mapping[str, ColumnRules]) -> Frame:
    raw = table.to_native().reset_index(drop=True)
    parts = [_run_on_words(raw[[name]], {name: column}) for name, column in rules.items()]
    done = as_frame(pd.concat(parts, axis=1))
    marks = fault_columns(rules)
    bad = done.filter(nw.any_horizontal(*marks, ignore_nulls=True)) if marks else done.head(0)
    native: pd.DataFrame = done.drop(list(marks)).to_native()
    told = bad.select(_told(marks).alias(REASONS)).to_native()[REASONS] if marks else pd.Series(dtype="str")
    return as_frame(native.assign(**{REASONS: told.astype("str").reindex(native.index)}))


def _run_on_words(raw: pd.DataFrame, rules: Mapping[str, ColumnRules]) -> pd.DataFrame:
    """Run a column's rules; on each word once where words repeat."""
    (name,) = raw.columns
    if isinstance(raw[name].dtype, pd.StringDtype) and len(raw) > 0:
        codes, words = pd.factorize(raw[name], use_na_sentinel=False)
        if len(words) < _FEW_WORDS * len(raw):
            return _native(pd.DataFrame({name: words}), rules).take(codes).reset_index(drop=True)
    return _native(raw, rules)


def _native(raw: pd.DataFrame, rules: Mapping[str, ColumnRules]) -> pd.DataFrame:
    done: pd.DataFrame = run_rules(as_frame(raw), rules).to_native()
    return done


def _told(marks: Mapping[str, str]) -> nw.Expr:
    told = [nw.when(where(nw.col(mark))).then(nw.lit(reason)) for mark, reason in marks.items()]
    return nw.concat_str(told, separator=REASON_SEPARATOR, ignore_nulls=True)


def _settled(problem: Problem) -> list[nw.Expr]:
    """The cells of usable rows: whole numbers that are never missing are stored as such."""
    whole = {name for name in problem.required_columns if problem.columns[name].type == "integer"}
    return [nw.col(name).cast(nw.Int64) if name in whole else nw.col(name) for name in problem.columns]
