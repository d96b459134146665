"""What the calendar says of a moment: times of the year, the week and the day come round again."""

from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin

Numbers = NDArray[np.float64]

_DAYS_OF_YEAR = 365.2425
_DAYS_OF_WEEK = 7
# 1970 began on a Thursday; weeks begin on a Monday.
_FIRST_WEEKDAY = 3


class CalendarParts(TransformerMixin, BaseEstimator):
    """Adds to days since 1970 where in the year, the week and the day they lie; only what varied while it was fitted.

    Args:
        form: "steps" gives a share of the year, the day of the week (0 is Monday) and the hour, which trees cut where
            they like; "circle" gives sine and cosine of each, so that December is next to January.
    """

    def __init__(self, form: Literal["steps", "circle"]) -> None:
        self.form = form

    def fit(self, X: Any, y: NDArray[Any] | None = None) -> Self:  # noqa: ARG002
        """Note which parts vary.

        Args:
            X: days since 1970, shape (n, p) or (n,); missing is NaN.
            y: not used.

        Returns:
            Itself, with ``is_used_`` of shape (p, 3).
        """
        days = _columns(X)
        self.n_features_in_ = days.shape[1]
        self.is_used_ = np.array([[_varies(part) for part in _shares(column)] for column in days.T])
        return self

    def transform(self, X: Any) -> Numbers:
        """Give the days and the parts of their dates.

        Args:
            X: days since 1970, shape (n, p) or (n,).

        Returns:
            Shape (n, q): days first, then the parts column by column; missing is NaN.
        """
        days = _columns(X)
        made = [days]
        for column, is_used in zip(days.T, self.is_used_, strict=True):
            shares = _shares(column)
            made.extend(self._write(shares[place], int(place)) for place in np.flatnonzero(is_used))
        return np.hstack(made)

    def _write(self, share: Numbers, place: int) -> Numbers:
        if self.form == "steps":
            step: Numbers = share * (1, _DAYS_OF_WEEK, 24)[place]
            return (np.floor(step) if place == 1 else step)[:, None]
        angle = 2 * np.pi * share
        return np.stack([np.sin(angle), np.cos(angle)], axis=1)


def _columns(X: Any) -> Numbers:
    days = np.asarray(X, dtype=float)
    return days.reshape(len(days), -1)


def _shares(days: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Share of the year, the week and the day that has passed, each from 0 to below 1."""
    of_day = days % 1.0
    of_week = (np.floor(days) + _FIRST_WEEKDAY) % _DAYS_OF_WEEK / _DAYS_OF_WEEK
    return (days / _DAYS_OF_YEAR) % 1.0, of_week, of_day


def _varies(part: Numbers) -> bool:
    known = part[~np.isnan(part)]
    return bool(len(known) and known.min() < known.max())
