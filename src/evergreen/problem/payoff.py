"""What a decision pays, row by row where it must, and how often an action may be taken."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from evergreen.problem.base import CaseModel, require, require_known
from evergreen.problem.columns import Column
from evergreen.problem.decision import ClassName, Split
from evergreen.problem.digits import in_full

Period = Literal["day", "week", "month", "batch"]

# The longest of each; a month of 31 days.
_DAYS: dict[Period, int] = {"day": 1, "week": 7, "month": 31}
_TWO = 2


class Term(CaseModel):
    """A column times a factor.

    Attributes:
        column: a column of numbers that is known at the decision.
        times: the factor.
        if_missing: what the column is taken for where its cell is missing; needed unless no row can lack it.
        per_unit: the unit of the column where it is not money; the factor is money for each of it.
    """

    column: str
    times: float = 1.0
    if_missing: float | None = None
    per_unit: str | None = None


class RowMoney(CaseModel):
    """Money that differs from row to row: a constant and columns times factors.

    Attributes:
        plus: the constant.
        column: the column, where there is one only; the next three are of it.
        times: see ``Term``; 1 where not said.
        if_missing: see ``Term``.
        per_unit: see ``Term``.
        terms: several columns.
    """

    plus: float = 0.0
    column: str | None = None
    times: float | None = None
    if_missing: float | None = None
    per_unit: str | None = None
    terms: tuple[Term, ...] = ()

    @property
    def parts(self) -> tuple[Term, ...]:
        """The columns with their factors, however they were written."""
        if self.column is None:
            return self.terms
        times = 1.0 if self.times is None else self.times
        return (Term(column=self.column, times=times, if_missing=self.if_missing, per_unit=self.per_unit),)

    def __str__(self) -> str:
        """The money in words: ``20 - 0.45 x loan_amount``."""
        words = [f"{'-' if part.times < 0 else '+'} {in_full(abs(part.times))} x {part.column}" for part in self.parts]
        return " ".join([in_full(self.plus), *words])

    @model_validator(mode="after")
    def _check_one_form(self) -> Self:
        is_one = (self.column is None) != (not self.terms)
        require(is_one, "payoff by row", "needs exactly one of column and terms", "Keep one, or write a number.")
        spare = [name for name in ("times", "if_missing", "per_unit") if getattr(self, name) is not None]
        cure = "Move it into the terms."
        require(not (self.terms and spare), "payoff by row", f"has terms and, beside them, {spare}", cure)
        return self


def _form(cell: Any) -> str:
    return "by_row" if isinstance(cell, dict | RowMoney) else "number"


Money = Annotated[Annotated[float, Tag("number")] | Annotated[RowMoney, Tag("by_row")], Discriminator(_form)]


class Capacity(CaseModel):
    """How often an action may be taken.

    Attributes:
        action: the scarce action.
        at_most: how many rows of a window may get it.
        share: which share of the rows of a window may get it, rounded down.
        per: the window: a calendar day, week from Monday or month of the event time; "batch" is all rows that are
            decided together.
    """

    action: str
    at_most: int | None = Field(default=None, ge=1)
    share: float | None = Field(default=None, gt=0, lt=1)
    per: Period

    @model_validator(mode="after")
    def _check_one_limit(self) -> Self:
        is_one = (self.at_most is None) != (self.share is None)
        require(is_one, "payoff.capacity", "needs exactly one of at_most and share", "Keep one.")
        return self

    def __str__(self) -> str:
        """The capacity in words: ``call at most 200 per day``."""
        most = f"{self.at_most}" if self.at_most is not None else f"{self.share:.3g} of the rows"
        return f"{self.action} at most {most} per {self.per}"


class Payoff(CaseModel):
    """Money per decision.

    Classification gives ``actions``: for every action, what it pays in each class. Regression decides on a
    quantity and gives the cost of every unit too few and too many.

    Attributes:
        unit: the currency.
        actions: action -> class -> payoff of one decision, a number or money that differs by row.
        under_per_unit: cost of each unit by which the decision falls short of the truth, > 0.
        over_per_unit: cost of each unit by which it exceeds the truth, > 0.
        capacity: how often one of the actions may be taken; null for as often as it pays.
    """

    unit: str
    actions: dict[str, dict[ClassName, Money]] = {}
    under_per_unit: float | None = Field(default=None, gt=0)
    over_per_unit: float | None = Field(default=None, gt=0)
    capacity: Capacity | None = None

    @field_validator("under_per_unit", "over_per_unit", mode="before")
    @classmethod
    def _refuse_costs_by_row(cls, cost: Any) -> Any:
        finding = "are given by a column, but a quantity is decided by one quantile of errors for all rows"
        cure = "Give a number: the typical cost of a unit."
        require(not isinstance(cost, dict), "payoff unit costs", finding, cure)
        return cost

    @model_validator(mode="after")
    def _check_one_form(self) -> Self:
        costs = (self.under_per_unit, self.over_per_unit)
        is_quantity = all(cost is not None for cost in costs) and not self.actions
        is_action = bool(self.actions) and all(cost is None for cost in costs)
        require(
            is_quantity or is_action,
            "payoff",
            "is neither a table of actions nor a pair of unit costs",
            "Give actions (classification), or under_per_unit and over_per_unit (regression).",
        )
        if self.capacity is not None:
            finding = "limits an action, but a quantity is decided"
            require(is_action, "payoff.capacity", finding, "Remove it.")
            require_known("payoff.capacity", [self.capacity.action], list(self.actions))
            finding = f"limits '{self.capacity.action}', but there is nothing else to do"
            require(len(self.actions) >= _TWO, "payoff.capacity", finding, "Give a second action.")
        return self

    @property
    def cost_quantile(self) -> float:
        """The quantile of the outcome with the least expected cost: under / (under + over), the newsvendor rule."""
        if self.under_per_unit is None or self.over_per_unit is None:
            raise ValueError("Only a payoff of unit costs has a cost quantile.")
        return self.under_per_unit / (self.under_per_unit + self.over_per_unit)

    @property
    def row_money(self) -> tuple[RowMoney, ...]:
        """The cells that differ from row to row."""
        cells = (cell for pays in self.actions.values() for cell in pays.values())
        return tuple(cell for cell in cells if isinstance(cell, RowMoney))

    @property
    def plain_actions(self) -> dict[str, dict[ClassName, float]]:
        """The table of actions where it is one of numbers alone.

        Raises:
            ValueError: where money differs by row.
        """
        if self.row_money:
            raise ValueError("Only a payoff of numbers has a table of them.")
        return {action: dict(_numbers(pays)) for action, pays in self.actions.items()}

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that money depends on."""
        return tuple(dict.fromkeys(part.column for cell in self.row_money for part in cell.parts))

    @property
    def needs_rows(self) -> bool:
        """Whether probabilities alone do not say what to do: money differs by row, or an action is scarce."""
        return bool(self.row_money) or self.capacity is not None


def _numbers(pays: Mapping[ClassName, float | RowMoney]) -> Iterator[tuple[ClassName, float]]:
    return ((name, cell) for name, cell in pays.items() if not isinstance(cell, RowMoney))


def check_row_money(payoff: Payoff, columns: Mapping[str, Column], *, required: tuple[str, ...]) -> None:
    """Refuse money by row that cannot be told at the decision.

    Args:
        payoff: money per decision.
        columns: the data contract.
        required: the columns that no usable row lacks.

    Raises:
        ValueError: at the first contradiction.
    """
    for part in (part for cell in payoff.row_money for part in cell.parts):
        thing = f"payoff by '{part.column}'"
        require_known("payoff", [part.column], list(columns))
        column = columns[part.column]
        finding = f"takes a column of type {column.type} for a number"
        require(column.is_numeric, thing, finding, "Name a column of numbers.")
        finding = "takes a column that is known only at the outcome"
        require(column.known_at == "decision", thing, finding, "Name a column known at the decision.")
        _check_unit(part, column, payoff.unit, thing)
        is_told = part.if_missing is not None or part.column in required
        cure = "Say what it is taken for there (if_missing), or mark the column is_required: true."
        require(is_told, thing, "does not say what holds where the cell is missing", cure)


def _check_unit(part: Term, column: Column, unit: str, thing: str) -> None:
    if part.per_unit is not None:
        finding = f"is given per {part.per_unit}, but the column is in {column.unit or 'no unit'}"
        require(part.per_unit == column.unit, thing, finding, "Make the two units the same.")
        return
    finding = f"is in {column.unit}, but the payoff is in {unit}"
    cure = f"Name a column in {unit}, or say that the factor is money for each of it: per_unit: {column.unit}."
    require(column.unit in (None, unit), thing, finding, cure)


def check_capacity(capacity: Capacity | None, *, event_time: str | None, split: Split) -> None:
    """Refuse windows that the rows of the case do not have, or not as a whole.

    Args:
        capacity: how often an action may be taken, if that is limited.
        event_time: the column with the time of the decision, if there is one.
        split: how rows are divided.

    Raises:
        ValueError: at the first contradiction.
    """
    if capacity is None or capacity.per == "batch":
        return
    thing, days = "payoff.capacity", _DAYS[capacity.per]
    finding = f"is per {capacity.per}, but the case has no event_time"
    require(event_time is not None, thing, finding, "Name it, or say per: batch.")
    finding = f"is a number per {capacity.per}, but a split by {split.by} puts only a part of its rows together"
    require(split.by == "time" or capacity.at_most is None, thing, finding, "Give a share, or split by time.")
    finding = f"is per {capacity.per}, but only {split.new_rows_days} days are scored at a time"
    cure = f"Set split.new_rows_days to {days} or more, so that what was decided before in the window is seen."
    require(split.new_rows_days is None or split.new_rows_days >= days, thing, finding, cure)
