"""What the contract tells a client of a column: as words, and as JSON Schema."""

from collections.abc import Mapping
from typing import Any

from evergreen.problem import Column, Problem
from evergreen.serving.intake import in_request

_TYPES: Mapping[str, list[str]] = {
    "integer": ["integer", "string"],
    "number": ["number", "string"],
    "boolean": ["boolean", "string", "integer"],
    "category": ["string", "number", "boolean"],
    "text": ["string", "number", "boolean"],
    "timestamp": ["string"],
    "image": ["string"],
}
_DATES = {"iso": "2024-02-29 or 2024-02-29T13:45:00", "day_first": "29/02/2024", "month_first": "02/29/2024"}


def way_out(column: Column) -> str:
    """Say what a cell may hold.

    Args:
        column: of the contract.

    Returns:
        A sentence.
    """
    if column.values is not None:
        return f"Send one of: {', '.join(column.values)}."
    if column.type == "timestamp":
        return f"Send a time written as {_DATES[column.time_format]}."
    if column.is_numeric:
        low, high = column.range or (None, None)
        kind = "a whole number" if column.type == "integer" else "a number"
        bounds = [f"at least {low:g}" if low is not None else "", f"at most {high:g}" if high is not None else ""]
        reach = " and ".join(filter(None, bounds))
        return f"Send {kind}{f' of {reach}' if reach else ''}."
    return "Send true or false." if column.type == "boolean" else f"Send {column.type}."


def takes(kind: str, column: Column) -> bool:
    """Say whether a cell may come as this.

    Args:
        kind: "string", "number", "integer" or "boolean".
        column: of the contract.

    Returns:
        Whether the document says so.
    """
    return kind in _TYPES[column.type]


def row_schema(problem: Problem, *, has_others: bool) -> dict[str, Any]:
    """Write the form of a row as JSON Schema.

    Args:
        problem: the case.
        has_others: whether other fields are ignored; else they are refused.

    Returns:
        The schema; wide where the contract repairs what comes.
    """
    names = in_request(problem)
    return {
        "type": "object",
        "title": "Row",
        "description": f"{problem.entity[:1].upper()}{problem.entity[1:]}, as it is known when the decision is made.",
        "properties": {name: _cell_schema(problem.columns[name]) for name in names},
        "required": [name for name in problem.required_columns if name in names],
        "additionalProperties": has_others,
    }


def _cell_schema(column: Column) -> dict[str, Any]:
    words = [column.why, f"Unit: {column.unit}." if column.unit else "", way_out(column)]
    found: dict[str, Any] = {"type": [*_TYPES[column.type], "null"], "description": " ".join(filter(None, words))}
    if column.values is not None:
        found["examples"] = [*column.values]
    return found


def key_schema(problem: Problem) -> dict[str, Any]:
    """Write the form of the key columns as JSON Schema.

    Args:
        problem: the case.

    Returns:
        Properties.
    """
    return {
        name: {**_cell_schema(problem.columns[name]), "type": _TYPES[problem.columns[name].type]}
        for name in problem.key
    }
