"""Values as a reader wants to see them: headings, numbers, and the cells of a table."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

import pandas as pd

from evergreen.errors import DataError, named
from evergreen.reporting.sections import NOT_DEFINED, Bars, Table, Tone

_CAPITALS = {
    "auc": "AUC",
    "cpu": "CPU",
    "f1": "F1",
    "id": "ID",
    "mae": "MAE",
    "mb": "MB",
    "r2": "R²",
    "rmse": "RMSE",
    "roc": "ROC",
}
_NUMBERS = ("integer", "floating", "mixed-integer-float", "decimal")
# The largest size of a column that still needs so many decimals for three figures to be seen.
_DECIMALS = ((1000.0, 0), (100.0, 1), (1.0, 2), (0.1, 3))
_SMALLEST_P = 0.001
_CUT = r"-?\d+(?:\.\d+)?(?:e[+-]\d+)?"
_BAND = re.compile(rf"(?<=: )(?P<word>up to|over) (?P<low>{_CUT})(?: to (?P<high>{_CUT}))?(?= and |$)")
_CUT_DIGITS, _EXACT_DIGITS = 4, 15


@dataclass(frozen=True)
class Cell:
    """One cell as it is shown.

    Attributes:
        text: what it says.
        is_number: whether it is set to the right.
        tone: the mark it carries, if any.
        bars: the chart that is drawn in its place, if any.
    """

    text: str
    is_number: bool
    tone: Tone | None = None
    bars: Bars | None = None


@dataclass(frozen=True)
class ShownTable:
    """A table as it is shown: its headings and its rows of cells."""

    caption: str
    head: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    is_searchable: bool = False


def heading(name: str) -> str:
    """Turn the name of a column or a metric into words.

    Args:
        name: a name after the naming law: "n_rows", "is_drifted", "roc_auc".

    Returns:
        "Rows", "Drifted", "ROC AUC"; other text keeps its words.
    """
    is_name = name.isidentifier() and name.islower()
    bare = name.removeprefix("n_").removeprefix("is_").replace("_", " ") if is_name else name
    text = " ".join(_CAPITALS.get(word, word) for word in bare.split(" "))
    return text[:1].upper() + text[1:]


def counted(number: int, noun: str) -> str:
    """Write a number of things.

    Args:
        number: how many.
        noun: one of them; more take an s.

    Returns:
        "1 day", "1,200 days".
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def format_values(values: Iterable[Any], spec: str | None = None) -> list[str]:
    """Write the numbers of one column, all with as many decimals as the largest needs.

    Args:
        values: numbers; None and NaN are undefined.
        spec: a Python format specification, "p", or "each"; chosen by the largest where None.

    Returns:
        One text a value; "not defined" where there is none.
    """
    kept = list(values)
    if spec == "each":
        return [_show(value, _spec_by_size([value])) for value in kept]
    chosen = spec or _spec_by_size(kept)
    return [_show(value, chosen) for value in kept]


def shorten_cuts(name: str) -> str:
    """Round the cuts in the name of a slice to what a reader needs.

    Args:
        name: such as "width: over 0.00167253512 to 0.00215374822 and colour: red".

    Returns:
        The name with cuts that are no whole numbers at four digits, or at as many as tell the ends of a band apart:
        "width: over 0.001673 to 0.002154 and colour: red".
    """
    return _BAND.sub(lambda band: _shorten_band(band["word"], band["low"], band["high"]), name)


def tabulate(table: Table) -> ShownTable:
    """Turn a frame into the cells of a table.

    Args:
        table: the frame, with formats and tones by column.

    Returns:
        Its cells as text.

    Raises:
        DataError: where formats or tones name a column that the frame lacks.
    """
    frame = table.frame
    unknown = [name for name in {**table.formats, **table.tones} if name not in frame.columns]
    if unknown:
        raise DataError(
            f"Table '{table.caption}'", f"formats {named(unknown)}, which it lacks", f"It has {named(frame.columns)}."
        )
    columns = [_column_cells(table, name, frame.iloc[:, place]) for place, name in enumerate(frame.columns)]
    head = tuple(
        Cell(heading(str(name)), is_number=_is_numeric(frame.iloc[:, place]))
        for place, name in enumerate(frame.columns)
    )
    return ShownTable(table.caption, head, tuple(zip(*columns, strict=True)), table.is_searchable)


def _shorten_band(word: str, low: str, high: str | None) -> str:
    for n_digits in range(_CUT_DIGITS, _EXACT_DIGITS):
        short = [_round_cut(cut, n_digits) for cut in (low, high) if cut is not None]
        if len(set(short)) == len(short):
            return f"{word} {' to '.join(short)}"
    return f"{word} {low}" + ("" if high is None else f" to {high}")


def _round_cut(cut: str, n_digits: int) -> str:
    if cut.lstrip("-").isdigit():
        return cut
    value = float(cut)
    return f"{value:.0f}" if abs(value) >= 10**n_digits else f"{value:.{n_digits}g}"


def _column_cells(table: Table, name: str, values: "pd.Series[Any]") -> list[Cell]:
    tones = table.tones.get(name, {})
    if not _is_numeric(values):
        return [_word_cell(value, tones) for value in values]
    texts = format_values(values, table.formats.get(name) or _spec_by_name(name))
    shown = [table.undefined if text == NOT_DEFINED else text for text in texts]
    return [Cell(text, is_number=True, tone=tones.get(text)) for text in shown]


def _word_cell(value: Any, tones: Mapping[str, Tone]) -> Cell:
    if isinstance(value, Bars):
        return Cell(value.text, is_number=False, bars=value)
    text = _show(value, "")
    return Cell(text, is_number=False, tone=tones.get(text))


def _is_numeric(values: "pd.Series[Any]") -> bool:
    return pd.api.types.infer_dtype(values, skipna=True) in _NUMBERS


def _spec_by_name(name: str) -> str | None:
    if name.startswith("p_value"):
        return "p"
    return "z.1%" if "share" in name.split("_") else None


def _spec_by_size(values: list[Any]) -> str:
    known = [float(value) for value in values if not pd.isna(value) and isfinite(value)]
    if all(value.is_integer() for value in known):
        return "z,.0f"
    size = max(abs(value) for value in known)
    return f"z,.{next((decimals for least, decimals in _DECIMALS if size >= least), 4)}f"


def _show(value: Any, spec: str) -> str:
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return NOT_DEFINED
    if pd.api.types.is_bool(value):
        return "yes" if value else "no"
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat() if value == value.normalize() else value.isoformat(sep=" ")
    if spec == "p":
        return f"< {_SMALLEST_P}" if value < _SMALLEST_P else f"{value:.3f}"
    return format(value, spec) if spec else str(value)
