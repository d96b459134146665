"""Parameters of evaluation."""

from pydantic import Field

from evergreen.models.performance import Resampling
from evergreen.problem import CaseModel


class EvaluationParams(CaseModel):
    """How sure a verdict must be.

    Attributes:
        confidence: of the one-sided bounds that criteria are judged by, and of the two-sided intervals shown.
        n_resamples: bootstrap resamples.
        random_state: their seed.
    """

    confidence: float = Field(gt=0.5, lt=1)
    n_resamples: int = Field(ge=100)
    random_state: int

    @property
    def resampling(self) -> Resampling:
        """The resampling these parameters ask for."""
        return Resampling(self.n_resamples, self.random_state)
