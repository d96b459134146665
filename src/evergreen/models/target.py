"""The target as numbers."""

from typing import Any

import pandas as pd
from numpy.typing import NDArray

from evergreen.problem import Problem


def target_values(rows: pd.DataFrame, problem: Problem) -> NDArray[Any]:
    """Read the target as numbers.

    Args:
        rows: labelled rows, n of them.
        problem: the case.

    Returns:
        Class numbers 0..k-1, or values, shape (n,).
    """
    target = rows[problem.target.column]
    if not problem.is_classification:
        return target.to_numpy(dtype=float)
    codes = {name: number for number, name in enumerate(problem.target.classes)}
    return target.map(codes).to_numpy(dtype=int)
