from typing import Any

import optuna
import pandas as pd
import pytest

from evergreen.models.candidates import Settings
from evergreen.models.candidates.base import TableSize
from evergreen.models.recipe import Member, Recipe
from evergreen.tuning.sampler import SeededSampler
from evergreen.tuning.space import (
    Space,
    choose_settings,
    first_trials,
    movable_columns,
    number_dropped,
    parameters_of,
)
from tests.tuning.searches import linear

NAN = float("nan")
SIZE = TableSize(5000, 12, 2)
SPACE = Space(("boosted", "linear"), SIZE, is_by_time=True, n_dropped=2)


def _movement(gains: list[float], errors: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"order": [1, 2, 3, 4], "nested_gain": gains, "nested_gain_se": errors})


@pytest.mark.parametrize(
    ("gains", "errors", "expected"),
    [
        pytest.param([0.01, 0.03, NAN, 0.02], [0.001, 0.001, NAN, 0.001], 2, id="the largest gain"),
        pytest.param([0.01, 0.03, NAN, 0.02], [0.001, 0.011, NAN, 0.02], 1, id="the largest that is clear"),
        pytest.param([0.01, 0.03, NAN, 0.02], [0.01, 0.02, NAN, 0.02], 0, id="none is clear"),
        pytest.param([-0.01, -0.03, NAN, -0.02], [0.001, 0.001, NAN, 0.001], 0, id="all lose"),
        pytest.param([NAN] * 4, [NAN] * 4, 0, id="nothing moves"),
    ],
)
def test_columns_are_left_out_by_all_where_that_clearly_gains(
    gains: list[float], errors: list[float], expected: int
) -> None:
    assert number_dropped(_movement(gains, errors)) == expected


def test_what_is_always_left_out_is_so_from_the_first_trial() -> None:
    space = Space(("linear",), SIZE, is_by_time=True, n_dropped=3)
    assert {one.n_dropped for one in first_trials(space, _recipe(linear(n_dropped=1)))} == {3}
    assert choose_settings(study().ask(), space).n_dropped == 3


def test_movable_columns_come_in_order_and_others_stay() -> None:
    movement = pd.DataFrame({"column": ["a", "b", "c", "d"], "order": [3, 1, None, 2]})
    assert movable_columns(movement) == ("b", "d", "a")
    assert movable_columns(movement.assign(is_movable=[True, True, True, False])) == ("b", "a")
    assert movable_columns(movement.iloc[:0]) == ()


def test_the_cheapest_starts_come_first_and_everything_else_is_neutral() -> None:
    found = first_trials(SPACE)
    assert [one.candidate for one in found[:2]] == ["linear", "boosted"]
    assert {(one.n_dropped, one.window, one.half_life, one.rounds) for one in found} == {(2, 1.0, None, None)}


def _recipe(settings: Settings) -> Recipe:
    left_out = tuple(f"column {number}" for number in range(settings.n_dropped))
    return Recipe(members=(Member(settings=settings, weight=1.0),), left_out=left_out)


def test_the_champion_goes_first_with_what_this_table_has() -> None:
    settings = linear(C=0.7, n_dropped=7, window=0.5, half_life=0.2)
    recipe = _recipe(settings.model_copy(update={"rounds": 3}))
    warm, *others = first_trials(SPACE, recipe)
    assert warm == settings.model_copy(update={"n_dropped": 2})
    assert others == list(first_trials(SPACE))
    timeless = first_trials(Space(("linear",), SIZE, is_by_time=False), recipe)[0]
    assert (timeless.n_dropped, timeless.window, timeless.half_life) == (0, 1.0, None)


def test_a_champion_of_another_kind_is_no_start() -> None:
    recipe = _recipe(linear())
    assert first_trials(Space(("boosted",), SIZE, is_by_time=True), recipe)[0].candidate == "boosted"


def study(*starts: Any, random_state: int = 1) -> optuna.Study:
    return optuna.create_study(sampler=SeededSampler(starts, random_state))


def test_settings_bear_the_candidates_name_and_the_past_is_chosen_where_there_is_time() -> None:
    trial = study().ask()
    chosen = choose_settings(trial, SPACE)
    assert {"candidate", "window", "half_life"} < trial.params.keys()
    assert chosen.n_dropped == 2
    assert all(name.startswith(f"{chosen.candidate}.") for name in trial.params.keys() - parameters_of(linear()).keys())
    timeless = study().ask()
    choose_settings(timeless, Space(("linear",), SIZE, is_by_time=False))
    assert not {"window", "half_life"} & timeless.params.keys()


def test_the_study_is_told_the_settings_of_the_first_trials() -> None:
    told = [parameters_of(one) for one in first_trials(SPACE)]
    made = study(*told)
    for start in told:
        trial = made.ask()
        choose_settings(trial, SPACE)
        shared = start.keys() & trial.params.keys()
        assert {name: trial.params[name] for name in shared} == {name: start[name] for name in shared}
        made.tell(trial, 1.0)


def test_values_beyond_the_range_are_told_as_its_end() -> None:
    trial = study({**parameters_of(linear(C=1e9)), "window": 0.33}).ask()
    choose_settings(trial, SPACE)
    assert trial.params["linear.C"] == 100
    assert trial.params["window"] in (1.0, 0.5, 0.25)


def test_each_trial_is_drawn_by_its_number_whatever_was_drawn_in_this_process() -> None:
    def drawn(n_forgotten: int) -> list[dict[str, Any]]:
        made = study()
        for number in range(20):
            if number == n_forgotten:
                made.sampler = SeededSampler((), 1)
            trial = made.ask()
            chosen = choose_settings(trial, SPACE)
            made.tell(trial, float(len(chosen.model_dump_json()) % 7))
        return [one.params for one in made.trials]

    assert drawn(13) == drawn(0)
    other = study(random_state=2).ask()
    choose_settings(other, SPACE)
    assert other.params != drawn(0)[0]
