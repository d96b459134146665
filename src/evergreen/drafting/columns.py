"""What a column seems to hold: its type, form, range, words, and what may be doubted about it."""

from dataclasses import dataclass, field, replace
from typing import Any, Literal

import pandas as pd

from evergreen.drafting.numbers import Numbers, cautious_range, missing_numbers, read_numbers
from evergreen.drafting.readings import LEAST_READABLE
from evergreen.drafting.times import Times, looks_like_time, missing_times, read_times
from evergreen.drafting.words import Words, words_of
from evergreen.problem.columns import FALSE_WORDS, TRUE_WORDS, ColumnType
from evergreen.tables.cells import LARGEST_EXACT

Doubt = Literal[
    "missing_words", "missing_numbers", "missing_times", "unreadable", "number_form", "day_or_month", "short_year",
    "unread_time", "codes", "digits", "many_words", "names", "constant", "empty",
]  # fmt: skip

MAX_LISTED_WORDS = 60
_MAX_CODES = 12
_LEAST_CODES = 3
_NAME_SHARE = 0.5
_MAX_UNREADABLE_SHOWN = 3
_PROSE_TOKENS = 4.0
_PROSE_DISTINCT = 0.3
# So many digits a Float64 cannot keep.
_MAX_DIGITS = 15
_PAIRS = [set(pair) for pair in zip(TRUE_WORDS, FALSE_WORDS, strict=True)]


@dataclass(frozen=True)
class ColumnDraft:
    """One column as it seems.

    Attributes:
        name: its canonical name.
        raw_name: its name in the file.
        type: what its cells hold.
        words: its cells as text.
        cells: its cells as the contract would repair them: float64, str, or datetime64; n of them.
        settings: keys of the contract that its cells ask for: range, values, sentinels, decimal, ...
        doubts: what one cannot be sure of -> the finding, in a few words.
        has_short_year: whether it is a date whose year has two digits, which no contract reads.
    """

    name: str
    raw_name: str
    type: ColumnType
    words: Words
    cells: pd.Series
    settings: dict[str, Any] = field(default_factory=dict)
    doubts: dict[Doubt, str] = field(default_factory=dict)
    has_short_year: bool = False

    @property
    def is_numeric(self) -> bool:
        """Whether its cells are numbers."""
        return self.type in ("integer", "number")

    @property
    def n_distinct(self) -> int:
        """How many different values it has."""
        return int(self.cells.nunique())

    @property
    def n_told(self) -> int:
        """How many cells hold a value."""
        return int(self.cells.notna().sum())

    @property
    def is_name(self) -> bool:
        """Whether its words name rows more than they describe them."""
        return "names" in self.doubts

    def doubting(self, doubt: Doubt, finding: str) -> "ColumnDraft":
        """Add a doubt."""
        return replace(self, doubts={**self.doubts, doubt: finding})


Columns = dict[str, ColumnDraft]
"""Canonical name -> column, in the order of the file."""


def read_column(name: str, raw_name: str, cells: pd.Series) -> ColumnDraft:
    """Read one column of a file.

    Args:
        name: its canonical name.
        raw_name: its name in the file.
        cells: its cells, of any type.

    Returns:
        What it seems to hold.
    """
    words = words_of(cells)
    bare = ColumnDraft(name, raw_name, "category", words, words.text)
    told = words.told
    if told.empty:
        return _with_missing_words(bare).doubting("empty", "no value at all")
    if _is_code(told):
        return _with_digits(_as_words(bare))
    if set(words.told_canonical) in _PAIRS:
        return _as_boolean(bare)
    times = read_times(told, words.text)
    if times.readable_share >= LEAST_READABLE:
        return _as_times(bare, times)
    if looks_like_time(told):
        return _with_missing_words(bare).doubting("unread_time", f"'{told.index[0]}'")
    numbers = read_numbers(told)
    return _as_numbers(bare, numbers) if numbers.readable_share >= LEAST_READABLE else _as_words(bare)


def _is_code(told: pd.Series) -> bool:
    """Digits that are no quantity: zeros in front, or more of them than a number keeps."""
    digits = told.index.str.fullmatch("[0-9]+")
    return bool(digits.all()) and bool(
        (told.index.str.fullmatch("0[0-9]+") | (told.index.str.len() > _MAX_DIGITS)).any()
    )


def _with_digits(draft: ColumnDraft) -> ColumnDraft:
    return draft if draft.is_name else draft.doubting("digits", f"'{draft.words.told.index[0]}'"[:40])


def _as_boolean(bare: ColumnDraft) -> ColumnDraft:
    is_true = bare.words.canonical.isin(TRUE_WORDS).map({True: "true", False: "false"})[bare.words.told.index]
    return _with_missing_words(replace(bare, type="boolean", cells=bare.words.text.map(is_true).astype("str")))


def _as_numbers(bare: ColumnDraft, numbers: Numbers) -> ColumnDraft:
    spikes = missing_numbers(numbers.by_value)
    kept = numbers.values.where(~numbers.values.isin(list(spikes)))
    draft = replace(bare, type="integer" if numbers.is_whole else "number", cells=bare.words.text.map(kept))
    settings = _form_of(numbers) | {"range": _range_of(draft, tuple(spikes))}
    draft = _with_missing_words(replace(draft, settings=settings), sentinels=[_plain(one) for one in spikes])
    if spikes:
        least, most = _plain(kept.min()), _plain(kept.max())
        told = ", ".join(f"{_plain(one):,} in {_cells(n)}" for one, n in spikes.items())
        draft = draft.doubting("missing_numbers", f"{told}, the rest is {least:,} to {most:,}")
    if numbers.is_ambiguous:
        first = next(word for word in numbers.counts.index if set(str(word)) & {",", "."})
        draft = draft.doubting("number_form", f"'{first}' as {numbers.values[first]:g}")
    return _with_unreadable(_with_few_values(draft), numbers.unreadable)


def _form_of(numbers: Numbers) -> dict[str, Any]:
    form = {"decimal": numbers.decimal} if numbers.decimal != "." else {}
    return form | ({"thousands": numbers.thousands} if numbers.thousands is not None else {})


def _range_of(draft: ColumnDraft, sentinels: tuple[float, ...]) -> list[float | int | None]:
    return [None if end is None else _plain(end) for end in cautious_range(draft.cells, sentinels)]


def _as_times(bare: ColumnDraft, times: Times) -> ColumnDraft:
    cells = bare.words.text.map(times.values)
    missing = missing_times(cells)
    draft = replace(
        bare, type="timestamp", cells=cells.where(~cells.isin(pd.to_datetime([*missing], format="ISO8601")))
    )
    settings: dict[str, Any] = {} if times.time_format == "iso" else {"time_format": times.time_format}
    draft = replace(draft, settings=settings, has_short_year=times.has_short_year)
    draft = _with_missing_words(draft, sentinels=list(missing))
    if missing:
        draft = draft.doubting("missing_times", ", ".join(f"{day} in {_cells(n)}" for day, n in missing.items()))
    first = f"'{times.counts.index[0]}' as {times.values.iloc[0]:%Y-%m-%d}"
    if times.is_ambiguous:
        draft = draft.doubting("day_or_month", first)
    if times.has_short_year:
        draft = draft.doubting("short_year", first)
    return _with_unreadable(draft, times.unreadable)


def _as_words(bare: ColumnDraft) -> ColumnDraft:
    words, told = bare.words, bare.words.told
    n_tokens = sum(len(str(word).split()) * int(n) for word, n in told.items())
    mean_tokens = n_tokens / told.sum()
    if mean_tokens >= _PROSE_TOKENS and len(told) >= _PROSE_DISTINCT * told.sum() and len(told) > MAX_LISTED_WORDS:
        return replace(bare, type="text")
    cells = words.text.map(words.canonical[told.index]).astype("str")
    draft = _with_missing_words(replace(bare, cells=cells))
    n_words = len(words.told_canonical)
    if n_words <= min(MAX_LISTED_WORDS, max(2, int(_NAME_SHARE * told.sum()))):
        settings = {"values": sorted(words.told_canonical)}
        return _with_constant(replace(draft, settings=settings | draft.settings))
    if n_words > _NAME_SHARE * told.sum():
        return draft.doubting("names", f"{n_words:,} in {_cells(draft.n_told)}")
    return draft.doubting("many_words", f"{n_words:,}")


def _with_missing_words(draft: ColumnDraft, sentinels: list[Any] | None = None) -> ColumnDraft:
    missing = draft.words.missing_words
    listed = [*missing, *(sentinels or [])]
    if listed:
        draft = replace(draft, settings={**draft.settings, "sentinels": listed})
    if missing:
        draft = draft.doubting("missing_words", ", ".join(f"'{word}' in {_cells(n)}" for word, n in missing.items()))
    return draft


def _with_unreadable(draft: ColumnDraft, unreadable: dict[str, int]) -> ColumnDraft:
    if not unreadable:
        return draft
    first = ", ".join(repr(word[:20]) for word in [*unreadable][:_MAX_UNREADABLE_SHOWN])
    finding = f"{_cells(sum(unreadable.values()))}, as {first}"
    blanked = replace(draft, settings={**draft.settings, "when_invalid": "blank"})
    return blanked.doubting("unreadable", finding)


def _with_few_values(draft: ColumnDraft) -> ColumnDraft:
    if draft.type == "integer" and _LEAST_CODES <= draft.n_distinct <= _MAX_CODES:
        draft = draft.doubting("codes", f"{draft.n_distinct} values")
    return _with_constant(draft)


def _with_constant(draft: ColumnDraft) -> ColumnDraft:
    is_constant = draft.n_distinct == 1 and draft.n_told == draft.words.n_rows
    return draft.doubting("constant", f"'{draft.words.told.index[0]}'"[:40]) if is_constant else draft


def _plain(number: float) -> float | int:
    """A whole number without its point, as far as it is exact."""
    return int(number) if abs(number) <= LARGEST_EXACT and number == round(number) else float(number)


def _cells(n_cells: int) -> str:
    return f"{n_cells:,} cell{'' if n_cells == 1 else 's'}"
