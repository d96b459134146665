"""Expressions that read one cell, the same on every dataframe engine."""

from collections.abc import Callable
from functools import reduce
from typing import Literal

import narwhals.stable.v2 as nw

# What str.split() takes for white space. Engines differ in what \s and a plain strip mean, so it is spelt out.
_SPACE_CODES = (*range(9, 14), *range(28, 33), 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B))
_SPACES = "".join(map(chr, (*_SPACE_CODES, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000)))
_YEAR = r"(?:[0-9]{3}[1-9]|[0-9]{2}[1-9]0|[0-9][1-9]00|[1-9]000)"
_LEAP_YEAR = r"(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)"
_MONTH_DAY = (
    r"(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    r"|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
)
_HOURS = r"[ T](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]+)?)?"
_CLOCK = rf"(?:{_HOURS}(?:Z|[+-]00:?00)?)?"
_CLOCK_ZONED = rf"{_HOURS}[+-][0-9]{{2}}:?[0-9]{{2}}"
# A date that exists, checked by pattern because engines differ in what they do with 2009-02-31.
_DATE = rf"(?:{_YEAR}-{_MONTH_DAY}|{_LEAP_YEAR}-02-29)"
_TIMESTAMP = rf"^{_DATE}{_CLOCK}$"
_ZONED = rf"^{_DATE}{_CLOCK_ZONED}$"
# Outer, double or odd spaces, and everything beyond plain ASCII.
_UNUSUAL = "^ | $|  |[^ -~]"
_NUMBER = r"^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$"
# Where day, clock and second stand in "2009-02-28 23:59:59".
_PARTS = ((0, 10), (11, 5), (17, 2))
# The four ways to write day and month with one digit or two: pattern, where each begins, where the year begins.
_SHORT_DATES = (
    (r"^[0-9]{2}[./-][0-9]{2}[./-][0-9]{4}", (0, 2), (3, 2), 6),
    (r"^[0-9]{2}[./-][0-9][./-][0-9]{4}", (0, 2), (3, 1), 5),
    (r"^[0-9][./-][0-9]{2}[./-][0-9]{4}", (0, 1), (2, 2), 5),
    (r"^[0-9][./-][0-9][./-][0-9]{4}", (0, 1), (2, 1), 4),
)
_YEAR_DIGITS = 4
# A Float64 tells whole numbers apart up to here; the next one stands for 2 ** 53 + 1 too, and two ids would become one.
LARGEST_EXACT = 2**53 - 1

TimeFormat = Literal["iso", "day_first", "month_first"]


def canonical_words(text: nw.Expr) -> nw.Expr:
    """Write text as ``problem.canonical_text`` does: lower case, single inner spaces, no outer ones.

    Args:
        text: string cells.

    Returns:
        String cells; the empty text stays empty.
    """
    # Engines lower the dotted I and the final sigma each in its own way; written so, all agree.
    lower = text.str.replace_all("\u0130", "i\u0307", literal=True).str.to_lowercase()
    plain = lower.str.replace_all("\u03c2", "\u03c3", literal=True)
    whole = plain.str.replace_all(f"[{_SPACES}]+", " ").str.replace_all("^ | $", "")
    # Most words need none of this, and one pattern costs less than four.
    return nw.when(text.str.contains(_UNUSUAL)).then(whole).otherwise(text.str.to_lowercase())


def stripped(text: nw.Expr) -> nw.Expr:
    """Take the outer white space away.

    Args:
        text: string cells.

    Returns:
        String cells; the empty text stays empty.
    """
    # Ibis strips no characters of one's own choice, a pattern does so everywhere.
    return text.str.replace_all(f"^[{_SPACES}]+|[{_SPACES}]+$", "")


def blank_to_null(text: nw.Expr) -> nw.Expr:
    """Turn the empty text into null.

    Args:
        text: string cells.

    Returns:
        String cells.
    """
    return nw.when(text != "").then(text)


def text_of(cell: nw.Expr, dtype: nw.dtypes.DType) -> nw.Expr:
    """Write any cell as text; a whole number loses its decimal point, so that 1 and 1.0 are the same word.

    Args:
        cell: cells of any type.
        dtype: their type.

    Returns:
        String cells, on every engine the same but for fractions below 0.001 or from ten million on; a time as
        "2009-02-28 23:59:59", a date as "2009-02-28"; not-a-number is null.
    """
    if dtype == nw.Date:
        return cell.dt.to_string("%Y-%m-%d")
    if is_time_type(dtype):
        return cell.cast(nw.Datetime("us")).dt.to_string("%Y-%m-%d %H:%M:%S")
    if dtype == nw.Boolean:
        return nw.when(~cell.is_null()).then(nw.when(cell).then(nw.lit("true")).otherwise(nw.lit("false")))
    if dtype.is_float():
        number = nw.when(~is_nan(cell)).then(cell)
        # Engines write 1e16 and 7.0 each in its own way; whole numbers all write alike.
        whole = whole_part(number)
        is_whole = (number == whole).fill_null(value=False)
        told = nw.when(is_whole).then(whole).otherwise(nw.lit(0.0)).cast(nw.Int64).cast(nw.String)
        return nw.when(is_whole).then(told).otherwise(number.cast(nw.String))
    return cell.cast(nw.String)


def is_nan(number: nw.Expr) -> nw.Expr:
    """Find not-a-number.

    Args:
        number: floating point cells.

    Returns:
        Boolean cells.
    """
    # DuckDB 2.0 takes the bounds that Arrow writes into Parquet for proof that a column has no NaN, and does not look
    # (its issue 25521); of a conditional it knows no bounds.
    return nw.when(~number.is_null()).then(number).is_nan()


def whole_part(number: nw.Expr) -> nw.Expr:
    """Round down to a whole number; null where a Float64 cannot tell whole numbers apart.

    Args:
        number: Float64 cells.

    Returns:
        Float64 cells, null from 2 ** 53 on and for what is not finite: there, engines fail or make something up.
    """
    return nw.when(number.abs() <= LARGEST_EXACT).then(number).floor().cast(nw.Float64)


def is_number_type(dtype: nw.dtypes.DType) -> bool:
    """Say whether cells of a type are numbers already; a Boolean counts as 0 and 1.

    Args:
        dtype: the type.

    Returns:
        Whether they are.
    """
    return dtype.is_numeric() or dtype == nw.Boolean


def is_time_type(dtype: nw.dtypes.DType) -> bool:
    """Say whether cells of a type are dates or times already.

    Args:
        dtype: the type.

    Returns:
        Whether they are.
    """
    return dtype in (nw.Datetime, nw.Date)


def number_of(cell: nw.Expr, dtype: nw.dtypes.DType, *, decimal: str = ".", thousands: str | None = None) -> nw.Expr:
    """Read a number; null where the cell holds none.

    Args:
        cell: cells of any type.
        dtype: their type.
        decimal: what stands before the fraction in text.
        thousands: what groups digits in text by threes, if anything.

    Returns:
        Float64 cells.
    """
    if is_number_type(dtype):
        number = cell.cast(nw.Float64)
        return nw.when(~is_nan(number)).then(number) if dtype.is_float() else number
    text = stripped(cell.cast(nw.String))
    if thousands is not None:
        grouped = rf"^[+-]?[0-9]{{1,3}}(?:[{thousands}][0-9]{{3}})+(?:[{decimal}][0-9]*)?$"
        plain = text.str.replace_all(thousands, "", literal=True)
        text = nw.when(text.str.contains(grouped)).then(plain).otherwise(text)
    if decimal != ".":
        # A point is no decimal here: "1.5" must not pass for one and a half.
        pointless = nw.when(~text.str.contains(".", literal=True)).then(text)
        text = pointless.str.replace_all(decimal, ".", literal=True)
    return nw.when(text.str.contains(_NUMBER)).then(text).cast(nw.Float64)


def timestamp_of(cell: nw.Expr, dtype: nw.dtypes.DType, time_format: TimeFormat = "iso") -> nw.Expr:
    """Read a date, or a date and time without a zone or in UTC; null where the cell holds none.

    Text is "2009-02-28", "2009-02-28T23:59", "2009-02-28 23:59:59" or with "Z" behind the time, read to the second.

    Args:
        cell: cells of any type; typed times have no zone, see ``engines.as_frame``.
        dtype: their type.
        time_format: how the date is written in text: 2009-02-28, 28/02/2009 or 02/28/2009.

    Returns:
        Datetime cells in microseconds; a date is its midnight.
    """
    return reduce(lambda done, step: step(done), time_steps(dtype, time_format), cell)


def time_steps(dtype: nw.dtypes.DType, time_format: TimeFormat = "iso") -> list[Callable[[nw.Expr], nw.Expr]]:
    """Read a time as ``timestamp_of`` does, in steps: kept as columns in between, nothing is computed twice.

    Args:
        dtype: the type of the cells.
        time_format: how the date is written in text.

    Returns:
        What is done to the cells, one after the other.
    """
    if is_time_type(dtype):
        return [lambda cell: cell.cast(nw.Datetime("us"))]
    text: list[Callable[[nw.Expr], nw.Expr]] = [lambda cell: stripped(cell.cast(nw.String))]
    if time_format != "iso":
        text.append(lambda cell: iso_text(cell, time_format))
    return [*text, iso_timestamp]


def iso_timestamp(text: nw.Expr) -> nw.Expr:
    """Read a date or time that is written as year-month-day; null where the cell holds none.

    Args:
        text: string cells without outer white space.

    Returns:
        Datetime cells in microseconds; a date is its midnight.
    """
    day, clock, second = (text.str.slice(start, length) for start, length in _PARTS)
    # Each part is used once: on engines without a common plan every use would compute the text anew.
    clock = nw.concat_str([clock, nw.lit("00:00")]).str.slice(0, len("23:59"))
    second = nw.concat_str([second, nw.lit("00")]).str.slice(0, len("59"))
    whole = nw.concat_str([day, nw.lit(" "), clock, nw.lit(":"), second])
    valid = nw.when(text.str.contains(_TIMESTAMP)).then(whole)
    return valid.str.to_datetime(format="%Y-%m-%d %H:%M:%S").cast(nw.Datetime("us"))


def is_in_other_zone(text: nw.Expr) -> nw.Expr:
    """Find times that are written with a zone other than UTC.

    Args:
        text: string cells without outer white space, the date as year-month-day.

    Returns:
        Boolean cells; for null some engines say null and some false.
    """
    return text.str.contains(_ZONED) & ~text.str.contains(_TIMESTAMP)


def iso_text(text: nw.Expr, time_format: TimeFormat) -> nw.Expr:
    """Write the date at the head of a text as year-month-day.

    Args:
        text: string cells without outer white space.
        time_format: how the date is written.

    Returns:
        String cells; what is no such date is null, but in the format "iso", which is left as it is.
    """
    if time_format == "iso":
        return text
    done = nw.lit(None).cast(nw.String)
    for pattern, first, second, year in _SHORT_DATES:
        day, month = (first, second) if time_format == "day_first" else (second, first)
        parts = [
            text.str.slice(year, _YEAR_DIGITS),
            nw.lit("-"),
            _two_digits(text, *month),
            nw.lit("-"),
            _two_digits(text, *day),
            text.str.slice(year + _YEAR_DIGITS),
        ]
        done = nw.when(text.str.contains(pattern)).then(nw.concat_str(parts)).otherwise(done)
    return done


def _two_digits(text: nw.Expr, start: int, length: int) -> nw.Expr:
    digits = text.str.slice(start, length)
    return digits if length == len("01") else nw.concat_str([nw.lit("0"), digits])
