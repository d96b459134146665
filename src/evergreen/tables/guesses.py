"""What a reader made of cells before the contract saw them, where that cannot be trusted."""

from collections.abc import Iterable, Mapping

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from evergreen.errors import DataError, named
from evergreen.problem import Column
from evergreen.tables.cells import LARGEST_EXACT, is_nan, is_time_type
from evergreen.tables.engines import Frame, as_pandas, where

_AS_TEXT = (
    "Have it read as text (load_args: dtype: str in pandas, infer_schema: false in Polars, all_varchar: true in DuckDB)"
)
_MIXED = ("mixed", "mixed-integer")


def refuse_guessed_forms(table: Frame, columns: Mapping[str, Column], thing: str) -> None:
    """Refuse cells that come as numbers or times where the contract says how they are written as text.

    A reader that guesses takes 1.234 for one and a bit, and 03/04 for a day of its choice; nothing shows it afterwards.

    Args:
        table: a raw table.
        columns: raw name -> what the contract says of it.
        thing: the table, for the message.

    Raises:
        DataError: naming the columns.
    """
    schema = table.collect_schema()
    guessed = [
        name
        for name, column in columns.items()
        if name in schema and _is_guess(schema[name], column) and _has_value(table, name, schema[name])
    ]
    if guessed:
        finding = f"gives {named(guessed)} as numbers or times, but the contract says how the text of it is written"
        cure = f"{_AS_TEXT}, or drop decimal, thousands and time_format where the source itself is typed."
        raise DataError(thing, finding, cure)


def refuse_rounded_names(table: Frame, names: Iterable[str], thing: str) -> None:
    """Refuse names of things that came as floating point numbers too large to be exact: two of them may look like one.

    Args:
        table: a raw table.
        names: raw columns that hold words, or by which rows are joined.
        thing: the table, for the message.

    Raises:
        DataError: naming the first such column.
    """
    schema = table.collect_schema()
    for name in names:
        if name not in schema or not schema[name].is_float():
            continue
        is_rounded = where((nw.col(name).abs() > LARGEST_EXACT) & (nw.col(name).abs() < float("inf")))
        found = as_pandas(table.select(name).filter(is_rounded).head(1))[name]
        if len(found):
            finding = (
                f"gives '{name}' as floating point numbers whose last digits are lost (such as {found.iloc[0]:.0f})"
            )
            raise DataError(thing, finding, f"{_AS_TEXT}.")


def with_plain_words(table: pd.DataFrame) -> pd.DataFrame:
    """Write as text what pandas keeps as numbers among words, so that 7.0 and "7" are one word.

    Pandas reads a long file in pieces and guesses for each; JSON records may mix types as well.

    Args:
        table: a raw table.

    Returns:
        The same table; columns of mixed types hold text only.
    """
    mixed = [
        name
        for name, dtype in table.dtypes.items()
        if isinstance(dtype, np.dtypes.ObjectDType) and pd.api.types.infer_dtype(table[name], skipna=True) in _MIXED
    ]
    return table.assign(**{str(name): table[name].map(_word, na_action="ignore") for name in mixed}) if mixed else table


def _word(cell: object) -> object:
    if isinstance(cell, float) and cell.is_integer() and abs(cell) <= LARGEST_EXACT:
        return str(int(cell))
    return cell if isinstance(cell, str) else str(cell)


def _is_guess(dtype: nw.dtypes.DType, column: Column) -> bool:
    if column.time_format != "iso":
        return is_time_type(dtype)
    # With a decimal point, a reader that takes 1234.5 for a number is right; and whole numbers have no decimal.
    return (column.decimal == "," or column.thousands == ".") and dtype.is_float()


def _has_value(table: Frame, name: str, dtype: nw.dtypes.DType) -> bool:
    """Whether there is any cell: of an empty column the reader could guess anything."""
    is_value = ~nw.col(name).is_null()
    if dtype.is_float():
        is_value = is_value & ~where(is_nan(nw.col(name)))
    return len(table.filter(is_value).head(1).collect()) > 0
