"""What members of a combination are judged by, and what they have to keep to."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evergreen.models.averaged import AS_IT_IS, Line, sharpened
from evergreen.models.calibrated import fit_calibration
from evergreen.models.clusters import row_clusters
from evergreen.models.corrections import weigh_judged
from evergreen.models.folds import Fold
from evergreen.models.remedies import Weights as RowWeights
from evergreen.models.target import target_values
from evergreen.problem import Problem
from evergreen.tuning.greedy import Library, Weights
from evergreen.tuning.ground import Ground
from evergreen.tuning.latency import latency_ratio
from evergreen.tuning.tuned import Tuned


@dataclass(frozen=True)
class CombineLimits:
    """What a choice has to keep to.

    Attributes:
        max_latency_ratio: how many times the latency of one histogram boosting its members may take; None for no limit.
            A single model is not held to it.
        excluded: candidate -> the limit of the case that it breaks; these are not chosen from.
        sums: what members may take together by what was measured: the most, and what each candidate takes. One that
            was not measured counts nothing.
    """

    max_latency_ratio: float | None = 2.0
    excluded: Mapping[str, str] = field(default_factory=dict)
    sums: tuple[tuple[float, Mapping[str, float]], ...] = ()

    def allows(self, candidates: Sequence[str]) -> bool:
        """Say whether models of these candidates may stand together by what was measured."""
        return all(sum(taken.get(name, 0.0) for name in candidates) <= most for most, taken in self.sums)


@dataclass(frozen=True, eq=False)
class Bench:
    """Models side by side on the same rows.

    Attributes:
        problem: the case.
        folds: positions (learn, judge), oldest first.
        library: what the models said of the judged rows, and what came.
        tuned: the models.
        weights: of the judged rows up to each fold, see ``weigh_judged``.
        clusters: which rows count together, shape (n,); None where rows are independent.
        lines: of the models, where the library holds what they say once none is too careful.
    """

    problem: Problem
    folds: list[Fold]
    library: Library
    tuned: list[Tuned]
    weights: list[RowWeights | None]
    clusters: NDArray[Any] | None
    lines: tuple[Line, ...] = ()

    def place_of(self, candidate: str) -> int:
        """Give the place of the first model of a candidate."""
        return next(place for place, one in enumerate(self.tuned) if one.settings.candidate == candidate)

    def ratio(self, members: Iterable[int]) -> float:
        """Say how many times the latency of one histogram boosting models take together."""
        return latency_ratio((self.tuned[place].settings for place in members), self.problem)

    def too_much(self, members: Collection[int], limits: CombineLimits) -> str:
        """Say why models may not stand together; nothing where they may, as a single one always may."""
        if len(members) == 1:
            return ""
        ratio, most = self.ratio(members), limits.max_latency_ratio
        if most is not None and ratio > most:
            return f"{ratio:.2f} times the latency of one histogram boosting, {most:g} allowed"
        is_allowed = limits.allows([self.tuned[place].settings.candidate for place in members])
        return "" if is_allowed else "its members together break a limit of the case"

    def unseen(self, weights: Weights) -> list[NDArray[Any]]:
        """Average what models said of the judged rows, one array a fold."""
        return [self.library.average(weights, fold) for fold in range(len(self.folds))]


def make_bench(tuned: list[Tuned], ground: Ground) -> Bench:
    """Put models side by side.

    Args:
        tuned: trials that went all the way, in the order that ties are broken by.
        ground: rows and case that they were judged on.

    Returns:
        The bench.
    """
    rows, problem, folds = ground.rows, ground.problem, ground.folds()
    y, labels = target_values(rows, problem), row_clusters(rows, problem)
    library = Library(tuple(one.unseen for one in tuned), tuple(y[judged] for _, judged in folds))
    return Bench(problem, folds, library, tuned, weigh_judged(rows, folds, problem), labels)


def sharpen(bench: Bench) -> Bench:
    """Make each classifier that is too careful as sure of itself as it was right, for it would drown in an average.

    Of each model a slope and the shifts are learnt from all judged rows, as a sigmoid has them. One that is too sure
    stays as it is: an average is less sure than its members. On 5,574 text messages a linear model that is far too
    careful and LightGBM were worth nothing to each other before.

    Args:
        bench: models as they speak.

    Returns:
        The bench with the predictions they are averaged by; the same one for values.
    """
    if not bench.problem.is_classification:
        return bench
    truths = np.concatenate(bench.library.truths)
    fitted = [fit_calibration(np.concatenate(told), truths, "sigmoid") for told in bench.library.unseen]
    lines = tuple((one.slope, one.shifts) if one.slope > 1 else AS_IT_IS for one in fitted)
    unseen = tuple(
        tuple(sharpened(one, line) for one in folds) for folds, line in zip(bench.library.unseen, lines, strict=True)
    )
    return replace(bench, library=replace(bench.library, unseen=unseen), lines=lines)
