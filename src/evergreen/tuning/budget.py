"""How much a search may spend, and what is left of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf
from typing import Literal

from evergreen.errors import CaseError

Unit = Literal["seconds", "cpu_seconds", "trials"]

# What is done with the found settings beside fitting them: choosing a combination, calibrating, measuring.
_SHARE_FOR_THE_REST = 0.04


@dataclass(frozen=True)
class Cost:
    """What something took.

    Attributes:
        wall_seconds: by the clock on the wall.
        cpu_seconds: of all threads together.
    """

    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.wall_seconds + other.wall_seconds, self.cpu_seconds + other.cpu_seconds)

    def __sub__(self, other: "Cost") -> "Cost":
        return Cost(self.wall_seconds - other.wall_seconds, self.cpu_seconds - other.cpu_seconds)

    def times(self, factor: float) -> "Cost":
        """Take a multiple of it."""
        return Cost(self.wall_seconds * factor, self.cpu_seconds * factor)


@dataclass(frozen=True)
class Budget:
    """A limit of one kind.

    Attributes:
        unit: what is counted.
        amount: how much of it may be spent.
    """

    unit: Unit
    amount: float

    @property
    def is_in_trials(self) -> bool:
        """Whether no clock has a say."""
        return self.unit == "trials"

    def of(self, cost: Cost) -> float:
        """Take what counts from a cost; nothing where trials are counted."""
        match self.unit:
            case "seconds":
                return cost.wall_seconds
            case "cpu_seconds":
                return cost.cpu_seconds
            case "trials":
                return 0.0

    def after(self, cost: Cost) -> "Budget":
        """Say what is left once something was taken; where trials are counted, all of it."""
        return replace(self, amount=self.amount - self.of(cost))


def choose_budget(seconds: float | None, cpu_seconds: float | None, trials: int | None) -> Budget:
    """Take the first limit that is given.

    Args:
        seconds: by the clock on the wall, for all fitting together.
        cpu_seconds: of all threads, for all fitting together.
        trials: settings that are tried.

    Returns:
        The one that counts.

    Raises:
        CaseError: where none is given.
    """
    if seconds is not None:
        return Budget("seconds", seconds)
    if cpu_seconds is not None:
        return Budget("cpu_seconds", cpu_seconds)
    if trials is not None:
        return Budget("trials", trials)
    cure = "Give budget_seconds, budget_cpu_seconds or budget_trials."
    raise CaseError("The parameters 'modelling'", "name no budget", cure)


class Spending:
    """What is left of a budget in seconds; of one in trials there is always time left.

    Args:
        budget: the limit.
        read: what the process has taken since the search began.
        before: what was taken before it began: by earlier processes, by earlier steps.
    """

    def __init__(self, budget: Budget, read: Callable[[], Cost], before: Cost) -> None:
        self.budget = budget
        self.reserve = Cost()
        self._read = read
        self._before = before

    def left(self) -> float:
        """Say how many seconds are left for the search; what comes after it is taken off."""
        if self.budget.is_in_trials:
            return inf
        spent = self.budget.of(self._before + self._read() + self.reserve)
        return self.budget.amount * (1 - _SHARE_FOR_THE_REST) - spent

    def is_over(self) -> bool:
        """Tell whether nothing is left."""
        return self.left() <= 0

    def affords(self, cost: Cost) -> bool:
        """Tell whether something can be done in what is left."""
        return self.budget.of(cost) < self.left()
