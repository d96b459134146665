"""Parameters of data_processing."""

from pydantic import Field

from evergreen.problem import CaseModel


class DataProcessingParams(CaseModel):
    """How rows are divided, and how sure one wants to be of what is said about them.

    Attributes:
        confidence: of intervals, between 0 and 1.
        random_state: seed of splits that are not by time, and of samples.
    """

    confidence: float = Field(gt=0, lt=1)
    random_state: int
