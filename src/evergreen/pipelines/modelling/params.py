"""Parameters of modelling."""

from pydantic import Field

from evergreen.models.candidates import CandidateName
from evergreen.problem import CaseModel


class ModellingParams(CaseModel):
    """Which models compete.

    Attributes:
        candidates: names from the closed list; at equal scores the first wins.
        random_state: seed of everything random in them.
    """

    candidates: tuple[CandidateName, ...] = Field(min_length=1)
    random_state: int
