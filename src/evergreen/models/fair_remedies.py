"""What each allowed remedy does to the gaps between groups, and what it costs in money."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.measures import SHARE, Estimate, estimate, score_classes
from evergreen.measures.arrays import Floats
from evergreen.measures.clustered import blur_few_clusters
from evergreen.measures.fairness import GAPS, Decided, decided_rows, group_rates, judged_groups, rate_gaps
from evergreen.models.averaged import all_probabilities
from evergreen.models.calibrated import calibrate, fit_calibration
from evergreen.models.clusters import row_clusters
from evergreen.models.fair_groups import favourable_decision, find_groups
from evergreen.models.fair_reductions import fit_reduced
from evergreen.models.fair_thresholds import decide_by_group, learn_cuts
from evergreen.models.features import feature_frame
from evergreen.models.fit_recipe import fit_settings
from evergreen.models.folds import Fold, make_folds
from evergreen.models.performance import payoff_of
from evergreen.models.recipe import Recipe
from evergreen.models.reduced_classifier import decide_reduced
from evergreen.models.remedies import training_weights
from evergreen.models.scores import choose_actions
from evergreen.models.target import target_values
from evergreen.models.threads import threads_for
from evergreen.problem import Fairness, FairnessRemedy, Problem, in_digits

COLUMNS = (
    "remedy",
    "is_applied",
    "group_is_needed",
    "metric",
    "at_most",
    "gap",
    "gap_low",
    "gap_high",
    "gap_upper_bound",
    "payoff",
    "payoff_low",
    "payoff_high",
    "payoff_change",
    "payoff_change_low",
    "payoff_change_high",
    "log_loss",
    "balanced_accuracy",
    *(f"{name}_gap" for name in GAPS),
    "word",
)
_N_RESAMPLES = 1_000
_NEEDED: dict[FairnessRemedy, str] = {
    "none": "never",
    "reweigh": "when learning",
    "resample": "when learning",
    "reductions": "when learning",
    "thresholds": "when deciding",
}


@dataclass(frozen=True, eq=False)
class _Ground:
    recipe: Recipe
    rows: pd.DataFrame
    problem: Problem
    random_state: int
    folds: list[Fold]
    y: NDArray[Any]

    @property
    def judged_folds(self) -> list[int]:
        """The folds for which others may be learnt from: by time all but the first."""
        return [fold for fold in range(len(self.folds)) if self.others(fold)]

    def others(self, fold: int) -> list[int]:
        """The folds that corrections and cut points of a fold are learnt from: by time the earlier ones."""
        return [k for k in range(fold if self.problem.split.by == "time" else len(self.folds)) if k != fold]

    def judged(self, folds: Sequence[int]) -> NDArray[np.intp]:
        """Places of the judged rows of some folds."""
        return np.concatenate([self.folds[fold][1] for fold in folds])


@dataclass(frozen=True, eq=False)
class _Outcome:
    """What a remedy does with the judged rows, in the order of folds."""

    probabilities: Floats
    actions: NDArray[np.object_]


def tabulate_remedies(recipe: Recipe, rows: pd.DataFrame, problem: Problem, *, random_state: int) -> pd.DataFrame:
    """Try every allowed remedy on rows that it has not learnt from, and price it.

    All are tried on the first member of the recipe, on the same folds. Corrections of probabilities and cut points of
    groups are learnt on other folds than those they are judged on (by time on earlier ones). Figures of all remedies
    come from the same resamples, so their differences are paired; days or groups that were split together are drawn
    together.

    Args:
        recipe: of the challenger.
        rows: training rows.
        problem: the case.
        random_state: seed of folds, models and resamples.

    Returns:
        One row a remedy, "none" first, with ``COLUMNS``: the named gap with its two-sided 95 % interval and the
        one-sided 95 % upper bound; money per decision and its change against "none", with intervals; log-loss;
        balanced accuracy of decisions; all gaps; a word. No row where the case has no section on fairness, or has other
        than two classes: there are no remedies for these.
    """
    if problem.fairness is None or problem.kind != "binary":
        return pd.DataFrame({name: pd.Series(dtype=_dtype(name)) for name in COLUMNS})
    folds, y = make_folds(rows, problem, random_state=random_state), target_values(rows, problem)
    ground = _Ground(recipe, rows, problem, random_state, folds, y)
    wanted = [name for name in _NEEDED if name == "none" or name in problem.fairness.allowed]
    outcomes = _try_all(ground, wanted)
    return _tabulate(ground, problem.fairness, outcomes, [name for name in wanted if name not in outcomes])


def _try_all(ground: _Ground, wanted: Sequence[FairnessRemedy]) -> dict[FairnessRemedy, _Outcome]:
    tried = {name: _unseen(ground, name) for name in wanted if name != "thresholds"}
    unseen: dict[FairnessRemedy, list[Floats]] = {name: folds for name, folds in tried.items() if folds is not None}
    return {name: _outcome(ground, name, unseen) for name in wanted if name in (*unseen, "thresholds")}


def _unseen(ground: _Ground, remedy: FairnessRemedy) -> list[Floats] | None:
    """Predict the judged rows of each fold; None where a remedy finds too few groups."""
    case, settings = _priced_case(ground.problem, remedy), ground.recipe.members[0].settings
    unseen = []
    for learnt, judged in ground.folds:
        told: Any = (settings, ground.rows.iloc[learnt], case, ground.recipe.left_out)
        fit: Any = fit_reduced if remedy == "reductions" else fit_settings
        model = fit(*told, random_state=ground.random_state)
        if model is None:
            return None
        with threads_for(len(judged)):
            X = feature_frame(ground.rows.iloc[judged], case)
            unseen.append(all_probabilities(model, X, len(case.target.classes)))
    return unseen


def _priced_case(problem: Problem, remedy: FairnessRemedy) -> Problem:
    """Give the case as if it had this remedy; what weighs no rows is learnt as with none."""
    assert problem.fairness is not None  # noqa: S101 - see tabulate_remedies
    applied = remedy if remedy in ("reweigh", "resample") else "none"
    return problem.model_copy(update={"fairness": problem.fairness.model_copy(update={"remedy": applied})})


def _outcome(ground: _Ground, remedy: FairnessRemedy, unseen: Mapping[FairnessRemedy, Sequence[Floats]]) -> _Outcome:
    parts = [_decide_fold(ground, remedy, unseen, fold) for fold in ground.judged_folds]
    return _Outcome(np.concatenate([told for told, _ in parts]), np.concatenate([taken for _, taken in parts]))


def _decide_fold(
    ground: _Ground, remedy: FairnessRemedy, unseen: Mapping[FairnessRemedy, Sequence[Floats]], fold: int
) -> tuple[Floats, NDArray[np.object_]]:
    """Give corrected probabilities and decisions; what only decides otherwise has the probabilities of none."""
    case, others = _priced_case(ground.problem, remedy), ground.others(fold)
    own = unseen["none" if remedy in ("reductions", "thresholds") else remedy]
    earlier, told = ground.judged(others), np.concatenate([own[other] for other in others])
    known = ground.rows.iloc[earlier]
    weights = training_weights(known, case)
    calibration = fit_calibration(told, ground.y[earlier], ground.recipe.calibration.method, sample_weight=weights)
    probabilities, judged = calibrate(own[fold], calibration), ground.rows.iloc[ground.folds[fold][1]]
    if remedy == "reductions":
        return probabilities, decide_reduced(unseen[remedy][fold], probabilities, case)
    if remedy != "thresholds":
        return probabilities, choose_actions(probabilities, case, judged)
    cuts = learn_cuts(known, calibrate(told, calibration), case, random_state=ground.random_state)
    return probabilities, decide_by_group(probabilities, judged, cuts, case)


def _tabulate(
    ground: _Ground, fairness: Fairness, outcomes: dict[FairnessRemedy, _Outcome], failed: Sequence[FairnessRemedy]
) -> pd.DataFrame:
    places = ground.judged(ground.judged_folds)
    figures = _estimate(ground, fairness, outcomes, places)
    records = []
    for remedy, outcome in outcomes.items():
        told = _record(remedy, fairness, figures)
        scores = score_classes(ground.y[places], outcome.probabilities)
        records.append(told | {"log_loss": float(scores["log_loss"][0])})
    records += [_empty_record(remedy, fairness) for remedy in failed]
    return pd.DataFrame(records, columns=list(COLUMNS)).astype({name: _dtype(name) for name in COLUMNS})


def _estimate(
    ground: _Ground, fairness: Fairness, outcomes: dict[FairnessRemedy, _Outcome], places: NDArray[np.intp]
) -> dict[str, Estimate]:
    rows, y = ground.rows.iloc[places], ground.y[places]
    groups = find_groups(rows, fairness.columns, ground.problem)
    is_good = np.asarray(ground.problem.target.classes)[y] == ground.problem.favourable_class
    best = favourable_decision(ground.problem)
    decided = {k: decided_rows(one.actions == best, is_good, groups.codes, groups.names) for k, one in outcomes.items()}
    judged = judged_groups(decided["none"], min_rows=fairness.min_group_rows, is_known=groups.is_known)
    payoffs = _payoffs(ground.problem, outcomes, y, rows)

    def statistic(weights: Floats) -> dict[str, Floats]:
        found: dict[str, Floats] = {}
        for remedy, one in decided.items():
            gaps = rate_gaps(group_rates(one, sample_weight=weights), judged)
            found |= {f"{remedy}/{name}": values for name, values in gaps.items()}
            found[f"{remedy}/payoff"] = weights @ payoffs[remedy] / weights.sum(axis=1)
            found[f"{remedy}/balanced_accuracy"] = _balanced_accuracy(one, weights)
        return found

    clusters = row_clusters(rows, ground.problem)
    told: Any = {"n_resamples": _N_RESAMPLES, "random_state": ground.random_state, "clusters": clusters}
    return blur_few_clusters(estimate(statistic, len(rows), **told), clusters)


def _payoffs(
    problem: Problem, outcomes: dict[FairnessRemedy, _Outcome], y: NDArray[Any], rows: pd.DataFrame
) -> dict[FairnessRemedy, Floats]:
    if problem.payoff is None:
        return dict.fromkeys(outcomes, np.full(len(y), np.nan))
    return {name: payoff_of(problem.payoff, problem, one.actions, y, rows) for name, one in outcomes.items()}


def _balanced_accuracy(decided: Decided, weights: Floats) -> Floats:
    everyone = Decided(decided.is_selected, decided.is_positive, np.zeros(len(decided.group), dtype=np.int64), ("all",))
    rates = group_rates(everyone, sample_weight=weights)
    return (rates["true_positive_rate"][:, 0] + 1 - rates["false_positive_rate"][:, 0]) / 2


def _record(remedy: FairnessRemedy, fairness: Fairness, figures: dict[str, Estimate]) -> dict[str, object]:
    gap, payoff = replace(figures[f"{remedy}/{fairness.metric}"], scale=SHARE), figures[f"{remedy}/payoff"]
    change = payoff.minus(figures["none/payoff"])
    told = _empty_record(remedy, fairness)
    for name, one in (("gap", gap), ("payoff", payoff), ("payoff_change", change)):
        interval = one.interval()
        told |= {name: interval.value, f"{name}_low": interval.low, f"{name}_high": interval.high}
    told |= {f"{name}_gap": figures[f"{remedy}/{name}"].value for name in GAPS}
    told |= {"gap_upper_bound": gap.upper_bound(), "balanced_accuracy": figures[f"{remedy}/balanced_accuracy"].value}
    return told | {"word": _word(gap, change, fairness.at_most)}


def _empty_record(remedy: FairnessRemedy, fairness: Fairness) -> dict[str, object]:
    return {
        "remedy": remedy,
        "is_applied": remedy == fairness.remedy,
        "group_is_needed": _NEEDED[remedy],
        "metric": fairness.metric,
        "at_most": fairness.at_most,
        "word": "not tried: fewer than two groups are large enough",
    }


def _word(gap: Estimate, change: Estimate, at_most: float) -> str:
    bound = gap.upper_bound()
    if np.isnan(bound):
        return "the gap cannot be judged: too few groups, days or rows"
    kept = "keeps the limit" if bound <= at_most else "does not keep the limit for sure"
    if gap.value > at_most:
        kept = "breaks the limit"
    interval = change.interval()
    if not np.isfinite(interval.value) or (change.draws == 0).all():
        return kept
    if interval.low <= 0 <= interval.high:
        return f"{kept}; no clear change in money"
    return f"{kept}; {'brings' if interval.value > 0 else 'costs'} {in_digits(abs(interval.value), 3)} a decision"


def _dtype(name: str) -> str:
    if name in ("remedy", "group_is_needed", "metric", "word"):
        return "str"
    return "bool" if name == "is_applied" else "float64"
