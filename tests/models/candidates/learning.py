"""Candidates with few rounds, and what they predict."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from evergreen.models.candidates import (
    CANDIDATES,
    CandidateName,
    Judged,
    Setting,
    Settings,
    TableSize,
    build_pipeline,
    settings_of,
)
from evergreen.models.features import feature_frame
from evergreen.models.target import target_values
from evergreen.problem import Problem

SEED = 3
NAMES: tuple[CandidateName, ...] = tuple(CANDIDATES)
COUNTING = tuple(name for name, one in CANDIDATES.items() if one.watch is not None)
ROUNDS = 12


def size_of(rows: pd.DataFrame, problem: Problem) -> TableSize:
    return TableSize(len(rows), len(problem.feature_columns), len(problem.target.classes))


def few_rounds(
    name: CandidateName, rows: pd.DataFrame, problem: Problem, *, start: int = 0, **changes: Setting
) -> Settings:
    """One of a candidate's first settings, with few rounds where it counts any."""
    candidate = CANDIDATES[name]
    told: Mapping[str, Setting] = {**candidate.starts(size_of(rows, problem))[start], **changes}
    settings = settings_of(candidate, told)
    return settings if candidate.watch is None else settings.model_copy(update={"rounds": ROUNDS})


def fitted(
    name: CandidateName,
    rows: pd.DataFrame,
    problem: Problem,
    *,
    weights: np.ndarray | None = None,
    start: int = 0,
    **changes: Setting,
) -> Pipeline:
    settings = few_rounds(name, rows, problem, start=start, **changes)
    pipeline = build_pipeline(settings, problem, list(problem.feature_columns), random_state=SEED)
    told = {} if weights is None else {f"{pipeline.steps[-1][0]}__sample_weight": weights}
    return pipeline.fit(feature_frame(rows, problem), target_values(rows, problem), **told)


def predicted(model: Any, rows: pd.DataFrame, problem: Problem) -> np.ndarray:
    X = feature_frame(rows, problem)
    return model.predict_proba(X) if problem.is_classification else model.predict(X)


def prepared(
    settings: Settings, learnt: pd.DataFrame, judged: pd.DataFrame, problem: Problem
) -> tuple[Any, np.ndarray, np.ndarray, Judged]:
    """The unfitted estimator, rows to learn from and rows to judge on."""
    columns = list(problem.feature_columns)
    prepare, estimator = (step for _, step in build_pipeline(settings, problem, columns, random_state=SEED).steps)
    y = target_values(learnt, problem)
    X = prepare.fit_transform(feature_frame(learnt, problem), y)
    told = target_values(judged, problem)
    told = Judged(prepare.transform(feature_frame(judged, problem)), told, len(problem.target.classes))
    return estimator, X, y, told


def without_features(problem: Problem, *kept: str) -> Problem:
    """The case that learns from some features only."""
    told = problem.model_dump()
    for name, column in told["columns"].items():
        column["is_feature"] = name in kept
    return Problem.model_validate(told)
