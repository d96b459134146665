"""What every step after the search stands on."""

from dataclasses import dataclass

import pandas as pd

from evergreen.models.folds import Fold, make_folds
from evergreen.problem import Problem


@dataclass(frozen=True, eq=False)
class Ground:
    """Rows, case and seed, the same as the search had.

    Attributes:
        rows: training rows.
        problem: the case.
        movable: columns that trials left out the first few of, the one that moves most first.
        random_state: seed of folds, models and resamples.
    """

    rows: pd.DataFrame
    problem: Problem
    movable: tuple[str, ...]
    random_state: int

    def folds(self) -> list[Fold]:
        """The folds that trials were judged on."""
        return make_folds(self.rows, self.problem, random_state=self.random_state)
