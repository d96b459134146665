"""Bootstrap intervals: how sure a figure is."""

import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from evergreen.errors import CaseError, DataError
from evergreen.measures.arrays import Floats, Integers
from evergreen.measures.bounds import PLAIN, Scale, detectable_effect, draw_quantile, spread_of

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

    Bounds are quantiles of the draws, a little wider where the independent units are few, and those of a t distribution
    where a level is too small for the draws to tell; see ``bounds.draw_quantile``. Undefined draws are left out; all
    bounds are NaN where the value is undefined or more than 5 % of the draws are.

    Attributes:
        value: the figure on the data as they are.
        draws: the figure on each resample, shape (b,).
        n_units: how many independent rows or clusters were drawn from; None where that is not known, which stands for
            many.
        scale: on which scale the tail is taken, by what values the figure can have.
    """

    value: float
    draws: Floats
    n_units: int | None = None
    scale: Scale = PLAIN

    def interval(self, confidence: float = 0.95) -> Interval:
        """Give the two-sided interval.

        Args:
            confidence: share of samples whose interval covers the truth, above 0 and below 1.

        Returns:
            The value, and the two one-sided bounds at (1 + confidence) / 2.

        Raises:
            CaseError: where the confidence is no share.
        """
        _check_confidence(confidence)
        return Interval(self.value, self._quantile((1 - confidence) / 2), self._quantile((1 + confidence) / 2))

    def lower_bound(self, confidence: float = 0.95) -> float:
        """Give the one-sided lower bound.

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
        """Give the one-sided upper bound.

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
        return Estimate(self.value - other.value, self.draws - other.draws, self.n_units)

    def detectable(self, confidence: float, *, power: float = 0.8) -> float:
        """Give the smallest distance from a limit that data like these would have told from none.

        Args:
            confidence: of the one-sided bound that is judged by.
            power: the chance that it is told.

        Returns:
            The distance in the unit of the figure; NaN where there are no bounds. See ``bounds.detectable_effect``.
        """
        _check_confidence(confidence)
        defined = self._defined()
        return math.nan if defined is None else detectable_effect(defined, self.n_units, 1 - confidence, power)

    @property
    def is_flat(self) -> bool:
        """Whether all defined draws are equal but for rounding: resampling then says nothing about the spread."""
        defined = self._defined()
        return defined is not None and spread_of(defined) == 0

    def _quantile(self, share: float) -> float:
        defined = self._defined()
        return math.nan if defined is None else draw_quantile(self.value, defined, share, self.n_units, self.scale)

    def _defined(self) -> Floats | None:
        """The draws that are defined; None where they leave nothing to say."""
        defined = self.draws[~np.isnan(self.draws)]
        is_sparse = self.draws.size - defined.size > _MAX_UNDEFINED_SHARE * self.draws.size
        return None if math.isnan(self.value) or is_sparse or not defined.size else defined


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
    units = unit_codes(n_rows, clusters)
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
    n_units = _count(unit_codes(n_rows, clusters))
    if n_units < _MIN_UNITS:
        return {name: Estimate(value, np.full(n_resamples, np.nan), n_units) for name, value in values.items()}
    chunks = [
        statistic(weights)
        for weights in resampling_weights(n_rows, n_resamples=n_resamples, random_state=random_state, clusters=clusters)
    ]
    return {
        name: Estimate(value, np.concatenate([chunk[name] for chunk in chunks]), n_units)
        for name, value in values.items()
    }


def unit_codes(n_rows: int, clusters: ArrayLike | None) -> Integers:
    """Number what is independent of each other: rows, or clusters as they come.

    Args:
        n_rows: n.
        clusters: one label a row, shape (n,); rows are independent where not given.

    Returns:
        0, 1, ..., shape (n,).

    Raises:
        DataError: where clusters do not fit the rows.
    """
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
