"""The best of each candidate, fitted on all rows and put on the scales."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from sklearn.pipeline import Pipeline

from evergreen.models.decide import Model, predict_rows
from evergreen.models.fit_recipe import assemble_model, fit_settings
from evergreen.models.recipe import Member, Recipe
from evergreen.models.threads import threads_for
from evergreen.problem import Limits, Problem
from evergreen.tuning.bench import CombineLimits
from evergreen.tuning.budget import Budget, Cost
from evergreen.tuning.ground import Ground
from evergreen.tuning.meter import Meter, Taken
from evergreen.tuning.pace import FOLDS_OF_A_FIT
from evergreen.tuning.tuned import Tuned, Tuning, best_of_each

_MANY_ROWS = 1_000
_N_REPEATS = 15
_N_REPEATS_OF_MANY = 5


@dataclass(frozen=True)
class Weighed:
    """What a model takes once it is there.

    Attributes:
        model_mb: as it would be released, in megabytes.
        latency_ms: of one row, from repaired row to action: the median of 15 times, on one thread.
        latency_1000_ms: of 1,000 rows at once, the median of 5.
    """

    model_mb: float
    latency_ms: float
    latency_1000_ms: float


@dataclass(frozen=True, eq=False)
class Finalist:
    """The best trial of a candidate, fitted on all rows.

    Attributes:
        tuned: the trial.
        pipeline: fitted.
        fit: what the fit took.
        weighed: what it takes once it is there.
    """

    tuned: Tuned
    pipeline: Pipeline
    fit: Taken
    weighed: Weighed


def fit_finalists(
    tuned: Sequence[Tuned], ground: Ground, meter: Meter, affords: Callable[[Tuned], bool] = lambda _: True
) -> dict[str, Finalist]:
    """Fit the best trial of each candidate on all rows, the best candidate first.

    Args:
        tuned: trials that went all the way, best first.
        ground: all rows, and the case.
        meter: reads the clock and memory, and weighs.
        affords: whether there is time left for one more. The first is always fitted, and all are where the case has a
            limit by the clock: that cannot be judged otherwise.

    Returns:
        Candidate -> what was fitted, best first.
    """
    found: dict[str, Finalist] = {}
    for name, one in best_of_each(tuned).items():
        if not found or ground.problem.limits.has_clock or affords(one):
            found[name] = fit_finalist(one, ground, meter)
    return found


def weigh_model(model: Model, rows: pd.DataFrame, problem: Problem, meter: Meter) -> Weighed:
    """Measure what a model takes once it is there.

    Args:
        model: a fitted model.
        rows: repaired rows; repeated where there are fewer than 1,000.
        problem: the case.
        meter: reads the clock and weighs.

    Returns:
        Size and latency.
    """
    many = pd.concat([rows] * (_MANY_ROWS // len(rows) + 1), ignore_index=True).head(_MANY_ROWS)
    one = many.head(1)
    with threads_for(_MANY_ROWS):
        return Weighed(
            meter.size_mb(model),
            meter.median_ms(lambda: predict_rows(model, one, problem), _N_REPEATS),
            meter.median_ms(lambda: predict_rows(model, many, problem), _N_REPEATS_OF_MANY),
        )


def broken_limits(finalists: Mapping[str, Finalist], limits: Limits) -> dict[str, str]:
    """Say which candidates break a limit of the case, and which one.

    Size is a matter of bytes. Latency and training time were measured on this machine, as it was: two runs may differ.

    Args:
        finalists: of ``fit_finalists``.
        limits: of the case.

    Returns:
        Candidate -> the word; candidates that keep all limits, or were not fitted, are not in it.
    """
    words = {name: limit_word(one.weighed, one.fit.cost, limits) for name, one in finalists.items()}
    return {name: word for name, word in words.items() if word}


def limits_of(finalists: Mapping[str, Finalist], limits: Limits, *, max_latency_ratio: float | None) -> CombineLimits:
    """Say what a choice among candidates has to keep to.

    Args:
        finalists: of ``fit_finalists``.
        limits: of the case.
        max_latency_ratio: how many times the latency of one histogram boosting a combination may take.

    Returns:
        The candidates that are excluded, and what members of a combination may take together.
    """
    measured = [
        (limits.max_model_mb, {name: one.weighed.model_mb for name, one in finalists.items()}),
        (limits.max_latency_ms, {name: one.weighed.latency_ms for name, one in finalists.items()}),
        (limits.max_training_seconds, {name: one.fit.cost.wall_seconds for name, one in finalists.items()}),
    ]
    sums = tuple((most, taken) for most, taken in measured if most is not None)
    return CombineLimits(max_latency_ratio, broken_limits(finalists, limits), sums)


def limit_word(weighed: Weighed, fit: Cost | None, limits: Limits) -> str:
    """Say which limits of the case a model breaks.

    Args:
        weighed: what it takes once it is there.
        fit: what its fit took; None where nobody looked.
        limits: of the case.

    Returns:
        "latency of one row 12.3 ms, at most 10 allowed", several divided by semicolons; nothing where it keeps all.
    """
    told = [
        ("model size", weighed.model_mb, limits.max_model_mb, "MB"),
        ("latency of one row", weighed.latency_ms, limits.max_latency_ms, "ms"),
        ("training", 0.0 if fit is None else fit.wall_seconds, limits.max_training_seconds, "s"),
    ]
    return "; ".join(
        f"{what} {value:.3g} {unit}, at most {limit:g} allowed"
        for what, value, limit, unit in told
        if limit is not None and value > limit
    )


def time_left(budget: Budget, tuning: Tuning, n_folds: int, read: Callable[[], Cost]) -> Callable[[Tuned], bool]:
    """Say whether the budget of a search has room for one more fit.

    A fit on all rows is expected to take as long as one and a half of the trial's folds: by time, folds learn from
    fewer rows. Reserves of the search are meant for these fits, so all that it left counts.

    Args:
        budget: of the search.
        tuning: its end.
        n_folds: folds of a trial.
        read: what the process has taken so far.

    Returns:
        Trial -> whether there is time; always with a budget in trials.
    """
    costs = tuning.costs.set_index("trial")
    total = Cost(float(costs["wall_seconds"].sum()), float(costs["cpu_seconds"].sum()))
    left, began = budget.amount - budget.of(total), read()

    def affords(one: Tuned) -> bool:
        if budget.is_in_trials:
            return True
        own = costs.loc[[one.number]]
        took = Cost(float(own["wall_seconds"].iloc[0]), float(own["cpu_seconds"].iloc[0]))
        return budget.of(read() - began + took.times(FOLDS_OF_A_FIT / n_folds)) < left

    return affords


def fit_finalist(one: Tuned, ground: Ground, meter: Meter) -> Finalist:
    """Fit a trial on all rows and measure what it takes.

    Args:
        one: the trial.
        ground: all rows, and the case.
        meter: reads the clock and memory, and weighs.

    Returns:
        What was fitted.
    """
    rows, problem = ground.rows, ground.problem
    pipeline, taken = meter.measure(
        lambda: fit_settings(one.settings, rows, problem, ground.movable, random_state=ground.random_state)
    )
    left_out = ground.movable[: one.settings.n_dropped]
    recipe = Recipe(members=(Member(settings=one.settings, weight=1.0),), left_out=left_out)
    model = assemble_model(recipe, [pipeline], problem, training_id="")
    return Finalist(one, pipeline, taken, weigh_model(model, rows, problem, meter))
