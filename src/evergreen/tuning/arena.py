"""Where trials are judged: the same rows and folds for all of them."""

import warnings
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning

from evergreen.models.candidates import CANDIDATES, Candidate, Judged, Settings, Watched, build_estimator
from evergreen.models.candidates.rounds import loss_of
from evergreen.models.clusters import row_clusters
from evergreen.models.features import feature_frame
from evergreen.models.folds import Fold
from evergreen.models.recency import latest_rows, recency_weights
from evergreen.models.remedies import training_weights
from evergreen.models.target import target_values
from evergreen.problem import Problem
from evergreen.tuning.budget import Cost

Floats = NDArray[np.float64]
Positions = NDArray[np.intp]

# Beyond this many rows to learn from a trial is first looked at on fewer.
_ROWS_WORTH_A_LOOK = 20_000
_ROWS_OF_A_LOOK = 10_000
_CACHE_BYTES = 512 * 2**20
_EPS = float(np.finfo(np.float64).eps)


class UnfitError(ValueError):
    """A trial gave nothing that could be judged."""


@dataclass(frozen=True, eq=False)
class Rung:
    """One step on a trial's way.

    Attributes:
        fold: the fold's number, from 0; None where it is a look at fewer rows.
        learnt: positions of rows to learn from.
        judged: positions of rows to be judged on.
    """

    fold: int | None
    learnt: Positions
    judged: Positions


@dataclass(frozen=True, eq=False)
class RungFit:
    """How settings did on one rung.

    Attributes:
        watched: losses round by round, and predictions.
        n_learnt: rows that were learnt from.
        cost: of preparation and fit, whether or not the preparation was at hand.
    """

    watched: Watched
    n_learnt: int
    cost: Cost


@dataclass(frozen=True, eq=False)
class _Prepared:
    learn: Any
    judge: Any
    cost: Cost

    @property
    def n_bytes(self) -> int:
        return _n_bytes(self.learn) + _n_bytes(self.judge)


class Arena:
    """Rows, folds and prepared features.

    Args:
        rows: training rows.
        problem: the case.
        folds: positions (learn, judge), oldest first.
        movable: columns that may be left out, the one that moves most first.
        random_state: seed of everything random in a candidate.
        read: what the process has taken so far.
        cache_bytes: how much of prepared features is kept at most.
    """

    def __init__(  # noqa: PLR0913 - one value each, and no two of them belong together
        self,
        rows: pd.DataFrame,
        problem: Problem,
        folds: Sequence[Fold],
        *,
        movable: Sequence[str] = (),
        random_state: int,
        read: Callable[[], Cost] = Cost,
        cache_bytes: int = _CACHE_BYTES,
    ) -> None:
        self.n_rows = len(rows)
        self.problem = problem
        self.folds = tuple(folds)
        self.rungs = _rungs(rows, problem, self.folds)
        self._rows = rows
        self._X, self._y = feature_frame(rows, problem), target_values(rows, problem)
        self._clusters = row_clusters(rows, problem)
        self._times = rows[str(problem.event_time)] if problem.split.by == "time" else None
        self._movable = tuple(movable)
        self._random_state = random_state
        self._read = read
        self._cache = _Cache(cache_bytes)

    def fit(self, settings: Settings, rung: Rung, is_over: Callable[[], bool]) -> RungFit:
        """Learn from the rows of a rung and look at those that are judged.

        Args:
            settings: what is tried.
            rung: where.
            is_over: whether time is over; a candidate that counts rounds is then cut.

        Returns:
            How it did.

        Raises:
            UnfitError: where the rows to learn from lack a class, or a prediction is no finite number.
        """
        candidate = CANDIDATES[settings.candidate]
        learnt = self._learnt(settings, rung)
        # A solver that ends before it has converged is judged like any other, by its predictions; prose that is the
        # same in all rows makes its reduction divide zero by zero, for a figure nobody reads.
        with warnings.catch_warnings(), np.errstate(invalid="ignore"):
            warnings.simplefilter("ignore", ConvergenceWarning)
            prepared = self._prepare(candidate, settings, learnt, rung)
            before = self._read()
            watched = self._watch(candidate, settings, learnt, rung.judged, prepared, is_over)
            cost = self._read() - before
        if not np.isfinite(watched.losses).any():
            raise UnfitError("Its predictions are not finite.")
        return RungFit(watched, len(learnt), prepared.cost + cost)

    def row_losses(self, predicted: Floats, positions: Positions) -> Floats:
        """Give the loss of each row.

        Args:
            predicted: shape (m, k), or (m,) for values.
            positions: of the rows, shape (m,).

        Returns:
            Log-loss in nats or squared error, shape (m,).
        """
        return row_losses(predicted, self._y[positions])

    def clusters_of(self, positions: Positions) -> NDArray[Any] | None:
        """Say which rows resemble each other and count together.

        Args:
            positions: of the rows, shape (m,).

        Returns:
            One label a row, shape (m,); None where rows are independent.
        """
        return None if self._clusters is None else self._clusters[positions]

    def _learnt(self, settings: Settings, rung: Rung) -> Positions:
        learnt = rung.learnt
        if self._times is not None:
            learnt = learnt[latest_rows(self._times.iloc[learnt], settings.window)]
        n_classes = len(self.problem.target.classes)
        if len(np.unique(self._y[learnt])) < n_classes and self.problem.is_classification:
            raise UnfitError(f"The latest {settings.window:.0%} of the rows to learn from lack a class.")
        return learnt

    def _columns(self, settings: Settings) -> tuple[str, ...]:
        left_out = self._movable[: settings.n_dropped]
        return tuple(name for name in self._X.columns if name not in left_out)

    def _weights(self, settings: Settings, learnt: Positions) -> Floats | None:
        balance = training_weights(self._rows.iloc[learnt], self.problem)
        recency = None if self._times is None else recency_weights(self._times.iloc[learnt], settings.half_life)
        if balance is None or recency is None:
            return recency if balance is None else balance
        return balance * recency

    def _prepare(self, candidate: Candidate, settings: Settings, learnt: Positions, rung: Rung) -> _Prepared:
        columns = self._columns(settings)
        told = tuple(sorted(settings.features.items()))
        key = (id(rung), candidate.prepare, told, columns, settings.window)
        if (kept := self._cache.get(key)) is not None:
            return kept
        before = self._read()
        preparer = candidate.prepare(self.problem, columns, settings.features, self._random_state)
        X = self._X[list(columns)]
        learn = preparer.fit_transform(X.iloc[learnt], self._y[learnt])
        judge = preparer.transform(X.iloc[rung.judged])
        made = _Prepared(learn, judge, self._read() - before)
        self._cache.put(key, made)
        return made

    def _watch(
        self,
        candidate: Candidate,
        settings: Settings,
        learnt: Positions,
        judged: Positions,
        prepared: _Prepared,
        is_over: Callable[[], bool],
    ) -> Watched:
        columns, seed, quantile = self._columns(settings), self._random_state, settings.quantile
        free = settings.model_copy(update={"rounds": None})
        estimator = build_estimator(free, self.problem, columns, random_state=seed)
        y, truth, weights = self._y[learnt], self._y[judged], self._weights(settings, learnt)
        seen = Judged(prepared.judge, truth, len(self.problem.target.classes), quantile)
        if candidate.watch is not None:
            return candidate.watch(estimator, prepared.learn, y, weights, seen, is_over)
        told = {} if weights is None else {"sample_weight": weights}
        fitted = estimator.fit(prepared.learn, y, **told)
        predict = fitted.predict_proba if self.problem.is_classification else fitted.predict
        predicted = np.asarray(predict(prepared.judge), dtype=np.float64)
        loss = float(row_losses(predicted, truth).mean()) if quantile is None else loss_of(predicted, seen)
        return Watched(np.zeros(1, dtype=np.int64), np.array([loss]), lambda _: predicted)


def row_losses(predicted: Floats, truth: NDArray[Any]) -> Floats:
    """Give the loss of each row; see ``measures.score_classes`` for the clipping.

    Args:
        predicted: shape (m, k), or (m,) for values.
        truth: class numbers or values, shape (m,).

    Returns:
        Log-loss in nats or squared error, shape (m,).
    """
    if predicted.ndim == 1:
        return np.asarray((predicted - truth) ** 2)
    told = np.clip(predicted[np.arange(len(truth)), truth], _EPS, 1 - _EPS)
    return np.asarray(-np.log(told))


def _rungs(rows: pd.DataFrame, problem: Problem, folds: Sequence[Fold]) -> tuple[Rung, ...]:
    """Order the folds, with a look at fewer rows before them where the table is large.

    By time the newest fold comes first: it is the most like what a model is for, and so the first to tell hopeless
    settings from others.
    """
    numbers = range(len(folds))
    order = reversed(numbers) if problem.split.by == "time" else numbers
    whole = tuple(Rung(number, *folds[number]) for number in order)
    first = whole[0]
    if len(first.learnt) <= _ROWS_WORTH_A_LOOK:
        return whole
    strata = rows[problem.target.column].to_numpy() if problem.is_classification else np.zeros(len(rows))
    learnt, judged = (_thinned(side, strata, _ROWS_OF_A_LOOK) for side in (first.learnt, first.judged))
    return (Rung(None, learnt, judged), *whole)


def _thinned(positions: Positions, strata: NDArray[Any], n_most: int) -> Positions:
    """Take rows at equal steps within each class, so that nothing is left to chance and no class is lost."""
    if len(positions) <= n_most:
        return positions
    share, kept = n_most / len(positions), []
    for stratum in pd.unique(strata[positions]):
        own = positions[strata[positions] == stratum]
        n_kept = min(len(own), max(2, round(share * len(own))))
        kept.append(own[(np.arange(n_kept) * len(own)) // n_kept])
    return np.sort(np.concatenate(kept))


class _Cache:
    """Keeps what was used last, up to so many bytes."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._kept: OrderedDict[Any, _Prepared] = OrderedDict()
        self._n_bytes = 0

    def get(self, key: Any) -> _Prepared | None:
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._kept.get(key)

    def put(self, key: Any, made: _Prepared) -> None:
        if made.n_bytes > self._most_bytes:
            return
        self._kept[key] = made
        self._n_bytes += made.n_bytes
        while self._n_bytes > self._most_bytes:
            _, oldest = self._kept.popitem(last=False)
            self._n_bytes -= oldest.n_bytes


def _n_bytes(matrix: Any) -> int:
    if isinstance(matrix, pd.DataFrame):
        return int(matrix.memory_usage(deep=True).sum())
    if hasattr(matrix, "indptr"):
        return int(matrix.data.nbytes + matrix.indices.nbytes + matrix.indptr.nbytes)
    return int(np.asarray(matrix).nbytes)
