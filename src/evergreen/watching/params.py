"""Parameters of monitoring; the fire drills drill by the same ones."""

from pydantic import Field

from evergreen.models.performance import Resampling
from evergreen.problem import CaseModel
from evergreen.watching.budget import AlarmBudget
from evergreen.watching.periods import Width


class MonitoringParams(CaseModel):
    """How easily monitoring speaks up.

    Attributes:
        window: which rows are watched together. Without time, and with a split by chance, those of one run are.
        watch_days: how long a scored row is kept to see what comes of it, in days after the first day of its window: at
            least as long as outcomes take and a window is together, or nobody can hear that outcomes stop.
        skew_rows: how many of the newest answers of the service a run asks tables about again; 0 for none.
        budget: how often a quiet life may raise an alarm, over all columns and windows together.
        false_alarm_rate: chance that a quiet batch raises any finding of drift, over all columns together, where the
            release keeps no windows to be watched by.
        confidence: of the intervals of realised figures.
        n_resamples: bootstrap resamples.
        random_state: their seed.
    """

    window: Width = "week"
    watch_days: int = Field(default=120, ge=1)
    skew_rows: int = Field(default=200, ge=0)
    budget: AlarmBudget = AlarmBudget()
    false_alarm_rate: float = Field(gt=0, lt=0.5)
    confidence: float = Field(gt=0.5, lt=1)
    n_resamples: int = Field(ge=100)
    random_state: int

    @property
    def resampling(self) -> Resampling:
        """The resampling these parameters ask for."""
        return Resampling(self.n_resamples, self.random_state)
