"""Columns that no raw column holds as such: the order of the rows or several columns tell them."""

from calendar import monthrange
from collections.abc import Iterable, Sequence
from datetime import MAXYEAR, date, timedelta
from typing import Any

import narwhals.stable.v2 as nw

from evergreen.errors import DataError, bounded, named
from evergreen.problem import Derivation, canonical_text
from evergreen.tables.cells import is_time_type, iso_text, stripped, text_of

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_LENGTH = len("2009-02-28")
_DATE, _ISO = "_derived_date", "_derived_iso"
SHORT_YEAR = r"^[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{2}$"
# POSIX reads 69 to 99 as the years from 1969 on.
_LAST_CENTURY = r"[./-](?:69|[7-9][0-9])$"


def derive_column(table: nw.DataFrame[Any], derivation: Derivation) -> nw.DataFrame[Any]:
    """Add one column made from the order of the rows or from other columns.

    Args:
        table: a raw table in its original row order.
        derivation: what to make.

    Returns:
        The table with the new column.

    Raises:
        DataError: where a raw column is missing or has the new one's name, a month or weekday cannot be read, or no
            calendar date fits the row order.
    """
    _refuse_misnamed(table.columns, derivation)
    if derivation.kind == "row_number":
        numbered = table.with_row_index(derivation.column)
        return numbered.with_columns(nw.col(derivation.column).cast(nw.Int64) + 1)
    if derivation.kind == "timestamp_from_parts":
        return _timestamp_from_parts(table, derivation)
    months = [_month_number(word) for word in _words(table, str(derivation.month))]
    weekdays = _words(table, derivation.weekday) if derivation.weekday else [None] * len(months)
    dates = dates_from_row_order(months, map(_weekday_number, weekdays), first_year=int(derivation.first_year or 0))
    column = nw.new_series(derivation.column, [d.isoformat() for d in dates], nw.String, backend=table.implementation)
    return table.with_columns(column)


def _refuse_misnamed(found: Sequence[str], derivation: Derivation) -> None:
    parts = (derivation.month, derivation.weekday, derivation.date, derivation.hour)
    missing = [name for name in parts if name is not None and name not in found]
    thing = f"derive '{derivation.column}'"
    if missing:
        raise DataError(thing, f"names {named(missing)}, but the source has {named(found)}", "Mend derive.")
    if derivation.column in found:
        finding = "has the name of a column that the source holds already"
        raise DataError(thing, finding, "Give the derived column another name, and use it as raw_name.")


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
        DataError: where a month would need more weeks than it has, or the years run out.
    """
    dates: list[date] = []
    current = date(first_year, 1, 1)
    for row, (month, weekday) in enumerate(zip(months, weekdays, strict=True)):
        year = current.year + (month < current.month)
        if year > MAXYEAR:
            raise _out_of_order(row, month, f"would lie beyond the year {MAXYEAR}, so often does the month fall")
        if month != current.month:
            current = date(year, month, 1)
        n_days = 0 if weekday is None else (weekday - current.weekday()) % len(_WEEKDAYS)
        if current.day + n_days > monthrange(current.year, month)[1]:
            finding = f"needs a {_WEEKDAYS[weekday or 0]} after {dates[-1]}, and the month has none left"
            raise _out_of_order(row, month, finding)
        current += timedelta(days=n_days)
        dates.append(current)
    return dates


def _out_of_order(row: int, month: int, finding: str) -> DataError:
    cure = "Are the rows in date order? Else give real dates."
    return DataError(f"Row {row} (month {MONTHS[month - 1]})", finding, cure)


def full_year(text: nw.Expr) -> nw.Expr:
    """Write a date that ends in two digits of its year with all four; anything else stays as it is.

    Args:
        text: string cells without outer white space.

    Returns:
        String cells.
    """
    head, digits = text.str.replace_all("[0-9]{2}$", ""), text.str.slice(-2)
    century = nw.when(text.str.contains(_LAST_CENTURY)).then(nw.lit("19")).otherwise(nw.lit("20"))
    return nw.when(text.str.contains(SHORT_YEAR)).then(nw.concat_str([head, century, digits])).otherwise(text)


def _timestamp_from_parts(table: nw.DataFrame[Any], derivation: Derivation) -> nw.DataFrame[Any]:
    """Add text such as "2009-02-28 07:00"; what is no date or no hour stays in it, for the contract to refuse."""
    schema, day = table.schema, str(derivation.date)
    # One step after another: written as one expression, each step would be computed anew wherever the next one uses it.
    dated = table.with_columns(stripped(text_of(nw.col(day), schema[day])).alias(_DATE))
    if is_time_type(schema[day]):
        dated = dated.with_columns(nw.col(_DATE).str.slice(0, _DAY_LENGTH))
    else:
        full = dated.with_columns(full_year(nw.col(_DATE)))
        iso = full.with_columns(iso_text(nw.col(_DATE), derivation.time_format).alias(_ISO))
        dated = iso.with_columns(nw.coalesce(_ISO, _DATE).alias(_DATE)).drop(_ISO)
    parts = [nw.col(_DATE)]
    if derivation.hour is not None:
        hour = stripped(text_of(nw.col(derivation.hour), schema[derivation.hour]))
        padded = nw.when(hour.str.len_chars() == 1).then(nw.concat_str([nw.lit("0"), hour])).otherwise(hour)
        parts += [nw.lit(" "), padded, nw.lit(":00")]
    return dated.with_columns(nw.concat_str(parts).alias(derivation.column)).drop(_DATE)


def _words(table: nw.DataFrame[Any], column: str) -> list[str | None]:
    words = table.select(text_of(nw.col(column), table.schema[column]).alias(column))[column].to_list()
    return [canonical_text(word) if isinstance(word, str) else None for word in words]


def _month_number(word: str | None) -> int:
    if word is not None and word[:3] in MONTHS:
        return MONTHS.index(word[:3]) + 1
    if word is not None and word.isdecimal() and 1 <= int(word) <= len(MONTHS):
        return int(word)
    raise DataError("Month column", f"holds {bounded(repr(word))}", "Give 'jan' to 'dec' or 1 to 12.")


def _weekday_number(word: str | None) -> int | None:
    if word is None:
        return None
    if word[:3] in _WEEKDAYS:
        return _WEEKDAYS.index(word[:3])
    raise DataError("Weekday column", f"holds {bounded(repr(word))}", "Give 'mon' to 'sun'.")
