"""The nodes from the end of a search to the ledger of candidates."""

import json
from pathlib import Path

import pandas as pd
import pytest

from evergreen.errors import DataError
from evergreen.models.averaged import AveragedModel
from evergreen.models.calibrated import CalibratedClassifier, OffsetRegressor
from evergreen.models.decide import predict_rows
from evergreen.models.recipe import Recipe
from evergreen.pipelines.modelling.combine import combine_candidates
from evergreen.pipelines.modelling.fit import fit_challenger, fit_finalists
from evergreen.pipelines.modelling.measure import measure_candidates
from evergreen.pipelines.modelling.movement import find_moving_columns
from evergreen.pipelines.modelling.params import ModellingParams
from evergreen.pipelines.modelling.quantile import try_quantile
from evergreen.problem import Kind
from evergreen.releases import model_from_bytes, model_to_bytes
from evergreen.tables.schemas import CandidateCosts, CandidateScores, ColumnMovement, Combination, QuantileTrials
from evergreen.tuning.ground import Ground
from evergreen.tuning.search import Search
from tests.models.small import KINDS, SEED, small_case, small_rows
from tests.tuning.finished import ended, ground, noisy, problem_with, ticking, trial

PARAMS = ModellingParams(candidates=("linear", "boosted"), random_state=SEED, budget_trials=4)
NO_MOVEMENT = pd.DataFrame({"column": pd.Series(dtype="str"), "order": pd.Series(dtype="int64")})


class _NoKeeper:
    def keep(self, *_: object) -> None:
        pass

    def recall(self, *_: object) -> None:
        return None


def _search() -> Search:
    def refuse(_: str) -> None:
        raise AssertionError("No study is opened after the search.")

    return Search(refuse, _NoKeeper(), ticking().read)


def _run(where: Ground, params: ModellingParams = PARAMS) -> dict[str, object]:
    tuning = ended(
        [trial(where, number, name, noisy(where, number, 1.5)) for number, name in enumerate(("linear", "boosted"))]
    )
    problem, rows, search = where.problem, where.rows, _search()
    finalists = fit_finalists(problem, params, rows, NO_MOVEMENT, tuning, search)
    combined, scores, steps = combine_candidates(problem, params, rows, NO_MOVEMENT, tuning, finalists)
    told = problem, params, rows, NO_MOVEMENT, tuning, finalists
    recipe, trials, fitted = try_quantile(*told, combined, search)
    challenger = fit_challenger(problem, params, rows, recipe, fitted)
    costs = measure_candidates(problem, params, rows, NO_MOVEMENT, tuning, fitted, recipe, challenger, search)
    made = {"recipe": recipe, "scores": scores, "steps": steps, "challenger": challenger, "costs": costs}
    return {**made, "trials": trials}


@pytest.mark.parametrize("kind", KINDS)
def test_a_search_ends_in_a_challenger_a_recipe_and_a_ledger(kind: Kind) -> None:
    where = ground(kind, split="time")
    made = _run(where)
    recipe = Recipe.model_validate(json.loads(json.dumps(made["recipe"])))
    CandidateScores.validate(made["scores"])
    Combination.validate(made["steps"])
    CandidateCosts.validate(made["costs"])
    QuantileTrials.validate(made["trials"])
    assert len(made["trials"]) == (2 if kind == "regression" else 0)
    assert len(recipe.members) == 2
    assert isinstance(made["challenger"].pipeline, AveragedModel)
    assert isinstance(made["challenger"], OffsetRegressor if kind == "regression" else CalibratedClassifier)
    assert made["costs"]["candidate"].iloc[0] == "challenger"
    assert (made["costs"]["model_mb"] > 0).all()


@pytest.mark.parametrize("kind", KINDS)
def test_recipe_and_challenger_are_the_same_to_the_byte(kind: Kind) -> None:
    first, second = (_run(ground(kind, 300)) for _ in range(2))
    assert json.dumps(first["recipe"]) == json.dumps(second["recipe"])
    assert model_to_bytes(first["challenger"]) == model_to_bytes(second["challenger"])
    pd.testing.assert_frame_equal(first["steps"], second["steps"])


@pytest.mark.parametrize("kind", KINDS)
def test_a_released_combination_decides_as_the_challenger_did(kind: Kind) -> None:
    where = ground(kind)
    challenger = _run(where)["challenger"]
    again = model_from_bytes(model_to_bytes(challenger))
    fresh = small_rows(kind, 50, seed=9, first_id=900)
    pd.testing.assert_frame_equal(
        predict_rows(again, fresh, where.problem), predict_rows(challenger, fresh, where.problem)
    )


def test_the_latency_that_a_combination_may_take_is_a_parameter() -> None:
    where = ground("binary")
    slow = PARAMS.model_copy(update={"max_latency_ratio": 1.2})
    assert len(_run(where)["recipe"]["members"]) == 2
    assert len(_run(where, slow)["recipe"]["members"]) == 1


def test_a_case_that_no_candidate_keeps_is_refused_with_the_figures() -> None:
    where = problem_with(ground("binary", 200), max_latency_ms=0.5)
    with pytest.raises(DataError, match=r"linear: latency of one row 1 ms, at most 0.5 allowed"):
        _run(where)


def test_moving_columns_are_found_in_training_rows() -> None:
    found = find_moving_columns(small_case("binary"), PARAMS, small_rows("binary", 240), _search())
    assert sorted(found["column"]) == sorted(small_case("binary").feature_columns)
    ColumnMovement.validate(found)


def test_without_time_the_table_of_moving_columns_is_empty_and_keeps_its_schema() -> None:
    found = find_moving_columns(small_case("binary", split="random"), PARAMS, small_rows("binary", 240), _search())
    assert len(ColumnMovement.validate(found)) == 0


def test_where_nothing_may_be_left_out_no_column_is_looked_at() -> None:
    keeping = PARAMS.model_copy(update={"leave_out_moving": False})
    found = find_moving_columns(small_case("binary"), keeping, small_rows("binary", 240), _search())
    assert len(ColumnMovement.validate(found)) == 0


def test_the_ledger_keeps_its_schema_after_a_file(tmp_path: Path) -> None:
    costs = _run(ground("binary", 300))["costs"]
    costs.to_parquet(tmp_path / "costs.parquet", index=False)
    CandidateCosts.validate(pd.read_parquet(tmp_path / "costs.parquet"))


def test_a_class_without_a_row_is_refused_by_name() -> None:
    rows = small_rows("multiclass", 240)
    with pytest.raises(DataError, match=r"hold no row of class 'good'. Bring a longer history"):
        find_moving_columns(small_case("multiclass"), PARAMS, rows[rows["outcome"] != "good"], _search())
