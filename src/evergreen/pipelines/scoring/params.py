"""Parameters of scoring."""

from pydantic import Field

from evergreen.problem import CaseModel


class ScoringParams(CaseModel):
    """Which rows are new, and how many are scored at a time.

    Attributes:
        random_state: seed of splits that are not by time; the one of data_processing, so that new rows are the
            rows that were kept from learning.
        chunk_rows: rows whose features are prepared and scored at a time: memory for them grows with it, and no more
            with the rows of the window.
    """

    random_state: int
    chunk_rows: int = Field(default=20_000, ge=1)
