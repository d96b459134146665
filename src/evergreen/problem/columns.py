"""The data contract: what each column is, where it comes from, when it is known and why it is there."""

from datetime import datetime
from functools import cached_property
from math import isfinite
from typing import Literal, Self

from pydantic import Field, model_validator

from evergreen.problem.base import CaseModel, require

ColumnType = Literal["integer", "number", "category", "boolean", "text", "timestamp", "image"]
TRUE_WORDS = ("true", "yes", "y", "t", "1")
FALSE_WORDS = ("false", "no", "n", "f", "0")


def canonical_text(value: str) -> str:
    """Write a word in its canonical form: lower case (a final sigma as any other), no outer spaces, single inner ones.

    Args:
        value: any text.

    Returns:
        The canonical text; applying it twice changes nothing.
    """
    return " ".join(value.lower().replace("\u03c2", "\u03c3").split())


class Column(CaseModel):
    """One column of the table.

    Attributes:
        type: what a cell holds. "category" is a word from a short list, "text" is prose, "image" a picture.
        why: why the column is there, for the reader.
        source: the source it comes from; the spine where not said.
        raw_name: what the source calls it; the contract's name where not said.
        unit: the unit of a number ("years", "EUR"), for the reader.
        known_at: "decision" if its value is known when the decision is made, "outcome" if only later.
        range: lowest and highest possible value, each inclusive or null.
        values: the allowed words of a category, in canonical form.
        synonyms: other spellings and the word they stand for; they are followed once, so no word stands on both sides.
        sentinels: values that mean "missing" (999, "unknown", "9999-12-31").
        decimal: what stands before the fraction of a number that comes as text.
        thousands: what groups the digits of a number that comes as text, if anything; digits must stand in threes.
        time_format: how a date that comes as text is written: 2009-02-28, 28/02/2009 or 02/28/2009 (with / . or -).
        outlier_fences: how many interquartile ranges beyond the quartiles of the training rows a number may lie
            (Tukey 1977: 1.5 is out, 3 is far out); no limit where not said.
        when_outlier: whether a number beyond its fence is pulled back to it, or blanked.
        not_a_leak: why a column that looks as if it gave the target away is known at the decision all the same.
        is_sensitive: whether it tells a group that must not be treated worse.
        is_feature: whether the model may learn from it.
        is_required: whether a row without it cannot be used.
        is_logged: whether the log of predictions keeps its raw cells.
        when_invalid: what happens to a value outside type, range or values: the row goes to quarantine,
            or the cell is blanked and counted.
    """

    type: ColumnType
    why: str = Field(min_length=3)
    source: str | None = None
    raw_name: str | None = None
    unit: str | None = None
    known_at: Literal["decision", "outcome"] = "decision"
    range: tuple[float | None, float | None] | None = None
    values: tuple[str, ...] | None = None
    synonyms: dict[str, str] = {}
    sentinels: tuple[float | str, ...] = ()
    decimal: Literal[".", ","] = "."
    thousands: Literal[",", ".", " ", "'"] | None = None
    time_format: Literal["iso", "day_first", "month_first"] = "iso"
    outlier_fences: float | None = Field(default=None, gt=0)
    when_outlier: Literal["clip", "blank"] = "clip"
    not_a_leak: str | None = Field(default=None, min_length=3)
    is_sensitive: bool = False
    is_feature: bool = True
    is_required: bool = False
    is_logged: bool = True
    when_invalid: Literal["quarantine", "blank"] = "quarantine"

    @property
    def is_numeric(self) -> bool:
        """Whether cells are numbers."""
        return self.type in ("integer", "number")

    @cached_property
    def canonical_synonyms(self) -> dict[str, str]:
        """Synonyms with both sides in canonical form."""
        return {canonical_text(k): canonical_text(v) for k, v in self.synonyms.items()}

    @cached_property
    def text_sentinels(self) -> tuple[str, ...]:
        """Sentinels as canonical words."""
        return tuple(canonical_text(s) for s in self.sentinels if isinstance(s, str))

    @cached_property
    def number_sentinels(self) -> tuple[float, ...]:
        """Sentinels that are numbers; in a column of numbers a quoted one is a number too."""
        plain = (s for s in self.sentinels if self.is_numeric or not isinstance(s, str))
        return tuple(number for number in map(_number, plain) if number is not None)

    @cached_property
    def time_sentinels(self) -> tuple[datetime, ...]:
        """Sentinels of a timestamp that are dates or times themselves."""
        times = map(_time, self.text_sentinels) if self.type == "timestamp" else ()
        return tuple(time for time in times if time is not None)

    @model_validator(mode="after")
    def _check_fits_type(self) -> Self:
        self._check_range()
        self._check_forms()
        self._check_values()
        self._check_synonyms()
        self._check_sentinels()
        return self

    def _check_range(self) -> None:
        if self.range is None:
            return
        require(self.is_numeric, "range", f"is given for the type {self.type}", "Only numbers have one.")
        low, high = self.range
        require(low is None or high is None or low <= high, "range", f"{[low, high]} is empty", "Swap its ends.")

    def _check_forms(self) -> None:
        """Refuse ways of writing that the type does not have."""
        has_form = self.decimal != "." or self.thousands is not None or self.outlier_fences is not None
        require(
            self.is_numeric or not has_form,
            "decimal, thousands or outlier_fences",
            f"are given for the type {self.type}",
            "Only numbers have them.",
        )
        require(self.decimal != self.thousands, "thousands", f"is the decimal '{self.decimal}' too", "Change one.")
        is_time = self.type == "timestamp" or self.time_format == "iso"
        require(is_time, "time_format", f"is given for the type {self.type}", "Only timestamps have one.")

    def _check_values(self) -> None:
        if self.values is None:
            return
        require(self.type == "category", "values", f"are given for the type {self.type}", "Only categories have them.")
        repeated = sorted({v for v in self.values if self.values.count(v) > 1})
        require(not repeated, "values", f"name {repeated} twice", "Name each word once.")
        odd = [v for v in self.values if canonical_text(v) != v]
        require(not odd, "values", f"{odd} are not in canonical form", f"Write {[canonical_text(v) for v in odd]}.")

    def _check_synonyms(self) -> None:
        if not self.synonyms:
            return
        wordy = self.type in ("category", "boolean")
        require(wordy, "synonyms", f"are given for the type {self.type}", "Only categories have them.")
        words, meant = self.canonical_synonyms, self.canonical_synonyms.values()
        require(len(words) == len(self.synonyms), "synonyms", "name a word twice", "Keep each word once.")
        allowed = (*TRUE_WORDS, *FALSE_WORDS) if self.type == "boolean" else self.values
        chained = [word for word in words if word in meant or word in (allowed or ())]
        require(not chained, "synonyms", f"replace {chained}, which are words to keep", "Remove these synonyms.")
        if allowed is not None:
            lost = [word for word in meant if word not in allowed and word not in self.text_sentinels]
            require(not lost, "synonyms", f"lead to {lost}, which are not among the values", "Add them to values.")

    def _check_sentinels(self) -> None:
        if self.number_sentinels:
            require(self.is_numeric, "sentinels", f"are numbers, but the type is {self.type}", "Quote them.")
        words = [s for s in self.text_sentinels if s in (self.values or ())]
        require(not words, "sentinels", f"{words} are among the values", "Keep each word in one place.")
        inside = [s for s in self.number_sentinels if self._is_inside(s)]
        require(
            not inside or self.range in (None, (None, None)),
            "sentinels",
            f"{inside} lie inside the range {list(self.range or ())}",
            "Narrow the range, or drop the sentinel: a real value would be taken for missing.",
        )

    def _is_inside(self, value: float) -> bool:
        low, high = self.range or (None, None)
        return (low is None or value >= low) and (high is None or value <= high)


def _number(sentinel: float | str) -> float | None:
    try:
        number = float(sentinel)
    except ValueError:
        return None
    return number if isfinite(number) else None


def _time(sentinel: str) -> datetime | None:
    try:
        return datetime.fromisoformat(sentinel).replace(tzinfo=None)
    except ValueError:
        return None
