"""Run the rules of columns on a table, step by step, so that no step is computed twice."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_

import narwhals.stable.v2 as nw

from evergreen.problem import Column
from evergreen.tables.engines import Frame, where
from evergreen.tables.rules import BLANKED, ColumnRules, countable_rules

RAW = "_raw_"
IS_MISSING = "is missing"
_RULE = "_rule_"


def run_rules(table: Frame, rules: Mapping[str, ColumnRules]) -> Frame:
    """Run every column's rules.

    Args:
        table: raw cells; n rows.
        rules: column -> its rules, in the contract's order.

    Returns:
        n rows: the repaired cells under the columns' names, the raw ones as ``_raw_<name>``, and Boolean columns
        without null: for each rule that is counted whether it changed the cell, for each fault whether the row is
        unusable because of it.
    """
    columns = [_Column(name, one) for name, one in rules.items()]
    done = table.select(nw.col(column.name).alias(column.cell(0)) for column in columns)
    for level in range(max(len(column.rules.steps) for column in columns)):
        done = done.with_columns(column.step(level) for column in columns if level < len(column.rules.steps))
    for marks in ("faults", "blanked", "last", "missing"):
        done = done.with_columns(mark for column in columns for mark in getattr(column, marks)())
    return done.select(cell for column in columns for cell in column.results())


def fault_columns(rules: Mapping[str, ColumnRules]) -> dict[str, str]:
    """Name the columns in which ``run_rules`` marks unusable rows.

    Args:
        rules: column -> its rules.

    Returns:
        Name of the Boolean column -> reason ("age_years is above 100"), in the contract's order.
    """
    columns = [_Column(name, one) for name, one in rules.items()]
    return {column.fault(reason): f"{column.name} {reason}" for column in columns for reason in column.reasons}


def rule_columns(names: Iterable[str], contract: Mapping[str, Column]) -> dict[str, tuple[str, str]]:
    """Find the columns in which ``run_rules`` marks changed cells.

    Args:
        names: all columns of a marked table.
        contract: the contract's columns.

    Returns:
        Name of the Boolean column -> (column, rule).
    """
    known = {
        _rule_column(name, number): (name, rule)
        for name, column in contract.items()
        for number, rule in enumerate(countable_rules(column))
    }
    return {name: known[name] for name in names if name in known}


def _rule_column(name: str, number: int) -> str:
    return f"{_RULE}{number}_{name}"


@dataclass(frozen=True)
class _Column:
    """One column on its way: its cells after step k are kept as ``_cell_<k>_<name>``."""

    name: str
    rules: ColumnRules

    @property
    def reasons(self) -> tuple[str, ...]:
        """What can make a row unusable."""
        own = () if self.rules.is_blanked else self.rules.reasons
        return (*own, IS_MISSING) if self.rules.is_required else own

    @property
    def n_steps(self) -> int:
        return len(self.rules.steps)

    def cell(self, level: int) -> str:
        return f"_cell_{level}_{self.name}"

    def fault(self, reason: str) -> str:
        return f"_fault_{(*self.rules.reasons, IS_MISSING).index(reason)}_{self.name}"

    def step(self, level: int) -> nw.Expr:
        return self.rules.steps[level].rule(nw.col(self.cell(level))).alias(self.cell(level + 1))

    def faults(self) -> list[nw.Expr]:
        word = nw.col(self.cell(len(self.rules.words)))
        read, value = nw.col(self.cell(len(self.rules.words) + 1)), nw.col(self.cell(self.n_steps))
        found = {reason: finder(read, word) for reason, finder in self.rules.read_faults.items()}
        found |= {reason: finder(value) for reason, finder in self.rules.faults.items()}
        return [where(expr).alias(self.fault(reason)) for reason, expr in found.items()]

    def blanked(self) -> list[nw.Expr]:
        value = nw.col(self.cell(self.n_steps))
        if self.rules.is_blanked and self.rules.reasons:
            value = nw.when(~self._any_fault()).then(value)
        return [value.alias(self.cell(self.n_steps + 1))]

    def last(self) -> list[nw.Expr]:
        value = nw.col(self.cell(self.n_steps + 1))
        for step in self.rules.last:
            value = step.rule(value)
        return [value.alias(self.name)]

    def missing(self) -> list[nw.Expr]:
        if not self.rules.is_required:
            return []
        is_missing = nw.col(self.name).is_null()
        if self.rules.reasons and not self.rules.is_blanked:
            is_missing = is_missing & ~self._any_fault()
        return [is_missing.alias(self.fault(IS_MISSING))]

    def results(self) -> list[nw.Expr]:
        counted = [cells.alias(_rule_column(self.name, number)) for number, cells in self._counted().items()]
        raw = nw.col(self.cell(0)).alias(RAW + self.name)
        return [nw.col(self.name), raw, *counted, *(nw.col(self.fault(reason)) for reason in self.reasons)]

    def _counted(self) -> dict[int, nw.Expr]:
        found: dict[str, list[nw.Expr]] = {}
        for level, step in enumerate(self.rules.steps):
            if step.counts_as is not None:
                found.setdefault(step.counts_as, []).append(_changed(self.cell(level), self.cell(level + 1)))
        if self.rules.is_blanked:
            found |= {BLANKED + reason: [nw.col(self.fault(reason))] for reason in self.rules.reasons}
        for step in self.rules.last:
            found[str(step.counts_as)] = [_changed(self.cell(self.n_steps + 1), self.name)]
        numbers = countable_rules(self.rules.column)
        return {numbers.index(rule): reduce(or_, cells) for rule, cells in found.items()}

    def _any_fault(self) -> nw.Expr:
        return reduce(or_, [nw.col(self.fault(reason)) for reason in self.rules.reasons])


def _changed(before: str, after: str) -> nw.Expr:
    is_same = where(nw.col(before) == nw.col(after)) | (nw.col(before).is_null() & nw.col(after).is_null())
    return ~is_same
