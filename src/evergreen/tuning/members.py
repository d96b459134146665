"""Members of a combination: added one by one while each is worth its latency, or all that are alike."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.models.calibrated import calibrate, fit_calibration
from evergreen.tuning.arena import row_losses
from evergreen.tuning.bench import Bench, CombineLimits
from evergreen.tuning.greedy import Weights, grow
from evergreen.tuning.hedge import Judges, choose_alike
from evergreen.tuning.paired import Gain, paired_gain

_MAX_MEMBERS = 4
# A further member has to gain more than the error of its gain: the rule of one standard error (Breiman et al., 1984,
# Classification and Regression Trees, section 3.4.3), for one model where two are not clearly better.
_N_ERRORS = 1.0
_STEPS = ["step", "candidate", "trial", "weight", "loss", "gain", "gain_se", "latency_ratio", "outcome"]
_NO_GAIN = Gain(float("nan"), float("nan"))
_NO_LIMITS = CombineLimits(max_latency_ratio=None)
_NO_BETTER = "refused: no better than the first alone once each is corrected"
_HEDGED = "kept: no model tells rows of one period apart, so all that are alike count the same"


def add_members(bench: Bench, start: int, limits: CombineLimits) -> tuple[Weights, pd.DataFrame]:
    """Add members to a first model, each of which must gain on rows that it was not chosen on.

    Args:
        bench: the models.
        start: the place of the first.
        limits: what the choice has to keep to.

    Returns:
        Place -> weight, and the steps, see ``Combined.steps``.
    """
    kept: Weights = {start: 1.0}
    steps = [_step(bench, kept, start, _NO_GAIN, "kept")]
    for n_members in range(2, _MAX_MEMBERS + 1):
        steps.extend(_tell_slow(bench, kept, start, n_members, limits))
        found = _grow(bench, start, range(len(bench.folds)), n_members, limits)
        if len(found) <= len(kept):
            break
        gain = _gain(bench, start, (len(kept), n_members), limits)
        outcome = "kept" if gain.is_beyond(_N_ERRORS) else f"refused: {_doubt(gain)}"
        steps.append(_step(bench, found, _newest(found, kept), gain, outcome))
        if outcome != "kept":
            break
        kept = found
    weights = {bench.tuned[place].number: weight for place, weight in kept.items()}
    return kept, pd.DataFrame([_with_final_weight(step, weights) for step in steps])[_STEPS]


def stand_alike(bench: Bench, judges: Judges, limits: CombineLimits) -> tuple[Weights, pd.DataFrame]:
    """Let models that cannot be told apart count the same.

    Args:
        bench: one model of each candidate, the best first.
        judges: what came.
        limits: what the choice has to keep to.

    Returns:
        Place -> weight, and the steps, see ``Combined.steps``.
    """
    places = choose_alike(bench.library, judges, lambda members: not bench.too_much(members, limits))
    weights = dict.fromkeys(places, 1 / len(places))
    steps = []
    for number, place in enumerate(places, start=1):
        so_far = dict.fromkeys(places[:number], 1 / number)
        steps.append(_step(bench, so_far, place, _NO_GAIN, _HEDGED) | {"weight": weights[place]})
    return weights, pd.DataFrame(steps)[_STEPS]


def stand_alone(steps: pd.DataFrame) -> pd.DataFrame:
    """Refuse all members but the first.

    Args:
        steps: of ``add_members``.

    Returns:
        The same steps; those that were kept after the first are refused.
    """
    is_further = (steps["outcome"] == "kept") & (steps["step"] > 1)
    told = steps.assign(outcome=steps["outcome"].mask(is_further, _NO_BETTER))
    told.loc[told["step"] == 1, "weight"] = 1.0
    return told


def _grow(bench: Bench, start: int, folds: Sequence[int], n_members: int, limits: CombineLimits) -> Weights:
    def is_allowed(members: frozenset[int]) -> bool:
        return len(members) <= n_members and not bench.too_much(members, limits)

    return grow(bench.library, start, folds, is_allowed)


def _tell_slow(
    bench: Bench, kept: Weights, start: int, n_members: int, limits: CombineLimits
) -> Iterator[dict[str, Any]]:
    """Tell of the member that would have come next if what it takes were no matter."""
    wished = _grow(bench, start, range(len(bench.folds)), n_members, _NO_LIMITS)
    if len(wished) > len(kept) and (word := bench.too_much(wished, limits)):
        yield _step(bench, wished, _newest(wished, kept), _NO_GAIN, f"refused: {word}")


def _newest(found: Weights, kept: Weights) -> int:
    """The member that was not there before, the one with the largest weight; the first where there is none."""
    return max(found, key=lambda place: (place not in kept, found[place]))


def _gain(bench: Bench, start: int, sizes: tuple[int, int], limits: CombineLimits) -> Gain:
    """Say what the larger of two combinations gains on rows that neither was chosen on."""
    gains, judged_rows = [], []
    for fold, (_, judged) in enumerate(bench.folds):
        chosen_on = _chosen_on(bench, fold)
        if not chosen_on:
            continue
        small, large = (_grow(bench, start, chosen_on, size, limits) for size in sizes)
        gains.append(_losses(bench, small, chosen_on, fold) - _losses(bench, large, chosen_on, fold))
        judged_rows.append(judged)
    labels = None if bench.clusters is None else bench.clusters[np.concatenate(judged_rows)]
    return paired_gain(np.concatenate(gains), labels)


def _chosen_on(bench: Bench, fold: int) -> list[int]:
    is_forward = bench.problem.split.by == "time"
    return [other for other in range(fold if is_forward else len(bench.folds)) if other != fold]


def _losses(bench: Bench, weights: Weights, chosen_on: Sequence[int], fold: int) -> NDArray[np.float64]:
    """Give the loss of each row of a fold, after one temperature that was learnt on other folds."""
    predicted, truth = bench.library.average(weights, fold), bench.library.truths[fold]
    if bench.problem.is_classification:
        told = np.concatenate([bench.library.average(weights, other) for other in chosen_on])
        came = np.concatenate([bench.library.truths[other] for other in chosen_on])
        predicted = calibrate(predicted, fit_calibration(told, came, "temperature"))
    return row_losses(predicted, truth)


def _doubt(gain: Gain) -> str:
    if np.isnan(gain.se):
        return "too few days or groups to tell what it gains"
    return "no gain beyond its error on rows that it was not chosen on"


def _step(bench: Bench, weights: Weights, newest: int, gain: Gain, outcome: str) -> dict[str, Any]:
    return {
        "step": len(weights),
        "candidate": bench.tuned[newest].settings.candidate,
        "trial": bench.tuned[newest].number,
        "weight": weights[newest],
        "loss": bench.library.loss(weights, range(len(bench.folds))),
        "gain": gain.mean,
        "gain_se": gain.se,
        "latency_ratio": bench.ratio(weights),
        "outcome": outcome,
    }


def _with_final_weight(step: dict[str, Any], weights: dict[int, float]) -> dict[str, Any]:
    return step | {"weight": weights.get(step["trial"], 0.0)} if step["outcome"] == "kept" else step
