"""Parameters of the fire drills."""

from typing import Literal

from pydantic import Field, PositiveFloat

from evergreen.problem import CaseModel
from evergreen.watching.drills.drill import Course
from evergreen.watching.drills.faults import Severity
from evergreen.watching.drills.ground import Cut
from evergreen.watching.params import MonitoringParams


class DrillsParams(CaseModel):
    """Which faults are put into windows, and how often. How wide windows are and when the watch rings, monitoring says.

    Attributes:
        of: which model answers: the champion (the challenger where none is live), or always the challenger.
        batch_rows: rows of a window in a case that is not split by time.
        max_rows: how many of the newest labelled rows are used at most.
        max_columns: how many columns of a kind each fault strikes, one at a time.
        unit: the factor of a changed unit.
        missing: the share of cells that are lost where more are missing.
        shifts: standard deviations by which a number is shifted.
        n_worlds: how often reference and windows are drawn anew.
        n_before: quiet windows before a fault.
        n_after: windows with it.
        n_quiet: windows of a quiet life.
        random_state: seed of all draws.
    """

    of: Literal["champion", "challenger"]
    batch_rows: int = Field(ge=30)
    max_rows: int = Field(ge=500)
    max_columns: int = Field(ge=1)
    unit: PositiveFloat
    missing: float = Field(gt=0, lt=1)
    shifts: tuple[PositiveFloat, ...]
    n_worlds: int = Field(ge=1)
    n_before: int = Field(ge=0)
    n_after: int = Field(ge=1)
    n_quiet: int = Field(ge=1)
    random_state: int

    @property
    def severity(self) -> Severity:
        """How bad faults are."""
        return Severity(self.unit, self.missing, self.shifts)

    def cut(self, monitoring: MonitoringParams) -> Cut:
        """Say how rows are cut into windows.

        Args:
            monitoring: how wide its windows are.

        Returns:
            The cut.
        """
        return Cut(monitoring.window, self.batch_rows, self.max_rows)

    def course(self, monitoring: MonitoringParams) -> Course:
        """Say how drills go.

        Args:
            monitoring: how often the watch may ring for nothing.

        Returns:
            The course.
        """
        return Course(self.n_worlds, self.n_before, self.n_after, self.n_quiet, self.random_state, monitoring.budget)
