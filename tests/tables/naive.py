"""The rules of repair once more, cell by cell in plain Python, to hold the expressions against."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import inf
from typing import Any

from evergreen.problem import Column, Problem, canonical_text
from evergreen.problem.columns import FALSE_WORDS, TRUE_WORDS
from evergreen.tables.outliers import Fence

CLOCK = r"(?:[ T](\d\d:\d\d)(:\d\d)?(?:(?<=:\d\d:\d\d)\.\d+)?(Z|[+-]\d\d:?\d\d)?)?"
TIME = re.compile(rf"(\d{{4}})-(\d\d)-(\d\d){CLOCK}", re.ASCII)
SHORT_TIME = re.compile(rf"(\d\d?)[./-](\d\d?)[./-](\d{{4}}){CLOCK}", re.ASCII)
UTC = re.compile(r"Z|[+-]00:?00")
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
IMAGE = re.compile(r"[0-9a-f]{1536}")


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


def naive_repair(rows: list[dict[str, Any]], problem: Problem, fences: Mapping[str, Fence] | None = None) -> NaiveTable:
    """Repair raw rows; ``reasons`` are by position, ``repairs`` those of usable rows."""
    done = NaiveTable()
    for position, raw in enumerate(rows):
        cells = {
            name: naive_cell(raw[name], column, (fences or {}).get(name)) for name, column in problem.columns.items()
        }
        reasons = []
        for name, cell in cells.items():
            is_missing = name in problem.required_columns and cell.value is None and not cell.faults
            reasons += [f"{name} {fault}" for fault in [*cell.faults, *["is missing"] * is_missing]]
        if reasons:
            done.reasons[position] = "; ".join(reasons)
        else:
            done.rows.append({name: cell.value for name, cell in cells.items()})
            done.repairs.update({(name, rule): n for name, cell in cells.items() for rule, n in cell.rules.items()})
    return done


def naive_cell(raw: str | float | None, column: Column, fence: Fence | None = None) -> NaiveCell:
    """Repair one raw cell."""
    if column.type == "timestamp":
        cell = _naive_time(raw, column)
    elif column.is_numeric:
        cell = _naive_number(raw, column)
    else:
        cell = _naive_words(raw, column)
    if column.when_invalid == "blank" and cell.faults:
        cell.rules.update(f"blanked: {fault}" for fault in cell.faults)
        cell.value, cell.faults = None, []
    if fence is not None and cell.value is not None and not fence.low <= cell.value <= fence.high:
        nearest = fence.low if cell.value < fence.low else fence.high
        cell.set(nearest if fence.when_outlier == "clip" else None, "outlier")
    return cell


def _naive_words(raw: Any, column: Column) -> NaiveCell:
    cell = NaiveCell(raw)
    if raw is None:
        return cell
    is_word = column.type in ("category", "boolean")
    cell.set((canonical_text(raw) if is_word else raw.strip()) or None, "canonical_text")
    if cell.value in column.canonical_synonyms:
        cell.set(column.canonical_synonyms[cell.value], "synonym")
    if column.type == "boolean" and cell.value in (*TRUE_WORDS, *FALSE_WORDS):
        cell.value = "true" if cell.value in TRUE_WORDS else "false"
    if cell.value is not None and canonical_text(cell.value) in column.text_sentinels:
        cell.set(None, "sentinel")
    allowed = ("true", "false") if column.type == "boolean" else column.values
    if allowed is not None and cell.value is not None and cell.value not in allowed:
        cell.faults.append("is not an allowed value")
    if column.type == "image" and cell.value is not None and not IMAGE.fullmatch(cell.value):
        cell.faults.append("is no image")
    return cell


def _naive_time(raw: Any, column: Column) -> NaiveCell:
    cell = _word(raw, column)
    if isinstance(cell.value, str):
        cell.value, fault = _parse_time(cell.value, column.time_format)
        cell.faults += [fault] if fault else []
    if cell.value in column.time_sentinels:
        cell.set(None, "sentinel")
    return cell


def _naive_number(raw: Any, column: Column) -> NaiveCell:
    cell = _word(raw, column)
    if isinstance(cell.value, str):
        cell.value = _parse_number(cell.value, column)
        cell.faults += ["is no number"] * (cell.value is None)
    if cell.value in column.number_sentinels:
        cell.set(None, "sentinel")
    value, (low, high) = cell.value, column.range or (None, None)
    if value is None:
        return cell
    is_infinite = abs(value) == inf
    found = {
        "is not finite": is_infinite,
        "is no whole number": column.type == "integer" and abs(value) < 2**53 and value % 1 != 0,
        "is too large to be exact": column.type == "integer" and not is_infinite and abs(value) >= 2**53,
        f"is below {low}": low is not None and value < low,
        f"is above {high}": high is not None and value > high,
    }
    cell.faults += [fault.removesuffix(".0") for fault, holds in found.items() if holds]
    return cell


def _word(raw: Any, column: Column) -> NaiveCell:
    if not isinstance(raw, str):
        return NaiveCell(raw)
    cell = NaiveCell(raw.strip() or None)
    if cell.value is not None and canonical_text(cell.value) in column.text_sentinels:
        cell.set(None, "sentinel")
    return cell


def _parse_number(text: str, column: Column) -> float | None:
    whole, mark, fraction = text.partition(column.decimal)
    if column.thousands is not None and column.thousands in whole:
        head, *groups = whole.lstrip("+-").split(column.thousands)
        is_grouped = 1 <= len(head) <= 3 and all(len(group) == 3 for group in groups)
        digits = [head, *groups, *[fraction] * bool(fraction)]
        if not is_grouped or not all(part.isascii() and part.isdigit() for part in digits):
            return None
        whole = whole.replace(column.thousands, "")
    if column.decimal != "." and "." in whole + fraction:
        return None
    plain = whole + "." * bool(mark) + fraction
    return float(plain) if NUMBER.fullmatch(plain) else None


def _parse_time(text: str, time_format: str) -> tuple[datetime | None, str | None]:
    found = (TIME if time_format == "iso" else SHORT_TIME).fullmatch(text)
    if found is None:
        return None, "is no date or time"
    parts = [int(part) for part in found.groups()[:3]]
    year, month, day = {
        "iso": parts,
        "day_first": parts[::-1],
        "month_first": [parts[2], parts[0], parts[1]],
    }[time_format]
    hours, seconds, zone = found.groups()[3:]
    try:
        time = datetime.fromisoformat(f"{year:04}-{month:02}-{day:02} {hours or '00:00'}{seconds or ''}")
    except ValueError:
        return None, "is no date or time"
    if zone is not None and not UTC.fullmatch(zone):
        return None, "has a time zone other than UTC"
    return time, None
