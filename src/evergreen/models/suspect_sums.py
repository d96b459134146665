"""Columns that together add up, or multiply, to the target of a regression."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.models.suspect import Suspect, checked_columns
from evergreen.models.target import target_values
from evergreen.problem import Problem

_MAX_ROWS = 4_000
_MIN_ROWS = 40
_MAX_PARTS = 12
_ROWS_PER_PART = 8
# "Reproduces": in so many rows the miss is no more than so much of the row's distance from the middle. Rounding and
# some broken rows are granted; a noise of one hundredth of the spread is not.
_HIT_SHARE, _SLACK, _ROUNDING = 0.95, 0.01, 1e-9
# Rows that miss by more than so many times the typical miss are broken, and left out of the next fit.
_BROKEN_TIMES, _N_FITS = 3.0, 3

Numbers = NDArray[np.float64]


def find_sums(rows: pd.DataFrame, problem: Problem, *, random_state: int) -> list[Suspect]:
    """Find the fewest columns whose weighted sum, or whose product of powers, is the target.

    Candidates come from least squares on all numbers and from orthogonal matching pursuit (Pati et al., 1993, Asilomar
    27, 40-44). A set is believed only if a fit on half of the rows reproduces the other half, and every member is
    needed for that.

    Args:
        rows: labelled training rows.
        problem: the case; only a regression has sums.
        random_state: seed of the sample.

    Returns:
        One suspect a member; their strength is the share of rows that are reproduced.
    """
    names = [name for name, column in checked_columns(problem).items() if column.is_numeric]
    if problem.is_classification or len(rows) < _MIN_ROWS or not names:
        return []
    order = np.random.default_rng(random_state).permutation(len(rows))[:_MAX_ROWS]
    y, table = target_values(rows, problem)[order], rows[names].to_numpy(dtype=float, na_value=np.nan)[order]
    for is_product, (cells, outcome) in enumerate([(table, y), _logs(table, y)]):
        members = _minimal_set(cells, outcome)
        if members:
            share, weights = _reproduce(cells[:, members], outcome)
            parts = {names[i]: float(weight) for i, weight in zip(members, weights, strict=True)}
            finding = _finding(parts, share, problem.target.column, is_product=bool(is_product))
            return [Suspect(name, "adds up to the target", share, finding) for name in parts]
    return []


def _finding(parts: dict[str, float], share: float, target: str, *, is_product: bool) -> str:
    sign, join = ("^", " x ") if is_product else (" x ", " + ")
    told = [f"{name}{sign}{w:.4g}" if is_product else f"{w:.4g}{sign}{name}" for name, w in parts.items()]
    return f"{target} is {join.join(told)} (up to a constant) in {share:.1%} of the rows."


def _logs(table: Numbers, y: Numbers) -> tuple[Numbers, Numbers]:
    """Products are sums of logarithms; what is zero or negative anywhere has none, and takes no part."""
    if (y <= 0).any():
        return np.full_like(table, np.nan), y
    is_positive = ~(table <= 0).any(axis=0)
    return np.log(np.where(is_positive, table, np.nan)), np.log(y)


def _minimal_set(table: Numbers, y: Numbers) -> list[int]:
    is_known = ~np.isnan(table)
    usable = np.flatnonzero(is_known.mean(axis=0) > 1 / 2)
    usable = usable[np.nanstd(table[:, usable], axis=0) > 0] if len(usable) else usable
    if not len(usable) or not y.std() > 0:
        return []
    scaled = table[:, usable] - np.nanmean(table[:, usable], axis=0)
    scaled = np.nan_to_num(scaled / np.nanstd(scaled, axis=0))
    most = min(_MAX_PARTS, len(usable), len(y) // _ROWS_PER_PART)
    for find in (_by_weight, _by_pursuit):
        members = [int(usable[i]) for i in find(scaled, y - y.mean(), most)]
        if _is_exact(table, y, members):
            return _prune(table, y, members)
    return []


def _by_weight(scaled: Numbers, y: Numbers, most: int) -> list[int]:
    if len(y) < 2 * scaled.shape[1]:
        return []
    weights = np.linalg.lstsq(scaled, y, rcond=1e-10)[0]
    return [int(i) for i in np.argsort(-np.abs(weights), kind="stable")[:most]]


def _by_pursuit(scaled: Numbers, y: Numbers, most: int) -> list[int]:
    chosen: list[int] = []
    left = y
    while len(chosen) < most:
        pull = np.abs(scaled.T @ left)
        pull[chosen] = -1
        chosen.append(int(pull.argmax()))
        part = scaled[:, chosen]
        left = y - part @ np.linalg.lstsq(part, y, rcond=1e-10)[0]
    return chosen


def _prune(table: Numbers, y: Numbers, members: list[int]) -> list[int]:
    """Leave out every member that is not needed, beginning with the last named."""
    needed = list(members)
    for member in reversed(members):
        fewer = [one for one in needed if one != member]
        if _is_exact(table, y, fewer):
            needed = fewer
    return sorted(needed)


def _is_exact(table: Numbers, y: Numbers, members: list[int]) -> bool:
    return bool(members) and _reproduce(table[:, members], y)[0] >= _HIT_SHARE


def _reproduce(part: Numbers, y: Numbers) -> tuple[float, Numbers]:
    """Fit the target on every other row; give the share of the remaining rows that is reproduced, and the weights.

    Rows at the median and rows off it must both be reproduced: else a constant would do for a target that is mostly 0.
    """
    is_known = ~np.isnan(part).any(axis=1)
    design = np.column_stack([part[is_known], np.ones(int(is_known.sum()))])
    truth = y[is_known]
    if len(truth) < max(_MIN_ROWS, _ROWS_PER_PART // 2 * design.shape[1]):
        return 0.0, np.zeros(part.shape[1])
    weights = _fit(design[::2], truth[::2])
    distance = np.abs(truth - np.median(truth))[1::2]
    miss = np.abs(design[1::2] @ weights - truth[1::2])
    is_hit = miss <= _SLACK * distance + _ROUNDING * float(truth.std())
    groups = [is_hit[distance > 0], is_hit[distance == 0]]
    return float(min(group.mean() for group in groups if len(group))), weights[:-1]


def _fit(design: Numbers, truth: Numbers) -> Numbers:
    kept = np.ones(len(truth), dtype=bool)
    for _ in range(_N_FITS):
        weights = np.asarray(np.linalg.lstsq(design[kept], truth[kept], rcond=None)[0], dtype=np.float64)
        miss = np.abs(design @ weights - truth)
        kept = miss <= _BROKEN_TIMES * float(np.median(miss)) + _ROUNDING * float(truth.std())
    return weights
