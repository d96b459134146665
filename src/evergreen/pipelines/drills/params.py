"""Parameters of the fire drills."""

from pydantic import Field, PositiveFloat

from evergreen.problem import CaseModel
from evergreen.watching import AlarmBudget
from evergreen.watching.drills import Course, Cut, Severity
from evergreen.watching.periods import Width


class DrillsParams(CaseModel):
    """Which faults are put into which windows, and how often.

    Attributes:
        window: the width of windows in a case that is split by time.
        batch_rows: rows of a window in any other case.
        max_rows: how many of the newest labelled rows are used at most.
        max_columns: how many columns of a kind each fault strikes, one at a time.
        unit: the factor of a changed unit.
        missing: the share of cells that are lost where more are missing.
        shifts: standard deviations by which a number is shifted.
        n_worlds: how often reference and windows are drawn anew.
        n_before: quiet windows before a fault.
        n_after: windows with it.
        n_quiet: windows of a quiet life.
        budget: how often the watch may ring for nothing; that of monitoring.
        random_state: seed of all draws.
    """

    window: Width
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
    budget: AlarmBudget
    random_state: int

    @property
    def cut(self) -> Cut:
        """How rows are cut into windows."""
        return Cut(self.window, self.batch_rows, self.max_rows)

    @property
    def severity(self) -> Severity:
        """How bad faults are."""
        return Severity(self.unit, self.missing, self.shifts)

    @property
    def course(self) -> Course:
        """How drills go."""
        return Course(self.n_worlds, self.n_before, self.n_after, self.n_quiet, self.random_state, self.budget)
