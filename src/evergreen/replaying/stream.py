"""The past of a case in batches of equal size, with outcomes that came as late as they did."""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.errors import CaseError, DataError
from evergreen.problem import Problem


@dataclass(frozen=True, order=True)
class Window:
    """The batches that a model learns from.

    Attributes:
        until: the first batch after them.
        since: the first of them.
    """

    until: int
    since: int = 0


@dataclass(frozen=True, eq=False)
class Stream:
    """Labelled rows in order of time, and when their outcomes were known.

    Attributes:
        rows: n rows.
        batch: the number of each row's batch, ascending from 0, shape (n,).
        n_batches: how many batches.
        n_first: the first model learns from so many; the batches after them are served.
        known: how many batches have their outcomes when each is served, shape (n_batches,); never fewer than
            ``n_first``, for the replay begins when their outcomes are there.
    """

    rows: pd.DataFrame
    batch: NDArray[np.int64]
    n_batches: int
    n_first: int
    known: NDArray[np.int64]

    @property
    def served(self) -> range:
        """The batches that are served, in order."""
        return range(self.n_first, self.n_batches)

    @property
    def first(self) -> Window:
        """What the first model learns from."""
        return Window(self.n_first)

    def places(self, since: int, until: int) -> slice:
        """Give the places of the rows of some batches.

        Args:
            since: the first of them.
            until: the first batch after them.

        Returns:
            A slice of the rows.
        """
        return slice(*(int(np.searchsorted(self.batch, one)) for one in (since, until)))


def make_stream(
    rows: pd.DataFrame,
    problem: Problem,
    *,
    n_batches: int,
    n_first: int,
    batches_late: int,
    follows_delay: bool = True,
) -> Stream:
    """Cut the past into batches.

    Before batch t is served, counted from 0, the outcomes of the batches before t - ``batches_late`` are known, but not
    sooner than the case's ``delay_days`` after the last row of a batch.

    Args:
        rows: repaired rows.
        problem: the case.
        n_batches: of equal size but for rounding.
        n_first: how many the first model learns from.
        batches_late: how many batches outcomes are late at least.
        follows_delay: whether outcomes are also as late as the case says.

    Returns:
        The stream.

    Raises:
        CaseError: where the case knows no time.
        DataError: where there are too few labelled rows, or the first batches lack a class.
    """
    if problem.event_time is None:
        cure = "Name the event_time of its decisions, or compare models with the evaluation instead."
        raise CaseError(f"The case '{problem.name}'", "knows no time, so its past cannot be replayed", cure)
    is_known = rows[problem.target.column].notna()
    ordered = rows[is_known].sort_values([problem.event_time, *problem.key], ignore_index=True)
    batch = np.arange(len(ordered)) * n_batches // max(len(ordered), 1)
    _refuse_too_few(ordered[batch < n_first], problem, n_batches=n_batches)
    delay_days = problem.target.delay_days if follows_delay else 0
    known = _known_batches(ordered[problem.event_time], batch, delay_days, batches_late, n_batches)
    return Stream(ordered, batch, n_batches, n_first, np.maximum(known, n_first))


def _known_batches(
    times: pd.Series, batch: NDArray[np.int64], delay_days: int, batches_late: int, n_batches: int
) -> NDArray[np.int64]:
    bounds = times.groupby(batch).agg(["min", "max"])
    told = (bounds["max"] + timedelta(days=delay_days)).to_numpy()
    n_told = np.searchsorted(told, bounds["min"].to_numpy(), side="right")
    known: NDArray[np.int64] = np.minimum(n_told, np.arange(n_batches) - batches_late).astype(np.int64)
    return known


def _refuse_too_few(first: pd.DataFrame, problem: Problem, *, n_batches: int) -> None:
    least = problem.limits.min_training_rows
    if len(first) < min(least, n_batches):
        finding = f"hold {len(first)} labelled rows to begin with, too few to learn from"
        raise DataError("The first batches of the past", finding, "Bring a longer history, or raise rehearsal.n_first.")
    absent = sorted(set(problem.target.classes) - set(first[problem.target.column]))
    if problem.is_classification and absent:
        finding = f"hold no row of the classes {absent}"
        raise DataError("The first batches of the past", finding, "Raise rehearsal.n_first.")
