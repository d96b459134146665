"""Repaired cells as compiled features take them: arrays and lists by column, and no frame."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.models.features import feature_frame
from evergreen.problem import Problem

Floats = NDArray[np.float64]

_MICROSECONDS_OF_A_DAY = 86_400_000_000


class Features(Protocol):
    """From cells to the numbers that an estimator takes.

    Attributes:
        owners: the place among the features of the case from which each number comes, shape (q,).
    """

    owners: NDArray[np.intp]

    def transform(self, cells: "FeatureCells") -> Floats:
        """Prepare cells, shape (n, q)."""


class FeatureCells:
    """The features of n rows, prepared at most once by each preparation that asks for them.

    Args:
        columns: feature -> its cells: numbers and days since 1970 as float64 (missing is NaN), words as a list (missing
            is None), prose and pictures as a list of text (missing is empty).
        n_rows: n.
    """

    def __init__(self, columns: Mapping[str, Any], n_rows: int) -> None:
        self._columns, self._n_rows = columns, n_rows
        self._made: dict[object, Any] = {}

    def __len__(self) -> int:
        """Count rows."""
        return self._n_rows

    def __getitem__(self, name: str) -> Any:
        """Take a column."""
        return self._columns[name]

    def once(self, key: object, make: Callable[[], Any]) -> Any:
        """Keep what several preparations need.

        Args:
            key: what is made.
            make: makes it.

        Returns:
            What was made the first time; nobody may change it.
        """
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    def prepared_by(self, features: Features) -> Floats:
        """Prepare the cells.

        Args:
            features: how.

        Returns:
            Numbers, shape (n, q).
        """
        # Members of a combination may share a preparation. It lives as long as they do, so its id is its own.
        prepared: Floats = self.once(id(features), lambda: features.transform(self))
        return prepared


class MixedCells:
    """A row, background rows, and rows that are put together of it and one of these.

    Args:
        own: the one row.
        background: b rows.
        others: the background row that each made row is mixed with, shape (m,).
        is_own: which features each made row has from the one row, shape (m, p).
    """

    def __init__(
        self, own: FeatureCells, background: FeatureCells, others: NDArray[np.intp], is_own: NDArray[np.bool_]
    ) -> None:
        self._own, self._background, self._others, self._is_own = own, background, others, is_own

    def __len__(self) -> int:
        """Count rows: the one, those of the background, and those that are made."""
        return 1 + len(self._background) + len(self._others)

    def prepared_by(self, features: Features) -> Floats:
        """Prepare the cells: of each column alone, so that numbers may be mixed in place of cells.

        Args:
            features: how.

        Returns:
            Numbers, shape (1 + b + m, q).
        """
        own, behind = self._own.prepared_by(features), self._background.prepared_by(features)
        mixed = np.where(self._is_own[:, features.owners], own[0], behind[self._others])
        return np.concatenate([own, behind, mixed])

    def weighed_by(self, features: Features, weights: Floats) -> Floats:
        """Weigh prepared cells and sum them up: by feature first, so that nothing wide is mixed.

        Args:
            features: how cells are prepared.
            weights: shape (k, q); the same array each time.

        Returns:
            Sums, shape (1 + b + m, k).
        """
        key = ("sums", id(features), id(weights))
        own, behind = (
            cells.once(key, partial(_sums, cells, features, weights, self._is_own.shape[1]))
            for cells in (self._own, self._background)
        )
        mixed = np.where(self._is_own[:, None, :], own[0], behind[self._others])
        sums: Floats = np.concatenate([own, behind, mixed]).sum(axis=2)
        return sums


def _sums(cells: FeatureCells, features: Features, weights: Floats, n_features: int) -> Floats:
    """Weighted sums by feature, shape (n, k, p)."""
    X = cells.prepared_by(features)
    return np.array([[np.bincount(features.owners, row * one, n_features) for one in weights] for row in X])


def feature_cells(values: Mapping[str, list[Any]], n_rows: int, problem: Problem) -> FeatureCells:
    """Take the features out of repaired columns.

    Args:
        values: column -> repaired values, n each.
        n_rows: n.
        problem: the case.

    Returns:
        The features.
    """
    columns = {name: _written(values[name], column.type) for name, column in problem.feature_columns.items()}
    return FeatureCells(columns, n_rows)


def frame_cells(rows: pd.DataFrame, problem: Problem) -> FeatureCells:
    """Take the features out of a frame of repaired rows.

    Args:
        rows: repaired rows.
        problem: the case.

    Returns:
        The features.
    """
    told, columns = feature_frame(rows, problem), dict[str, Any]()
    for name in told:
        cells = told[name]
        is_number = pd.api.types.is_float_dtype(cells)
        columns[str(name)] = cells.to_numpy() if is_number else [None if pd.isna(one) else str(one) for one in cells]
    return FeatureCells(columns, len(rows))


def _written(values: list[Any], kind: str) -> Any:
    if kind in ("integer", "number"):
        return np.array(values, dtype=float)
    if kind == "timestamp":
        return np.array([np.nan if one is None else one / _MICROSECONDS_OF_A_DAY for one in values])
    return ["" if one is None else one for one in values] if kind in ("text", "image") else values
