"""Expressions that read one cell, the same on every dataframe engine."""

import narwhals.stable.v2 as nw

_MONTH_DAY = (
    r"(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|1\d|2[0-8]))"
)
_LEAP_DAY = r"(?:\d\d(?:0[48]|[2468][048]|[13579][26])|2000)-02-29"
_CLOCK = r"(?:[ T](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?)?"
# A date that exists, checked by pattern because engines differ in what they do with 2009-02-31.
_TIMESTAMP = rf"^(?:\d{{4}}-{_MONTH_DAY}|{_LEAP_DAY}){_CLOCK}$"
_NUMBER = r"^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$"
_LONGEST_CLOCK = 19  # 2009-02-28 23:59:59


def canonical_words(text: nw.Expr) -> nw.Expr:
    """Write text as ``problem.canonical_text`` does: lower case, single inner spaces, no outer ones.

    Args:
        text: string cells.

    Returns:
        String cells; the empty text becomes null.
    """
    return blank_to_null(text.str.to_lowercase().str.replace_all(r"\s+", " ").str.strip_chars())


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
        String cells.
    """
    if dtype == nw.Boolean:
        return nw.when(~cell.is_null()).then(nw.when(cell).then(nw.lit("true")).otherwise(nw.lit("false")))
    text = cell.cast(nw.String)
    return text.str.replace_all(r"\.0$", "") if dtype.is_float() else text


def number_of(cell: nw.Expr, dtype: nw.dtypes.DType) -> nw.Expr:
    """Read a number; null where the cell holds none.

    Args:
        cell: cells of any type.
        dtype: their type.

    Returns:
        Float64 cells.
    """
    if dtype.is_numeric() or dtype == nw.Boolean:
        number = cell.cast(nw.Float64)
        return nw.when(~number.is_nan()).then(number)
    text = cell.cast(nw.String).str.strip_chars()
    return nw.when(text.str.contains(_NUMBER)).then(text).cast(nw.Float64)


def timestamp_of(cell: nw.Expr, dtype: nw.dtypes.DType) -> nw.Expr:
    """Read an ISO 8601 date or date and time without a zone; null where the cell holds none.

    Args:
        cell: cells of any type.
        dtype: their type.

    Returns:
        Datetime cells in microseconds; a date is its midnight.
    """
    if dtype in (nw.Datetime, nw.Date):
        return cell.cast(nw.Datetime("us"))
    text = cell.cast(nw.String).str.strip_chars()
    valid = nw.when(text.str.contains(_TIMESTAMP)).then(text)
    clock = nw.concat_str([valid.str.replace_all("T", " "), nw.lit(" 00:00:00")])
    whole = nw.when(valid.str.len_chars() > len("2009-02-28")).then(valid.str.replace_all("T", " ")).otherwise(clock)
    return whole.str.slice(0, _LONGEST_CLOCK).str.to_datetime(format="%Y-%m-%d %H:%M:%S").cast(nw.Datetime("us"))
