"""Rows that stand in training and in the holdout alike."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.models.suspect import Suspect
from evergreen.problem import Column, Problem

ROWS = "(rows)"
_MIN_ROWS, _MIN_SHARE = 10, 0.005
# What stands in more rows than this is a common pattern of few words, not a copy of one row.
_MAX_COPIES = 5
# Twelve honest tables with coarse columns had 0.1 to 1.3 times as many equal pairs as chance was said to give.
_TIMES_CHANCE = 2.0
_N_LOOSEST = 5
_SAMPLE_ROWS = 50_000
_GOLDEN = 0x9E3779B97F4A7C15

Hashes = NDArray[np.uint64]


@dataclass(frozen=True, eq=False)
class _Sides:
    """The hashes of each feature on the two sides; a row is the sum of its features' hashes."""

    training: list[Hashes]
    holdout: list[Hashes]

    @cached_property
    def whole(self) -> tuple[Hashes, Hashes]:
        """The hashes of the rows of both sides."""
        training, holdout = (np.asarray(sum(side[1:], side[0])) for side in (self.training, self.holdout))
        return training, holdout

    def without(self, features: tuple[int, ...]) -> tuple[Hashes, Hashes]:
        """Hash the rows of both sides, some features left out."""
        training, holdout = self.whole
        for i in features:
            training, holdout = training - self.training[i], holdout - self.holdout[i]
        return training, holdout

    def keep(self, training: NDArray[np.bool_]) -> "_Sides":
        """Keep some training rows and all of the holdout."""
        return _Sides([one[training] for one in self.training], self.holdout)


def find_copies(training: pd.DataFrame, holdout: pd.DataFrame, problem: Problem) -> list[Suspect]:
    """Find rows of the holdout that training holds too: the same key, or the same features.

    Coarse columns make rows equal by chance. How often tells the pairs that differ: where two columns agree or not
    independently of each other (given that all others agree), pairs equal in both : in the first = in the second : in
    none, so chance gives (differ in one) x (differ in the other) / (differ in both) equal pairs. The largest such
    figure of the loosest columns counts. Equal rows are suspected where their pairs are more than twice that.
    Training rows of which a side holds more than five take no part: they are common, not copied. Where prose is the
    only feature its two halves stand for columns, and equal pairs must also outnumber those that share one half.

    Args:
        training: training rows.
        holdout: holdout rows.
        problem: the case.

    Returns:
        At most two suspects; their strength is the share of holdout rows.
    """
    return [*_repeated_keys(training, holdout, problem), *_repeated_features(training, holdout, problem)]


def _repeated_keys(training: pd.DataFrame, holdout: pd.DataFrame, problem: Problem) -> Iterator[Suspect]:
    key = list(problem.key)
    is_repeated = pd.MultiIndex.from_frame(holdout[key]).isin(pd.MultiIndex.from_frame(training[key]))
    if is_repeated.any():
        finding = f"{int(is_repeated.sum())} rows of the holdout have the key of a training row."
        yield Suspect(", ".join(key), "duplicate across splits", float(is_repeated.mean()), finding)


def _repeated_features(training: pd.DataFrame, holdout: pd.DataFrame, problem: Problem) -> Iterator[Suspect]:
    sides = _leave_common_out(_Sides(*(_hash_columns(rows, problem) for rows in (training, holdout))))
    n_repeated = int(np.isin(sides.whole[1], sides.whole[0]).sum())
    if n_repeated < max(_MIN_ROWS, _MIN_SHARE * len(holdout)):
        return
    n_pairs = _count_pairs(sides, ())
    n_near = {i: max(0, _count_pairs(sides, (i,)) - n_pairs) for i in range(len(sides.training))}
    n_chance = _count_chance(sides, n_pairs, n_near)
    is_prose_alone = [column.type for column in problem.feature_columns.values()] == ["text"]
    if n_pairs > _TIMES_CHANCE * n_chance and not (is_prose_alone and n_pairs <= sum(n_near.values())):
        finding = f"{n_repeated} rows of the holdout ({n_repeated / len(holdout):.1%}) equal a training row in every "
        finding += f"feature: {n_pairs} pairs, where chance gives about {n_chance:.0f}."
        yield Suspect(ROWS, "duplicate across splits", n_repeated / len(holdout), finding)


def _hash_columns(rows: pd.DataFrame, problem: Problem) -> list[Hashes]:
    hashed = []
    for place, (name, column) in enumerate(problem.feature_columns.items()):
        for half, cells in enumerate(_parts(rows[name], column)):
            # Equal cells of two columns need different hashes, or swapped cells would make equal rows.
            salt = np.uint64((2 * place + half + 1) * _GOLDEN % 2**64)
            plain: Hashes = pd.util.hash_pandas_object(cells, index=False).to_numpy().astype(np.uint64)
            hashed.append(_mix(plain + salt))
    return hashed


def _parts(cells: "pd.Series[Any]", column: Column) -> "list[pd.Series[Any]]":
    if column.is_numeric:
        return [cells.astype("float64")]
    if column.type != "text":
        return [cells.astype(object) if column.type != "timestamp" else cells]
    texts = [text if isinstance(text, str) else "" for text in cells]
    halves = [(text[: len(text) // 2], text[len(text) // 2 :]) for text in texts]
    return [pd.Series([pair[half] for pair in halves], dtype=object) for half in (0, 1)]


def _mix(hashes: Hashes) -> Hashes:
    """Scatter hashes (the finaliser of MurmurHash3, Appleby 2011), so that their sums seldom meet."""
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        hashes = (hashes ^ (hashes >> np.uint64(33))) * np.uint64(factor)
    return hashes ^ (hashes >> np.uint64(33))


def _leave_common_out(sides: _Sides) -> _Sides:
    counted = [np.unique(rows, return_counts=True) for rows in sides.whole]
    common = np.concatenate([values[n_rows > _MAX_COPIES] for values, n_rows in counted])
    return sides.keep(~np.isin(sides.whole[0], common))


def _count_chance(sides: _Sides, n_pairs: int, n_near: dict[int, int]) -> float:
    loosest = sorted(n_near, key=lambda i: -n_near[i])[:_N_LOOSEST]
    expected = [0.0]
    for one, other in combinations(loosest, 2):
        n_apart = _count_pairs(sides, (one, other)) - n_pairs - n_near[one] - n_near[other]
        expected.append(n_near[one] * n_near[other] / max(n_apart, 1))
    return max(expected)


def _count_pairs(sides: _Sides, without: tuple[int, ...]) -> int:
    """Count pairs of a training and a holdout row that are equal in all features but some, from a sample of hashes."""
    if len(without) == len(sides.training):
        return len(sides.training[0]) * len(sides.holdout[0])
    rows = sides.without(without)
    # Near pairs are many, so a sample of hashes tells their number; equal ones are few and counted all.
    every = max(1, sum(map(len, rows)) // _SAMPLE_ROWS) if without else 1
    sampled = [hashes[hashes % np.uint64(every) == 0] for hashes in rows]
    (one, n_one), (other, n_other) = (np.unique(hashes, return_counts=True) for hashes in sampled)
    _, at_one, at_other = np.intersect1d(one, other, assume_unique=True, return_indices=True)
    return every * int((n_one[at_one] * n_other[at_other]).sum())
