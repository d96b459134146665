"""Bootstrap intervals: how sure a figure is."""

import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from evergreen.errors import CaseError, DataError
from evergreen.measures.arrays import Floats, Integers

# With more undefined resamples than this the defined ones are no longer a fair sample of what could have happened.
_MAX_UNDEFINED_SHARE = 0.05
_MIN_UNITS = 2
_CHUNK_CELLS = 20_000_000


@dataclass(frozen=True)
class Interval:
    """A figure and the range it may lie in; NaN where undefined."""

    value: float
    low: float
    high: float

    def to_dict(self) -> dict[str, float | None]:
        """Give ``value``, ``low`` and ``high`` for JSON; what is not finite becomes None."""
        return {name: number if math.isfinite(number) else None for name, number in asdict(self).items()}


@dataclass(frozen=True, eq=False)
class Estimate:
    """A figure with its bootstrap draws.

    Quantiles of the draws are the bounds (the percentile method; Efron and Tibshirani, 1993, An Introduction to
    the Bootstrap, chapter 13). Undefined draws are left out; all bounds are NaN where the value is undefined or
    more than 5 % of the draws are.

    Attributes:
        value: the figure on the data as they are.
        draws: the figure on each resample, shape (b,).
    """

    value: float
    draws: Floats

    def interval(self, confidence: float = 0.95) -> Interval:
        """Give the two-sided interval.

        Args:
            confidence: share of samples whose interval covers the truth, above 0 and below 1.

        Returns:
            The value, the (1 - confidence) / 2 quantile of the draws and the (1 + confidence) / 2 quantile.

        Raises:
            CaseError: where the confidence is no share.
        """
        _check_confidence(confidence)
        return Interval(self.value, self._quantile((1 - confidence) / 2), self._quantile((1 + confidence) / 2))

    def lower_bound(self, confidence: float = 0.95) -> float:
        """Give the one-sided lower bound: the 1 - confidence quantile of the draws.

        Args:
            confidence: share of samples whose bound lies below the truth, above 0 and below 1.

        Returns:
            The bound.

        Raises:
            CaseError: where the confidence is no share.
        """
        _check_confidence(confidence)
        return self._quantile(1 - confidence)

    def upper_bound(self, confidence: float = 0.95) -> float:
        """Give the one-sided upper bound: the confidence quantile of the draws.

        Args:
            confidence: share of samples whose bound lies above the truth, above 0 and below 1.

        Returns:
            The bound.

        Raises:
            CaseError: where the confidence is no share.
        """
        _check_confidence(confidence)
        return self._quantile(confidence)

    def minus(self, other: "Estimate") -> "Estimate":
        """Give the paired difference to another figure of the same resamples.

        Args:
            other: made with the same rows, ``n_resamples``, ``random_state`` and clusters.

        Returns:
            The difference, draw by draw.

        Raises:
            DataError: where the numbers of draws differ.
        """
        if self.draws.shape != other.draws.shape:
            found = f"have {self.draws.size} and {other.draws.size} draws"
            raise DataError("Paired estimates", found, "Make both from the same resamples.")
        return Estimate(self.value - other.value, self.draws - other.draws)

    def _quantile(self, share: float) -> float:
        defined = self.draws[~np.isnan(self.draws)]
        is_sparse = self.draws.size - defined.size > _MAX_UNDEFINED_SHARE * self.draws.size
        if math.isnan(self.value) or is_sparse or not defined.size:
            return math.nan
        return float(np.quantile(defined, share))


def resampling_weights(
    n_rows: int,
    *,
    n_resamples: int,
    random_state: int,
    clusters: ArrayLike | None = None,
    chunk_cells: int = _CHUNK_CELLS,
) -> Iterator[Floats]:
    """Draw bootstrap resamples as weights: how often each row was drawn.

    Args:
        n_rows: n, >= 2.
        n_resamples: how many resamples, >= 1.
        random_state: the seed. The same seed gives the same draws whatever the chunk size.
        clusters: one label a row, shape (n,). Whole clusters are then drawn, as many as there are, because rows of
            one cluster resemble each other (Davison and Hinkley, 1997, section 3.8). With fewer than about 30
            clusters intervals come out too narrow.
        chunk_cells: the largest number of weights held at once; at least one resample always is.

    Returns:
        Chunks of shape (up to ``chunk_cells // n``, n), together ``n_resamples`` rows. Each row sums to n, but with
        clusters of unequal size only about.

    Raises:
        CaseError: where ``n_resamples`` is below 1.
        DataError: where clusters do not fit the rows, or there are fewer than two rows or clusters.
    """
    _check_n_resamples(n_resamples)
    units = _units(n_rows, clusters)
    n_units = _count(units)
    if n_units < _MIN_UNITS:
        raise DataError("Resampling", f"has {n_units} independent units", "Give two rows or clusters or more.")
    return _draw_chunks(units, n_resamples=n_resamples, random_state=random_state, chunk_cells=chunk_cells)


def estimate(
    statistic: Callable[[Floats], dict[str, Floats]],
    n_rows: int,
    *,
    n_resamples: int,
    random_state: int,
    clusters: ArrayLike | None = None,
) -> dict[str, Estimate]:
    """Estimate figures with their bootstrap draws.

    Args:
        statistic: weights of shape (b, n) -> name -> figures of shape (b,).
        n_rows: n.
        n_resamples: how many resamples, >= 1.
        random_state: the seed; figures made with the same seed and rows are paired.
        clusters: one label a row; whole clusters are then drawn.

    Returns:
        Name -> estimate; its value is the statistic of one row of ones. With fewer than two rows or clusters
        nothing can be said about the spread, so all draws are NaN.

    Raises:
        CaseError: where ``n_resamples`` is below 1.
        DataError: where clusters do not fit the rows.
    """
    _check_n_resamples(n_resamples)
    values = {name: float(figures[0]) for name, figures in statistic(np.ones((1, n_rows))).items()}
    if _count(_units(n_rows, clusters)) < _MIN_UNITS:
        return {name: Estimate(value, np.full(n_resamples, np.nan)) for name, value in values.items()}
    chunks = [
        statistic(weights)
        for weights in resampling_weights(n_rows, n_resamples=n_resamples, random_state=random_state, clusters=clusters)
    ]
    return {name: Estimate(value, np.concatenate([chunk[name] for chunk in chunks])) for name, value in values.items()}


def _units(n_rows: int, clusters: ArrayLike | None) -> Integers:
    if clusters is None:
        return np.arange(n_rows)
    labels = np.asarray(clusters)
    if labels.shape != (n_rows,):
        raise DataError("Clusters", f"have shape {labels.shape} for {n_rows} rows", "Give one label a row.")
    codes = pd.factorize(labels)[0]
    if (codes < 0).any():
        row = int(np.argmax(codes < 0))
        found = f"lack {int((codes < 0).sum())} labels (first: row {row})"
        raise DataError("Clusters", found, "Give every row a label.")
    return codes.astype(np.int64)


def _count(units: Integers) -> int:
    return int(units.max(initial=-1)) + 1


def _draw_chunks(units: Integers, *, n_resamples: int, random_state: int, chunk_cells: int) -> Iterator[Floats]:
    n_units = _count(units)
    generator = np.random.default_rng(random_state)
    size = max(1, chunk_cells // len(units))
    for start in range(0, n_resamples, size):
        n_now = min(size, n_resamples - start)
        counts = np.empty((n_now, n_units))
        # One resample after the other: the stream of random numbers then knows nothing of chunks.
        for row in counts:
            row[:] = np.bincount(generator.integers(n_units, size=n_units), minlength=n_units)
        yield counts if n_units == len(units) else counts[:, units]


def _check_n_resamples(n_resamples: int) -> None:
    if n_resamples < 1:
        raise CaseError("n_resamples", f"is {n_resamples}", "Ask for one resample or more.")


def _check_confidence(confidence: float) -> None:
    if not 0 < confidence < 1:
        raise CaseError("Confidence", f"is {confidence}", "Give a share above 0 and below 1, like 0.95.")
