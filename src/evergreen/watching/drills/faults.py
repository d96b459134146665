"""The faults that a fire drill puts into rows, outcomes and feeds."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from evergreen.measures.arrays import Integers
from evergreen.problem import DrillKind, Problem

# Numbers of a segment are those of the upper fifth.
_UPPER = 0.8
_GROUP_SHIFT = 0.5
_TEXTS = 1


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong.

    Attributes:
        drill: the drill it belongs to, in words.
        kind: what is done.
        column: the column it strikes; for a flip the column that makes the segment; empty where it strikes all rows.
        size: for a unit the factor, for missing cells their share, for a shift standard deviations.
        segment: the column that makes the group of a shift in a group only, or empty.
    """

    drill: str
    kind: DrillKind
    column: str = ""
    size: float = 0.0
    segment: str = ""


@dataclass(frozen=True)
class Severity:
    """How bad faults are.

    Attributes:
        unit: the factor of a changed unit.
        missing: the share of cells that are lost besides those that are missing anyway.
        shifts: standard deviations by which a number is shifted.
    """

    unit: float
    missing: float
    shifts: tuple[float, ...]


def list_faults(rows: pd.DataFrame, problem: Problem, severity: Severity, *, max_columns: int) -> tuple[Fault, ...]:
    """List the faults that a case can have.

    Args:
        rows: repaired, labelled rows.
        problem: the case.
        severity: how bad they are.
        max_columns: how many columns of a kind each fault strikes, one at a time; spread evenly over the contract.

    Returns:
        The faults, those of one drill together.
    """
    numbers, words, texts = (_spread(names, max_columns) for names in _varied_columns(rows, problem))
    unit, missing = severity.unit, severity.missing
    cells, segments = [*numbers, *words, *texts[:_TEXTS]], words or numbers
    found = [Fault(f"unit changed ({unit:g} times)", "unit", name, unit) for name in numbers]
    found += [Fault("column lost", "lost", name) for name in cells]
    found += [Fault("value stuck", "stuck", name) for name in [*numbers, *words]]
    found += [Fault("word renamed", "renamed", name) for name in words]
    found += [Fault(f"{missing:.0%} more missing", "missing", name, missing) for name in cells]
    found += [Fault(f"shift of {size:g} sd", "shift", name, size) for size in severity.shifts for name in numbers]
    name = f"shift of {_GROUP_SHIFT:g} sd in a group"
    # Without words a number is shifted where the next one is large.
    groups = words or [*numbers[1:], *numbers[:1]]
    pairs = [(number, groups[i % len(groups)]) for i, number in enumerate(numbers)]
    found += [Fault(name, "group_shift", number, _GROUP_SHIFT, group) for number, group in pairs if number != group]
    found += [Fault("outcomes flip in a segment", "concept_flip", name) for name in segments]
    found += [Fault("outcomes come twice as often", "label_shift"), Fault("outcomes do not come", "labels_late")]
    return (*found, Fault("every row comes twice", "duplicated"))


def _varied_columns(rows: pd.DataFrame, problem: Problem) -> tuple[list[str], list[str], list[str]]:
    columns = {name: one for name, one in problem.feature_columns.items() if name not in problem.period_columns}
    varied = {name: one for name, one in columns.items() if one.type != "image" and _varies(rows[name])}
    numbers = [name for name, one in varied.items() if one.is_numeric]
    words = [name for name, one in varied.items() if one.type in ("category", "boolean")]
    return numbers, words, [name for name, one in varied.items() if one.type == "text"]


def _varies(cells: "pd.Series[Any]") -> bool:
    known = cells.dropna()
    return bool(len(known)) and bool((known != known.iloc[0]).any())


def _spread(names: list[str], most: int) -> list[str]:
    places = np.unique(np.linspace(0, len(names) - 1, min(most, len(names))).round().astype(int))
    return [names[place] for place in places] if names else []


def is_of_cells(fault: Fault) -> bool:
    """Say whether a fault strikes cells that are known at the decision.

    Args:
        fault: what goes wrong.

    Returns:
        False where it strikes outcomes, or which rows come.
    """
    return fault.kind not in ("concept_flip", "label_shift", "labels_late", "duplicated")


def break_rows(fault: Fault, rows: pd.DataFrame, problem: Problem, draw: Generator) -> pd.DataFrame:
    """Put a fault into the cells that are known at the decision.

    Args:
        fault: what goes wrong.
        rows: repaired rows, n of them.
        problem: the case.
        draw: random numbers.

    Returns:
        The rows as a broken source would deliver them; the same rows where the fault is none of cells.
    """
    if not is_of_cells(fault):
        return rows
    cells = rows[fault.column]
    return rows.assign(**{fault.column: _break_cells(fault, cells, rows, problem, draw)})


def _break_cells(
    fault: Fault, cells: "pd.Series[Any]", rows: pd.DataFrame, problem: Problem, draw: Generator
) -> "pd.Series[Any]":
    if fault.kind == "unit":
        return cells * fault.size
    if fault.kind == "lost":
        return cells.where(np.zeros(len(cells), dtype=bool))
    if fault.kind == "stuck":
        return pd.Series(cells.mode().iloc[0], index=cells.index, dtype=cells.dtype)
    if fault.kind == "renamed":
        commonest = cells.mode().iloc[0]
        return cells.mask(cells == commonest, f"{commonest} (new)")
    if fault.kind == "missing":
        return cells.mask(draw.random(len(cells)) < fault.size)
    is_shifted = segment_rows(rows, fault.segment, problem) if fault.segment else np.ones(len(rows), dtype=bool)
    moved = cells.to_numpy(dtype=float) + np.where(is_shifted, fault.size * float(cells.std()), 0.0)
    if problem.columns[fault.column].type == "integer":
        # A whole number goes to one of its neighbours, so that the mean moves by as much as was asked for.
        moved = np.floor(moved + np.where(is_shifted, draw.random(len(cells)), 0.0))
    return pd.Series(moved, index=cells.index)


def segment_rows(rows: pd.DataFrame, column: str, problem: Problem) -> NDArray[np.bool_]:
    """Tell which rows lie in the segment that a column makes.

    Args:
        rows: repaired rows, n of them.
        column: the column.
        problem: the case.

    Returns:
        For numbers those of the upper fifth, for words those with the commonest one; shape (n,).
    """
    cells = rows[column]
    if problem.columns[column].is_numeric:
        return np.asarray(cells > cells.quantile(_UPPER), dtype=bool)
    return np.asarray(cells == cells.mode().iloc[0], dtype=bool)


def break_outcomes(fault: Fault, rows: pd.DataFrame, problem: Problem) -> pd.DataFrame:
    """Turn outcomes round in a segment, or take them away.

    Args:
        fault: what goes wrong.
        rows: repaired, labelled rows, n of them.
        problem: the case.

    Returns:
        The rows; in the segment of a flip with the next class (of two the other one) or the value mirrored at the mean.
    """
    name, target = problem.target.column, rows[problem.target.column]
    if fault.kind == "labels_late":
        return rows.assign(**{name: target.where(np.zeros(len(rows), dtype=bool))})
    if fault.kind != "concept_flip" or rows.empty:
        return rows
    classes = problem.target.classes
    following = dict(zip(classes, (*classes[1:], *classes[:1]), strict=True))
    other = target.map(following) if problem.is_classification else 2 * target.mean() - target
    return rows.assign(**{name: target.mask(segment_rows(rows, fault.column, problem), other)})


def break_feed(fault: Fault, rows: pd.DataFrame, problem: Problem) -> Integers:
    """Tell which rows arrive.

    Args:
        fault: what goes wrong.
        rows: repaired, labelled rows, n of them.
        problem: the case.

    Returns:
        Positions of rows, in order; some twice where rows are doubled or, for a shift of labels, where those of the
        rarest class, or of the upper half of values, come twice as often.
    """
    n_copies = np.ones(len(rows), dtype=np.int64)
    if fault.kind == "duplicated":
        n_copies[:] = 2
    if fault.kind == "label_shift":
        n_copies[_rarer(rows[problem.target.column], problem)] = 2
    return np.repeat(np.arange(len(rows)), n_copies)


def _rarer(target: "pd.Series[Any]", problem: Problem) -> NDArray[np.bool_]:
    if not problem.is_classification:
        return np.asarray(target > target.median(), dtype=bool)
    return np.asarray(target == target.value_counts(sort=True).index[-1], dtype=bool)
