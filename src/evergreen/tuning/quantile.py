"""Whether a model of the quantile decides better on a value than what the mean is corrected to.

Where errors grow with something else than the prediction, no line through the mean is the quantile everywhere; a model
that learns the quantile by its pinball loss can be. Where errors are alike, it only learns from less.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.measures import pinball_losses
from evergreen.models.candidates import CANDIDATES
from evergreen.models.clusters import row_clusters
from evergreen.models.corrections import Rule, learn_rule
from evergreen.models.recipe import QuantileMember, Recipe
from evergreen.models.target import target_values
from evergreen.models.threads import threads_for
from evergreen.problem import Payoff, Problem
from evergreen.tuning.arena import Arena
from evergreen.tuning.budget import Cost, Spending
from evergreen.tuning.finalists import Finalist, broken_limits, fit_finalist, limits_of
from evergreen.tuning.ground import Ground
from evergreen.tuning.meter import Meter
from evergreen.tuning.pace import cost_of_quantile
from evergreen.tuning.paired import Gain, paired_gain
from evergreen.tuning.race import Clock, Race, Rivals
from evergreen.tuning.tuned import Tuned, Tuning, average_unseen, best_of_each, members_of

QUANTILE = "quantile"
# A second model makes a release larger and slower: of such as gain nothing, about 1 in 40 may pass.
_N_ERRORS = 2.0
_COLUMNS = {
    "candidate": "str",
    "trial": "int64",
    "rounds": "Int64",
    **dict.fromkeys(["scale", "offset", "coverage", "cost", "cost_of_mean", "gain", "gain_se"], "float64"),
    "outcome": "str",
}


@dataclass(frozen=True, eq=False)
class Chosen:
    """How is decided on a value, and why.

    Attributes:
        recipe: with a model of the quantile where it pays.
        trials: one row a candidate: columns ``candidate, trial, rounds, scale, offset, coverage, cost, cost_of_mean,
            gain, gain_se, outcome``; money a decision, coverage is the share of outcomes that do not exceed the
            quantity. No row where the case does not decide on a value by what it costs.
        fitted: the finalists, and the model of the quantile as ``QUANTILE`` where it was fitted on all rows.
    """

    recipe: Recipe
    trials: pd.DataFrame
    fitted: dict[str, Finalist]


@dataclass(frozen=True, eq=False)
class _Tried:
    """A candidate that was fitted for the quantile, or the word why it was not."""

    tuned: Tuned
    rule: Rule | None = None
    gain: Gain | None = None
    word: str = ""

    @property
    def loss(self) -> float:
        """The pinball loss of what is decided by it."""
        return inf if self.rule is None else self.rule.loss


@dataclass(frozen=True, eq=False)
class _Bench:
    """What is judged on: the judged rows of all folds but the first, of which nothing was learnt before."""

    quantile: float
    per_unit: float
    truths: tuple[NDArray[Any], ...]
    clusters: NDArray[Any] | None
    of_mean: Rule

    def costs(self, rule: Rule) -> NDArray[np.float64]:
        """Money that each row costs, shape (n,)."""
        truth, decided = np.concatenate(self.truths[1:]), np.concatenate(rule.decided)
        return self.per_unit * pinball_losses(truth, decided, self.quantile)

    def coverage(self, rule: Rule) -> float:
        """The share of rows that are not short."""
        return float((np.concatenate(self.truths[1:]) <= np.concatenate(rule.decided)).mean())


def decides_by_quantile(problem: Problem) -> bool:
    """Say whether a case decides on a value by what a unit too few and too many cost."""
    return not problem.is_classification and problem.payoff is not None


def cost_kept_back(tuning: Tuning, ground: Ground) -> Cost:
    """Foretell what it takes to learn the quantile with the best candidate that can.

    Args:
        tuning: the end of the search.
        ground: rows and case.

    Returns:
        The cost; nothing where the case has no use for it, or no candidate can.
    """
    if not decides_by_quantile(ground.problem):
        return Cost()
    firsts = best_of_each(tuning.tuned).items()
    able = [one for name, one in firsts if CANDIDATES[name].learns_quantiles(len(ground.rows))]
    return _expected(able[0], tuning, len(ground.folds())) if able else Cost()


def choose_quantile(
    recipe: Recipe,
    tuning: Tuning,
    finalists: Mapping[str, Finalist],
    ground: Ground,
    meter: Meter,
    spending: Spending,
) -> Chosen:
    """Let a model of the quantile decide where it costs less than the corrected mean by more than two standard errors.

    The best trial of each candidate that can is fitted for the quantile on the folds of the search; rounds are chosen
    by pinball loss. What it says is taken as it is, shifted or put on a line, and the mean is shifted or put on a line,
    by what earlier folds tell, whichever costs least. The gain of the best candidate is paired by row; days or groups
    count together.

    Args:
        recipe: of the mean.
        tuning: the end of the search.
        finalists: the best of each candidate, fitted and measured.
        ground: rows and case.
        meter: reads the clock and weighs.
        spending: what is left of the budget.

    Returns:
        The choice.
    """
    payoff = ground.problem.payoff
    if payoff is None or ground.problem.is_classification:
        return Chosen(recipe, _table([], None), dict(finalists))
    bench = _bench(recipe, tuning, ground, payoff)
    tried, fitted = _try_each(tuning, finalists, ground, bench, spending), dict(finalists)
    best = min((one for one in tried if not one.word), key=lambda one: one.loss, default=None)
    if best is not None and not (doubt := _doubt(best)):
        fitted[QUANTILE] = fit_finalist(best.tuned, ground, meter)
        doubt = _limit_word(recipe, fitted, ground.problem)
    told = [one if one.word else replace(one, word=doubt if one is best else _behind(best)) for one in tried]
    kept = next((one for one in told if not one.word), None)
    return Chosen(_with(recipe, kept, ground), _table(told, bench), fitted)


def _try_each(
    tuning: Tuning, finalists: Mapping[str, Finalist], ground: Ground, bench: _Bench, spending: Spending
) -> list[_Tried]:
    rows, problem, seed = ground.rows, ground.problem, ground.random_state
    excluded, tried = broken_limits(finalists, problem.limits), []
    with threads_for(len(rows)):
        arena = Arena(rows, problem, ground.folds(), movable=ground.movable, random_state=seed)
        for name, one in best_of_each(tuning.tuned).items():
            word = excluded.get(name, "") or _why_not(one, tuning, arena, spending)
            tried.append(_Tried(one, word=word) if word else _try(one, bench, arena, spending))
    return tried


def _bench(recipe: Recipe, tuning: Tuning, ground: Ground, payoff: Payoff) -> _Bench:
    y, labels = target_values(ground.rows, ground.problem), row_clusters(ground.rows, ground.problem)
    folds = [judged for _, judged in ground.folds()]
    truths = tuple(y[judged] for judged in folds)
    unseen = average_unseen(members_of(recipe, tuning.tuned))
    of_mean = learn_rule(unseen, truths, payoff.cost_quantile, ("shift", "line"))
    clusters = None if labels is None else labels[np.concatenate(folds[1:])]
    per_unit = float(payoff.under_per_unit or 0) + float(payoff.over_per_unit or 0)
    return _Bench(payoff.cost_quantile, per_unit, truths, clusters, of_mean)


def _why_not(one: Tuned, tuning: Tuning, arena: Arena, spending: Spending) -> str:
    candidate = CANDIDATES[one.settings.candidate]
    if candidate.quantile_settings is None:
        return "learns no quantile"
    if not candidate.learns_quantiles(arena.n_rows):
        return f"takes too long to learn a quantile from more than {candidate.most_quantile_rows:,} rows"
    is_late = not spending.affords(_expected(one, tuning, len(arena.folds)))
    return "it would take longer than what is left of the budget" if is_late else ""


def _expected(one: Tuned, tuning: Tuning, n_folds: int) -> Cost:
    own = tuning.costs.set_index("trial").loc[[one.number]]
    took = Cost(float(own["wall_seconds"].iloc[0]), float(own["cpu_seconds"].iloc[0]))
    return cost_of_quantile(took, n_folds)


def _try(one: Tuned, bench: _Bench, arena: Arena, spending: Spending) -> _Tried:
    settings = one.settings.model_copy(update={"quantile": bench.quantile, "rounds": None})
    outcome = Race(arena, Rivals(), Clock(spending.is_over), lambda _step, _loss: None).run(settings)
    if outcome.state != "done":
        return _Tried(one, word=outcome.word)
    found = Tuned(one.number, outcome.settings, outcome.unseen, np.array(outcome.fold_losses))
    rule = learn_rule(found.unseen, bench.truths, bench.quantile, ("as it is", "shift", "line"))
    gain = paired_gain(bench.costs(bench.of_mean) - bench.costs(rule), bench.clusters)
    return _Tried(found, rule, gain)


def _behind(best: _Tried | None) -> str:
    return "" if best is None else f"costs more than {best.tuned.settings.candidate}"


def _doubt(best: _Tried) -> str:
    if best.gain is None or np.isnan(best.gain.se):
        return "too few days or groups to tell what it gains"
    return "" if best.gain.is_beyond(_N_ERRORS) else "no gain beyond two standard errors"


def _limit_word(recipe: Recipe, fitted: Mapping[str, Finalist], problem: Problem) -> str:
    limits = limits_of(fitted, problem.limits, max_latency_ratio=None)
    members = [member.settings.candidate for member in recipe.members]
    return "" if limits.allows([*members, QUANTILE]) else "beside the model of the mean it breaks a limit of the case"


def _with(recipe: Recipe, kept: _Tried | None, ground: Ground) -> Recipe:
    if kept is None or kept.rule is None:
        return recipe
    settings = kept.tuned.settings
    member = QuantileMember(settings=settings, scale=kept.rule.scale, offset=kept.rule.offset)
    left_out = ground.movable[: max(len(recipe.left_out), settings.n_dropped)]
    return recipe.model_copy(update={"quantile": member, "left_out": left_out})


def _table(told: Sequence[_Tried], bench: _Bench | None) -> pd.DataFrame:
    records = [_record(one, bench) for one in told if bench is not None]
    return pd.DataFrame(records, columns=list(_COLUMNS)).astype(_COLUMNS)


def _record(one: _Tried, bench: _Bench) -> dict[str, Any]:
    rule, gain, settings = one.rule, one.gain, one.tuned.settings
    return {
        "candidate": settings.candidate,
        "trial": one.tuned.number,
        "rounds": settings.rounds if rule else None,
        "scale": rule.scale if rule else None,
        "offset": rule.offset if rule else None,
        "coverage": bench.coverage(rule) if rule else None,
        "cost": bench.costs(rule).mean() if rule else None,
        "cost_of_mean": bench.costs(bench.of_mean).mean(),
        "gain": gain.mean if gain else None,
        "gain_se": gain.se if gain else None,
        "outcome": f"refused: {one.word}" if one.word else "kept",
    }
