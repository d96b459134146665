"""Parameters of data_processing."""

from evergreen.problem import CaseModel


class DataProcessingParams(CaseModel):
    """How rows are divided.

    Attributes:
        random_state: seed of splits that are not by time.
    """

    random_state: int
