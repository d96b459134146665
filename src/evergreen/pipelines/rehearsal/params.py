"""Parameters of the rehearsal."""

from typing import Final, Self

from pydantic import Field, model_validator

from evergreen.models.candidates import CandidateName
from evergreen.problem import CaseModel
from evergreen.problem.base import require
from evergreen.replaying.policies import Policy

NEVER: Final = "never"


class RehearsalParams(CaseModel):
    """How the past is replayed, and under which policies.

    Attributes:
        candidate: from the closed list; every model of the replay is this one as it starts, without a search.
        random_state: seed of fits and intervals.
        n_batches: of equal size, in order of time.
        n_first: how many of them the first model learns from.
        batches_late: how many batches outcomes are late at least.
        follows_delay: whether outcomes are also as late as the case says.
        block_batches: how many neighbouring batches are drawn together for an interval.
        n_resamples: how many draws.
        policies: name -> policy; one must be "never", which the others are held against.
    """

    candidate: CandidateName
    random_state: int
    n_batches: int = Field(ge=4)
    n_first: int = Field(ge=1)
    batches_late: int = Field(ge=0)
    follows_delay: bool
    block_batches: int = Field(ge=1)
    n_resamples: int = Field(ge=100)
    policies: dict[str, Policy]

    @model_validator(mode="after")
    def _check_whole(self) -> Self:
        is_there = NEVER in self.policies and self.policies[NEVER].kind == "never"
        cure = "Add never: {kind: never}, which the others are held against."
        require(is_there, "rehearsal.policies", "lack one called 'never' that never retrains", cure)
        n_served = self.n_batches - self.n_first
        cure = "Raise n_batches, or lower n_first."
        require(n_served > self.batches_late, "rehearsal", f"serves {n_served} batches, no outcome of them known", cure)
        fits = self.block_batches <= n_served
        require(fits, "rehearsal.block_batches", "is longer than what is served", "Lower it.")
        return self
