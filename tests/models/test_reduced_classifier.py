"""Reductions as they are applied: built by recipe, stored, released, and decided by without the group."""

import json

import numpy as np
import pandas as pd
import pytest

from evergreen.errors import CaseError, DataError
from evergreen.models.averaged import AveragedModel
from evergreen.models.calibrated import Calibration
from evergreen.models.candidates import CandidateName, Settings, first_settings
from evergreen.models.decide import predict_rows
from evergreen.models.fair_reductions import fit_reduced
from evergreen.models.features import feature_frame
from evergreen.models.fit_recipe import fit_recipe
from evergreen.models.recipe import Member, Recipe
from evergreen.models.reduced_classifier import ReducedClassifier
from evergreen.models.scores import choose_actions
from evergreen.problem import Problem
from evergreen.releases import assemble_release, load_release, model_to_bytes
from tests.models.fair import fair_case, fair_rows
from tests.models.small import SEED

LINEAR = Settings(candidate="linear", estimator={"C": 1.0})
HOW = Calibration(method="sigmoid", slope=0.9, shifts=(0.0, 0.1))


def applied(*, remedy: str = "reductions", **told: object) -> Problem:
    """A case that may not know the group when it decides."""
    asked = fair_case(allowed=["none", "reductions"], remedy=remedy, **{"at_most": 0.05, **told})
    plain = asked.model_dump(mode="json", exclude_none=True)
    plain["columns"]["colour"]["is_feature"] = False
    plain["fairness"]["may_use_group"] = False
    return Problem.model_validate(plain)


def recipe(settings: Settings = LINEAR, *, is_reduced: bool = True) -> Recipe:
    member = Member(settings=settings, weight=1.0)
    return Recipe(members=(member,), calibration=HOW, reduced=settings if is_reduced else None)


def gap(predictions: pd.DataFrame, rows: pd.DataFrame) -> float:
    return float(np.ptp((predictions["action"] == "call").groupby(rows["colour"].to_numpy()).mean()))


def test_decisions_are_alike_and_scores_are_about_outcomes_as_they_come() -> None:
    case, rows, fresh = applied(), fair_rows(1_500), fair_rows(3_000, seed=9)
    reduced = predict_rows(fit_recipe(recipe(), rows, case, random_state=SEED), fresh, case)
    without = applied(remedy="none")
    plain = predict_rows(fit_recipe(recipe(is_reduced=False), rows, without, random_state=SEED), fresh, without)
    np.testing.assert_array_equal(reduced["score"], plain["score"])
    assert set(reduced["action"]) <= set(case.payoff.actions)
    # Here nothing but the colour tells colours apart, so what cannot see it treats both alike by itself.
    assert gap(reduced, fresh) < 0.05


def test_the_gap_of_a_model_that_sees_the_group_is_closed() -> None:
    case = fair_case(allowed=["none", "reductions"], remedy="reductions")
    rows, fresh = fair_rows(1_500), fair_rows(3_000, seed=9)
    model = fit_recipe(recipe(), rows, case, random_state=SEED)
    found = predict_rows(model, fresh, case)
    plain = choose_actions(model.predict_proba(feature_frame(fresh, case)), case)
    assert gap(fresh.assign(action=plain), fresh) > 0.2
    assert gap(found, fresh) < 0.1


def test_the_group_is_not_asked_for_and_one_row_is_decided_as_among_others() -> None:
    case, fresh = applied(), fair_rows(40, seed=8)
    model = fit_recipe(recipe(), fair_rows(400), case, random_state=SEED)
    together = predict_rows(model, fresh, case)
    alone = [predict_rows(model, fresh.drop(columns="colour").iloc[[place]], case) for place in range(len(fresh))]
    pd.testing.assert_frame_equal(pd.concat(alone, ignore_index=True), together)
    assert len(predict_rows(model, fresh.head(0), case)) == 0


@pytest.mark.parametrize("name", ["linear", "boosted", "forest", "network", "lightgbm", "catboost"])
def test_every_candidate_is_released_and_decides_as_before(name: CandidateName) -> None:
    case, rows = fair_case(allowed=["none", "reductions"], remedy="reductions"), fair_rows(240)
    settings = first_settings(name, case).model_copy(update={"rounds": 15})
    made = fit_recipe(recipe(settings), rows, case, random_state=SEED)
    assert isinstance(made, ReducedClassifier)
    assert isinstance(made.decider, AveragedModel)
    stored = assemble_release(case, made, {"recipe": recipe(settings).model_dump(mode="json")})
    live = load_release(stored.release_id, stored.files)
    fresh = fair_rows(200, seed=5)
    pd.testing.assert_frame_equal(predict_rows(live.model, fresh, live.problem), predict_rows(made, fresh, case))
    # Made again by the recipe of the release, on the same rows.
    again = fit_recipe(Recipe.model_validate(live.documents["recipe"]), rows, live.problem, random_state=SEED)
    assert model_to_bytes(again) == model_to_bytes(made)


def test_a_recipe_survives_json_and_names_all_columns_that_are_left_out() -> None:
    told = recipe()
    assert Recipe.model_validate(json.loads(told.model_dump_json())) == told
    with pytest.raises(ValueError, match="names 0 left-out features, but a member drops 2"):
        Recipe(members=told.members, reduced=LINEAR.model_copy(update={"n_dropped": 2}))


@pytest.mark.parametrize(
    ("is_reduced", "remedy", "sentence"),
    [
        (True, "none", "The recipe decides by reductions, but the case without reductions. Make the recipe anew."),
        (False, "reductions", "The recipe decides without reductions, but the case by reductions."),
    ],
)
def test_a_recipe_of_another_decision_is_refused(is_reduced: bool, remedy: str, sentence: str) -> None:
    with pytest.raises(CaseError, match=sentence):
        fit_recipe(recipe(is_reduced=is_reduced), fair_rows(50), applied(remedy=remedy), random_state=SEED)


def test_one_large_group_is_refused_by_name() -> None:
    case = applied(min_group_rows=200)
    with pytest.raises(DataError, match=r"fewer than two groups of 200 rows or more. Reductions .* by colour"):
        fit_recipe(recipe(), fair_rows(300), case, random_state=SEED)


def test_the_limit_has_room_for_what_a_holdout_cannot_tell() -> None:
    case = fair_case(allowed=["none", "reductions"], remedy="reductions", at_most=0.15)
    within = 0
    for seed in range(6):
        rows, holdout = fair_rows(1_200, seed=seed), fair_rows(2_000, seed=100 + seed)
        decider = fit_reduced(LINEAR, rows, case, [], random_state=SEED)
        assert decider is not None
        chosen = decider.predict_proba(feature_frame(holdout, case))[:, 1] >= 0.5
        within += gap(holdout.assign(action=np.where(chosen, "call", "skip")), holdout) <= 0.15
    assert within >= 5
