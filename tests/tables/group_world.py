"""Small tables of people in groups, and a ledger of them by plain counting."""

from collections.abc import Mapping
from copy import deepcopy
from itertools import combinations
from statistics import fmean, stdev
from typing import Any

import numpy as np
import pandas as pd

from evergreen.problem import Problem
from tests.cases import binary_case

SENSITIVE: dict[str, Any] = {
    "columns.age_years.is_sensitive": True,
    "columns.is_owner.is_sensitive": True,
    "columns.job": {"type": "category", "is_sensitive": True},
    "columns.born_on": {"type": "timestamp", "is_sensitive": True, "is_feature": False},
}


def group_case(changes: Mapping[str, Any] | None = None) -> Problem:
    """Calls with sensitive columns of every kind: words, free words, yes or no, numbers and times."""
    return binary_case({**deepcopy(SENSITIVE), **(changes or {})})


def two_words_case(changes: Mapping[str, Any] | None = None) -> Problem:
    """Calls with two sensitive columns of words."""
    region = {"type": "category", "values": ["north", "south"], "is_sensitive": True}
    return binary_case({"columns.region": region, **(changes or {})})


def people(problem: Problem, n_rows: int, *, seed: int = 3) -> pd.DataFrame:
    """Marked rows: every column of the contract with holes, a third of the outcomes open, a fifth of the rows bad."""
    rng = np.random.default_rng(seed)
    cells: dict[str, Any] = {}
    for name, column in problem.columns.items():
        if column.type == "timestamp":
            cells[name] = (pd.Timestamp("1980-01-01") + pd.to_timedelta(rng.integers(0, 9999, n_rows), "D")).as_unit(
                "us"
            )
        elif column.is_numeric:
            low, high = column.range or (0, 50)
            cells[name] = rng.integers(int(low or 0), int(high or 50), n_rows, endpoint=True).astype(float)
        else:
            words = ("true", "false") if column.type == "boolean" else column.values or ("baker", "cook", "smith")
            cells[name] = pd.Series(rng.choice(words, n_rows), dtype="str")
    rows = pd.DataFrame(cells)
    rows = rows.where(rng.random(rows.shape) > 0.15).assign(call_id=np.arange(1, n_rows + 1))
    target = problem.target.column
    rows[target] = rows[target].where(rng.random(n_rows) > 0.3)
    bad = rng.random(n_rows) < 0.2
    return rows.assign(reasons=pd.Series(np.where(bad, "age_years is above 100", None), dtype="str"))


def stages(marked: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The four tables: marked, repaired, training (the labelled two thirds), holdout (the other labelled ones)."""
    repaired = marked[marked["reasons"].isna()].drop(columns="reasons").reset_index(drop=True)
    labelled = repaired[repaired.iloc[:, repaired.columns.get_loc("bought")].notna()]
    cut = len(labelled) * 2 // 3
    return marked, repaired, labelled.iloc[:cut].reset_index(drop=True), labelled.iloc[cut:].reset_index(drop=True)


def naive_ledger(tables: tuple[pd.DataFrame, ...], problem: Problem) -> dict[tuple[str, str, str], tuple[Any, ...]]:
    """Count by hand, for columns of words: (columns, group, stage) -> its figures, None where undefined."""
    marked, repaired, training, holdout = tables
    bad = marked[marked["reasons"].notna()]
    by_stage = {"raw": marked, "quarantined": bad, "repaired": repaired, "training": training, "holdout": holdout}
    names = problem.group_columns
    counted: dict[tuple[str, str, str], tuple[Any, ...]] = {}
    for columns in [*((name,) for name in names), *combinations(names, 2)]:
        for stage, table in by_stage.items():
            rows = table.astype(object).where(table.notna(), None).to_dict("records")
            groups: dict[str, list[dict[str, Any]]] = {}
            for row in rows:
                groups.setdefault(" x ".join(row[name] or "(missing)" for name in columns), []).append(row)
            for group, members in groups.items():
                counted[" x ".join(columns), group, stage] = _count(members, len(rows), problem)
    return counted


def _count(members: list[dict[str, Any]], n_stage: int, problem: Problem) -> tuple[Any, ...]:
    features = list(problem.feature_columns)
    empty = [sum(row[name] is None for name in features) / len(features) for row in members]
    answers = [row["bought"] == "yes" for row in members if row["bought"] is not None]
    return (
        len(members),
        len(members) / n_stage,
        fmean(empty),
        stdev(empty) if len(empty) > 1 else None,
        len(answers),
        1 - len(answers) / len(members),
        fmean(answers) if answers else None,
        stdev(answers) if len(answers) > 1 else None,
    )
