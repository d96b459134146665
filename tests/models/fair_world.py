"""Decided rows of two sensitive columns whose rates of the favourable decision are set, cell by cell."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from evergreen.models.fair_groups import ledger_levels
from evergreen.models.fair_holdout import Holdout
from evergreen.problem import Problem
from evergreen.tables.groups import measure_groups
from tests.models.small import small_case, small_rows

CELLS = [(colour, known) for colour in ("blue", "red") for known in ("true", "false")]
FAIR = {"columns": ["colour", "is_known"], "metric": "selection_rate", "at_most": 0.1, "favourable_action": "call"}


def decided_case(fairness: Mapping[str, Any] | None = FAIR, *, kind: Any = "binary", **changes: Any) -> Problem:
    """The small case, split by chance, with two sensitive columns; limits of 50 rows a group."""
    plain = small_case(kind, **({"split": "random"} | changes)).model_dump(mode="json", exclude_none=True)
    plain["columns"]["colour"] |= {"is_sensitive": True, "values": ["blue", "red"]}
    plain["columns"]["is_known"] |= {"is_sensitive": True}
    asked = {} if fairness is None else {"fairness": {"may_use_group": True, **fairness}}
    return Problem.model_validate(plain | asked)


def decided_rows(
    n_cell: int, selected: Mapping[tuple[str, str], float], *, base_rate: float = 0.4
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """As many rows of each intersection; a share of each that is exact gets the call, outcomes do not depend on it."""
    rows = small_rows("binary", n_cell * len(CELLS))
    told, place = np.repeat(np.arange(len(CELLS)), n_cell), np.tile(np.arange(n_cell), len(CELLS))
    rng = np.random.default_rng(5)
    words = {name: pd.Series([cell[i] for cell in np.array(CELLS)[told]], dtype="str") for i, name in enumerate(NAMES)}
    rows = rows.assign(**words)
    is_good = rng.random(len(rows)) < base_rate
    rows["outcome"] = pd.Series(np.where(is_good, "yes", "no"), dtype="str")
    rates = np.array([selected[cell] for cell in CELLS])[told]
    action = np.where(place < np.rint(rates * n_cell), "call", "skip")
    scores = pd.DataFrame({"row_id": rows["row_id"], "score": rng.random(len(rows)), "action": action.astype(object)})
    order = rng.permutation(len(rows))
    return rows.iloc[order].reset_index(drop=True), scores.iloc[order].reset_index(drop=True)


NAMES = ("colour", "is_known")


def ledger_of(problem: Problem, rows: pd.DataFrame) -> pd.DataFrame:
    """The ledger of groups where all rows are training and holdout at once."""
    marked = rows.assign(reasons=pd.Series([None] * len(rows), dtype="str"))
    return measure_groups(marked, rows, rows, rows, problem=problem, confidence=0.95)


def asked(problem: Problem, rows: pd.DataFrame, predictions: pd.DataFrame) -> Holdout:
    """The rows and what was decided about them."""
    return Holdout(problem, rows, predictions, ledger_levels(ledger_of(problem, rows), rows, problem))
