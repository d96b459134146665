"""Columns that move in time, found by validation forward in time and not by faith."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.models.alone import code_cells, judge_alone
from evergreen.models.clusters import row_clusters
from evergreen.models.folds import Fold, make_folds
from evergreen.models.quick import QuickFold
from evergreen.models.threads import threads_for
from evergreen.problem import Problem
from evergreen.tuning.paired import Gain, paired_gain

_MAX_ROWS, _MAX_CELLS, _MIN_ROWS = 10_000, 500_000, 2_000
# A quick model is learnt again without each of so many columns at most: those most likely to move.
_MAX_TRIED = 12
_N_PARTS = 4
# Three rows of four, one of each period, are told apart. Where a column knows nothing of time it is half of them.
_MOVING_AUC = 0.75
# Columns come by the dozen: beyond two errors one in forty would gain by chance, beyond three one in 700.
_N_ERRORS = 3.0
_UNKNOWN = Gain(float("nan"), float("nan"))


@dataclass(frozen=True, eq=False)
class _Forward:
    """Folds forward in time, oldest first, with quick models, and what each judged row counts together with."""

    quick: list[QuickFold]
    clusters: list[NDArray[Any]] | None

    @property
    def newest(self) -> "_Forward":
        """The newest fold alone."""
        return _Forward(self.quick[-1:], None if self.clusters is None else self.clusters[-1:])

    def gain(self, dropped: Iterable[str]) -> Gain:
        """Say what is gained without some columns; unknown where none is left."""
        without = set(dropped)
        if not self.quick[0].features - without:
            return _UNKNOWN
        gains = [
            fold.losses(fold.predict_from(fold.features)) - fold.losses(fold.predict_from(fold.features - without))
            for fold in self.quick
        ]
        return paired_gain(np.concatenate(gains), None if self.clusters is None else np.concatenate(self.clusters))

    def misleads(self, codes: NDArray[np.int64]) -> float:
        """Say what a column alone loses against a constant: the past's means by level, on later rows."""
        losses = [
            fold.losses(fold.predict_by_level(codes)) - fold.losses(fold.predict_constant()) for fold in self.quick
        ]
        return float(np.concatenate(losses).mean())


def find_movement(rows: pd.DataFrame, problem: Problem, *, random_state: int) -> pd.DataFrame:
    """Order the features by how much they move in time.

    ``period_auc`` is how well a column alone tells the rows of a fold that are judged from those before them that are
    learnt from (adversarial validation, column by column): the mean share of the period by level in other rows, ranked,
    averaged over the folds. 0.5 is a column that knows no time, 1 one whose later values were never seen before.
    ``forward_gain`` is what a quick boosted model gains on later rows when it is learnt again without the column: it
    also finds a column that looks the same but has come to mean something else. Columns that stand for each other hide
    each other there, so ``nested_gain`` drops all columns up to this one at the places 1, 2, 4, 8 and so on, and at the
    last that moves. It is of the newest fold alone, which learns from nearly as much of the past as a model will: where
    the past is short, every column whose values come round (a month, a level that returns) still looks as if it misled.

    A column has turned where dropping it gains on later rows and loses on rows of the same time, both beyond three
    standard errors: a column that tells nothing at all is better left out at any time. A column is movable where it has
    turned, or where its period is told (0.75 or more). Those that have turned come first, then those that tell the
    period best. Whether to drop any is not decided here: a column that moves may tell more than it misleads, and models
    differ in what they make of it. At most 10,000 rows take part.

    Args:
        rows: training rows.
        problem: the case.
        random_state: seed of the sample and the quick models.

    Returns:
        Columns ``column, order, period_auc, forward_gain, forward_gain_se, nested_gain, nested_gain_se, is_movable``,
        in order from 1. Gains are nats, or squares of the target's unit; NaN where they were not measured. No row
        where the case is not split by time.
    """
    if problem.split.by != "time":
        return NO_MOVEMENT
    sampled = _sample(rows, problem, random_state)
    folds = make_folds(sampled, problem, random_state=random_state)
    codes = {name: code_cells(sampled[name], column) for name, column in problem.feature_columns.items()}
    with threads_for(len(sampled)):
        aucs = {name: _period_auc(code, folds, random_state) for name, code in codes.items()}
        forward = _forward(sampled, folds, problem, random_state)
        gains = {name: forward.gain([name]) for name in _tried(codes, aucs, forward)}
        turned = _turned(gains, sampled, folds, problem, random_state)
        ordered = sorted(codes, key=lambda name: (turned.get(name, 0.0), aucs[name]), reverse=True)
        is_movable = [name for name in ordered if name in turned or aucs[name] >= _MOVING_AUC]
        nested = {ordered[n - 1]: forward.newest.gain(ordered[:n]) for n in _nested_sizes(len(is_movable))}
    return _tabulate(ordered, aucs, gains, nested, frozenset(is_movable))


def _sample(rows: pd.DataFrame, problem: Problem, random_state: int) -> pd.DataFrame:
    n_rows = min(_MAX_ROWS, max(_MIN_ROWS, _MAX_CELLS // len(problem.feature_columns)))
    if len(rows) <= n_rows:
        return rows.reset_index(drop=True)
    drawn = np.random.default_rng(random_state).choice(len(rows), n_rows, replace=False)
    return rows.iloc[np.sort(drawn)].reset_index(drop=True)


def _period_auc(codes: NDArray[np.int64], folds: Sequence[Fold], random_state: int) -> float:
    return float(np.mean([_fold_auc(codes, fold, random_state) for fold in folds]))


def _fold_auc(codes: NDArray[np.int64], fold: Fold, random_state: int) -> float:
    learnt, judged = fold
    is_judged = np.repeat([0, 1], [len(learnt), len(judged)])
    parts = np.random.default_rng(random_state).permutation(len(is_judged)) % _N_PARTS
    found = judge_alone(codes[np.concatenate(fold)], np.eye(2)[is_judged], parts)
    return float(found.ranking[1])


def _forward(rows: pd.DataFrame, folds: Sequence[Fold], problem: Problem, random_state: int) -> _Forward:
    quick = [QuickFold(rows, fold, problem, random_state=random_state) for fold in folds]
    labels = row_clusters(rows, problem)
    return _Forward(quick, None if labels is None else [labels[judged] for _, judged in folds])


def _tried(codes: dict[str, NDArray[np.int64]], aucs: dict[str, float], forward: _Forward) -> list[str]:
    """Choose columns to learn without: those that tell the period, and those whose past misleads, in turn."""
    if len(codes) <= _MAX_TRIED:
        return list(codes)
    by_period = sorted(codes, key=lambda name: aucs[name], reverse=True)
    harm = {name: forward.misleads(code) for name, code in codes.items()}
    by_harm = sorted(codes, key=lambda name: harm[name], reverse=True)
    turns = [name for pair in zip(by_period, by_harm, strict=True) for name in pair]
    return list(dict.fromkeys(turns))[:_MAX_TRIED]


def _turned(
    gains: dict[str, Gain], rows: pd.DataFrame, folds: Sequence[Fold], problem: Problem, random_state: int
) -> dict[str, float]:
    """Name the columns that tell the outcome among rows of the same time and mislead on later ones, and by how much."""
    suspects = [name for name, gain in gains.items() if gain.is_beyond(_N_ERRORS)]
    if not suspects:
        return {}
    halves = [_halves(judged, random_state) for _, judged in folds]
    target = rows[problem.target.column]
    # A quick model must know every class; a block in which a half lacks one tells nothing.
    whole = [half for half in halves if target.iloc[half[0]].nunique() >= len(problem.target.classes)]
    if not whole:
        return {}
    within = _forward(rows, whole, problem, random_state)
    lost = {name: within.gain([name]) for name in suspects}
    return {name: gains[name].mean for name in suspects if Gain(-lost[name].mean, lost[name].se).is_beyond(_N_ERRORS)}


def _halves(positions: NDArray[np.intp], random_state: int) -> Fold:
    """Learn from one half of the rows of a block and judge on the other."""
    is_learnt = np.random.default_rng(random_state).permutation(len(positions)) % 2 == 0
    return positions[is_learnt], positions[~is_learnt]


def _nested_sizes(n_movable: int) -> list[int]:
    doubled = [2**power for power in range(n_movable.bit_length()) if 2**power < n_movable]
    return [*doubled, n_movable] if n_movable else []


def _tabulate(
    ordered: list[str],
    aucs: dict[str, float],
    gains: dict[str, Gain],
    nested: dict[str, Gain],
    is_movable: frozenset[str],
) -> pd.DataFrame:
    single, together = ([some.get(name, _UNKNOWN) for name in ordered] for some in (gains, nested))
    return pd.DataFrame(
        {
            "column": pd.Series(ordered, dtype="str"),
            "order": np.arange(1, len(ordered) + 1),
            "period_auc": pd.Series([aucs[name] for name in ordered], dtype="float64"),
            "forward_gain": pd.Series([gain.mean for gain in single], dtype="float64"),
            "forward_gain_se": pd.Series([gain.se for gain in single], dtype="float64"),
            "nested_gain": pd.Series([gain.mean for gain in together], dtype="float64"),
            "nested_gain_se": pd.Series([gain.se for gain in together], dtype="float64"),
            "is_movable": pd.Series([name in is_movable for name in ordered], dtype="bool"),
        }
    )


# No column is looked at.
NO_MOVEMENT = _tabulate([], {}, {}, {}, frozenset())
