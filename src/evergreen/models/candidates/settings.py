"""How one candidate is set up: what tuning chooses, what a recipe keeps."""

from typing import Literal

from pydantic import Field

from evergreen.problem import CaseModel

CandidateName = Literal["linear", "boosted", "forest", "network", "lightgbm", "catboost"]
Setting = bool | int | float | str | None


class Settings(CaseModel):
    """Everything that makes one candidate differ from another of its kind.

    Attributes:
        candidate: which of the closed list.
        features: how its features are prepared; the names are the candidate's own.
        estimator: how its estimator learns; the names are the candidate's own.
        n_dropped: how many columns are left out, of those that move most in time.
        window: share of the rows to learn from that is used, the latest ones.
        half_life: after which share of the time that is learnt from a row counts half; None where all count alike.
        rounds: boosting rounds, where the candidate counts any; None before validation has chosen them.
        quantile: the quantile of the outcome that is predicted; None for the mean, or for classes.
    """

    candidate: CandidateName
    features: dict[str, Setting] = {}
    estimator: dict[str, Setting] = {}
    n_dropped: int = Field(default=0, ge=0)
    window: float = Field(default=1.0, gt=0, le=1)
    half_life: float | None = Field(default=None, gt=0)
    rounds: int | None = Field(default=None, ge=1)
    quantile: float | None = Field(default=None, gt=0, lt=1)
