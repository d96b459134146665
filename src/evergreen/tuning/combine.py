"""From what was tuned to a recipe: the best model or a combination, and its correction."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np
import pandas as pd

from evergreen.errors import DataError
from evergreen.models.averaged import AS_IT_IS
from evergreen.models.calibrated import Calibration, CalibrationMethod, calibrate, fit_calibration
from evergreen.models.corrections import (
    COMBINATION,
    choose_scored,
    learn_decision,
    mean_scores,
    score_corrections,
)
from evergreen.models.fair_thresholds import learn_cuts
from evergreen.models.recipe import Member, Recipe
from evergreen.tuning.bench import Bench, CombineLimits, make_bench, sharpen
from evergreen.tuning.greedy import Weights
from evergreen.tuning.ground import Ground
from evergreen.tuning.hedge import Judges, has_no_skill
from evergreen.tuning.members import add_members, stand_alike, stand_alone
from evergreen.tuning.tuned import Tuned, first_of_each

_FEW = 3
_SCORES = ["candidate", "correction", "fold", "metric", "score", "fit_rows"]


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


def combine_tuned(tuned: Sequence[Tuned], ground: Ground, limits: CombineLimits) -> Combined:
    """Choose the best candidate after its correction, and add members that are worth their latency.

    The best three of each candidate may be members. Members are chosen by ``grow``, two at most, then three, then four:
    each further one must gain on rows that it was not chosen on. By time these are the folds after those it was
    chosen on, else each fold in turn. Gains are paired by row, and days or groups count together. On both sides one
    temperature is learnt where members were chosen, and members are averaged once none is too careful (``sharpen``):
    a combination is not paid for what a correction gives for free.
    The single best was chosen on all folds and stands as it is, which is to its favour. Nor is a combination kept that
    does no better than the single best once each has the correction that suits it. Latency is told from settings,
    see ``latency``: nothing here looks at a clock.

    By time it may be that no candidate, as it starts, was shown to tell rows of one period apart
    (``hedge.skill_within``). Then neither settings nor weights nor corrections that were chosen on these folds are
    worth anything: the settings that the candidates start from are averaged with equal weights, as they are
    (``hedge.choose_alike``). Starts are asked, for of many trials some seem to have skill by luck.

    Args:
        tuned: trials that went all the way, best first.
        ground: rows and case that they were judged on.
        limits: what the choice has to keep to.

    Returns:
        The choice.

    Raises:
        DataError: where every candidate breaks a limit of the case.
    """
    eligible = _eligible(tuned, limits)
    bench = make_bench(_best_few(eligible), ground)
    scores = _score_singles(bench)
    firsts, judges = first_of_each(eligible), _judges(bench)
    if _tell_nothing(firsts, judges, ground):
        bench = make_bench(firsts, ground)
        weights, steps = stand_alike(bench, judges, limits)
        alike = _score(bench, weights, COMBINATION)
        scores = pd.concat([scores, alike[alike["correction"] == "none"]], ignore_index=True)
    else:
        start = bench.place_of(choose_scored(scores)[0])
        sharp = sharpen(bench)
        weights, steps = add_members(sharp, start, limits)
        if len(weights) > 1:
            together = _score(sharp, weights, COMBINATION)
            if _best_score(together) < _best_score(scores):
                bench, scores = sharp, pd.concat([scores, together], ignore_index=True)
            else:
                weights, steps = {start: 1.0}, stand_alone(steps)
    recipe = _recipe(bench, weights, choose_scored(scores)[1], ground.movable)
    return Combined(_with_fair_decision(recipe, bench, weights, ground), scores[_SCORES], steps)


def _eligible(tuned: Sequence[Tuned], limits: CombineLimits) -> list[Tuned]:
    kept = [one for one in tuned if one.settings.candidate not in limits.excluded]
    if not kept:
        broken = "; ".join(f"{name}: {word}" for name, word in limits.excluded.items())
        cure = "Raise the limits of the case, or let other candidates compete."
        raise DataError("Every candidate", f"breaks a limit of the case ({broken})", cure)
    return kept


def _best_few(tuned: Sequence[Tuned]) -> list[Tuned]:
    """Keep the best three of each candidate, in the order they have."""
    seen: Counter[str] = Counter()
    kept = []
    for one in tuned:
        seen[one.settings.candidate] += 1
        if seen[one.settings.candidate] <= _FEW:
            kept.append(one)
    return kept


def _tell_nothing(firsts: Sequence[Tuned], judges: Judges, ground: Ground) -> bool:
    return ground.problem.split.by == "time" and all(has_no_skill(one.unseen, judges) for one in firsts)


def _judges(bench: Bench) -> Judges:
    clusters = None if bench.clusters is None else [bench.clusters[judged] for _, judged in bench.folds]
    return Judges(bench.library.truths, clusters)


def _score_singles(bench: Bench) -> pd.DataFrame:
    names = dict.fromkeys(one.settings.candidate for one in bench.tuned)
    return pd.concat([_score(bench, {bench.place_of(name): 1.0}, name) for name in names], ignore_index=True)


def _best_score(scores: pd.DataFrame) -> float:
    return float(mean_scores(scores)["score"].iloc[0])


def _score(bench: Bench, weights: Weights, name: str) -> pd.DataFrame:
    unseen = bench.unseen(weights)
    scores = score_corrections(unseen, bench.library.truths, bench.weights, bench.problem).assign(candidate=name)
    scores["fit_rows"] = scores["fold"].map({k: len(learnt) for k, (learnt, _) in enumerate(bench.folds, start=1)})
    return scores


def _recipe(bench: Bench, weights: Weights, correction: str, movable: Sequence[str]) -> Recipe:
    lines = bench.lines or (AS_IT_IS,) * len(bench.tuned)
    members = tuple(
        Member(settings=bench.tuned[place].settings, weight=weight, slope=lines[place][0], shifts=lines[place][1])
        for place, weight in weights.items()
    )
    left_out = tuple(movable[: max(member.settings.n_dropped for member in members)])
    unseen = bench.unseen(weights)
    if not bench.problem.is_classification:
        scale, offset = learn_decision(unseen, bench.library.truths, bench.problem)
        return Recipe(members=members, scale=scale, offset=offset, left_out=left_out)
    method = next(method for method in get_args(CalibrationMethod) if method == correction)
    told = np.concatenate(unseen), np.concatenate(bench.library.truths)
    calibration: Calibration = fit_calibration(*told, method, sample_weight=bench.weights[-1])
    return Recipe(members=members, calibration=calibration, left_out=left_out)


def _with_fair_decision(recipe: Recipe, bench: Bench, weights: Weights, ground: Ground) -> Recipe:
    """Say how it is decided where not by the payoff alone.

    Cut points of groups are learnt from corrected predictions of all judged rows; reductions are of the first member.
    """
    problem = bench.problem
    if problem.fairness is not None and problem.fairness.has_reduction:
        return recipe.model_copy(update={"reduced": recipe.members[0].settings})
    if problem.fairness is None or not problem.fairness.has_thresholds:
        return recipe
    places = np.concatenate([judged for _, judged in bench.folds])
    told = np.concatenate(bench.unseen(weights))
    corrected = calibrate(told, recipe.calibration)
    cuts = learn_cuts(ground.rows.iloc[places], corrected, problem, random_state=ground.random_state)
    return recipe.model_copy(update={"group_cuts": cuts})
