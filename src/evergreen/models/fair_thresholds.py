"""Decisions by cut points of groups: learnt from unseen rows, kept in the model, and used wherever rows are decided."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.errors import DataError, named
from evergreen.measures import estimate
from evergreen.measures.arrays import Floats
from evergreen.measures.fairness import decided_rows, group_rates, judged_groups, rate_gaps
from evergreen.models.clusters import row_clusters
from evergreen.models.fair_groups import Groups, Stakes, favourable_decision, find_groups, find_stakes, name_groups
from evergreen.models.fair_search import EVERYBODY, NOBODY, Ladder, build_ladder, search_cuts
from evergreen.models.scores import choose_actions
from evergreen.models.target import target_values
from evergreen.problem import CaseModel, Problem
from evergreen.problem.fairness import Fairness
from evergreen.tables.groupings import OTHER

_N_RESAMPLES = 500


class GroupCuts(CaseModel):
    """Cut points by group.

    Attributes:
        columns: the sensitive columns that tell the group.
        cuts: group -> the favourable action is taken from this score on; 2 stands for nobody. Rows of a group that is
            not named, and rows whose group is missing, are decided by the payoff alone.
    """

    columns: tuple[str, ...]
    cuts: dict[str, float] = {}


def decide_by_group(
    probabilities: NDArray[Any], rows: pd.DataFrame, group_cuts: GroupCuts, problem: Problem
) -> NDArray[np.object_]:
    """Choose actions by the cut points of groups.

    Args:
        probabilities: shape (n, 2), in the order of the classes.
        rows: the same rows, with the columns that tell the group.
        group_cuts: cut points.
        problem: the case; it has a section on fairness and a payoff of two actions.

    Returns:
        Names of actions, shape (n,); those of the payoff alone where a row's group has no cut point.

    Raises:
        DataError: where a column that tells the group is absent.
    """
    absent = [name for name in group_cuts.columns if name not in rows.columns]
    if absent:
        raise DataError("Rows", f"lack {named(absent)}, by which the model decides", "Bring these columns.")
    cuts: Floats = np.asarray(name_groups(rows, group_cuts.columns).map(group_cuts.cuts), dtype=np.float64)
    return decide_by_cuts(probabilities, cuts, problem)


def decide_by_cuts(probabilities: NDArray[Any], cuts: Floats, problem: Problem) -> NDArray[np.object_]:
    """Choose actions by the cut point of each row.

    Args:
        probabilities: shape (n, 2), in the order of the classes.
        cuts: of each row's group, shape (n,); NaN where it has none.
        problem: the case; it has a section on fairness and a payoff of two actions.

    Returns:
        Names of actions, shape (n,); those of the payoff alone where there is no cut point.
    """
    stakes, actions = find_stakes(problem), choose_actions(probabilities, problem)
    is_cut = ~np.isnan(cuts)
    is_above = probabilities[:, stakes.score_class] >= np.where(is_cut, cuts, 0)
    chosen = np.where(is_above, stakes.action, stakes.other).astype(object)
    return np.where(is_cut, chosen, actions)


def learn_cuts(rows: pd.DataFrame, probabilities: NDArray[Any], problem: Problem, *, random_state: int) -> GroupCuts:
    """Learn the cut points with the most money under the limit of the case.

    A gap that just keeps the limit here would on other rows break it half of the time. So the limit is first searched
    under as it is, and then less what a holdout as large as the case's could not tell: the one-sided 95 % reach of the
    gap, widened by the root of how many times smaller the holdout is. Where the payoff alone keeps the limit with that
    room there is nothing to mend.

    Args:
        rows: labelled rows that the model had not seen.
        probabilities: what it says about them after its correction, shape (n, 2).
        problem: the case.
        random_state: seed of resamples.

    Returns:
        Cut points; none where the payoff alone keeps the limit, or fewer than two groups are large enough.
    """
    assert problem.fairness is not None  # noqa: S101 - asked of cases that have the section
    limit, nothing = problem.fairness.at_most, GroupCuts(columns=problem.fairness.columns)
    groups = find_groups(rows, nothing.columns, problem)
    ladders = _ladders(groups, target_values(rows, problem), probabilities, problem)

    def seen(cuts: GroupCuts) -> tuple[float, float]:
        actions = decide_by_group(probabilities, rows, cuts, problem)
        return gap_and_reach(rows, actions, groups, problem, random_state=random_state)

    if len(ladders) < 2 or sum(seen(nothing)) <= limit:  # noqa: PLR2004 - a gap needs two
        return nothing
    loose = _search(ladders, problem.fairness, limit)
    tight = _search(ladders, problem.fairness, max(0.0, limit - seen(loose)[1]))
    # Where many rows share few scores a tight limit may leave nothing but to select nobody, or everybody.
    return loose if set(tight.cuts.values()) <= {NOBODY, EVERYBODY} else tight


def _search(ladders: dict[str, Ladder], fairness: Fairness, limit: float) -> GroupCuts:
    # Rates of groups of different sizes hardly ever agree to the last row, unless all or none are selected.
    one_row = max(float(np.diff(ladder.rates)[np.diff(ladder.rates) > 0].min()) for ladder in ladders.values())
    cuts = search_cuts(list(ladders.values()), max(limit, one_row))
    return GroupCuts(columns=fairness.columns, cuts=dict(zip(ladders, cuts, strict=True)))


def _ladders(groups: Groups, outcome: NDArray[Any], probabilities: NDArray[Any], problem: Problem) -> dict[str, Ladder]:
    assert problem.fairness is not None  # noqa: S101 - see learn_cuts
    stakes = find_stakes(problem)
    is_counted = _counted(outcome, problem)
    ladders = {}
    for code, name in enumerate(groups.names):
        own = groups.codes == code
        is_large = is_counted[own].sum() >= problem.fairness.min_group_rows
        if is_large and groups.is_known[code] and OTHER not in name:
            ladders[name] = build_ladder(*_stakes_of(own, outcome, probabilities, stakes), is_counted[own])
    return ladders


def _stakes_of(
    own: NDArray[np.bool_], outcome: NDArray[Any], probabilities: NDArray[Any], stakes: Stakes
) -> tuple[Floats, Floats]:
    return probabilities[own, stakes.score_class], stakes.gains[outcome[own]]


def _counted(outcome: NDArray[Any], problem: Problem) -> NDArray[np.bool_]:
    assert problem.fairness is not None  # noqa: S101 - see learn_cuts
    is_positive = np.asarray(problem.target.classes)[outcome] == problem.favourable_class
    if problem.fairness.metric == "selection_rate":
        return np.ones(len(outcome), dtype=bool)
    return np.asarray(is_positive if problem.fairness.metric == "true_positive_rate" else ~is_positive)


def gap_and_reach(
    rows: pd.DataFrame, actions: NDArray[Any], groups: Groups, problem: Problem, *, random_state: int
) -> tuple[float, float]:
    """Give the gap of decisions, and how far that on a holdout may seem to lie above it.

    Args:
        rows: labelled rows.
        actions: decisions about them, shape (n,).
        groups: the group of each row.
        problem: a case with a section on fairness.
        random_state: seed of resamples.

    Returns:
        The gap that the case names, and the one-sided 95 % reach of it on a holdout of the case's size; 0 where nobody
        can tell.
    """
    assert problem.fairness is not None  # noqa: S101 - asked of cases that have the section
    is_positive = (rows[problem.target.column] == problem.favourable_class).to_numpy(dtype=bool)
    decided = decided_rows(actions == favourable_decision(problem), is_positive, groups.codes, groups.names)
    judged = judged_groups(decided, min_rows=problem.fairness.min_group_rows, is_known=groups.is_known)
    gap = estimate(
        lambda weights: rate_gaps(group_rates(decided, sample_weight=weights), judged),
        len(rows),
        n_resamples=_N_RESAMPLES,
        random_state=random_state,
        clusters=row_clusters(rows, problem),
    )[problem.fairness.metric]
    share = problem.split.holdout_share
    reach = (gap.upper_bound() - gap.value) * np.sqrt((1 - share) / share)
    return gap.value, float(np.nan_to_num(max(0.0, reach)))
