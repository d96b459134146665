"""The plan for biases in the data: what is accepted, what is remedied, and up to where."""

from typing import Literal, Self

from pydantic import Field, model_validator

from evergreen.problem.base import CaseModel, require

BiasMeasure = Literal["small_group", "missingness", "base_rate", "label", "cleaning"]
Remedy = Literal["accept", "reweigh", "resample", "more_data"]


class BiasClause(CaseModel):
    """One clause of the plan: a bias of the data, how large it may be, and what is done about it.

    Attributes:
        columns: the sensitive columns whose groups are compared; several mean their intersections.
        measure: "small_group" is the share of rows in the smallest group, "missingness" the largest gap between groups
            in the share of empty feature cells, "base_rate" the largest gap in the share of the favourable class (or
            in the mean outcome), "label" the largest gap in the share of rows without an outcome, "cleaning" the
            largest gap in the share of rows that went to quarantine.
        remedy: "accept" lives with it, "reweigh" and "resample" balance outcome and group in training, "more_data"
            asks for more rows before a release.
        at_most: the largest acceptable gap, as a share (an outcome's unit for the base rate of a regression).
        at_least: the smallest acceptable share of a group; for "small_group".
        why: the reason, for the reader.
    """

    columns: tuple[str, ...] = Field(min_length=1)
    measure: BiasMeasure
    remedy: Remedy
    at_most: float | None = Field(default=None, ge=0)
    at_least: float | None = Field(default=None, ge=0, le=1)
    why: str = Field(min_length=3)

    @property
    def name(self) -> str:
        """The clause in words: ``base_rate by sex and race``."""
        return clause_name(self.measure, self.columns)

    @property
    def limit(self) -> float | None:
        """The limit, whichever side it is on; None where any size is accepted."""
        return self.at_least if self.measure == "small_group" else self.at_most

    @property
    def is_balancing(self) -> bool:
        """Whether the remedy weighs or repeats training rows."""
        return self.remedy in ("reweigh", "resample")

    @model_validator(mode="after")
    def _check_whole(self) -> Self:
        thing = f"clause '{self.name}'"
        repeated = sorted({name for name in self.columns if self.columns.count(name) > 1})
        require(not repeated, thing, f"names {repeated} twice", "Name each column once.")
        wanted, other = ("at_least", "at_most") if self.measure == "small_group" else ("at_most", "at_least")
        require(getattr(self, other) is None, thing, f"gives {other}", f"It may give {wanted}.")
        fits = not self.is_balancing or self.measure == "base_rate"
        cure = "Accept it, or ask for more data."
        require(fits, thing, f"has the remedy {self.remedy}, which balances base rates only", cure)
        has_end = self.remedy != "more_data" or self.limit is not None
        require(has_end, thing, "asks for more data without end", f"Give {wanted}: what is enough.")
        return self


class BiasPlan(CaseModel):
    """The plan of a case for biases in its data.

    Attributes:
        favourable: the class that a group is better off with; the positive one of a binary problem where not said.
        min_group_rows: groups with fewer rows are reported and not judged.
        clauses: what is accepted and what is remedied.
    """

    favourable: str | None = None
    min_group_rows: int = Field(default=50, ge=2)
    clauses: tuple[BiasClause, ...] = ()

    @property
    def balancing_clause(self) -> BiasClause | None:
        """The clause whose remedy weighs or repeats training rows; there is at most one."""
        return next((clause for clause in self.clauses if clause.is_balancing), None)

    @model_validator(mode="after")
    def _check_clauses(self) -> Self:
        names = [clause_name(clause.measure, tuple(sorted(clause.columns))) for clause in self.clauses]
        repeated = sorted({name for name in names if names.count(name) > 1})
        require(not repeated, "bias_plan", f"has {repeated} twice", "Keep one clause each.")
        balancing = [clause.name for clause in self.clauses if clause.is_balancing]
        cure = "Name the columns together in one clause: their intersections are balanced."
        require(len(balancing) <= 1, "bias_plan", f"balances by {balancing} at once", cure)
        return self


def clause_name(measure: str, columns: tuple[str, ...]) -> str:
    """Say in words what is compared between which groups.

    Args:
        measure: what is compared.
        columns: the columns that tell the groups.

    Returns:
        ``base_rate by sex and race``.
    """
    return f"{measure} by {' and '.join(columns)}"
