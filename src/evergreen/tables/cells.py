"""Expressions that read one cell, the same on every dataframe engine."""

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
_NUMBER = r"^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$"
_DAY = len("2009-02-28")
_MINUTE = len("2009-02-28 23:59")
_SECOND = len("2009-02-28 23:59:59")
# The four ways to write day and month with one digit or two: pattern, where each begins, where the year begins.
_SHORT_DATES = (
    (r"^[0-9]{2}[./-][0-9]{2}[./-][0-9]{4}", (0, 2), (3, 2), 6),
    (r"^[0-9]{2}[./-][0-9][./-][0-9]{4}", (0, 2), (3, 1), 5),
    (r"^[0-9][./-][0-9]{2}[./-][0-9]{4}", (0, 1), (2, 2), 5),
    (r"^[0-9][./-][0-9][./-][0-9]{4}", (0, 1), (2, 1), 4),
)
_YEAR_DIGITS = 4
_LARGEST_EXACT = 2**53

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
    return plain.str.replace_all(f"[{_SPACES}]+", " ").str.replace_all("^ | $", "")


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
        String cells, on every engine the same but for fractions below 1e-4; a time as "2009-02-28 23:59:59";
        not-a-number is null.
    """
    if is_time_type(dtype):
        return cell.cast(nw.Datetime("us")).dt.to_string("%Y-%m-%d %H:%M:%S")
    if dtype == nw.Boolean:
        return nw.when(~cell.is_null()).then(nw.when(cell).then(nw.lit("true")).otherwise(nw.lit("false")))
    if dtype.is_float():
        number = nw.when(~cell.is_nan()).then(cell)
        # Engines write 1e16 and 7.0 each in its own way; whole numbers all write alike.
        is_whole = ((number == number.floor()) & (number.abs() <= _LARGEST_EXACT)).fill_null(value=False)
        whole = nw.when(is_whole).then(number).otherwise(nw.lit(0.0)).cast(nw.Int64).cast(nw.String)
        return nw.when(is_whole).then(whole).otherwise(number.cast(nw.String))
    return cell.cast(nw.String)


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
        return nw.when(~number.is_nan()).then(number) if dtype.is_float() else number
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
    Times that come typed with a zone are taken in UTC.

    Args:
        cell: cells of any type.
        dtype: their type.
        time_format: how the date is written in text: 2009-02-28, 28/02/2009 or 02/28/2009.

    Returns:
        Datetime cells in microseconds; a date is its midnight.
    """
    if isinstance(dtype, nw.Datetime) and dtype.time_zone is not None:
        cell = cell.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    if is_time_type(dtype):
        return cell.cast(nw.Datetime("us"))
    text = iso_text(stripped(cell.cast(nw.String)), time_format)
    valid = nw.when(text.str.contains(_TIMESTAMP)).then(text.str.replace_all("T", " ", literal=True))
    has_seconds, has_minutes = valid.str.contains(r":[0-9]{2}:"), valid.str.contains(":", literal=True)
    seconds = valid.str.slice(0, _SECOND)
    minutes = nw.concat_str([valid.str.slice(0, _MINUTE), nw.lit(":00")])
    midnight = nw.concat_str([valid.str.slice(0, _DAY), nw.lit(" 00:00:00")])
    clock = nw.when(has_seconds).then(seconds).otherwise(nw.when(has_minutes).then(minutes).otherwise(midnight))
    return clock.str.to_datetime(format="%Y-%m-%d %H:%M:%S").cast(nw.Datetime("us"))


def is_in_other_zone(text: nw.Expr, time_format: TimeFormat = "iso") -> nw.Expr:
    """Find times that are written with a zone other than UTC.

    Args:
        text: string cells without outer white space.
        time_format: how the date is written.

    Returns:
        Boolean cells; null stays null.
    """
    written = iso_text(text, time_format)
    return written.str.contains(_ZONED) & ~written.str.contains(_TIMESTAMP)


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
