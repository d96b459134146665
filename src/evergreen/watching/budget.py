"""One budget of false alarms for a whole model."""

import math
from itertools import pairwise

import numpy as np
from pydantic import Field, model_validator
from scipy.special import ndtri

from evergreen.measures.arrays import Floats
from evergreen.problem import CaseModel


class AlarmBudget(CaseModel):
    """How often a quiet model may raise an alarm, over all columns, monitors and windows together.

    The shares are a plan for the union bound: the levels of all tests made in a window add up to ``rate``, so the
    expected number of false alarms a window is at most that, however the tests hang together.

    Attributes:
        per_window: false alarms in a quiet window.
        per_life: share of quiet lives with any alarm.
        life_windows: windows in such a life.
        reserve: part of the budget that is kept back for what the calculation leaves out: tails are approximations, and
            the scatter between windows is itself an estimate.
        outcome_share: part of the budget that outcomes get, the rest is that of inputs and scores.
        newest_share: part of a signal's budget spent on the newest window alone; the longer stretches share the rest.
        stretches: how many of the latest windows are put together to see small shifts that last.
        n_quiet: quiet windows after which an incident is closed.
    """

    per_window: float = Field(0.01, gt=0, lt=0.5)
    per_life: float = Field(0.2, gt=0, lt=1)
    life_windows: int = Field(60, ge=1)
    reserve: float = Field(0.25, ge=0, lt=1)
    outcome_share: float = Field(0.2, gt=0, lt=1)
    newest_share: float = Field(0.75, gt=0, lt=1)
    stretches: tuple[int, ...] = (2, 4, 8, 16, 32)
    n_quiet: int = Field(3, ge=1)

    @model_validator(mode="after")
    def _check_stretches(self) -> "AlarmBudget":
        ordered = [1, *self.stretches]
        if not self.stretches or any(a >= b for a, b in pairwise(ordered)):
            raise ValueError(f"Stretches are {self.stretches}. Give increasing numbers of windows from 2 on.")
        return self

    @property
    def rate(self) -> float:
        """False alarms a window that both promises allow, less the reserve.

        If windows raise alarms independently, the chance of none in a life is (1 - rate)^windows; where alarms come in
        clusters it is higher.
        """
        most = min(self.per_window, -math.expm1(math.log1p(-self.per_life) / self.life_windows))
        return most * (1 - self.reserve)

    @property
    def lengths(self) -> tuple[int, ...]:
        """The numbers of latest windows that are tested together."""
        return (1, *self.stretches)

    def limits(self, weights: Floats, *, share: float) -> Floats:
        """Divide a part of the budget among signals and lengths.

        Args:
            weights: how much each signal gets beside the others, > 0, shape (signals,).
            share: the part of the budget, 0 to 1.

        Returns:
            The two-sided normal score from which an alarm is raised, shape (lengths, signals).
        """
        others = (1 - self.newest_share) / len(self.stretches)
        by_length = np.array([self.newest_share, *(others for _ in self.stretches)])
        levels = self.rate * share * np.outer(by_length, weights / weights.sum())
        return np.asarray(-ndtri(levels / 2))
