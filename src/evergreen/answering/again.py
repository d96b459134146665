"""Rows that were answered once, repaired again by tables, and held against what was said then."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isclose, nan
from typing import Any, Final

import numpy as np
import pandas as pd

from evergreen.answering.answer import Answer
from evergreen.answering.plain import alike_rows, raw_table
from evergreen.measures.arrays import Integers
from evergreen.problem import Problem
from evergreen.tables.engines import as_frame
from evergreen.tables.outliers import OutlierLimits
from evergreen.tables.repair import mark_rows, usable_rows

Row = Mapping[str, Any]
# Compiled answers are proven to be within as much of those by tables.
TOLERANCE: Final = 1e-9


@dataclass(frozen=True)
class Usable:
    """The rows among some that can be used.

    Attributes:
        places: where they stand among those that were given, in order, shape (m,).
        rows: their repaired cells, under the contract's names, m of them.
    """

    places: Integers
    rows: pd.DataFrame


@dataclass(frozen=True)
class Difference:
    """How the same row was answered at two times.

    Attributes:
        is_same: whether nothing differs.
        columns: those that were repaired in another way; where the answer alone differs, those that were repaired at
            all; none where nothing was.
        gap: the largest difference of a score; NaN where one of the two has none.
    """

    is_same: bool
    columns: tuple[str, ...] = ()
    gap: float = 0.0


def repair_again(rows: Sequence[Row], problem: Problem, limits: OutlierLimits) -> Usable:
    """Repair raw rows of requests by the functions that training and batches use.

    Args:
        rows: raw cells by the contract's names, as JSON gave them.
        problem: the case of the release.
        limits: its fences of outliers.

    Returns:
        The rows that can be used.
    """
    parts = alike_rows(rows, problem) or [[]]
    frames = [_repair([rows[place] for place in places], places, problem, limits) for places in parts]
    together = pd.concat(frames) if len(frames) > 1 else frames[0]
    ordered = together.sort_index()
    return Usable(ordered.index.to_numpy(dtype=np.int64), ordered.reset_index(drop=True))


def _repair(rows: Sequence[Row], places: Sequence[int], problem: Problem, limits: OutlierLimits) -> pd.DataFrame:
    marked = mark_rows(as_frame(raw_table(rows, problem)), problem, limits)
    is_usable = marked.to_native()["reasons"].isna().to_numpy()
    usable: pd.DataFrame = usable_rows(marked, problem).to_native()
    return usable.set_axis(np.asarray(places, dtype=np.int64)[is_usable], axis="index")


def compare_answers(before: Answer, now: Answer, *, is_rationed: bool) -> Difference:
    """Hold an answer against the one that was logged.

    Args:
        before: what was logged.
        now: what tables say of the same row.
        is_rationed: whether an action is scarce, so that it depends on the rows that came with it.

    Returns:
        The difference.
    """
    odd = sorted({name for name, _ in set(before.repairs) ^ set(now.repairs)})
    gap = _gap(before.scores, now.scores)
    is_close = len(before.scores) == len(now.scores) and all(map(_is_close, before.scores, now.scores))
    acts_alike = is_rationed or _acts_alike(before.action, now.action)
    if not odd and is_close and acts_alike and before.reasons == now.reasons:
        return Difference(is_same=True, gap=gap)
    repaired = dict.fromkeys(name for name, _ in (*before.repairs, *now.repairs))
    return Difference(is_same=False, columns=tuple(odd or repaired), gap=gap)


def _gap(before: Sequence[float], now: Sequence[float]) -> float:
    if len(before) != len(now) or not before:
        return nan
    return max(abs(a - b) for a, b in zip(before, now, strict=True))


def _is_close(one: float, other: float) -> bool:
    return isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)


def _acts_alike(one: Any, other: Any) -> bool:
    is_number = isinstance(one, int | float) and isinstance(other, int | float)
    return _is_close(float(one), float(other)) if is_number else one == other
