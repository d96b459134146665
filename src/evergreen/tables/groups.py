"""What becomes of each group on the way from raw rows to training and holdout."""

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np
import pandas as pd

from evergreen.measures import wilson_interval
from evergreen.measures.arrays import ratio
from evergreen.measures.gaps import Moments, mean_interval, pool_moments
from evergreen.problem import Problem
from evergreen.tables.group_cells import STAGES, count_stages
from evergreen.tables.groupings import (
    MAX_GROUPS,
    MISSING,
    OTHER,
    Levels,
    find_levels,
    join_names,
    list_groupings,
)

LEDGER_TYPES = {
    "columns": "str",
    "group": "str",
    "stage": "str",
    "n_rows": "int64",
    "share": "float64",
    "missing_share": "float64",
    "n_labelled": "int64",
    "unlabelled_share": "float64",
    "base_rate": "float64",
    "base_rate_low": "float64",
    "base_rate_high": "float64",
    "missing_share_sd": "float64",
    "outcome_sd": "float64",
}
# With more combinations one pass over all sensitive columns no longer boils the rows down.
_MAX_COMBINATIONS = 100_000


def measure_groups(
    marked: Any, repaired: Any, training: pd.DataFrame, holdout: pd.DataFrame, *, problem: Problem, confidence: float
) -> pd.DataFrame:
    """Count, for every group of the sensitive columns, what becomes of it from stage to stage.

    Raw are all rows that were gathered, copies of a row too. Quarantined are those of them with reasons; copies that
    contradict each other are set aside only later, and are not among them. A group without rows at a stage is listed
    there with none, so that a group that gets lost is seen; so is a word of the contract that no row has. Of more than
    ``MAX_GROUPS`` intersections only the largest are told apart.

    Args:
        marked: every gathered row once, of any engine: repaired cells, and ``reasons`` where the row cannot be used.
        repaired: usable rows, of any engine.
        training: training rows.
        holdout: holdout rows.
        problem: the case.
        confidence: of the intervals, two-sided, above 0 and below 1.

    Returns:
        One row per (columns, group, stage) in the order of the contract, columns as in ``LEDGER_TYPES``. ``share`` is
        of the stage's rows, ``missing_share`` of the group's feature cells that are empty, ``unlabelled_share`` of its
        rows without an outcome. ``base_rate`` is the share of the favourable class among its labelled rows with the
        interval of Wilson (1927), or the mean outcome with a normal interval; NaN where no class is favourable.
        ``missing_share_sd`` and ``outcome_sd`` are standard deviations over rows. What no row tells is NaN.

    Raises:
        CaseError: where the confidence is no share.
    """
    if not problem.group_columns:
        return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in LEDGER_TYPES.items()})
    tables = {"marked": marked, "repaired": repaired, "training": training, "holdout": holdout}
    levels = find_levels(problem.group_columns, table=marked, training=training, problem=problem)
    counts = []
    for columns, groupings in _plan_passes(levels, problem).items():
        cells = count_stages(tables, columns, levels, problem)
        counts += [_roll_up(cells, grouping, levels) for grouping in groupings]
    return _add_intervals(pd.concat(counts, ignore_index=True), problem, confidence).astype(LEDGER_TYPES)


def cleaning_shares(group_ledger: pd.DataFrame, *, confidence: float) -> pd.DataFrame:
    """Say which group cleaning removed most.

    Args:
        group_ledger: of ``measure_groups``.
        confidence: of the intervals, two-sided, above 0 and below 1.

    Returns:
        Columns ``columns, group, n_rows`` (raw), ``n_quarantined, quarantined_share, low, high``, the largest share of
        each ``columns`` first; the interval is Wilson's (1927). NaN for a group without rows.

    Raises:
        CaseError: where the confidence is no share.
    """
    raw, bad = (
        group_ledger[group_ledger["stage"] == stage].set_index(["columns", "group"])["n_rows"]
        for stage in ("raw", "quarantined")
    )
    found = raw.to_frame().assign(n_quarantined=bad).reset_index()
    low, high = wilson_interval(found["n_quarantined"], found["n_rows"], confidence=confidence)
    shares = ratio(found["n_quarantined"], found["n_rows"])
    found = found.assign(quarantined_share=shares, low=low, high=high)
    place = found["columns"].map({name: place for place, name in enumerate(found["columns"].unique())})
    order = np.lexsort((-found["quarantined_share"], place))
    return found.iloc[order].reset_index(drop=True)


def _plan_passes(levels: Mapping[str, Levels], problem: Problem) -> dict[tuple[str, ...], list[tuple[str, ...]]]:
    """Say over which columns to pass, and which groupings each pass serves."""
    groupings = list_groupings(problem)
    if prod(len(one.names) + 1 for one in levels.values()) <= _MAX_COMBINATIONS:
        return {problem.group_columns: groupings}
    return {grouping: [grouping] for grouping in groupings}


def _roll_up(cells: pd.DataFrame, columns: Sequence[str], levels: Mapping[str, Levels]) -> pd.DataFrame:
    groups = _choose_groups(cells, columns, levels)
    name = _names_of(cells, columns)
    place = pd.Index(groups).get_indexer(pd.Index(name.where(name.isin(groups), OTHER)))
    code = pd.Index(STAGES).get_indexer(pd.Index(cells["_stage"])) + len(STAGES) * place
    n_codes = len(groups) * len(STAGES)
    rows = Moments(*(cells[c].to_numpy(dtype=float) for c in ("_n_rows", "_missing_share", "_missing_variance")))
    labels = Moments(*(cells[c].to_numpy(dtype=float) for c in ("_n_labelled", "_outcome", "_outcome_variance")))
    rows, labels = pool_moments(rows, code, n_codes), pool_moments(labels, code, n_codes)
    n_stage = rows.n.reshape(-1, len(STAGES)).sum(axis=0)
    return pd.DataFrame(
        {
            "columns": join_names(columns),
            "group": np.repeat(np.array(groups, dtype=object), len(STAGES)),
            "stage": list(STAGES) * len(groups),
            "n_rows": rows.n,
            "share": ratio(rows.n, np.tile(n_stage, len(groups))),
            "missing_share": rows.mean,
            "n_labelled": labels.n,
            "unlabelled_share": ratio(rows.n - labels.n, rows.n),
            "base_rate": labels.mean,
            "missing_share_sd": np.sqrt(rows.variance),
            "outcome_sd": np.sqrt(labels.variance),
        }
    )


def _choose_groups(cells: pd.DataFrame, columns: Sequence[str], levels: Mapping[str, Levels]) -> list[str]:
    """List the groups to tell apart, in the order of the contract; all others are "(other)" together."""
    ranks = {name: {word: rank for rank, word in enumerate((*levels[name].names, OTHER, MISSING))} for name in columns}
    seen = cells[list(columns)].drop_duplicates()
    found = _names_of(
        seen.sort_values(list(columns), key=lambda part: part.map(ranks[str(part.name)])), columns
    ).tolist()
    if len(columns) == 1:
        never = [word for word in levels[columns[0]].names if word not in found and word != OTHER]
        return sorted([*found, *never], key=ranks[columns[0]].__getitem__)
    raw = cells[cells["_stage"] == "raw"]
    n_rows = raw["_n_rows"].groupby(_names_of(raw, columns)).sum().to_dict()
    largest = sorted(found, key=lambda name: (-n_rows.get(name, 0), name))[:MAX_GROUPS]
    return [name for name in found if name in largest] + ([OTHER] if len(found) > MAX_GROUPS else [])


def _names_of(cells: pd.DataFrame, columns: Sequence[str]) -> "pd.Series[str]":
    parts = [cells[name].astype(object) for name in columns]
    return pd.Series([join_names(row) for row in zip(*parts, strict=True)], index=cells.index, dtype=object)


def _add_intervals(counts: pd.DataFrame, problem: Problem, confidence: float) -> pd.DataFrame:
    rate, n, deviation = (counts[name].to_numpy() for name in ("base_rate", "n_labelled", "outcome_sd"))
    if problem.is_classification:
        low, high = wilson_interval(np.rint(n * np.nan_to_num(rate)), n, confidence=confidence)
    else:
        low, high = mean_interval(rate, deviation, n, confidence=confidence)
    known = counts.assign(base_rate_low=low, base_rate_high=high)
    if problem.is_classification and problem.favourable_class is None:
        known[["base_rate", "base_rate_low", "base_rate_high", "outcome_sd"]] = np.nan
    return known[list(LEDGER_TYPES)]
