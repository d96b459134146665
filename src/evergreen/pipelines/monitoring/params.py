"""Parameters of monitoring."""

from pydantic import Field

from evergreen.models.performance import Resampling
from evergreen.problem import CaseModel


class MonitoringParams(CaseModel):
    """How easily monitoring speaks up.

    Attributes:
        false_alarm_rate: chance that a quiet window raises any finding of drift, over all columns together.
        confidence: of the intervals of realised figures.
        n_resamples: bootstrap resamples.
        random_state: their seed.
    """

    false_alarm_rate: float = Field(gt=0, lt=0.5)
    confidence: float = Field(gt=0.5, lt=1)
    n_resamples: int = Field(ge=100)
    random_state: int

    @property
    def resampling(self) -> Resampling:
        """The resampling these parameters ask for."""
        return Resampling(self.n_resamples, self.random_state)
