"""Which rows resemble each other, so that they count together and not one by one."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.problem import Problem


def row_clusters(rows: pd.DataFrame, problem: Problem) -> NDArray[Any] | None:
    """Label rows that were split together: those of a group, or with a split by time those of a day.

    Args:
        rows: repaired rows, n of them.
        problem: the case.

    Returns:
        One label a row, shape (n,); None where rows stand alone.
    """
    if problem.split.group is not None:
        return np.asarray(rows[problem.split.group])
    if problem.split.by == "time":
        return np.asarray(rows[str(problem.event_time)].dt.normalize())
    return None
