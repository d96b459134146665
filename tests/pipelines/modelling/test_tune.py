from pathlib import Path

import pytest

from evergreen.pipelines.modelling.params import ModellingParams
from evergreen.pipelines.modelling.tune import tune_candidates
from evergreen.tuning.budget import Budget
from tests.models.small import SEED, small_case, small_rows
from tests.tuning.searches import MOVEMENT, search_in

TOLD = {"candidates": ("linear",), "random_state": SEED}


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"budget_trials": 7}, Budget("trials", 7)),
        ({"budget_trials": 7, "budget_seconds": 60}, Budget("seconds", 60)),
        ({"budget_trials": 7, "budget_cpu_seconds": 60}, Budget("cpu_seconds", 60)),
    ],
    ids=["of the case", "seconds take over", "CPU seconds take over"],
)
def test_the_budget_is_the_first_that_is_given(told: dict[str, int], expected: Budget) -> None:
    assert ModellingParams.model_validate(TOLD | told).budget == expected


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({}, "modelling names no budget. Give budget_seconds"),
        ({"budget_trials": 0}, "budget_trials"),
        ({"budget_seconds": -1}, "budget_seconds"),
        ({"budget_trials": 1, "candidates": ("linear", "linear")}, "names the candidates .* twice"),
    ],
)
def test_parameters_that_make_no_search_are_refused(told: dict[str, object], expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        ModellingParams.model_validate(TOLD | told)


def test_the_node_gives_what_the_search_found(tmp_path: Path) -> None:
    params = ModellingParams(**TOLD, budget_trials=3)
    rows = small_rows("binary", 240)
    found, history, costs = tune_candidates(small_case("binary"), params, rows, MOVEMENT, search_in(tmp_path))
    assert history["trial"].tolist() == costs["trial"].tolist() == [0, 1, 2]
    assert history is found.history
    none, _, _ = tune_candidates(small_case("binary"), params, rows, MOVEMENT.iloc[:0], search_in(tmp_path))
    assert {one.settings.n_dropped for one in none.tuned} == {0}
