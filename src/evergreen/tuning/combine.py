"""From what was tuned to a recipe: the best model or a combination, and its correction."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.errors import DataError
from evergreen.models.calibrated import Calibration, CalibrationMethod, calibrate, fit_calibration
from evergreen.models.clusters import row_clusters
from evergreen.models.corrections import (
    COMBINATION,
    choose_scored,
    learn_decision,
    score_corrections,
    weigh_judged,
)
from evergreen.models.fair_thresholds import learn_cuts
from evergreen.models.folds import Fold
from evergreen.models.recipe import Member, Recipe
from evergreen.models.remedies import Weights as RowWeights
from evergreen.models.target import target_values
from evergreen.problem import Problem
from evergreen.tuning.arena import row_losses
from evergreen.tuning.greedy import Library, Weights, grow
from evergreen.tuning.ground import Ground
from evergreen.tuning.latency import latency_ratio
from evergreen.tuning.paired import Gain, paired_gain
from evergreen.tuning.tuned import Tuned

_FEW = 3
_MAX_MEMBERS = 4
# A further member has to gain more than the error of its gain: the rule of one standard error (Breiman et al., 1984,
# Classification and Regression Trees, section 3.4.3), for one model where two are not clearly better.
_N_ERRORS = 1.0
_SCORES = ["candidate", "correction", "fold", "metric", "score", "fit_rows"]
_STEPS = ["step", "candidate", "trial", "weight", "loss", "gain", "gain_se", "latency_ratio", "outcome"]
_NO_GAIN = Gain(float("nan"), float("nan"))


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


_NO_LIMITS = CombineLimits(max_latency_ratio=None)


@dataclass(frozen=True, eq=False)
class Combined:
    """What was chosen, and why.

    Attributes:
        recipe: how the challenger is made.
        scores: validation of the best of each candidate, and of the combination where one was kept, before and after
            every correction: columns ``candidate, correction, fold, metric, score, fit_rows``.
        steps: the best model and each further one that was tried: columns ``step, candidate, trial, weight, loss,
            gain, gain_se, latency_ratio, outcome``.
    """

    recipe: Recipe
    scores: pd.DataFrame
    steps: pd.DataFrame


@dataclass(frozen=True, eq=False)
class _Bench:
    """Everything that is judged by."""

    problem: Problem
    folds: list[Fold]
    library: Library
    tuned: list[Tuned]
    weights: list[RowWeights | None]
    clusters: NDArray[Any] | None


def combine_tuned(tuned: Sequence[Tuned], ground: Ground, limits: CombineLimits) -> Combined:
    """Choose the best candidate after its correction, and add members that are worth their latency.

    The best three of each candidate may be members. Members are chosen by ``grow``, two at most, then three, then four:
    each further one must gain on rows that it was not chosen on. By time these are the folds after those it was
    chosen on, else each fold in turn. Gains are paired by row, and days or groups count together. On both sides one
    temperature is learnt where members were chosen: a combination is not paid for what a correction gives for free.
    The single best was chosen on all folds and stands as it is, which is to its favour. Latency is told from settings,
    see ``latency``: nothing here looks at a clock.

    Args:
        tuned: trials that went all the way, best first.
        ground: rows and case that they were judged on.
        limits: what the choice has to keep to.

    Returns:
        The choice.

    Raises:
        DataError: where every candidate breaks a limit of the case.
    """
    bench = _bench(_eligible(tuned, limits), ground)
    scores = _score_singles(bench)
    start = _first_of(bench, choose_scored(scores)[0])
    weights, steps = _add_members(bench, start, limits)
    if len(weights) > 1:
        scores = pd.concat([scores, _score(bench, weights, COMBINATION)], ignore_index=True)
    recipe = _recipe(bench, weights, choose_scored(scores)[1], ground.movable)
    return Combined(_with_group_cuts(recipe, bench, weights, ground), scores[_SCORES], steps)


def _eligible(tuned: Sequence[Tuned], limits: CombineLimits) -> list[Tuned]:
    names = dict.fromkeys(one.settings.candidate for one in tuned)
    kept = [
        one
        for name in names
        if name not in limits.excluded
        for one in [trial for trial in tuned if trial.settings.candidate == name][:_FEW]
    ]
    if not kept:
        broken = "; ".join(f"{name}: {word}" for name, word in limits.excluded.items())
        cure = "Raise the limits of the case, or let other candidates compete."
        raise DataError("Every candidate", f"breaks a limit of the case ({broken})", cure)
    return sorted(kept, key=lambda one: [trial.number for trial in tuned].index(one.number))


def _bench(tuned: list[Tuned], ground: Ground) -> _Bench:
    rows, problem, folds = ground.rows, ground.problem, ground.folds()
    y, labels = target_values(rows, problem), row_clusters(rows, problem)
    library = Library(tuple(one.unseen for one in tuned), tuple(y[judged] for _, judged in folds))
    return _Bench(problem, folds, library, tuned, weigh_judged(rows, folds, problem), labels)


def _first_of(bench: _Bench, candidate: str) -> int:
    return next(place for place, one in enumerate(bench.tuned) if one.settings.candidate == candidate)


def _score_singles(bench: _Bench) -> pd.DataFrame:
    names = dict.fromkeys(one.settings.candidate for one in bench.tuned)
    return pd.concat([_score(bench, {_first_of(bench, name): 1.0}, name) for name in names], ignore_index=True)


def _score(bench: _Bench, weights: Weights, name: str) -> pd.DataFrame:
    unseen = [bench.library.average(weights, fold) for fold in range(len(bench.folds))]
    scores = score_corrections(unseen, bench.library.truths, bench.weights, bench.problem).assign(candidate=name)
    scores["fit_rows"] = scores["fold"].map({k: len(learnt) for k, (learnt, _) in enumerate(bench.folds, start=1)})
    return scores


def _add_members(bench: _Bench, start: int, limits: CombineLimits) -> tuple[Weights, pd.DataFrame]:
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


def _grow(bench: _Bench, start: int, folds: Sequence[int], n_members: int, limits: CombineLimits) -> Weights:
    def is_allowed(members: frozenset[int]) -> bool:
        return len(members) <= n_members and not _too_much(bench, members, limits)

    return grow(bench.library, start, folds, is_allowed)


def _too_much(bench: _Bench, members: Collection[int], limits: CombineLimits) -> str:
    """Say why models may not stand together; nothing where they may, as a single one always may."""
    if len(members) == 1:
        return ""
    ratio, most = _ratio(bench, members), limits.max_latency_ratio
    if most is not None and ratio > most:
        return f"{ratio:.2f} times the latency of one histogram boosting, {most:g} allowed"
    is_allowed = limits.allows([bench.tuned[place].settings.candidate for place in members])
    return "" if is_allowed else "its members together break a limit of the case"


def _tell_slow(
    bench: _Bench, kept: Weights, start: int, n_members: int, limits: CombineLimits
) -> Iterator[dict[str, Any]]:
    """Tell of the member that would have come next if what it takes were no matter."""
    wished = _grow(bench, start, range(len(bench.folds)), n_members, _NO_LIMITS)
    if len(wished) > len(kept) and (word := _too_much(bench, wished, limits)):
        yield _step(bench, wished, _newest(wished, kept), _NO_GAIN, f"refused: {word}")


def _ratio(bench: _Bench, members: Iterable[int]) -> float:
    return latency_ratio((bench.tuned[place].settings for place in members), bench.problem)


def _newest(found: Weights, kept: Weights) -> int:
    """The member that was not there before, the one with the largest weight; the first where there is none."""
    return max(found, key=lambda place: (place not in kept, found[place]))


def _gain(bench: _Bench, start: int, sizes: tuple[int, int], limits: CombineLimits) -> Gain:
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


def _chosen_on(bench: _Bench, fold: int) -> list[int]:
    is_forward = bench.problem.split.by == "time"
    return [other for other in range(fold if is_forward else len(bench.folds)) if other != fold]


def _losses(bench: _Bench, weights: Weights, chosen_on: Sequence[int], fold: int) -> NDArray[np.float64]:
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


def _step(bench: _Bench, weights: Weights, newest: int, gain: Gain, outcome: str) -> dict[str, Any]:
    return {
        "step": len(weights),
        "candidate": bench.tuned[newest].settings.candidate,
        "trial": bench.tuned[newest].number,
        "weight": weights[newest],
        "loss": bench.library.loss(weights, range(len(bench.folds))),
        "gain": gain.mean,
        "gain_se": gain.se,
        "latency_ratio": _ratio(bench, weights),
        "outcome": outcome,
    }


def _with_final_weight(step: dict[str, Any], weights: dict[int, float]) -> dict[str, Any]:
    return step | {"weight": weights.get(step["trial"], 0.0)} if step["outcome"] == "kept" else step


def _recipe(bench: _Bench, weights: Weights, correction: str, movable: Sequence[str]) -> Recipe:
    members = tuple(Member(settings=bench.tuned[place].settings, weight=weight) for place, weight in weights.items())
    left_out = tuple(movable[: max(member.settings.n_dropped for member in members)])
    unseen = [bench.library.average(weights, fold) for fold in range(len(bench.folds))]
    if not bench.problem.is_classification:
        scale, offset = learn_decision(unseen, bench.library.truths, bench.problem)
        return Recipe(members=members, scale=scale, offset=offset, left_out=left_out)
    method = next(method for method in get_args(CalibrationMethod) if method == correction)
    told = np.concatenate(unseen), np.concatenate(bench.library.truths)
    calibration: Calibration = fit_calibration(*told, method, sample_weight=bench.weights[-1])
    return Recipe(members=members, calibration=calibration, left_out=left_out)


def _with_group_cuts(recipe: Recipe, bench: _Bench, weights: Weights, ground: Ground) -> Recipe:
    """Learn cut points of groups from corrected predictions of all judged rows, where the case decides by them."""
    problem = bench.problem
    if problem.fairness is None or not problem.fairness.has_thresholds:
        return recipe
    places = np.concatenate([judged for _, judged in bench.folds])
    told = np.concatenate([bench.library.average(weights, fold) for fold in range(len(bench.folds))])
    corrected = calibrate(told, recipe.calibration)
    cuts = learn_cuts(ground.rows.iloc[places], corrected, problem, random_state=ground.random_state)
    return recipe.model_copy(update={"group_cuts": cuts})
