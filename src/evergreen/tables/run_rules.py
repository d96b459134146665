"""Run the rules of columns on a table, step by step, so that no step is computed twice."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import add, or_

import narwhals.stable.v2 as nw
import pandas as pd

from evergreen.problem import Column
from evergreen.tables.engines import Frame, where
from evergreen.tables.rules import BLANKED, ColumnRules, countable_rules

RAW = "_raw_"
RULES = "_rules_"
IS_MISSING = "is missing"
# A signed whole number of 64 bits carries so many marks.
_BITS = 62


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


def packed_rules(rules: Mapping[str, ColumnRules], contract: Mapping[str, Column]) -> dict[str, nw.Expr]:
    """Write the marks of changed cells as bits of a few whole numbers: a Boolean column a rule costs ten times as much.

    Args:
        rules: the columns that ``run_rules`` was given.
        contract: the contract's columns; they number the rules.

    Returns:
        Name of a number column -> its cells, as an expression of what ``run_rules`` returns; columns without a part in
        it are left out.
    """
    bits: dict[str, list[nw.Expr]] = {}
    numbers = {pair: number for number, pair in enumerate(counted_pairs(contract))}
    for name, one in rules.items():
        for rule, mark in _Column(name, one).marks().items():
            place, bit = divmod(numbers[name, rule], _BITS)
            bits.setdefault(f"{RULES}{place}", []).append(nw.col(mark).cast(nw.Int64) * (1 << bit))
    return {name: reduce(add, parts).alias(name) for name, parts in bits.items()}


def unpack_rules(numbers: Mapping[int, int], place: int, contract: Mapping[str, Column]) -> Counter[tuple[str, str]]:
    """Count what the bits of a number column say.

    Args:
        numbers: number -> how many rows have it.
        place: which of the number columns it is.
        contract: the contract's columns.

    Returns:
        (column, rule) -> number of changed cells.
    """
    found: Counter[tuple[str, str]] = Counter()
    for bit, pair in enumerate(counted_pairs(contract)[place * _BITS : (place + 1) * _BITS]):
        found[pair] = sum(n_rows for number, n_rows in numbers.items() if number >> bit & 1)
    return +found


def name_rules(marked: pd.DataFrame, contract: Mapping[str, Column]) -> list[tuple[tuple[str, str], ...]]:
    """Say of each row which rules changed which cells.

    Args:
        marked: rows with the number columns of ``packed_rules``.
        contract: the contract's columns.

    Returns:
        (column, rule) of every changed cell, one tuple a row, in contract order.
    """
    pairs = counted_pairs(contract)
    found: list[list[tuple[str, str]]] = [[] for _ in range(len(marked))]
    for place in range(-(-len(pairs) // _BITS)):
        numbers = marked[f"{RULES}{place}"].tolist() if f"{RULES}{place}" in marked else []
        for row, number in zip(found, numbers, strict=False):
            row.extend(pair for bit, pair in enumerate(pairs[place * _BITS : (place + 1) * _BITS]) if number >> bit & 1)
    return [tuple(row) for row in found]


def counted_pairs(contract: Mapping[str, Column]) -> list[tuple[str, str]]:
    """List every rule that is counted.

    Args:
        contract: the contract's columns.

    Returns:
        (column, rule), in a fixed order.
    """
    return [(name, rule) for name, column in contract.items() for rule in countable_rules(column)]


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
        marks = self.marks()
        counted = [cells.alias(marks[rule]) for rule, cells in self._counted().items()]
        raw = nw.col(self.cell(0)).alias(RAW + self.name)
        return [nw.col(self.name), raw, *counted, *(nw.col(self.fault(reason)) for reason in self.reasons)]

    def marks(self) -> dict[str, str]:
        """Rule -> the Boolean column that says whether it changed the cell."""
        counted = [step.counts_as for step in (*self.rules.steps, *self.rules.last) if step.counts_as is not None]
        blanked = [BLANKED + reason for reason in self.rules.reasons if self.rules.is_blanked]
        return {rule: f"_rule_{number}_{self.name}" for number, rule in enumerate(dict.fromkeys([*counted, *blanked]))}

    def _counted(self) -> dict[str, nw.Expr]:
        found: dict[str, list[nw.Expr]] = {}
        for level, step in enumerate(self.rules.steps):
            if step.counts_as is not None:
                found.setdefault(step.counts_as, []).append(
                    _changed(self.cell(level), self.cell(level + 1), only_blanks=step.only_blanks)
                )
        if self.rules.is_blanked:
            found |= {BLANKED + reason: [nw.col(self.fault(reason))] for reason in self.rules.reasons}
        for step in self.rules.last:
            found[str(step.counts_as)] = [_changed(self.cell(self.n_steps + 1), self.name)]
        return {rule: reduce(or_, cells) for rule, cells in found.items()}

    def _any_fault(self) -> nw.Expr:
        return reduce(or_, [nw.col(self.fault(reason)) for reason in self.rules.reasons])


def _changed(before: str, after: str, *, only_blanks: bool = False) -> nw.Expr:
    if only_blanks:
        return nw.col(after).is_null() & ~nw.col(before).is_null()
    is_same = where(nw.col(before) == nw.col(after)) | (nw.col(before).is_null() & nw.col(after).is_null())
    return ~is_same
