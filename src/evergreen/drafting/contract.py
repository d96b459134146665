"""The contract of one column, as the case tells it."""

from typing import Any

from evergreen.drafting.columns import ColumnDraft

_ORDER = (
    "type", "raw_name", "why", "range", "values", "sentinels", "decimal", "thousands", "time_format", "when_invalid",
    "known_at", "is_sensitive", "is_feature",
)  # fmt: skip
_LEAST_SHARE_TOLD = 0.01
_KINDS = {
    "boolean": "Yes or no",
    "text": "Text",
    "timestamp": "Times",
    "integer": "Whole numbers",
    "number": "Numbers",
}


def told_column(column: ColumnDraft, **more: Any) -> dict[str, Any]:
    """Write down the contract of a column.

    Args:
        column: the column.
        more: further keys.

    Returns:
        The keys of the contract, in the order of the reference.
    """
    raw = {} if column.raw_name == column.name else {"raw_name": column.raw_name}
    told = {"type": column.type, "why": f"To be said. {describe(column)}."} | raw | column.settings | more
    return {key: told[key] for key in _ORDER if key in told and told[key] not in ([], None)}


def describe(column: ColumnDraft) -> str:
    """Say what a column holds.

    Args:
        column: the column.

    Returns:
        A phrase such as "Whole numbers, 17 to 90; blank in 3 % of the rows".
    """
    return _what(column) + _blank(column)


def _what(column: ColumnDraft) -> str:
    if column.n_told == 0:
        return "No value in any row"
    if column.is_numeric and column.n_distinct == 1:
        return f"Always {column.cells.max():,.12g}"
    if column.is_numeric:
        return f"{_KINDS[column.type]}, {column.cells.min():,.12g} to {column.cells.max():,.12g}"
    if column.type == "timestamp":
        return f"Times, {column.cells.min():%Y-%m-%d} to {column.cells.max():%Y-%m-%d}"
    return _KINDS.get(column.type, f"One of {column.n_distinct:,} words")


def _blank(column: ColumnDraft) -> str:
    share = 1 - column.n_told / column.words.n_rows
    if column.n_told == 0 or share == 0:
        return ""
    return f"; blank in {share:.0%} of the rows" if share >= _LEAST_SHARE_TOLD else "; blank in a few rows"
