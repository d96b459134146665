"""The ledger of candidates: what each took, what it is worth, and the word for one that may not be chosen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.measures import Estimate, estimate
from evergreen.measures.clustered import blur_few_clusters
from evergreen.models.clusters import row_clusters
from evergreen.models.decide import Model
from evergreen.models.recipe import Recipe
from evergreen.models.target import target_values
from evergreen.problem import Problem
from evergreen.tuning.arena import row_losses
from evergreen.tuning.finalists import Finalist, Weighed, limit_word, weigh_model
from evergreen.tuning.ground import Ground
from evergreen.tuning.meter import Meter, Taken
from evergreen.tuning.quantile import QUANTILE
from evergreen.tuning.tuned import Tuned, Tuning, average_unseen, best_of_each, members_of

CHALLENGER = "challenger"
_N_RESAMPLES = 500
_CONFIDENCE = 0.95
Unseen = Sequence[NDArray[Any]]


@dataclass(frozen=True, eq=False)
class Challenger:
    """What was chosen: its recipe, and the model that was made by it."""

    recipe: Recipe
    model: Model


def tabulate_costs(
    tuning: Tuning, finalists: Mapping[str, Finalist], challenger: Challenger, ground: Ground, meter: Meter
) -> pd.DataFrame:
    """Draw up what the best of each candidate and the challenger cost, and what they are worth.

    ``trials``, ``wall_seconds`` and ``cpu_seconds`` are of all trials of the candidate, for the challenger of the whole
    search; ``fit_...`` and ``peak_memory_mb`` are of one fit on all rows: memory beyond what was held before, looked at
    every hundredth of a second. Those of the challenger are its members' and those of its model of the quantile: times
    add up, memory is the highest. Scores are those of predictions of unseen rows before any correction, with two-sided
    95 % percentile bounds; days or groups are resampled whole, the same for all, so that candidates can be compared.
    Latency goes from a repaired row to an action, on one thread.

    Args:
        tuning: the end of the search.
        finalists: the best of each candidate, fitted; one that time did not allow is missing. The model of the
            quantile is among them where there is one.
        challenger: what was chosen.
        ground: rows and case that trials were judged on.
        meter: reads the clock and weighs.

    Returns:
        Columns ``candidate, trial, trials, wall_seconds, cpu_seconds, fit_wall_seconds, fit_cpu_seconds,
        peak_memory_mb, model_mb, latency_ms, latency_1000_ms, metric, score, score_low, score_high, excluded``; the
        challenger first, then the best candidate first. ``trial`` is missing for a challenger of several members;
        ``excluded`` names the limit of the case that is broken, else it is empty.
    """
    firsts = best_of_each(tuning.tuned)
    names = {one.number: one.settings.candidate for one in tuning.tuned}
    members = members_of(challenger.recipe, tuning.tuned)
    scores = _score([average_unseen(members), *(one.unseen for one in firsts.values())], ground)
    spent, problem = _spent(tuning), ground.problem
    weighed = weigh_model(challenger.model, ground.rows, problem, meter)
    fits = [finalists[names[one.number]].fit for one, _ in members if _is_fitted(one, finalists)]
    taken = _together(fits) if len(fits) == len(members) else None
    if taken is not None and challenger.recipe.quantile is not None:
        taken = _together([taken, finalists[QUANTILE].fit]) if QUANTILE in finalists else None
    trial = members[0][0].number if len(members) == 1 else None
    told = [_record(CHALLENGER, trial, spent.sum(), taken, weighed, problem)]
    for name, one in firsts.items():
        finalist = finalists.get(name)
        fit, weight = (None, None) if finalist is None else (finalist.fit, finalist.weighed)
        told.append(_record(name, one.number, spent.loc[[name]].sum(), fit, weight, problem))
    return pd.DataFrame(
        [record | _bounds(score, problem) for record, score in zip(told, scores, strict=True)], columns=list(_COLUMNS)
    ).astype(_COLUMNS)


_COLUMNS = {
    "candidate": "str",
    "trial": "Int64",
    "trials": "int64",
    **dict.fromkeys(
        [
            "wall_seconds",
            "cpu_seconds",
            "fit_wall_seconds",
            "fit_cpu_seconds",
            "peak_memory_mb",
            "model_mb",
            "latency_ms",
            "latency_1000_ms",
        ],
        "float64",
    ),
    "metric": "str",
    **dict.fromkeys(["score", "score_low", "score_high"], "float64"),
    "excluded": "str",
}


def _is_fitted(one: Tuned, finalists: Mapping[str, Finalist]) -> bool:
    finalist = finalists.get(one.settings.candidate)
    return finalist is not None and finalist.tuned.number == one.number


def _together(fits: Sequence[Taken]) -> Taken:
    cost = fits[0].cost
    for fit in fits[1:]:
        cost += fit.cost
    peaks = [fit.peak_memory_mb for fit in fits if fit.peak_memory_mb is not None]
    return Taken(cost, max(peaks, default=None))


def _spent(tuning: Tuning) -> pd.DataFrame:
    """Add up seconds by candidate."""
    joined = tuning.costs.merge(tuning.history[["trial", "candidate"]], on="trial").assign(trials=1)
    return joined.groupby("candidate")[["trials", "wall_seconds", "cpu_seconds"]].sum()


def _score(unseen: Sequence[Unseen], ground: Ground) -> list[Estimate]:
    """Score all with the same resamples."""
    problem, seed = ground.problem, ground.random_state
    y, labels = target_values(ground.rows, problem), row_clusters(ground.rows, problem)
    judged = np.concatenate([positions for _, positions in ground.folds()])
    losses = np.stack([row_losses(np.concatenate(one), y[judged]) for one in unseen], axis=1)
    clusters = None if labels is None else labels[judged]

    def statistic(weights: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        means = weights @ losses / weights.sum(axis=1, keepdims=True)
        figures = means if problem.is_classification else np.sqrt(means)
        return {str(place): figures[:, place] for place in range(figures.shape[1])}

    found = estimate(statistic, len(judged), n_resamples=_N_RESAMPLES, random_state=seed, clusters=clusters)
    return list(blur_few_clusters(found, clusters).values())


def _bounds(score: Estimate, problem: Problem) -> dict[str, Any]:
    interval = score.interval(_CONFIDENCE)
    metric = "log_loss" if problem.is_classification else "rmse"
    return {"metric": metric, "score": interval.value, "score_low": interval.low, "score_high": interval.high}


def _record(
    name: str, trial: int | None, spent: pd.Series, fit: Taken | None, weighed: Weighed | None, problem: Problem
) -> dict[str, Any]:
    return {
        "candidate": name,
        "trial": trial,
        "trials": int(spent["trials"]),
        "wall_seconds": spent["wall_seconds"],
        "cpu_seconds": spent["cpu_seconds"],
        "fit_wall_seconds": None if fit is None else fit.cost.wall_seconds,
        "fit_cpu_seconds": None if fit is None else fit.cost.cpu_seconds,
        "peak_memory_mb": None if fit is None else fit.peak_memory_mb,
        "model_mb": None if weighed is None else weighed.model_mb,
        "latency_ms": None if weighed is None else weighed.latency_ms,
        "latency_1000_ms": None if weighed is None else weighed.latency_1000_ms,
        "excluded": "" if weighed is None else limit_word(weighed, None if fit is None else fit.cost, problem.limits),
    }
