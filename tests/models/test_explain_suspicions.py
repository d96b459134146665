"""Planted leaks are found, and honest data name next to nothing."""

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from evergreen.models.calibrated import CalibratedClassifier, OffsetRegressor
from evergreen.models.candidates import first_settings
from evergreen.models.explain_importance import shuffle_columns
from evergreen.models.explain_suspicions import find_model_suspicions
from evergreen.models.fit_recipe import fit_settings
from evergreen.problem import Kind, Problem
from tests.models.oracles import oracle
from tests.models.small import CLASSES, KINDS, small_case, small_rows, trained

SEEDS = range(50)
N_COLUMNS = 6


def _signal(X: pd.DataFrame) -> Any:
    return 2 * X["strength"] + (X["colour"] == "red") - 0.5


def _overfitted(X: pd.DataFrame) -> Any:
    """What it knows is right; beside that it takes noise for something."""
    return _signal(X) + 0.3 * X["noise"].fillna(0) + 0.3 * (X["is_known"] == "true")


def _find(model: Any, rows: pd.DataFrame, problem: Problem) -> pd.DataFrame:
    return find_model_suspicions(shuffle_columns(model, rows, problem, n_repeats=2, random_state=1), problem)


def _named(found: pd.DataFrame) -> list[tuple[str, str]]:
    return list(zip(found["column"], found["suspicion"], strict=True))


def _quarter(rows: pd.DataFrame, number: int) -> Any:
    return np.arange(len(rows)) * 4 // len(rows) == number


@pytest.mark.parametrize("kind", ["binary", "regression"])
@pytest.mark.parametrize("n_rows", [120, 400])
def test_honest_data_name_at_most_one_column_in_twenty(kind: Kind, n_rows: int) -> None:
    problem, shift = small_case(kind), 10 if kind == "regression" else 0
    model = oracle(kind, lambda X: _overfitted(X) + shift)
    n_named = sum(len(_find(model, small_rows(kind, n_rows, seed=seed), problem)) for seed in SEEDS)
    assert n_named <= 0.05 * len(SEEDS) * N_COLUMNS


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_honest_data_and_a_model_that_learnt_from_few_rows_name_at_most_one_column_in_twenty(kind: Kind) -> None:
    problem, n_named, seeds = small_case(kind), 0, SEEDS[:20]
    for seed in seeds:
        rows = small_rows(kind, 300, seed=100 + seed)
        pipeline = fit_settings(first_settings("linear", problem), rows.head(120), problem, (), random_state=7)
        model = OffsetRegressor(pipeline, 0.0)
        if kind != "regression":
            model = CalibratedClassifier(pipeline, tuple(CLASSES[kind]), "none", 1.0, ())
        n_named += len(_find(model, rows.iloc[120:].reset_index(drop=True), problem))
    assert n_named <= 0.05 * len(seeds) * N_COLUMNS


@pytest.mark.parametrize("kind", ["binary", "regression"])
def test_a_column_that_knows_the_outcome_is_too_good(kind: Kind) -> None:
    problem, n_found = small_case(kind), 0
    for seed in range(10):
        rows = small_rows(kind, 400, seed=seed)
        rng = np.random.default_rng(seed)
        if kind == "binary":
            is_yes = (rows["outcome"] == "yes") ^ (rng.random(400) < 0.03)
            rows["noise"] = is_yes + rng.normal(0, 0.1, 400)
            model = oracle(kind, lambda X: np.where(X["noise"] > 0.5, 3.0, -3.0) + 0.3 * X["strength"])
        else:
            rows["noise"] = rows["outcome"] + rng.normal(0, 0.3, 400)
            model = oracle(kind, lambda X: X["noise"])
        n_found += _named(_find(model, rows, problem)) == [("noise", "too good")]
    assert n_found >= 9


def test_an_honest_driver_that_carries_the_whole_model_is_not_too_good() -> None:
    problem, rows = small_case("binary"), small_rows("binary", 1000, seed=3)
    rng = np.random.default_rng(3)
    rows["outcome"] = np.where(rng.random(1000) < expit(4 * rows["strength"]), "yes", "no")
    assert _find(oracle("binary", lambda X: 4 * X["strength"]), rows, problem).empty


def test_a_column_that_the_model_does_not_look_at_is_not_suspected() -> None:
    rows = small_rows("binary", 400, seed=3)
    rows["noise"] = (rows["outcome"] == "yes").astype(float)
    assert _find(oracle("binary", _signal), rows, small_case("binary")).empty


@pytest.mark.parametrize("kind", ["binary", "regression"])
@pytest.mark.parametrize("quarter", [0, 3])
def test_a_column_whose_direction_changes_turns_round(kind: Kind, quarter: int) -> None:
    problem, shift, n_found = small_case(kind), 10 if kind == "regression" else 0, 0
    for seed in range(10):
        rows = small_rows(kind, 600, seed=seed)
        rows.loc[_quarter(rows, quarter), "strength"] *= -1
        found = _find(oracle(kind, lambda X: _signal(X) + shift), rows, problem)
        n_found += _named(found) == [("strength", "turns round")]
    assert n_found >= 9


def test_a_column_whose_direction_is_wrong_everywhere_turns_round() -> None:
    rows = small_rows("binary", 400, seed=3)
    found = _find(oracle("binary", lambda X: -_signal(X)), rows, small_case("binary"))
    assert ("strength", "turns round") in _named(found)


def test_a_finding_tells_when_and_how_much() -> None:
    rows = small_rows("regression", 600, seed=3)
    rows.loc[_quarter(rows, 3), "strength"] *= -1
    (finding,) = _find(oracle("regression", lambda X: _signal(X) + 10), rows, small_case("regression"))["finding"]
    assert finding.startswith("From 2020-04-23 to 2020-05-30 outcomes go against what the model makes of it: slope -")
    assert re.search(r"slope -(0\.[6-9]|1\.[0-3])\d, upper bound -0.\d\d, elsewhere (0\.9|1\.0)\d; 1 is", finding)


def test_a_column_that_matters_in_one_period_is_named_with_it() -> None:
    problem, n_found = small_case("regression"), 0
    for seed in range(10):
        rows = small_rows("regression", 600, seed=seed)
        is_in = _quarter(rows, 2)
        rng = np.random.default_rng(seed)
        # Known in one quarter only: before and after, the column is blank and the model knows nothing from it.
        rows["noise"] = np.where(is_in, 3 * rng.normal(size=600), np.nan)
        rows["outcome"] = 10 + rows["noise"].fillna(0) + rng.normal(size=600)
        found = _find(oracle("regression", lambda X: 10 + X["noise"].fillna(0)), rows, problem)
        n_found += ("noise", "in one period only") in _named(found)
    assert n_found >= 9


@pytest.mark.parametrize("n_rows", [1, 2, 30])
def test_few_rows_name_nothing(n_rows: int) -> None:
    assert _find(trained("binary").model, small_rows("binary", n_rows), small_case("binary")).empty


def test_without_an_event_time_all_rows_are_one_period() -> None:
    split = {"by": "random", "new_rows_share": 0.2}
    problem = small_case("binary", split=split, event_time=None)
    rows = small_rows("binary", 400, seed=3)
    found = _find(oracle("binary", lambda X: -_signal(X)), rows, problem)
    assert found["finding"].str.startswith("In all rows outcomes go against").all()
    assert "strength" in set(found["column"])
