"""Columns that only the order of the raw rows knows."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import narwhals.stable.v2 as nw

from evergreen.errors import DataError
from evergreen.problem import Derivation, canonical_text
from evergreen.tables.cells import text_of

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def derive_column(table: nw.DataFrame[Any], derivation: Derivation) -> nw.DataFrame[Any]:
    """Add one column made from the order of the rows.

    Args:
        table: a raw table in its original row order.
        derivation: what to make.

    Returns:
        The table with the new column.

    Raises:
        DataError: where a month or weekday cannot be read, or no calendar date fits the row order.
    """
    if derivation.kind == "row_number":
        numbered = table.with_row_index(derivation.column)
        return numbered.with_columns(nw.col(derivation.column).cast(nw.Int64) + 1)
    months = [_month_number(word) for word in _words(table, str(derivation.month))]
    weekdays = _words(table, derivation.weekday) if derivation.weekday else [None] * len(months)
    dates = dates_from_row_order(months, map(_weekday_number, weekdays), first_year=int(derivation.first_year or 0))
    column = nw.new_series(derivation.column, [d.isoformat() for d in dates], nw.String, backend=table.implementation)
    return table.with_columns(column)


def dates_from_row_order(months: Iterable[int], weekdays: Iterable[int | None], *, first_year: int) -> list[date]:
    """Give each row the earliest calendar date that is consistent with rows being in date order.

    The year turns where the month number falls. Within a month the date moves on to the next day of the
    named weekday; without weekdays every row gets the first of its month.

    Args:
        months: the month of each row, 1 to 12.
        weekdays: the weekday of each row, 0 (Monday) to 6, or None.
        first_year: the year of the first row.

    Returns:
        One date a row, never falling.

    Raises:
        DataError: where a month would need more weeks than it has.
    """
    dates: list[date] = []
    current = date(first_year, 1, 1)
    for row, (month, weekday) in enumerate(zip(months, weekdays, strict=True)):
        if month != current.month:
            current = date(current.year + (month < current.month), month, 1)
        if weekday is not None:
            current += timedelta(days=(weekday - current.weekday()) % len(_WEEKDAYS))
        if current.month != month:
            finding = f"needs a {_WEEKDAYS[weekday or 0]} after {dates[-1]}, and the month has none left"
            cure = "Are the rows in date order? Else give real dates."
            raise DataError(f"Row {row} (month {_MONTHS[month - 1]})", finding, cure)
        dates.append(current)
    return dates


def _words(table: nw.DataFrame[Any], column: str) -> list[str | None]:
    words = table.select(text_of(nw.col(column), table.schema[column]).alias(column))[column].to_list()
    return [canonical_text(word) if isinstance(word, str) else None for word in words]


def _month_number(word: str | None) -> int:
    if word is not None and word[:3] in _MONTHS:
        return _MONTHS.index(word[:3]) + 1
    if word is not None and word.isdecimal() and 1 <= int(word) <= len(_MONTHS):
        return int(word)
    raise DataError("Month column", f"holds {word!r}", "Give 'jan' to 'dec' or 1 to 12.")


def _weekday_number(word: str | None) -> int | None:
    if word is None:
        return None
    if word[:3] in _WEEKDAYS:
        return _WEEKDAYS.index(word[:3])
    raise DataError("Weekday column", f"holds {word!r}", "Give 'mon' to 'sun'.")
