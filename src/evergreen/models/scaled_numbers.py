"""Numbers as linear models and networks bear them: no number is far from those that were learnt from."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin

Numbers = NDArray[np.float64]

# In multiples of a spread that a normal distribution shares with its standard deviation. Of a log-normal column (sigma
# 1) one row in 3,000 lies beyond.
_REACH = 15.0
# Central shares of the rows and the width of a standard normal there.
_SPREADS = ((50, 1.349), (90, 3.290), (98, 4.653))
# Squares of it are still numbers, and single precision holds it.
_LARGEST = 1e30
# Holzmueller et al. 2024 (RealMLP), section 3: numbers are softly cut off at three robust deviations.
_SQUASHED_AT = 3.0
_FAR = 1e9


class BoundedNumbers(TransformerMixin, BaseEstimator):
    """Moves numbers that lie outside what was learnt from to its nearest end.

    A model knows nothing beyond the numbers it has seen: a line runs on. A column that hardly varied in the rows that
    were learnt from and moves later took the linear model of bank_marketing to a log-loss of 8.8 in its first fold.

    Args:
        is_robust: whether what is far outside of most numbers that were seen is moved too.
    """

    def __init__(self, is_robust: bool = True) -> None:
        self.is_robust = is_robust

    def fit(self, X: Any, y: NDArray[Any] | None = None) -> Self:  # noqa: ARG002
        """Learn the range.

        Args:
            X: numbers, shape (n, p); missing is NaN.
            y: not used.

        Returns:
            Itself, with ``low_`` and ``high_`` of shape (p,); both 0 where a column is empty.
        """
        ranges = [_range(column[~np.isnan(column)], is_robust=self.is_robust) for column in np.asarray(X, float).T]
        self.low_, self.high_ = np.array(ranges).reshape(-1, 2).T
        self.n_features_in_ = len(self.low_)
        return self

    def transform(self, X: Any) -> Numbers:
        """Move numbers into the range.

        Args:
            X: numbers, shape (n, p).

        Returns:
            Numbers, shape (n, p); missing is NaN.
        """
        bounded: Numbers = np.clip(np.asarray(X, dtype=float), self.low_, self.high_)
        return bounded


class CutOff(TransformerMixin, BaseEstimator):
    """Moves scaled numbers that are far from 0 nearer: a mark that one row in 10,000 had is 100 deviations away.

    Args:
        at: the largest number that stays, > 0.
    """

    def __init__(self, at: float = 10.0) -> None:
        self.at = at

    def fit(self, X: Any, y: NDArray[Any] | None = None) -> Self:  # noqa: ARG002
        """Do nothing.

        Args:
            X: numbers, shape (n, p).
            y: not used.

        Returns:
            Itself.
        """
        return self

    def transform(self, X: Any) -> Numbers:
        """Cut off numbers.

        Args:
            X: numbers, shape (n, p).

        Returns:
            Numbers, shape (n, p).
        """
        nearer: Numbers = np.clip(np.asarray(X, dtype=float), -self.at, self.at)
        return nearer

    def __sklearn_is_fitted__(self) -> bool:
        """There is nothing to fit."""
        return True


class SquashedNumbers(TransformerMixin, BaseEstimator):
    """Scales by median and quartiles and cuts off softly at 3 (RealMLP, Holzmueller et al. 2024)."""

    def fit(self, X: Any, y: NDArray[Any] | None = None) -> Self:  # noqa: ARG002
        """Learn medians and spreads.

        Args:
            X: numbers without a gap, shape (n, p).
            y: not used.

        Returns:
            Itself, with ``centre_`` and ``scale_`` of shape (p,).
        """
        numbers = np.asarray(X, dtype=float)
        low, self.centre_, high = np.percentile(numbers, [25, 50, 75], axis=0)
        half_range = np.ptp(numbers, axis=0) / 2
        spread = np.where(high > low, high - low, half_range)
        self.scale_ = np.where(spread > 0, spread, 1.0)
        self.n_features_in_ = len(self.scale_)
        return self

    def transform(self, X: Any) -> Numbers:
        """Scale and squash.

        Args:
            X: numbers, shape (n, p).

        Returns:
            Numbers between -3 and 3, shape (n, p).
        """
        # Numbers may be as near to each other as computers count; what is infinitely far is at 3 all the same.
        with np.errstate(over="ignore"):
            scaled = (np.asarray(X, dtype=float) - self.centre_) / self.scale_
        near: Numbers = np.clip(scaled, -_FAR, _FAR)
        return near / np.sqrt(1 + (near / _SQUASHED_AT) ** 2)


class PiecedNumbers(TransformerMixin, BaseEstimator):
    """Writes a number as how far it has come through each of a few pieces of its range, so that a line may bend.

    Piecewise linear encoding (Gorishniy et al. 2022, section 3.2.1); the pieces hold about as many rows each, and what
    lies outside of them is at their end.

    Args:
        n_pieces: of each column, at most.
    """

    def __init__(self, n_pieces: int = 8) -> None:
        self.n_pieces = n_pieces

    def fit(self, X: Any, y: NDArray[Any] | None = None) -> Self:  # noqa: ARG002
        """Learn where pieces end.

        Args:
            X: numbers without a gap, shape (n, p).
            y: not used.

        Returns:
            Itself, with ``edges_``: of each column, ascending.
        """
        numbers = np.asarray(X, dtype=float)
        at = np.linspace(0, 100, self.n_pieces + 1)
        self.edges_ = [_steps(np.unique(np.percentile(column, at))) for column in numbers.T]
        self.n_features_in_ = len(self.edges_)
        return self

    def transform(self, X: Any) -> Numbers:
        """Write numbers as pieces.

        Args:
            X: numbers, shape (n, p).

        Returns:
            Numbers between 0 and 1, shape (n, q): at least one a column.
        """
        pairs = zip(np.asarray(X, dtype=float).T, self.edges_, strict=True)
        with np.errstate(over="ignore"):
            made = [np.clip((column[:, None] - edges[:-1]) / np.diff(edges), 0, 1) for column, edges in pairs]
        return np.hstack(made)


def _steps(edges: Numbers) -> Numbers:
    """A column that does not vary has one piece, at whose beginning it is for ever."""
    return edges if len(edges) > 1 else np.array([edges[0], np.inf])


def _range(known: Numbers, *, is_robust: bool) -> tuple[float, float]:
    if len(known) == 0:
        return 0.0, 0.0
    low, high = float(known.min()), float(known.max())
    if is_robust:
        spread = max(_width(known, share) / normal for share, normal in _SPREADS)
        middle = float(np.median(known))
        reach = _REACH * spread if spread > 0 else np.inf
        low, high = max(low, middle - reach), min(high, middle + reach)
    return float(np.clip(low, -_LARGEST, _LARGEST)), float(np.clip(high, -_LARGEST, _LARGEST))


def _width(known: Numbers, share: float) -> float:
    low, high = np.percentile(known, [50 - share / 2, 50 + share / 2])
    return float(high - low)
