"""The one place where cells are repaired: training, batch scoring and requests all pass through here."""

from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw

from evergreen.problem import Column, Problem
from evergreen.problem.columns import FALSE_WORDS, TRUE_WORDS
from evergreen.tables.cells import blank_to_null, canonical_words, number_of, text_of, timestamp_of

REASONS = "reasons"
REASON_SEPARATOR = "; "
_BOOLEAN_WORDS = dict.fromkeys(TRUE_WORDS, "true") | dict.fromkeys(FALSE_WORDS, "false")


@dataclass(frozen=True)
class CellRule:
    """One repair: what a cell was before the rule and what it is after."""

    name: str
    before: nw.Expr
    after: nw.Expr

    @property
    def n_changed(self) -> nw.Expr:
        """How many cells the rule changed."""
        both = ~self.before.is_null() & ~self.after.is_null()
        moved = nw.when(both).then(self.before != self.after).otherwise(self.before.is_null() != self.after.is_null())
        return moved.cast(nw.Int64).sum()


@dataclass(frozen=True)
class ColumnPlan:
    """How one column is repaired.

    Attributes:
        value: the repaired cell.
        rules: the repairs on the way there, in order.
        faults: reasons for which the row cannot be used, and where each holds.
    """

    value: nw.Expr
    rules: tuple[CellRule, ...]
    faults: tuple[tuple[str, nw.Expr], ...]


@dataclass(frozen=True)
class Repaired:
    """The result of repairing a table.

    Attributes:
        rows: rows that keep the contract; numbers are Float64 (required integers Int64), words String, times
            Datetime("us").
        quarantine: the raw rows that cannot be used, with all their ``reasons`` in one text.
        repairs: changed cells, columns ``column, rule, n_cells``.
    """

    rows: nw.DataFrame[Any]
    quarantine: nw.DataFrame[Any]
    repairs: nw.DataFrame[Any]


def repair_rows(table: nw.DataFrame[Any], problem: Problem) -> Repaired:
    """Repair every cell by its column's rules and set aside the rows that cannot be used.

    Each row is treated by itself: no other row changes what happens to it, and repairing the result again
    changes nothing.

    Args:
        table: raw rows with the contract's columns.
        problem: the case.

    Returns:
        Usable rows, quarantined rows and the count of repaired cells.
    """
    schema = table.schema
    plans = {
        name: plan_column(name, column, schema[name], is_required=name in problem.required_columns)
        for name, column in problem.columns.items()
    }
    reasons = _all_reasons(plans)
    marked = table.with_columns(reasons.alias(REASONS))
    usable = marked.filter(nw.col(REASONS) == "")
    return Repaired(
        rows=usable.select(_stored(name, plan, problem).alias(name) for name, plan in plans.items()),
        quarantine=marked.filter(nw.col(REASONS) != ""),
        repairs=_count_repairs(table, plans),
    )


def _stored(name: str, plan: ColumnPlan, problem: Problem) -> nw.Expr:
    """A whole number that is never missing is stored as one."""
    is_whole = problem.columns[name].type == "integer" and name in problem.required_columns
    return plan.value.cast(nw.Int64) if is_whole else plan.value


def plan_column(name: str, column: Column, dtype: nw.dtypes.DType, *, is_required: bool) -> ColumnPlan:
    """Plan the repair of one column from its contract and the type it arrives in.

    Args:
        name: the column.
        column: its contract.
        dtype: its raw type.
        is_required: whether a row without it cannot be used.

    Returns:
        The plan; its expressions run on every engine.
    """
    if column.type == "timestamp":
        plan = _plan_timestamp(nw.col(name), column, dtype)
    elif column.is_numeric:
        plan = _plan_number(nw.col(name), column, dtype)
    else:
        plan = _plan_words(nw.col(name), column, dtype)
    faults = [(f"{name} {what}", where) for what, where in plan.faults]
    if is_required:
        faults.append((f"{name} is missing", plan.value.is_null() & ~_any([where for _, where in plan.faults])))
    return ColumnPlan(plan.value, plan.rules, tuple(faults))


def _plan_timestamp(raw: nw.Expr, column: Column, dtype: nw.dtypes.DType) -> ColumnPlan:
    value = timestamp_of(raw, dtype)
    present = ~raw.is_null()
    return _apply_invalid(value, [], [("is no date or time", value.is_null() & present)], column)


def _plan_number(raw: nw.Expr, column: Column, dtype: nw.dtypes.DType) -> ColumnPlan:
    number = number_of(raw, dtype)
    value, rules = number, []
    if column.number_sentinels:
        value = nw.when(~number.is_in(list(column.number_sentinels))).then(number)
        rules.append(CellRule("sentinel", number, value))
    faults = []
    if dtype == nw.String:
        words = blank_to_null(raw.str.strip_chars())
        is_word = number.is_null() & ~words.is_null()
        if column.text_sentinels:
            is_sentinel = canonical_words(raw).is_in(list(column.text_sentinels)).fill_null(value=False)
            rules.append(CellRule("sentinel", words, nw.when(~is_sentinel).then(words)))
            is_word = is_word & ~is_sentinel
        faults.append(("is no number", is_word))
    low, high = column.range or (None, None)
    present = ~value.is_null()
    faults.append(("is not finite", value.is_in([float("inf"), float("-inf")]) & present))
    if column.type == "integer":
        faults.append(("is no whole number", (value != value.floor()) & present))
    if low is not None:
        faults.append((f"is below {low:g}", (value < low) & present))
    if high is not None:
        faults.append((f"is above {high:g}", (value > high) & present))
    return _apply_invalid(value, rules, faults, column)


def _plan_words(raw: nw.Expr, column: Column, dtype: nw.dtypes.DType) -> ColumnPlan:
    text = text_of(raw, dtype)
    value = blank_to_null(text.str.strip_chars()) if column.type == "text" else canonical_words(text)
    rules = [CellRule("canonical_text", text, value)]
    if column.canonical_synonyms:
        swapped = value.replace_strict(column.canonical_synonyms, default=value, return_dtype=nw.String)
        rules.append(CellRule("synonym", value, swapped))
        value = swapped
    if column.type == "boolean":
        value = value.replace_strict(_BOOLEAN_WORDS, default=value, return_dtype=nw.String)
    if column.text_sentinels:
        kept = nw.when(~canonical_words(value).is_in(list(column.text_sentinels))).then(value)
        rules.append(CellRule("sentinel", value, kept))
        value = kept
    allowed = ("true", "false") if column.type == "boolean" else column.values
    faults = [] if allowed is None else [("is not an allowed value", ~value.is_in(list(allowed)) & ~value.is_null())]
    return _apply_invalid(value, rules, faults, column)


def _apply_invalid(
    value: nw.Expr, rules: list[CellRule], faults: list[tuple[str, nw.Expr]], column: Column
) -> ColumnPlan:
    faults = [(what, where.fill_null(value=False)) for what, where in faults]
    if column.when_invalid == "quarantine" or not faults:
        return ColumnPlan(value, tuple(rules), tuple(faults))
    blanked = nw.when(~_any([where for _, where in faults])).then(value)
    counted = [_BlankRule(f"blanked: {what}", where) for what, where in faults]
    return ColumnPlan(blanked, (*rules, *counted), ())


class _BlankRule(CellRule):
    """A repair that blanks exactly the cells where a fault holds."""

    def __init__(self, name: str, where: nw.Expr) -> None:
        super().__init__(name, where, where)

    @property
    def n_changed(self) -> nw.Expr:
        return self.after.cast(nw.Int64).sum()


def _any(conditions: list[nw.Expr]) -> nw.Expr:
    if not conditions:
        return nw.lit(value=False)
    return nw.any_horizontal(*conditions, ignore_nulls=True)


def _all_reasons(plans: dict[str, ColumnPlan]) -> nw.Expr:
    faults = [fault for plan in plans.values() for fault in plan.faults]
    if not faults:
        return nw.lit("")
    marks = [nw.when(where).then(nw.lit(what)) for what, where in faults]
    return nw.concat_str(marks, separator=REASON_SEPARATOR, ignore_nulls=True).fill_null("")


def _count_repairs(table: nw.DataFrame[Any], plans: dict[str, ColumnPlan]) -> nw.DataFrame[Any]:
    counted = [(name, rule.name, rule.n_changed) for name, plan in plans.items() for rule in plan.rules]
    totals = table.select(expr.alias(str(i)) for i, (_, _, expr) in enumerate(counted))
    cells: dict[tuple[str, str], int] = {}
    for i, (name, rule, _) in enumerate(counted):
        cells[name, rule] = cells.get((name, rule), 0) + int(totals[str(i)].item())
    found = [(name, rule, n) for (name, rule), n in cells.items() if n > 0]
    data = {
        "column": [name for name, _, _ in found],
        "rule": [rule for _, rule, _ in found],
        "n_cells": [n for _, _, n in found],
    }
    schema = {"column": nw.String(), "rule": nw.String(), "n_cells": nw.Int64()}
    return nw.from_dict(data, schema=schema, backend=table.implementation)
