"""Limits of outliers: learnt from training rows, kept with the contract, and applied wherever cells are repaired."""

from collections.abc import Mapping
from math import ceil, floor
from typing import Literal, Self

import narwhals.stable.v2 as nw
from pydantic import RootModel, model_validator

from evergreen.problem import CaseModel, Column, Problem
from evergreen.problem.base import require
from evergreen.tables.engines import Frame, as_pandas


class Fence(CaseModel):
    """The limits of one column.

    Attributes:
        low: the lowest value that is no outlier.
        high: the highest value that is no outlier.
        when_outlier: whether a value beyond is pulled back to its limit, or blanked.
    """

    low: float
    high: float
    when_outlier: Literal["clip", "blank"]

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        finding = f"lies from {self.low:g} to {self.high:g}, so that every value is beyond it"
        require(self.low <= self.high, "a fence", finding, "Learn it again: run data_processing.")
        return self


class OutlierLimits(RootModel[dict[str, Fence]]):
    """The fences of a case by column; empty where no column has any."""

    root: dict[str, Fence] = {}


NO_LIMITS = OutlierLimits()


def fit_outlier_limits(training: Frame, problem: Problem) -> OutlierLimits:
    """Learn the fences: quartiles of the training rows, widened by so many interquartile ranges.

    Source: J. W. Tukey, Exploratory Data Analysis (1977): 1.5 interquartile ranges are out, 3 are far out. A column
    whose quartiles are equal has no fences, for then most of its spread would be called an outlier; nor has one
    without values. Whole numbers have whole fences, which leave the middle half of the rows alone however narrow they
    are asked for.

    Args:
        training: repaired training rows.
        problem: the case; columns with ``outlier_fences`` have fences.

    Returns:
        The fences.
    """
    fenced = {name: column for name, column in problem.columns.items() if column.outlier_fences is not None}
    if not fenced:
        return NO_LIMITS
    quartiles = as_pandas(training.select(*_quartiles(fenced)))
    limits = {}
    for name, column in fenced.items():
        low, high = float(quartiles[f"{name}_low"].iloc[0]), float(quartiles[f"{name}_high"].iloc[0])
        reach = (high - low) * float(column.outlier_fences or 0)
        if reach > 0:
            limits[name] = _fence(low, high, reach, column)
    return OutlierLimits(limits)


def _fence(low_quartile: float, high_quartile: float, reach: float, column: Column) -> Fence:
    low, high = low_quartile - reach, high_quartile + reach
    if column.type == "integer":
        # A number pulled back to its fence must still be a whole one; rounded inwards, a fence may cut a quartile off.
        low, high = min(ceil(low), floor(low_quartile)), max(floor(high), ceil(high_quartile))
    return Fence(low=low, high=high, when_outlier=column.when_outlier)


def hold_inside(cell: nw.Expr, fence: Fence) -> nw.Expr:
    """Pull values back to their fence, or blank those beyond it.

    Args:
        cell: numbers.
        fence: their limits.

    Returns:
        Numbers inside the limits; null stays null.
    """
    is_outside = (cell < fence.low) | (cell > fence.high)
    if fence.when_outlier == "blank":
        return nw.when(~is_outside).then(cell)
    inside = nw.when(cell < fence.low).then(nw.lit(fence.low)).otherwise(cell)
    return nw.when(cell > fence.high).then(nw.lit(fence.high)).otherwise(inside)


def limit_outliers(rows: Frame, limits: OutlierLimits) -> Frame:
    """Apply fences to rows that were repaired without them; the rows then are as if repaired with them.

    Args:
        rows: repaired rows.
        limits: the fences.

    Returns:
        The rows inside their fences.
    """
    return rows.with_columns(hold_inside(nw.col(name), fence).alias(name) for name, fence in limits.root.items())


def count_outliers(rows: Frame, limits: OutlierLimits) -> Mapping[str, int]:
    """Count the cells beyond their fences.

    Args:
        rows: repaired rows, before their outliers are limited.
        limits: the fences.

    Returns:
        Column -> number of cells, for columns with any.
    """
    if not limits.root:
        return {}
    found = [
        ((nw.col(name) < fence.low) | (nw.col(name) > fence.high)).cast(nw.Int64).sum().alias(name)
        for name, fence in limits.root.items()
    ]
    counts = as_pandas(rows.select(*found)).iloc[0].fillna(0)
    return {str(name): int(n) for name, n in counts.items() if n > 0}


def _quartiles(names: Mapping[str, object]) -> list[nw.Expr]:
    shares = {"low": 0.25, "high": 0.75}
    return [
        nw.col(name).quantile(share, interpolation="linear").alias(f"{name}_{end}")
        for name in names
        for end, share in shares.items()
    ]
