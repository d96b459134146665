"""Releases of the small case, and rows as a client sends them."""

from typing import Any

import pandas as pd

from evergreen.models.calibrated import Calibration
from evergreen.models.candidates import CandidateName, Setting
from evergreen.models.decide import Model
from evergreen.models.fit_recipe import assemble_model
from evergreen.models.recipe import Member, Recipe
from evergreen.problem import Kind, Problem
from tests.models.candidates.learning import few_rounds, fitted
from tests.models.small import small_case, small_rows

N_ROWS = 240


def one_model(name: CandidateName, kind: Kind, *, start: int = 0, **changes: Setting) -> tuple[Model, Problem]:
    """A candidate that was fitted in a moment, and corrected by made-up figures."""
    problem, rows = small_case(kind), small_rows(kind, N_ROWS)
    pipeline = fitted(name, rows, problem, start=start, **changes)
    settings = few_rounds(name, rows, problem, start=start, **changes)
    return assemble_model(some_recipe(problem, settings), [pipeline], problem, training_id=""), problem


def some_recipe(problem: Problem, *settings: Any) -> Recipe:
    members = tuple(Member(settings=one, weight=1 / len(settings)) for one in settings)
    how = Calibration()
    if problem.is_classification:
        shifts = (0.0, 0.3, -0.2)[: len(problem.target.classes)]
        how = Calibration(method="sigmoid", slope=0.9, shifts=shifts)
    return Recipe(members=members, calibration=how, scale=1.1, offset=0.5)


def raw_rows(rows: pd.DataFrame, problem: Problem) -> list[dict[str, Any]]:
    """Repaired rows as JSON: text, numbers and null."""
    known = [name for name in problem.columns if name not in problem.outcome_columns]
    return [{name: _json(row[name]) for name in known} for row in rows.to_dict("records")]


def _json(cell: Any) -> Any:
    if cell is None or pd.isna(cell):
        return None
    return str(cell) if isinstance(cell, pd.Timestamp) else cell
