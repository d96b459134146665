"""Which rows fulfil the conditions of a case."""

from collections.abc import Sequence
from functools import reduce
from operator import and_
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.errors import DataError
from evergreen.problem import Problem, When
from evergreen.tables.engines import Frame, count, where


def all_hold(conditions: Sequence[When]) -> nw.Expr:
    """Say whether all conditions hold; none does in an empty cell.

    Args:
        conditions: at least one.

    Returns:
        A condition that is never null.
    """
    return reduce(and_, (_holds(when) for when in conditions))


def rows_of_slice(rows: pd.DataFrame, conditions: Sequence[When]) -> NDArray[np.bool_]:
    """Find the rows of a slice.

    Args:
        rows: repaired rows, n of them.
        conditions: of the slice.

    Returns:
        Shape (n,).
    """
    found = nw.from_native(rows, eager_only=True).select(inside=all_hold(conditions))
    inside: NDArray[np.bool_] = found["inside"].to_numpy().astype(bool)
    return inside


def refuse_empty_slices(parts: dict[str, Frame], problem: Problem) -> None:
    """Refuse a slice that nothing can be learnt of, or nothing judged on, before any model is trained.

    Args:
        parts: name of the part -> its rows, of any engine.
        problem: the case.

    Raises:
        DataError: where a slice has no row in one of the parts.
    """
    for name, conditions in problem.slices.items():
        told = " and ".join(when.phrase for when in conditions)
        for part, rows in parts.items():
            if count(rows.filter(all_hold(conditions))) == 0:
                cure = "Mend its conditions, bring such rows, or remove the slice."
                raise DataError(f"Slice '{name}' ({told})", f"has no row among the {part} rows", cure)


def _holds(when: When) -> nw.Expr:
    cell: Any = nw.col(when.column)
    if when.values is not None:
        return where(cell.is_in(list(when.values)))
    return where(cell >= when.at_least) if when.at_least is not None else where(cell < when.below)
