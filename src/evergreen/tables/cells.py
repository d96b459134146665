"""Expressions that read one cell, the same on every dataframe engine."""

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
_CLOCK = r"(?:[ T](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?)?"
# A date that exists, checked by pattern because engines differ in what they do with 2009-02-31.
_TIMESTAMP = rf"^(?:{_YEAR}-{_MONTH_DAY}|{_LEAP_YEAR}-02-29){_CLOCK}$"
_NUMBER = r"^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$"
_MIDNIGHT = " 00:00:00"
_LONGEST_CLOCK = len("2009-02-28 23:59:59")


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
    return plain.str.replace_all(f"[{_SPACES}]+", " ").str.strip_chars(" ")


def stripped(text: nw.Expr) -> nw.Expr:
    """Take the outer white space away.

    Args:
        text: string cells.

    Returns:
        String cells; the empty text stays empty.
    """
    return text.str.strip_chars(_SPACES)


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
        String cells; not-a-number is null.
    """
    if dtype == nw.Boolean:
        return nw.when(~cell.is_null()).then(nw.when(cell).then(nw.lit("true")).otherwise(nw.lit("false")))
    if dtype.is_float():
        return nw.when(~cell.is_nan()).then(cell).cast(nw.String).str.replace_all(r"\.0$", "")
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


def number_of(cell: nw.Expr, dtype: nw.dtypes.DType) -> nw.Expr:
    """Read a number; null where the cell holds none.

    Args:
        cell: cells of any type.
        dtype: their type.

    Returns:
        Float64 cells.
    """
    if is_number_type(dtype):
        number = cell.cast(nw.Float64)
        return nw.when(~number.is_nan()).then(number)
    text = stripped(cell.cast(nw.String))
    return nw.when(text.str.contains(_NUMBER)).then(text).cast(nw.Float64)


def timestamp_of(cell: nw.Expr, dtype: nw.dtypes.DType) -> nw.Expr:
    """Read an ISO 8601 date or date and time without a zone; null where the cell holds none.

    Text is "2009-02-28" or "2009-02-28T23:59:59" (or with a space), read to the second. Times that come typed
    with a zone are taken in UTC.

    Args:
        cell: cells of any type.
        dtype: their type.

    Returns:
        Datetime cells in microseconds; a date is its midnight.
    """
    if isinstance(dtype, nw.Datetime) and dtype.time_zone is not None:
        cell = cell.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    if is_time_type(dtype):
        return cell.cast(nw.Datetime("us"))
    text = stripped(cell.cast(nw.String))
    clock = nw.concat_str([text.str.replace_all("T", " ", literal=True), nw.lit(_MIDNIGHT)])
    valid = nw.when(text.str.contains(_TIMESTAMP)).then(clock.str.slice(0, _LONGEST_CLOCK))
    return valid.str.to_datetime(format="%Y-%m-%d %H:%M:%S").cast(nw.Datetime("us"))
