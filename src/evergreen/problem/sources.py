"""Where the table comes from: its sources, and how each is joined as it stood at the decision."""

from typing import Literal, Self

from pydantic import Field, model_validator

from evergreen.problem.base import CaseModel, require


class Derivation(CaseModel):
    """A column that the source does not hold but its row order does.

    Attributes:
        column: the raw name of the column to make.
        kind: "row_number" counts rows from 1; "date_from_row_order" gives the earliest calendar date that is
            consistent with rows being in date order, from a month and a weekday column.
        month: raw name of the month column ("jan" to "dec", or 1 to 12).
        weekday: raw name of the weekday column ("mon" to "sun"), if there is one.
        first_year: the year of the first row, 1 to 9999.
    """

    column: str
    kind: Literal["row_number", "date_from_row_order"]
    month: str | None = None
    weekday: str | None = None
    first_year: int | None = Field(default=None, ge=1, le=9999)

    @model_validator(mode="after")
    def _check_arguments(self) -> Self:
        if self.kind == "date_from_row_order":
            has_all = self.month is not None and self.first_year is not None
            require(has_all, f"derive '{self.column}'", "lacks month or first_year", "Name both.")
        return self


class Source(CaseModel):
    """One raw table.

    Attributes:
        is_spine: whether it holds one row per decision; exactly one source does.
        join_on: columns it shares with the spine: contract names there, raw names here; empty joins every row by time
            alone.
        known_since: raw name of the column that says since when a row was known. The newest row known at the
            decision is joined; without it the source is taken to be true at all times.
        records: the key under which a JSON answer keeps its list of records.
        derive: columns made from the row order.
    """

    is_spine: bool = False
    join_on: tuple[str, ...] = ()
    known_since: str | None = None
    records: str | None = None
    derive: tuple[Derivation, ...] = ()

    @model_validator(mode="after")
    def _check_can_join(self) -> Self:
        can_join = self.is_spine or bool(self.join_on) or self.known_since is not None
        require(can_join, "source", "can be joined by nothing", "Give it join_on, known_since, or is_spine: true.")
        return self
