"""Rows that are hard to learn from, through all nodes of modelling: a sound model, or a word that says why not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evergreen.datasets.search_dataset import SearchDataset
from evergreen.errors import DataError
from evergreen.models.candidates import CANDIDATES, CandidateName
from evergreen.models.decide import predict_rows
from evergreen.pipelines.modelling.combine import combine_candidates
from evergreen.pipelines.modelling.fit import fit_challenger, fit_finalists
from evergreen.pipelines.modelling.measure import measure_candidates
from evergreen.pipelines.modelling.movement import find_moving_columns
from evergreen.pipelines.modelling.params import ModellingParams
from evergreen.pipelines.modelling.tune import tune_candidates
from evergreen.problem import Kind, Problem
from evergreen.releases import NoChampion, model_from_bytes, model_to_bytes
from tests.models.small import SEED, small_case, small_rows

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:The least populated class in y has only:UserWarning"),
]
NAMES: tuple[CandidateName, ...] = tuple(CANDIDATES)
N_ROWS = 240
Spoil = Callable[[pd.DataFrame], pd.DataFrame]


def modelled(folder: Path, problem: Problem, rows: pd.DataFrame, name: CandidateName, **budget: float) -> Any:
    """The challenger of one candidate, by the nodes in their order, as it is after a file."""
    told = {"candidates": (name,), "random_state": SEED, **(budget or {"budget_trials": 1})}
    params, search = ModellingParams.model_validate(told), SearchDataset(path=str(folder)).load()
    movement = find_moving_columns(problem, params, rows, search)
    tuning, _, _ = tune_candidates(problem, params, rows, movement, search, NoChampion)
    finalists = fit_finalists(problem, params, rows, movement, tuning, search)
    recipe, _, _ = combine_candidates(problem, params, rows, movement, tuning, finalists)
    challenger = fit_challenger(problem, params, rows, recipe, finalists)
    measure_candidates(problem, params, rows, movement, tuning, finalists, recipe, challenger, search)
    return model_from_bytes(model_to_bytes(challenger))


def assert_sound(model: Any, rows: pd.DataFrame, problem: Problem) -> pd.DataFrame:
    found = predict_rows(model, rows, problem)
    scores = found.filter(like="score").to_numpy(dtype=float)
    assert len(found) == len(rows)
    assert np.isfinite(scores).all()
    if problem.is_classification:
        assert ((scores >= 0) & (scores <= 1)).all()
    return found


def blank(*names: str) -> Spoil:
    def spoil(rows: pd.DataFrame) -> pd.DataFrame:
        return rows.assign(**{name: pd.Series([None] * len(rows), dtype=rows[name].dtype) for name in names})

    return spoil


def two_rows_of_a_class(rows: pd.DataFrame) -> pd.DataFrame:
    outcome = pd.Series(np.where(np.arange(len(rows)) % 120 == 50, "yes", "no"), dtype="str")
    return rows.assign(outcome=outcome)


def told_apart(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(outcome=pd.Series(np.where(rows["strength"] > 0, "yes", "no"), dtype="str"))


TOLD_APART = "classes that one number tells apart"
BAD: dict[str, tuple[Kind, Spoil]] = {
    "a class of two rows": ("binary", two_rows_of_a_class),
    "columns that never vary": ("binary", lambda rows: rows.assign(strength=1.0, colour="red")),
    "columns without any value": ("binary", blank("strength", "colour", "since", "note")),
    TOLD_APART: ("binary", told_apart),
    "values that are far out": (
        "regression",
        lambda rows: rows.assign(outcome=rows["outcome"].where(rows.index > 3, 1e12)),
    ),
    "values that never vary": ("regression", lambda rows: rows.assign(outcome=7.5)),
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("fault", BAD)
def test_bad_rows_end_in_a_sound_model(fault: str, name: CandidateName, tmp_path: Path) -> None:
    kind, spoil = BAD[fault]
    problem, rows = small_case(kind, split="random"), spoil(small_rows(kind, N_ROWS))
    model = modelled(tmp_path, problem, rows, name)
    found = assert_sound(model, rows, problem)
    if fault == TOLD_APART:
        is_yes = rows["outcome"] == "yes"
        assert found["score"][is_yes].median() > found["score"][~is_yes].median() + 0.2
    new = small_rows(kind, 20, seed=9, first_id=900).assign(colour=pd.Series(["never seen"] * 20, dtype="str"))
    assert_sound(model, new, problem)
    assert_sound(model, blank("strength", "colour", "noise", "note", "since")(new), problem)


@pytest.mark.parametrize("name", NAMES)
def test_more_columns_than_rows_end_in_a_sound_model(name: CandidateName, tmp_path: Path) -> None:
    told = small_case("binary", split="random").model_dump()
    told["columns"] |= {f"x{i}": {"type": "number", "why": "For the test."} for i in range(120)}
    problem = Problem.model_validate(told)
    wide = np.random.default_rng(1).normal(size=(80, 120))
    rows = pd.concat([small_rows("binary", 80), pd.DataFrame(wide, columns=[f"x{i}" for i in range(120)])], axis=1)
    assert_sound(modelled(tmp_path, problem, rows, name), rows, problem)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
def test_values_that_are_no_numbers_are_told(value: float, name: CandidateName, tmp_path: Path) -> None:
    problem, rows = small_case("regression", split="random"), small_rows("regression", N_ROWS)
    rows.loc[7, "outcome"] = value
    with pytest.raises(
        DataError, match=r"The target 'outcome' is infinite or missing in 1 training rows \(first: row_id 8\)"
    ):
        modelled(tmp_path, problem, rows, name)


@pytest.mark.parametrize(
    ("name", "budget"),
    [*((name, {"budget_seconds": 1e-6}) for name in NAMES), ("linear", {"budget_cpu_seconds": 1e-6})],
)
def test_a_budget_too_small_for_one_trial_still_gives_a_model(
    name: CandidateName, budget: dict[str, float], tmp_path: Path
) -> None:
    problem, rows = small_case("binary", split="random"), small_rows("binary", N_ROWS)
    assert_sound(modelled(tmp_path, problem, rows, name, **budget), rows, problem)
