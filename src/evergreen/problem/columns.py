"""The data contract: what each column is, where it comes from, when it is known and why it is there."""

from functools import cached_property
from typing import Literal, Self

from pydantic import Field, model_validator

from evergreen.problem.base import CaseModel, require

ColumnType = Literal["integer", "number", "category", "boolean", "text", "timestamp"]
TRUE_WORDS = ("true", "yes", "y", "t", "1")
FALSE_WORDS = ("false", "no", "n", "f", "0")


def canonical_text(value: str) -> str:
    """Write a word in its canonical form: lower case, no outer spaces, single inner spaces.

    Args:
        value: any text.

    Returns:
        The canonical text; applying it twice changes nothing.
    """
    return " ".join(value.lower().split())


class Column(CaseModel):
    """One column of the table.

    Attributes:
        type: what a cell holds. "category" is a word from a short list, "text" is prose.
        why: why the column is there, for the reader.
        source: the source it comes from; the spine where not said.
        raw_name: what the source calls it; the contract's name where not said.
        unit: the unit of a number ("years", "EUR"), for the reader.
        known_at: "decision" if its value is known when the decision is made, "outcome" if only later.
        range: lowest and highest possible value, each inclusive or null.
        values: the allowed words of a category, in canonical form.
        synonyms: other spellings and the word they stand for.
        sentinels: values that mean "missing" (999, "unknown").
        is_sensitive: whether it tells a group that must not be treated worse.
        is_feature: whether the model may learn from it.
        is_required: whether a row without it cannot be used.
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
    is_sensitive: bool = False
    is_feature: bool = True
    is_required: bool = False
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
        """Sentinels that are numbers."""
        return tuple(float(s) for s in self.sentinels if not isinstance(s, str))

    @model_validator(mode="after")
    def _check_fits_type(self) -> Self:
        self._check_range()
        self._check_values()
        if self.number_sentinels:
            require(self.is_numeric, "sentinels", f"are numbers, but the type is {self.type}", "Quote them.")
        if self.range is not None and self.is_numeric:
            inside = [s for s in self.number_sentinels if self._is_inside(s)]
            require(
                not inside or self.range == (None, None),
                "sentinels",
                f"{inside} lie inside the range {list(self.range)}",
                "Narrow the range, or drop the sentinel: a real value would be taken for missing.",
            )
        return self

    def _check_range(self) -> None:
        if self.range is None:
            return
        require(self.is_numeric, "range", f"is given for a {self.type}", "Only numbers have one.")
        low, high = self.range
        require(low is None or high is None or low <= high, "range", f"{[low, high]} is empty", "Swap its ends.")

    def _check_values(self) -> None:
        wordy = self.type in ("category", "boolean")
        require(wordy or not self.synonyms, "synonyms", f"are given for a {self.type}", "Only categories have them.")
        if self.values is None:
            return
        require(self.type == "category", "values", f"are given for a {self.type}", "Only categories have them.")
        odd = [v for v in self.values if canonical_text(v) != v]
        require(not odd, "values", f"{odd} are not in canonical form", "Write them in lower case, single spaces.")
        lost = [v for v in self.canonical_synonyms.values() if v not in self.values and v not in self.text_sentinels]
        require(not lost, "synonyms", f"lead to {lost}, which are not among the values", "Add them to values.")

    def _is_inside(self, value: float) -> bool:
        low, high = self.range or (None, None)
        return (low is None or value >= low) and (high is None or value <= high)
