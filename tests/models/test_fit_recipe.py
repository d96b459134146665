"""From a recipe and rows to a model, as the search made it."""

import numpy as np
import pandas as pd
import pytest

from evergreen.models.averaged import AveragedModel
from evergreen.models.calibrated import Calibration, calibrate
from evergreen.models.candidates import Settings, build_pipeline
from evergreen.models.decide import predict_rows
from evergreen.models.features import feature_frame
from evergreen.models.fit_recipe import fit_recipe, fit_settings, settings_key
from evergreen.models.folds import make_folds
from evergreen.models.learnt_rows import learnt_rows, used_columns
from evergreen.models.recency import latest_rows, recency_weights
from evergreen.models.recipe import Member, Recipe
from evergreen.models.remedies import training_weights
from evergreen.models.target import target_values
from evergreen.releases import model_to_bytes
from evergreen.tables.split_card import rows_id
from evergreen.tuning.arena import Arena
from tests.models.small import KINDS, SEED, small_case, small_rows
from tests.models.test_balanced_training import biased_rows, case_with

MOVABLE = ("since", "noise")


def _linear(kind: str, **told: object) -> Settings:
    return Settings(candidate="linear", estimator={"alpha": 1.0} if kind == "regression" else {"C": 0.1}, **told)


def _boosted(**told: object) -> Settings:
    estimator = {"learning_rate": 0.1, "max_leaf_nodes": 8, "min_samples_leaf": 10, "l2_regularization": 1.0}
    return Settings(candidate="boosted", estimator=estimator, rounds=15, **told)


def _both(kind: str, **told: object) -> Recipe:
    members = (Member(settings=_linear(kind), weight=0.75), Member(settings=_boosted(), weight=0.25))
    return Recipe(members=members, **told)


@pytest.mark.parametrize("kind", KINDS)
def test_members_are_fitted_on_all_rows_and_averaged(kind: str) -> None:
    rows, problem = small_rows(kind, 200), small_case(kind)
    X, y = feature_frame(rows, problem), target_values(rows, problem)
    model = fit_recipe(_both(kind), rows, problem, random_state=SEED)
    ask = "predict" if kind == "regression" else "predict_proba"
    each = [
        getattr(build_pipeline(one, problem, list(problem.feature_columns), random_state=SEED).fit(X, y), ask)(X)
        for one in (_linear(kind), _boosted())
    ]
    np.testing.assert_allclose(getattr(model, ask)(X), 0.75 * each[0] + 0.25 * each[1])
    assert model.training_id == rows_id(rows, problem)


def test_a_single_member_stands_without_an_average_around_it() -> None:
    recipe = Recipe(members=(Member(settings=_linear("binary"), weight=1.0),))
    model = fit_recipe(recipe, small_rows("binary", 100), small_case("binary"), random_state=SEED)
    assert not isinstance(model.pipeline, AveragedModel)


def test_probabilities_are_corrected_as_the_recipe_says() -> None:
    rows, problem = small_rows("binary", 200), small_case("binary")
    how = Calibration(method="sigmoid", slope=0.5, shifts=(0.0, 0.3))
    plain, corrected = (
        fit_recipe(_both("binary", **told), rows, problem, random_state=SEED) for told in ({}, {"calibration": how})
    )
    X = feature_frame(rows, problem)
    np.testing.assert_allclose(corrected.predict_proba(X), calibrate(plain.predict_proba(X), how))


def test_quantities_are_decided_as_the_recipe_says() -> None:
    rows, problem = small_rows("regression", 200), small_case("regression")
    model = fit_recipe(_both("regression", scale=2.0, offset=-3.0), rows, problem, random_state=SEED)
    told = predict_rows(model, rows, problem)
    np.testing.assert_allclose(told["action"].astype(float), 2 * told["score"] - 3)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("split", ["time", "random", "group"])
def test_a_fit_is_the_one_that_the_search_judged(kind: str, split: str) -> None:
    rows, problem = small_rows(kind, 240), small_case(kind, split=split)
    folds = make_folds(rows, problem, random_state=SEED)
    arena = Arena(rows, problem, folds, movable=MOVABLE, random_state=SEED)
    rung = next(one for one in arena.rungs if one.fold == len(folds) - 1)
    X = feature_frame(rows, problem)
    for settings in (_linear(kind, n_dropped=1, window=0.6, half_life=0.3), _boosted(n_dropped=2, half_life=0.5)):
        watched = arena.fit(settings, rung, lambda: False).watched
        own = fit_settings(settings, rows.iloc[rung.learnt], problem, MOVABLE, random_state=SEED)
        ask = own.predict if kind == "regression" else own.predict_proba
        judged = watched.predict(settings.rounds if settings.rounds in watched.rounds else int(watched.rounds[-1]))
        np.testing.assert_allclose(ask(X.iloc[rung.judged]), judged, atol=1e-9)


def test_columns_that_move_are_left_out_in_their_order() -> None:
    problem = small_case("binary")
    assert used_columns(_linear("binary", n_dropped=1), problem, MOVABLE) == [
        name for name in problem.feature_columns if name != "since"
    ]
    everything = tuple(problem.feature_columns)
    assert used_columns(_linear("binary", n_dropped=len(everything)), problem, everything) == [everything[-1]]


def test_window_half_life_and_plan_for_biases_work_together() -> None:
    rows, problem = biased_rows(400), case_with("reweigh")
    taken, weights = learnt_rows(rows, _linear("binary", window=0.5, half_life=0.2), problem)
    times = rows["decided_at"]
    assert taken.tolist() == latest_rows(times, 0.5).tolist()
    expected = training_weights(rows.iloc[taken], problem) * recency_weights(times.iloc[taken], 0.2)
    np.testing.assert_allclose(weights, expected)


def test_without_time_in_the_split_all_rows_count_alike() -> None:
    taken, weights = learnt_rows(
        small_rows("binary", 60), _linear("binary", window=0.5, half_life=0.2), small_case("binary", split="random")
    )
    assert (len(taken), weights) == (60, None)


def test_a_window_without_a_class_is_not_used() -> None:
    rows = small_rows("binary", 100)
    rows.loc[rows.index[50:], "outcome"] = "no"
    taken, _ = learnt_rows(rows, _linear("binary", window=0.3), small_case("binary"))
    assert len(taken) == 100


def test_what_is_fitted_already_is_not_fitted_again() -> None:
    rows, problem = small_rows("binary", 120), small_case("binary")
    known = fit_settings(_linear("binary"), rows, problem, (), random_state=SEED)
    recipe = _both("binary")
    model = fit_recipe(recipe, rows, problem, random_state=SEED, fitted={settings_key(_linear("binary")): known})
    assert model.pipeline.models[0] is known
    again = fit_recipe(recipe, rows, problem, random_state=SEED)
    assert model_to_bytes(model) == model_to_bytes(again)


def test_a_recipe_is_the_same_after_json() -> None:
    recipe = _both("binary", calibration=Calibration(method="temperature", slope=0.7, shifts=(0.0, 0.0)))
    assert Recipe.model_validate_json(recipe.model_dump_json()) == recipe


@pytest.mark.parametrize(
    ("weights", "n_dropped", "finding"),
    [((0.5, 0.4), 0, "weights that add up to 0.9"), ((0.5, 0.5), 1, "a member drops 1")],
)
def test_a_recipe_that_contradicts_itself_is_refused(weights: tuple[float, ...], n_dropped: int, finding: str) -> None:
    members = [Member(settings=_linear("binary", n_dropped=n_dropped), weight=weight) for weight in weights]
    with pytest.raises(ValueError, match=finding):
        Recipe(members=tuple(members))


def test_training_does_not_change_the_rows() -> None:
    rows = small_rows("binary", 100)
    before = rows.copy()
    fit_recipe(_both("binary"), rows, small_case("binary"), random_state=SEED)
    pd.testing.assert_frame_equal(rows, before)
