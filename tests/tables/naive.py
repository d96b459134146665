"""The rules of repair once more, cell by cell in plain Python, to hold the expressions against."""

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from math import inf
from typing import Any

from evergreen.problem import Column, Problem, canonical_text
from evergreen.problem.columns import FALSE_WORDS, TRUE_WORDS

TIME = re.compile(r"(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d:\d\d)(?:\.\d+)?)?", re.ASCII)
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


@dataclass
class NaiveCell:
    value: Any = None
    rules: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def set(self, value: Any, rule: str) -> None:
        if value != self.value:
            self.rules[rule] += 1
        self.value = value


@dataclass
class NaiveTable:
    rows: list[dict[str, Any]] = field(default_factory=list)
    reasons: dict[int, str] = field(default_factory=dict)
    repairs: Counter[tuple[str, str]] = field(default_factory=Counter)


def naive_repair(rows: list[dict[str, Any]], problem: Problem) -> NaiveTable:
    """Repair raw rows; ``reasons`` are by position."""
    done = NaiveTable()
    for position, raw in enumerate(rows):
        cells = {name: naive_cell(raw[name], column) for name, column in problem.columns.items()}
        reasons = []
        for name, cell in cells.items():
            done.repairs.update({(name, rule): n for rule, n in cell.rules.items()})
            is_missing = name in problem.required_columns and cell.value is None and not cell.faults
            reasons += [f"{name} {fault}" for fault in [*cell.faults, *["is missing"] * is_missing]]
        if reasons:
            done.reasons[position] = "; ".join(reasons)
        else:
            done.rows.append({name: cell.value for name, cell in cells.items()})
    return done


def naive_cell(raw: str | float | None, column: Column) -> NaiveCell:
    """Repair one raw cell."""
    if column.type == "timestamp":
        cell = _read(raw, column, _parse_time, "is no date or time")
        if cell.value in column.time_sentinels:
            cell.set(None, "sentinel")
    elif column.is_numeric:
        cell = _naive_number(raw, column)
    else:
        cell = _naive_words(raw, column)
    if column.when_invalid == "blank" and cell.faults:
        cell.rules.update(f"blanked: {fault}" for fault in cell.faults)
        cell.value, cell.faults = None, []
    return cell


def _naive_words(raw: Any, column: Column) -> NaiveCell:
    cell = NaiveCell(raw)
    if raw is None:
        return cell
    cell.set((raw.strip() if column.type == "text" else canonical_text(raw)) or None, "canonical_text")
    cell.set(column.canonical_synonyms.get(cell.value, cell.value), "synonym")
    if column.type == "boolean" and cell.value in (*TRUE_WORDS, *FALSE_WORDS):
        cell.value = "true" if cell.value in TRUE_WORDS else "false"
    if cell.value is not None and canonical_text(cell.value) in column.text_sentinels:
        cell.set(None, "sentinel")
    allowed = ("true", "false") if column.type == "boolean" else column.values
    if allowed is not None and cell.value is not None and cell.value not in allowed:
        cell.faults.append("is not an allowed value")
    return cell


def _naive_number(raw: Any, column: Column) -> NaiveCell:
    cell = _read(raw, column, _parse_number, "is no number")
    if cell.value in column.number_sentinels:
        cell.set(None, "sentinel")
    value, (low, high) = cell.value, column.range or (None, None)
    if value is None:
        return cell
    is_infinite = abs(value) == inf
    found = {
        "is not finite": is_infinite,
        "is no whole number": column.type == "integer" and not is_infinite and value % 1 != 0,
        "is too large to be exact": column.type == "integer" and not is_infinite and abs(value) > 2**53,
        f"is below {low}": low is not None and value < low,
        f"is above {high}": high is not None and value > high,
    }
    cell.faults += [fault.removesuffix(".0") for fault, holds in found.items() if holds]
    return cell


def _read(raw: Any, column: Column, parse: Any, fault: str) -> NaiveCell:
    if not isinstance(raw, str):
        return NaiveCell(raw)
    cell = NaiveCell(raw.strip() or None)
    if cell.value is not None and canonical_text(cell.value) in column.text_sentinels:
        cell.set(None, "sentinel")
    if cell.value is not None:
        cell.value = parse(cell.value)
        cell.faults += [fault] * (cell.value is None)
    return cell


def _parse_number(text: str) -> float | None:
    return float(text) if NUMBER.fullmatch(text) else None


def _parse_time(text: str) -> datetime | None:
    match = TIME.fullmatch(text)
    try:
        return datetime.fromisoformat(f"{match[1]} {match[2] or '00:00:00'}") if match else None
    except ValueError:
        return None
