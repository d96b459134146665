"""What to choose where validation cannot choose: several plain models that count alike."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evergreen.models.calibrated import fit_calibration, fit_level, rescale
from evergreen.tuning.arena import row_losses
from evergreen.tuning.greedy import Library
from evergreen.tuning.paired import Gain, mean_gain, paired_gain

Floats = NDArray[np.float64]
_N_ERRORS_OF_SKILL = 2.0
_N_ERRORS_OF_LIKENESS = 1.0
_LEAST_SLOPE = 0.02


@dataclass(frozen=True, eq=False)
class Judges:
    """What models are held against.

    Attributes:
        truths: class numbers or values, one array a fold, shape (m,).
        clusters: of the judged rows, one array a fold; None where rows are independent.
    """

    truths: Sequence[NDArray[Any]]
    clusters: Sequence[NDArray[Any]] | None

    def gain(self, losses: Sequence[Floats]) -> Gain:
        """Average differences of losses, one array a fold, over folds; folds that disagree widen its error."""
        labels = [None] * len(losses) if self.clusters is None else self.clusters
        return mean_gain([paired_gain(own, label) for own, label in zip(losses, labels, strict=True)])

    def pooled_gain(self, losses: Sequence[Floats], first: int) -> Gain:
        """Average differences of losses, one array a fold from some fold on, over rows."""
        labels = None if self.clusters is None else np.concatenate(self.clusters[first:])
        return paired_gain(np.concatenate(losses), labels)


def skill_within(unseen: Sequence[Floats], judges: Judges) -> Gain:
    """Say what a model gains over a constant inside the period that it was judged on.

    Both are brought to the level of the period with what came in it: a model is not credited with a level that moved
    its way, nor blamed for one that did not. How far it goes from that level is corrected by what earlier periods
    showed, so that one which is too sure is not taken for one that knows nothing. What is left is whether it tells rows
    of one time apart, which is all that it can bring to the next period.

    Args:
        unseen: predictions, one array a fold, oldest first: shape (m, k), or (m,) for values.
        judges: what came.

    Returns:
        The gain in nats or squares of the target's unit on all folds but the first, with its error; above 0 is skill.
    """
    slopes = [_slope(told, truth) for told, truth in zip(unseen, judges.truths, strict=True)]
    gains = []
    for fold in range(1, len(slopes)):
        told, truth = unseen[fold], judges.truths[fold]
        earlier = float(np.exp(np.mean(np.log(slopes[:fold]))))
        gains.append(_constant_losses(truth, told) - row_losses(_levelled(told, truth, earlier), truth))
    return judges.pooled_gain(gains, first=1)


def has_no_skill(unseen: Sequence[Floats], judges: Judges) -> bool:
    """Say whether a model was not shown to tell rows of one period apart.

    Args:
        unseen: see ``skill_within``.
        judges: what came.

    Returns:
        Whether the gain is not beyond two standard errors; false where they are unknown.
    """
    found = skill_within(unseen, judges)
    return not np.isnan(found.se) and not found.is_beyond(_N_ERRORS_OF_SKILL)


def choose_alike(library: Library, judges: Judges, is_allowed: Callable[[frozenset[int]], bool]) -> list[int]:
    """Choose models that stand together with equal weights.

    Weights that are learnt from folds which tell nothing are noise; equal ones are hard to beat where forecasts are
    combined over a past that does not repeat itself (Clemen, 1989, International Journal of Forecasting 5, 559-583;
    Smith and Wallis, 2009, Oxford Bulletin of Economics and Statistics 71, 331-355).

    Args:
        library: the models, the best first.
        judges: what came.
        is_allowed: whether models may stand together.

    Returns:
        The first, and every further one that is not worse by more than its standard error and is allowed beside those
        before it. Where too few days or groups tell the error, one that is worse at all is left out.
    """
    n_folds = len(judges.truths)
    losses = [[row_losses(unseen[fold], judges.truths[fold]) for fold in range(n_folds)] for unseen in library.unseen]
    chosen = [0]
    for model in range(1, len(losses)):
        shortfall = judges.gain([own - first for own, first in zip(losses[model], losses[0], strict=True)])
        is_alike = shortfall.mean <= 0 or shortfall.mean <= _N_ERRORS_OF_LIKENESS * shortfall.se
        if is_alike and is_allowed(frozenset({*chosen, model})):
            chosen.append(model)
    return chosen


def _slope(told: Floats, truth: NDArray[Any]) -> float:
    """Say how far a model should have gone from the level of a period: 1 as far as it went, above 0."""
    if told.ndim == 1:
        spread = float(np.var(told))
        return max(_LEAST_SLOPE, float(np.cov(told, truth, bias=True)[0, 1]) / spread) if spread else 1.0
    return max(_LEAST_SLOPE, fit_calibration(told, truth.astype(int), "sigmoid").slope)


def _levelled(told: Floats, truth: NDArray[Any], slope: float) -> Floats:
    if told.ndim == 1:
        return np.asarray(slope * (told - told.mean()) + truth.mean())
    return rescale(told, slope, fit_level(told, truth.astype(int), slope))


def _constant_losses(truth: NDArray[Any], told: Floats) -> Floats:
    if told.ndim == 1:
        return row_losses(np.full(len(truth), float(truth.mean())), truth)
    shares = np.bincount(truth.astype(int), minlength=told.shape[1]) / len(truth)
    return row_losses(np.tile(shares, (len(truth), 1)), truth)
