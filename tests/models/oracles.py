"""Models that compute what they are told from the columns themselves, so that the truth about them is known."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

from evergreen.models.calibrated import CalibratedClassifier, OffsetRegressor
from evergreen.problem import Kind, Problem
from tests.models.small import CLASSES, small_case

Formula = Callable[[pd.DataFrame], Any]


class Oracle:
    """A pipeline that is a formula."""

    def __init__(self, formula: Formula, n_classes: int) -> None:
        self.formula = formula
        self.n_classes = n_classes

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        return np.asarray(self.formula(X), dtype=float)

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        odds = np.asarray(self.formula(X), dtype=float)
        if self.n_classes == 2:
            return np.column_stack([1 - expit(odds), expit(odds)])
        steps = np.column_stack([-odds, np.zeros(len(odds)), odds])
        return np.exp(steps) / np.exp(steps).sum(axis=1, keepdims=True)


def oracle(kind: Kind, formula: Formula) -> CalibratedClassifier | OffsetRegressor:
    """A model whose value, or log-odds, is a formula of the features."""
    pipeline = Oracle(formula, len(CLASSES[kind]))
    if kind == "regression":
        return OffsetRegressor(pipeline, 0.0)
    return CalibratedClassifier(pipeline, tuple(CLASSES[kind]), "none", 1.0, ())


def numbers_case(*names: str, **changes: Any) -> Problem:
    """A regression on a few numbers."""
    why = {"why": "For the test."}
    columns: dict[str, Any] = {
        "row_id": {"type": "integer", **why},
        "decided_at": {"type": "timestamp", **why},
        **{name: {"type": "number", **why} for name in names},
        "outcome": {"type": "number", "known_at": "outcome", **why},
    }
    return small_case("regression", columns=columns, **changes)


def numbers_rows(n_rows: int, *names: str, seed: int = 3) -> pd.DataFrame:
    """Numbers that go together: each is half the one before it, beside what is its own."""
    rng = np.random.default_rng(seed)
    cells, before = {}, rng.normal(size=n_rows)
    for name in names:
        before = cells[name] = 0.5 * before + rng.normal(size=n_rows)
    number = np.arange(1, n_rows + 1)
    times = (pd.Timestamp("2020-01-01") + pd.to_timedelta(number * 6, unit="h")).as_unit("us")
    return pd.DataFrame({"row_id": number, "decided_at": times, **cells, "outcome": 0.0})
