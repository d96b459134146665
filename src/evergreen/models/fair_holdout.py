"""How a model decides about the groups of rows it has never seen: figures by group, and the gaps between groups."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.measures import PLAIN, SHARE, Estimate, wilson_interval
from evergreen.measures.arrays import Floats
from evergreen.measures.clustered import MIN_CLUSTERS
from evergreen.measures.decision_gaps import Gap, Judging, larger_gap, smallest_ratio, widest_gap
from evergreen.measures.group_ratios import GroupRatio, estimate_ratios
from evergreen.models.clusters import row_clusters
from evergreen.models.fair_groups import Groups, find_groups, reported_decision
from evergreen.models.performance import Resampling, payoff_of
from evergreen.models.scores import ACTION, probabilities_of
from evergreen.models.target import target_values
from evergreen.problem import Problem
from evergreen.tables.fairness_tables import GAP_COLUMNS, RATE_COLUMNS
from evergreen.tables.groupings import Levels, in_order, join_names, list_groupings

ODDS = "equalized_odds"
RATIO = "selection_rate_ratio"
SHARES = ("selection_rate", "true_positive_rate", "false_positive_rate", "precision", "base_rate", "mean_score")
_RATIOS = {
    "selection_rate": ("selected", "row"),
    "true_positive_rate": ("selected_positive", "positive"),
    "false_positive_rate": ("selected_negative", "negative"),
    "precision": ("selected_positive", "selected"),
    "base_rate": ("positive", "row"),
    "mean_score": ("score", "row"),
    "calibration_error": ("score_error", "row"),
    "mean_error": ("decision_error", "row"),
    "mae": ("absolute_error", "row"),
    "payoff_per_decision": ("payoff", "row"),
}
# Shares of rows that are counted: what a mean score of rows spreads by is not told by the rows' number.
_COUNTED = SHARES[:-1]
_ODDS = ("true_positive_rate", "false_positive_rate")
_FEWEST = 2


@dataclass(frozen=True, eq=False)
class _Found:
    """What was measured of one grouping."""

    columns: tuple[str, ...]
    groups: Groups
    figures: dict[str, GroupRatio]
    judged: dict[str, NDArray[np.bool_]]

    @property
    def name(self) -> str:
        """What the tables call it."""
        return join_names(self.columns)


@dataclass(frozen=True)
class Holdout:
    """What is asked about.

    Attributes:
        problem: the case.
        rows: labelled rows, n of them.
        predictions: what ``predict_rows`` gave for them, in the same order.
        levels: the groups of every sensitive column.
    """

    problem: Problem
    rows: pd.DataFrame
    predictions: pd.DataFrame
    levels: Mapping[str, Levels]


def measure_fairness(
    holdout: Holdout, resampling: Resampling, *, confidence: float, level: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Measure how groups are decided about, and how far they lie apart.

    Groups are those of each sensitive column, of every two, and of every choice of the columns of the case's section on
    fairness. The favourable action or class is held against all others. Days or groups that were split together are
    drawn together.

    Args:
        holdout: the rows and what was decided about them.
        resampling: how intervals are made.
        confidence: of the two-sided intervals of figures.
        level: of the one-sided bounds of gaps.

    Returns:
        Figures with ``RATE_COLUMNS``: of classes ``SHARES``, ``calibration_error`` (mean score less observed share), of
        numbers ``mean_error`` (decided quantity less outcome), ``calibration_error`` (prediction less outcome) and
        ``mae``; with a payoff ``payoff_per_decision``. ``n_rows`` is how many rows a figure is of. The interval of a
        share is Wilson's (1927) where rows are independent, all others are of the bootstrap.

        Gaps with ``GAP_COLUMNS``, see ``measures.decision_gaps``: of each figure but base rate and mean score, of
        ``equalized_odds`` and the ratio of selection rates. A limit stands where the verdict asks: at the metric of the
        section on fairness, for its columns together and for fewer of them. Groups below the smallest size, and those
        with a missing part, are left out.
    """
    quantities = _quantities(holdout)
    clusters = row_clusters(holdout.rows, holdout.problem)
    judging = Judging(1 - level, _FEWEST if clusters is None else MIN_CLUSTERS)
    rates: list[pd.DataFrame] = []
    gaps: list[dict[str, Any]] = []
    for columns in groupings_of(holdout.problem) if quantities else ():
        found = _measure(columns, holdout, quantities, resampling, clusters)
        rates += _tabulate(found, confidence, clusters)
        limits = _limits(columns, holdout.problem)
        gaps += [_record(found, name, gap, rate, limits) for name, (gap, rate) in _gaps(found, judging).items()]
    table = pd.concat(rates, ignore_index=True) if rates else pd.DataFrame(columns=list(RATE_COLUMNS))
    return table.astype(RATE_COLUMNS), pd.DataFrame(gaps, columns=list(GAP_COLUMNS)).astype(GAP_COLUMNS)


def groupings_of(problem: Problem) -> list[tuple[str, ...]]:
    """List by what the groups of decisions are told apart.

    Args:
        problem: the case.

    Returns:
        Every choice of the columns of the section on fairness, fewer first, then what ``list_groupings`` adds.
    """
    fair = () if problem.fairness is None else in_order(problem.fairness.columns, problem)
    own = [some for size in range(1, len(fair) + 1) for some in combinations(fair, size)]
    return list(dict.fromkeys([*own, *list_groupings(problem)]))


def _quantities(holdout: Holdout) -> dict[str, Floats]:
    """Write what figures are made of as one number a row; nothing where there is nothing to tell."""
    problem, y_true = holdout.problem, target_values(holdout.rows, holdout.problem)
    found = _of_classes(holdout, y_true) if problem.is_classification else _of_numbers(holdout, y_true)
    if problem.payoff is not None:
        actions = holdout.predictions[ACTION].to_numpy()
        found["payoff"] = payoff_of(problem.payoff, problem, actions, y_true, holdout.rows)
    return found | {"row": np.ones(len(y_true))} if found else {}


def _of_classes(holdout: Holdout, y_true: NDArray[Any]) -> dict[str, Floats]:
    problem = holdout.problem
    decision = reported_decision(problem, holdout.rows)
    if decision is None:
        return {}
    place = problem.target.classes.index(str(problem.favourable_class))
    is_selected, is_positive = holdout.predictions[ACTION].to_numpy() == decision, y_true == place
    score = probabilities_of(holdout.predictions, problem)[:, place]
    told = {
        "selected": is_selected,
        "positive": is_positive,
        "negative": ~is_positive,
        "selected_positive": is_selected & is_positive,
        "selected_negative": is_selected & ~is_positive,
        "score": score,
        "score_error": score - is_positive,
    }
    return {name: np.asarray(values, dtype=np.float64) for name, values in told.items()}


def _of_numbers(holdout: Holdout, y_true: NDArray[Any]) -> dict[str, Floats]:
    decided, score = (holdout.predictions[name].to_numpy(dtype=np.float64) for name in (ACTION, "score"))
    return {"decision_error": decided - y_true, "score_error": score - y_true, "absolute_error": np.abs(score - y_true)}


def _measure(
    columns: tuple[str, ...],
    holdout: Holdout,
    quantities: Mapping[str, Floats],
    resampling: Resampling,
    clusters: NDArray[Any] | None,
) -> _Found:
    groups = find_groups(holdout.rows, columns, holdout.problem, holdout.levels)
    figures = estimate_ratios(
        groups.codes,
        len(groups.names),
        quantities,
        {name: parts for name, parts in _RATIOS.items() if set(parts) <= set(quantities)},
        n_resamples=resampling.n_resamples,
        random_state=resampling.random_state,
        clusters=clusters,
    )
    least = least_rows(holdout.problem)
    return _Found(columns, groups, figures, {k: groups.is_known & (one.n_rows >= least) for k, one in figures.items()})


def least_rows(problem: Problem) -> int:
    """Say how many rows a group must have to be judged.

    Args:
        problem: the case.

    Returns:
        The size that the section on fairness names, or else the plan for biases.
    """
    section = problem.bias_plan if problem.fairness is None else problem.fairness
    return section.min_group_rows


def _tabulate(found: _Found, confidence: float, clusters: NDArray[Any] | None) -> list[pd.DataFrame]:
    parts = []
    for rate, one in found.figures.items():
        bounds = [_interval(rate, one, place, confidence, clusters) for place in range(len(one.value))]
        low, high = np.array(bounds, dtype=np.float64).reshape(-1, 2).T
        told = {"columns": found.name, "group": found.groups.names, "rate": rate, "n_rows": one.n_rows.astype(int)}
        told |= {"value": one.value, "low": low, "high": high, "is_judged": found.judged[rate]}
        parts.append(pd.DataFrame(told))
    return parts


def _interval(
    rate: str, one: GroupRatio, place: int, confidence: float, clusters: NDArray[Any] | None
) -> tuple[float, float]:
    n_units, value = int(one.n_units[place]), float(one.value[place])
    if n_units < (_FEWEST if clusters is None else MIN_CLUSTERS) and (clusters is not None or rate not in _COUNTED):
        return float("nan"), float("nan")
    drawn = Estimate(value, one.draws[:, place], max(n_units, _FEWEST), SHARE if rate in SHARES else PLAIN)
    if rate in _COUNTED and (clusters is None or drawn.is_flat):
        low, high = wilson_interval(value * n_units if n_units else 0, n_units, confidence=confidence)
        return float(low), float(high)
    if drawn.is_flat:
        return float("nan"), float("nan")
    interval = drawn.interval(confidence)
    return interval.low, interval.high


def _gaps(found: _Found, judging: Judging) -> dict[str, tuple[Gap, str]]:
    """Give each gap, and the figure whose groups it is between."""
    rates = [name for name in found.figures if name not in ("base_rate", "mean_score")]
    told = {
        name: (widest_gap(found.figures[name], found.judged[name], judging, is_share=name in SHARES), name)
        for name in rates
    }
    if "selection_rate" not in told:
        return told
    first, second = ((found.figures[name], found.judged[name]) for name in _ODDS)
    odds, wider = larger_gap(first, second, judging)
    ratio = smallest_ratio(found.figures["selection_rate"], found.judged["selection_rate"], judging)
    return told | {ODDS: (odds, _ODDS[wider]), RATIO: (ratio, "selection_rate")}


def _limits(columns: Sequence[str], problem: Problem) -> dict[str, float]:
    """Give the limit of the gap that the verdict asks for; none where the case does not."""
    fairness = problem.fairness
    if fairness is None or not set(columns) <= set(fairness.columns):
        return {}
    return {fairness.metric: fairness.at_most}


def _record(found: _Found, name: str, gap: Gap, rate: str, limits: Mapping[str, float]) -> dict[str, Any]:
    figures, names = found.figures[rate], found.groups.names
    sides: dict[str, Any] = {}
    for side, place in (("high", gap.high), ("low", gap.low)):
        is_there = place >= 0
        sides |= {
            f"{side}_group": names[place] if is_there else "",
            f"{side}_value": figures.value[place] if is_there else np.nan,
            f"{side}_rows": int(figures.n_rows[place]) if is_there else 0,
        }
    told = {"value": gap.value, "lower_bound": gap.lower_bound, "upper_bound": gap.upper_bound}
    limit = limits.get(name, np.nan)
    return {"columns": found.name, "gap": name, **told, **sides, "n_groups": gap.n_groups, "limit": limit}
