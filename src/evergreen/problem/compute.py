"""What computing costs."""

from pydantic import Field

from evergreen.problem.base import CaseModel


class Compute(CaseModel):
    """The price of computing, for the page of costs.

    Attributes:
        unit: the currency.
        per_cpu_hour: money for an hour of one processor.
    """

    unit: str
    per_cpu_hour: float = Field(gt=0)

    @property
    def word(self) -> str:
        """The price in words: ``0.05 EUR an hour of one processor``."""
        return f"{self.per_cpu_hour:g} {self.unit} an hour of one processor"
