from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from evergreen.errors import ReleaseError
from evergreen.models.candidates import Settings
from evergreen.models.recipe import Member, Recipe
from evergreen.pipelines.modelling.params import ModellingParams
from evergreen.pipelines.modelling.tune import tune_candidates
from evergreen.releases import NoChampion
from evergreen.tuning.budget import Budget
from tests.models.small import SEED, small_case, small_rows
from tests.tuning.searches import MOVEMENT, linear, search_in

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
    found, history, costs = tune_candidates(
        small_case("binary"), params, rows, MOVEMENT, search_in(tmp_path), damaged_champion
    )
    assert history["trial"].tolist() == costs["trial"].tolist() == [0, 1, 2]
    assert history is found.history
    none, _, _ = tune_candidates(
        small_case("binary"), params, rows, MOVEMENT.iloc[:0], search_in(tmp_path), damaged_champion
    )
    assert {one.settings.n_dropped for one in none.tuned} == {0}


def damaged_champion() -> Any:
    """The way to a champion that must not be taken, or is told of."""
    raise ReleaseError("Release 'ab'", "was changed after it was made", "Restore it.")


def warm(folder: Path, champion: Any, **told: Any) -> list[Settings]:
    """The settings of the first trials of a search that begins at a champion."""
    params = ModellingParams(**TOLD, budget_trials=3, warm_start=True)
    rows = small_rows("binary", 240)
    task = (small_case("binary"), params, rows, MOVEMENT, search_in(folder))
    history = tune_candidates(*task, lambda: champion)[1]
    return [Settings.model_validate_json(one) for one in history["settings"]]


def made_by(recipe: Any) -> Any:
    """A live release that tells this of how it is made."""
    return SimpleNamespace(documents={"recipe": recipe})


def test_a_warm_search_begins_with_the_members_of_the_champion(tmp_path: Path) -> None:
    members = [linear(C=0.33, n_dropped=1, window=0.5), linear(C=0.011, n_dropped=1)]
    champion = Recipe(members=tuple(Member(settings=one, weight=0.5) for one in members), left_out=("since",))
    assert warm(tmp_path, made_by(champion.model_dump(mode="json")))[:2] == members


@pytest.mark.parametrize(
    "champion",
    [
        NoChampion(),
        SimpleNamespace(documents={}),
        made_by({"members": [{"settings": {"candidate": "perceptron"}, "weight": 1.0}]}),
        made_by({"depth": 3}),
    ],
    ids=["no champion", "one that kept no recipe", "a candidate of another version", "another form"],
)
def test_without_a_recipe_that_can_be_read_a_warm_search_begins_cold(champion: Any, tmp_path: Path) -> None:
    params = ModellingParams(**TOLD, budget_trials=3)
    told = (small_case("binary"), params, small_rows("binary", 240), MOVEMENT, search_in(tmp_path / "cold"))
    cold = tune_candidates(*told, damaged_champion)[1]
    assert warm(tmp_path / "warm", champion) == [Settings.model_validate_json(one) for one in cold["settings"]]


def test_a_champion_of_other_candidates_does_not_stop_a_warm_search(tmp_path: Path) -> None:
    other = Settings(candidate="forest", estimator={"max_features": 0.3})
    champion = Recipe(members=(Member(settings=other, weight=1.0),))
    assert {one.candidate for one in warm(tmp_path, made_by(champion.model_dump(mode="json")))} == {"linear"}


def test_a_damaged_champion_stops_a_warm_search_alone(tmp_path: Path) -> None:
    params = ModellingParams(**TOLD, budget_trials=3, warm_start=True)
    told = (small_case("binary"), params, small_rows("binary", 240), MOVEMENT, search_in(tmp_path))
    with pytest.raises(ReleaseError, match="was changed after it was made"):
        tune_candidates(*told, damaged_champion)
