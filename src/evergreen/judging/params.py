"""Parameters of evaluation."""

from pydantic import Field

from evergreen.models.performance import Resampling
from evergreen.problem import CaseModel


class ExplainParams(CaseModel):
    """How much work explanations may be.

    Attributes:
        max_rows: rows of the holdout that take part, at most.
        n_repeats: shuffles of each column.
        n_effects: the strongest columns whose effects are told.
    """

    max_rows: int = Field(default=1000, ge=20)
    n_repeats: int = Field(default=2, ge=1)
    n_effects: int = Field(default=6, ge=0)


class EvaluationParams(CaseModel):
    """How sure a verdict must be.

    Attributes:
        confidence: of the two-sided intervals shown. What is left of 1 is the chance of a wrong pass, shared among all
            looks at the same holdout rows.
        n_resamples: bootstrap resamples.
        random_state: their seed.
        min_slice_rows: slices with fewer rows are reported and not judged.
        explain: how much work explanations may be.
    """

    confidence: float = Field(gt=0.5, lt=1)
    n_resamples: int = Field(ge=100)
    random_state: int
    min_slice_rows: int = Field(default=50, ge=10)
    explain: ExplainParams = ExplainParams()

    @property
    def resampling(self) -> Resampling:
        """The resampling these parameters ask for."""
        return Resampling(self.n_resamples, self.random_state)
