"""Parameters of modelling."""

from typing import Self

from pydantic import Field, model_validator

from evergreen.models.candidates import CandidateName
from evergreen.problem import CaseModel
from evergreen.problem.base import require
from evergreen.tuning.budget import Budget, choose_budget


class ModellingParams(CaseModel):
    """Which models compete, and what the search for the best may take.

    Of the three budgets at least one is given, and the first that is given counts: a case names trials, so that its
    results can be made again to the byte, and whoever runs it may give seconds instead.

    Attributes:
        candidates: names from the closed list; at equal scores the first wins.
        random_state: seed of everything random in them.
        budget_seconds: what all fitting may take by the clock on the wall.
        budget_cpu_seconds: what all fitting may take of all threads together.
        budget_trials: how many settings are tried.
        max_latency_ratio: how many times the latency of one histogram boosting a combination may take; null for no
            limit.
        leave_out_moving: whether columns that move in time are left out where the newest period says so.
        warm_start: whether the settings of the champion's members are the first trials. What a run gives then depends
            on what is live.
    """

    candidates: tuple[CandidateName, ...] = Field(min_length=1)
    random_state: int
    budget_seconds: float | None = Field(default=None, gt=0)
    budget_cpu_seconds: float | None = Field(default=None, gt=0)
    budget_trials: int | None = Field(default=None, ge=1)
    max_latency_ratio: float | None = Field(default=2.0, gt=0)
    leave_out_moving: bool = True
    warm_start: bool = False

    @property
    def budget(self) -> Budget:
        """The budget that counts."""
        return choose_budget(self.budget_seconds, self.budget_cpu_seconds, self.budget_trials)

    @model_validator(mode="after")
    def _check_budget(self) -> Self:
        is_named = any(one is not None for one in (self.budget_seconds, self.budget_cpu_seconds, self.budget_trials))
        cure = "Give budget_seconds, budget_cpu_seconds or budget_trials."
        require(is_named, "modelling", "names no budget", cure)
        repeated = sorted({name for name in self.candidates if self.candidates.count(name) > 1})
        require(not repeated, "modelling", f"names the candidates {repeated} twice", "Keep each once.")
        return self
