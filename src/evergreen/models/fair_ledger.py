"""What becomes of each group from the raw rows to the decision: the ledger of groups, carried on."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.errors import DataError, named
from evergreen.measures import wilson_interval
from evergreen.measures.arrays import Floats, ratio
from evergreen.measures.gaps import mean_interval
from evergreen.models.fair_groups import Groups, find_groups, reported_decision
from evergreen.models.scores import ACTION
from evergreen.models.target import target_values
from evergreen.problem import Problem
from evergreen.tables.fairness_tables import DECIDED, DECISION_COLUMNS
from evergreen.tables.group_cells import STAGES
from evergreen.tables.groupings import OTHER, Levels, join_names, list_groupings

_BEFORE = {"quarantined": "raw", "repaired": "raw", "training": "repaired", "holdout": "repaired", DECIDED: "holdout"}


def follow_to_decisions(
    problem: Problem,
    group_ledger: pd.DataFrame,
    rows: pd.DataFrame,
    predictions: pd.DataFrame,
    levels: Mapping[str, Levels],
    *,
    confidence: float,
) -> pd.DataFrame:
    """Carry the ledger of groups on to the decisions.

    Args:
        problem: the case.
        group_ledger: of ``tables.groups.measure_groups``.
        rows: holdout rows.
        predictions: what ``predict_rows`` gave for them, in the same order.
        levels: of ``fair_groups.ledger_levels``.
        confidence: of the two-sided intervals.

    Returns:
        The stages of the ledger and "decided", with ``DECISION_COLUMNS``. Decided are the holdout rows that got the
        favourable decision; ``kept_share`` is the share of the group's rows at the stage before, so that theirs is the
        selection rate, and ``base_rate`` the share of them that had the favourable outcome. In a regression all rows
        are decided about, and the base rate is their mean decided quantity. No such rows where no class is favourable.

    Raises:
        DataError: where the holdout has a group that the ledger does not know.
    """
    parts = [group_ledger]
    if len(group_ledger) and (not problem.is_classification or reported_decision(problem, rows) is not None):
        is_decided, outcome = _decided(problem, rows, predictions)
        for columns in list_groupings(problem):
            told = group_ledger[group_ledger["columns"] == join_names(columns)]
            names = list(dict.fromkeys(told["group"]))
            place = _places(find_groups(rows, columns, problem, levels), names)
            part = _count(place, is_decided, outcome, len(names))
            parts.append(_bounded(part, problem, confidence).assign(columns=join_names(columns), group=names))
    table = pd.concat(parts, ignore_index=True).reindex(columns=list(DECISION_COLUMNS))
    ordered = _in_order(table)
    return ordered.assign(kept_share=_kept_share(ordered)).astype(DECISION_COLUMNS).reset_index(drop=True)


def _places(groups: Groups, names: Sequence[str]) -> NDArray[np.intp]:
    """Find the group of each row among those of the ledger."""
    place = pd.Index(names).get_indexer(pd.Index([one if one in names else OTHER for one in groups.names]))
    if (place < 0).any():
        lost = [name for name, where in zip(groups.names, place, strict=True) if where < 0]
        raise DataError("The ledger of groups", f"lacks {named(lost)}", "Run data_processing again.")
    return np.asarray(place[groups.codes], dtype=np.intp)


def _decided(problem: Problem, rows: pd.DataFrame, predictions: pd.DataFrame) -> tuple[Floats, Floats]:
    """Say which rows count as decided, and what is averaged over them."""
    action = predictions[ACTION].to_numpy()
    if not problem.is_classification:
        return np.ones(len(rows)), action.astype(np.float64)
    is_good = np.asarray(problem.target.classes)[target_values(rows, problem)] == problem.favourable_class
    is_selected: Floats = (action == reported_decision(problem, rows)).astype(np.float64)
    return is_selected, is_good.astype(np.float64)


def _count(group: NDArray[np.intp], is_decided: Floats, outcome: Floats, n_groups: int) -> pd.DataFrame:
    n_rows, total, squares = (
        np.bincount(group, weights=is_decided * values, minlength=n_groups)
        for values in (np.ones(len(outcome)), outcome, outcome**2)
    )
    mean = ratio(total, n_rows)
    variance = ratio(np.maximum(squares - np.nan_to_num(mean) * total, 0), np.maximum(n_rows - 1, 0))
    return pd.DataFrame(
        {
            "stage": DECIDED,
            "n_rows": n_rows.astype(np.int64),
            "share": ratio(n_rows, np.full(n_groups, n_rows.sum())),
            "base_rate": mean,
            "deviation": np.sqrt(variance),
        }
    )


def _bounded(part: pd.DataFrame, problem: Problem, confidence: float) -> pd.DataFrame:
    rate, n_rows = part["base_rate"].to_numpy(), part["n_rows"].to_numpy()
    if problem.is_classification:
        low, high = wilson_interval(np.rint(n_rows * np.nan_to_num(rate)), n_rows, confidence=confidence)
    else:
        low, high = mean_interval(rate, part["deviation"], n_rows, confidence=confidence)
    return part.drop(columns="deviation").assign(base_rate_low=low, base_rate_high=high)


def _in_order(table: pd.DataFrame) -> pd.DataFrame:
    """Put the stages of each group one after the other, groups as they come."""
    keys = ["columns", "group"]
    place = table.groupby(keys, sort=False).ngroup() if len(table) else pd.Series(dtype=np.int64)
    stage = table["stage"].map({name: number for number, name in enumerate((*STAGES, DECIDED))})
    return table.assign(_place=place, _stage=stage).sort_values(["_place", "_stage"], kind="stable")[list(table)]


def _kept_share(table: pd.DataFrame) -> Floats:
    n_rows = table.set_index(["columns", "group", "stage"])["n_rows"]
    before = pd.MultiIndex.from_arrays([table["columns"], table["group"], table["stage"].map(_BEFORE)])
    return ratio(table["n_rows"], np.nan_to_num(n_rows.reindex(before).to_numpy(dtype=np.float64)))
