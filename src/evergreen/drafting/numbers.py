"""Numbers as a file writes them: their form, values that stand for "missing", and a cautious range."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil, floor, isinf, log10

import narwhals.stable.v2 as nw
import pandas as pd

from evergreen.drafting.readings import LEAST_READABLE, LEAST_SPIKE, Reading, lies_apart, read_in_best_form, sample_of
from evergreen.tables.cells import LARGEST_EXACT, number_of

_FORMS = ((".", None), (".", ","), (",", None), (",", "."), (".", " "), (",", " "), (".", "'"), (",", "'"))
_NINES = tuple(sign * (10**digits - 1) for digits in range(2, 9) for sign in (1, -1))
_NEVER_NEGATIVE = (-1, -9)
_LEAST_OTHERS = 3
_ONE_GROUP = re.compile(r"[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}")


@dataclass(frozen=True)
class Numbers(Reading):
    """A column read as numbers.

    Attributes:
        decimal: what stands before the fraction.
        thousands: what groups the digits.
        is_ambiguous: whether every grouped word could as well be read the other way, as 1,234 or 1.234.
    """

    decimal: str = "."
    thousands: str | None = None
    is_ambiguous: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether all numbers are whole, exact, and written without a fraction."""
        numbers = self.values.dropna()
        has_fraction = self.values.index.str.contains(self.decimal, regex=False)
        plain = (numbers == numbers.round()) & (numbers.abs() <= LARGEST_EXACT)
        return bool(plain.all()) and not bool(has_fraction[self.values.notna()].any())

    @property
    def by_value(self) -> pd.Series:
        """Number -> how many cells hold it, from the least on."""
        return self.counts.groupby(self.values).sum().sort_index()


def read_numbers(counts: pd.Series) -> Numbers:
    """Read words as numbers in the form that reads most of them.

    Args:
        counts: word -> how many cells hold it.

    Returns:
        The numbers; a column without any is read in the plain form.
    """
    words = sample_of(counts).index
    grouped = words.str.contains("[0-9][,.' ][0-9]", regex=True).any()
    forms = _FORMS if grouped else _FORMS[:1]
    best, _ = read_in_best_form(counts, forms, _read, least_share=LEAST_READABLE / 2)
    both_ways = [bool(_ONE_GROUP.fullmatch(str(word))) for word in words if re.search("[.,]", str(word))]
    return replace(best, is_ambiguous=bool(both_ways) and all(both_ways))


def _read(counts: pd.Series, form: tuple[str, str | None]) -> Numbers:
    decimal, thousands = form
    table = nw.from_native(pd.DataFrame({"word": counts.index.astype("str")}), eager_only=True)
    number = number_of(nw.col("word"), nw.String(), decimal=decimal, thousands=thousands)
    values = table.select(number.alias("number"))["number"].to_numpy()
    return Numbers(pd.Series(values, counts.index, dtype="float64"), counts, decimal, thousands)


def missing_numbers(by_value: pd.Series) -> dict[float, int]:
    """Find numbers that seem to mean "missing": 999 far above the rest, -1 where nothing else is negative.

    A candidate is an extreme that several cells share. One of nines (99 to 99999999, or negative) must lie as far
    from the rest as the rest is wide; -1 and -9 must be the only negative number among whole ones.

    Args:
        by_value: number -> how many cells hold it, from the least on.

    Returns:
        Such a number -> how many cells hold it.
    """
    found: dict[float, int] = {}
    rest = by_value
    while len(rest) > _LEAST_OTHERS:
        ends = [end for end in (rest.index[0], rest.index[-1]) if _stands_for_missing(float(end), rest)]
        if not ends:
            break
        found |= {float(end): int(rest[end]) for end in ends}
        rest = rest.drop(ends)
    return found


def _stands_for_missing(end: float, values: pd.Series) -> bool:
    if values[end] < LEAST_SPIKE:
        return False
    rest = values.drop([end]).index
    if end in _NEVER_NEGATIVE:
        return bool(rest.min() >= 0) and bool((rest == rest.astype("int64")).all())
    return end in _NINES and lies_apart(end, rest)


def cautious_range(numbers: pd.Series, sentinels: tuple[float, ...]) -> tuple[float | None, float | None]:
    """Allow on each side as much room as the numbers take, or as the greatest is far from 0; but no change of sign.

    Args:
        numbers: those found, at least one; without the sentinels.
        sentinels: numbers that must lie outside.

    Returns:
        Lowest and highest allowed number, rounded outwards to one digit of the room; none where there is no number
        beyond.
    """
    least, most = float(numbers.min()), float(numbers.max())
    room = max(most - least, abs(most), abs(least)) or 1.0
    low = 0.0 if least >= 0 else _outwards(least - room, floor, room)
    high = 0.0 if most <= 0 and least < 0 else _outwards(most + room, ceil, room)
    for sentinel in sentinels:
        if sentinel < least and (low is None or low <= sentinel):
            low = least
        if sentinel > most and (high is None or sentinel <= high):
            high = most
    return low, high


def _outwards(end: float, rounded: Callable[[float], int], room: float) -> float | None:
    """Round to one digit of the room, free of what arithmetic leaves behind; None for what no number can be."""
    if isinf(end):
        return None
    step = 10.0 ** floor(log10(room))
    return float(f"{rounded(end / step) * step:.12g}")
