"""Where the table comes from: its sources, and how each is joined as it stood at the decision."""

import re
from typing import Literal, Self

from pydantic import Field, model_validator

from evergreen.problem.base import CaseModel, require


class Derivation(CaseModel):
    """A column that the source does not hold as such: its row order or several of its columns tell it.

    Attributes:
        column: the raw name of the column to make.
        kind: "row_number" counts rows from 1; "date_from_row_order" gives the earliest calendar date that is
            consistent with rows being in date order, from a month and a weekday column; "timestamp_from_parts" puts a
            date and an hour together.
        month: raw name of the month column ("jan" to "dec", or 1 to 12).
        weekday: raw name of the weekday column ("mon" to "sun"), if there is one.
        first_year: the year of the first row, 1 to 9999.
        date: raw name of the date column; a year of two digits is one of 1969 to 2068, as POSIX reads it.
        hour: raw name of the column with the hour, 0 to 23, if there is one.
        time_format: how the date is written: 2009-02-28, 28/02/2009 or 02/28/2009 (with / . or -).
    """

    column: str
    kind: Literal["row_number", "date_from_row_order", "timestamp_from_parts"]
    month: str | None = None
    weekday: str | None = None
    first_year: int | None = Field(default=None, ge=1, le=9999)
    date: str | None = None
    hour: str | None = None
    time_format: Literal["iso", "day_first", "month_first"] = "iso"

    @model_validator(mode="after")
    def _check_arguments(self) -> Self:
        if self.kind == "date_from_row_order":
            has_all = self.month is not None and self.first_year is not None
            require(has_all, f"derive '{self.column}'", "lacks month or first_year", "Name both.")
        if self.kind == "timestamp_from_parts":
            require(self.date is not None, f"derive '{self.column}'", "lacks date", "Name the column of the date.")
        return self


class Source(CaseModel):
    """One raw table.

    Attributes:
        is_spine: whether it holds one row per decision; exactly one source does.
        join_on: columns it shares with the spine: contract names there, raw names here; empty joins every row by time
            alone.
        known_since: raw name of the column that says since when a row was known. The newest row known at the
            decision is joined; without it the source is taken to be true at all times.
        effective_since: raw name of the column that says which moment a fact is about. A fact may then be revised: of
            all versions known at the decision those of the latest moment count, and of these the newest version.
        content: what the files of a folder are: tables, text documents or images. A document or image is one row, its
            content in the raw column "text" or "image".
        name_pattern: regular expression with named groups, matched on the whole name of each file of a folder (its
            path below the folder without suffix); each group becomes a raw column: ``(?P<client_id>[0-9]+)``.
        cost_per_row: what one decision's facts from this source cost, in the unit of the payoff.
        records: the key under which a JSON answer keeps its list of records.
        derive: columns made from the row order.
    """

    is_spine: bool = False
    join_on: tuple[str, ...] = ()
    known_since: str | None = None
    effective_since: str | None = None
    content: Literal["table", "text", "image"] = "table"
    name_pattern: str | None = None
    cost_per_row: float | None = Field(default=None, ge=0)
    records: str | None = None
    derive: tuple[Derivation, ...] = ()

    @model_validator(mode="after")
    def _check_can_join(self) -> Self:
        can_join = self.is_spine or bool(self.join_on) or self.known_since is not None
        require(can_join, "source", "can be joined by nothing", "Give it join_on, known_since, or is_spine: true.")
        is_dated = self.effective_since is None or self.known_since is not None
        require(is_dated, "effective_since", "is given without known_since", "Say since when each version was known.")
        self._check_files()
        return self

    def _check_files(self) -> None:
        named = self.content == "table" or self.name_pattern is not None
        cure = "Give name_pattern, a regular expression with named groups: its groups become the columns."
        require(named, "source", f"has files of {self.content} that nothing is known of", cure)
        if self.name_pattern is None:
            return
        try:
            groups = re.compile(self.name_pattern).groupindex
        except re.error as error:
            raise ValueError(f"name_pattern is no regular expression ({error}). Mend it.") from error
        require(bool(groups), "name_pattern", "names no group", "Write (?P<client_id>[0-9]+) to make a column.")
        is_taken = self.content != "table" and self.content in groups
        finding = f"names a group '{self.content}', which is what the content of the files is called"
        require(not is_taken, "name_pattern", finding, "Rename the group.")
