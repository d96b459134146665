"""Parameters of scoring."""

from evergreen.problem import CaseModel


class ScoringParams(CaseModel):
    """Which rows are new.

    Attributes:
        random_state: seed of splits that are not by time; the one of data_processing, so that new rows are the
            rows that were kept from learning.
    """

    random_state: int
