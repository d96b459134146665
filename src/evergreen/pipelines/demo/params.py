"""The parameters of the fabricated world."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from evergreen.problem.base import CaseModel, require

FlawShare = Annotated[float, Field(ge=0, le=0.3)]
"""Share of rows or cells with one kind of flaw; a row of contacts has at most one kind, so three of them must fit."""

SEXES = ("female", "male")
REGIONS = ("east", "north", "south", "west")
_GROUPS = {"sex": SEXES, "region": REGIONS}


class DemoParams(CaseModel):
    """How large the world is, when its shock comes and how much of it is spoilt.

    Attributes:
        random_state: the seed; the same seed and parameters fabricate equal tables.
        n_clients: rows of the table of clients; at least as many as there are contacts in a month.
        n_contacts_per_month: contacts in each month.
        first_month: first day of the first month.
        n_months: months of the campaign.
        shock_on: first day of the month in which the world changes; null for a world that never does.
        noted_client_share: share of clients about whom notes are written.
        duplicated_share: share of contacts that are delivered twice.
        misspelt_share: share of cells written in another way, for each column of words.
        sentinel_share: share of cells that hold a word or a number for "missing", for each such column.
        out_of_range_share: share of impossible cells, for each such column.
        mistreated_column: the column that names the mistreated group.
        mistreated_group: the group whose yes is sometimes recorded as no.
        mistreated_share: share of that group's yes that is recorded as no.
    """

    random_state: int = Field(ge=0)
    n_clients: int = Field(ge=100)
    n_contacts_per_month: int = Field(ge=1)
    first_month: date
    n_months: int = Field(ge=1, le=600)
    shock_on: date | None
    noted_client_share: float = Field(gt=0, le=1)
    duplicated_share: FlawShare
    misspelt_share: FlawShare
    sentinel_share: FlawShare
    out_of_range_share: FlawShare
    mistreated_column: Literal["sex", "region"]
    mistreated_group: str
    mistreated_share: float = Field(ge=0, le=1)

    @model_validator(mode="after")
    def _check_whole(self) -> Self:
        for name, day in (("first_month", self.first_month), ("shock_on", self.shock_on)):
            require(day is None or day.day == 1, name, f"is {day}", "Give the first day of a month.")
        if self.shock_on is not None:
            inside = self.first_month < self.shock_on < self.end_on
            cure = f"Give a month after {self.first_month} and before {self.end_on}, or null."
            require(inside, "shock_on", f"is {self.shock_on}, outside the campaign", cure)
        enough = self.n_clients >= self.n_contacts_per_month
        cure = f"Give at least {self.n_contacts_per_month}: nobody is called more than once a month on average."
        require(enough, "n_clients", f"is {self.n_clients}", cure)
        groups = _GROUPS[self.mistreated_column]
        known = self.mistreated_group in groups
        require(known, "mistreated_group", f"is '{self.mistreated_group}'", f"Give one of {', '.join(groups)}.")
        return self

    @property
    def end_on(self) -> date:
        """The day after the campaign's last day."""
        month = self.first_month.month - 1 + self.n_months
        return date(self.first_month.year + month // 12, month % 12 + 1, 1)
