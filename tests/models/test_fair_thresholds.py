from typing import Any

import numpy as np
import pandas as pd
import pytest

from evergreen.errors import CaseError, DataError
from evergreen.models.calibrated import Calibration
from evergreen.models.candidates import Settings
from evergreen.models.decide import predict_rows
from evergreen.models.fair_classifier import FairClassifier
from evergreen.models.fair_groups import find_groups, find_stakes, name_groups
from evergreen.models.fair_thresholds import GroupCuts, decide_by_group, learn_cuts
from evergreen.models.fit_recipe import fit_recipe
from evergreen.models.recipe import Member, Recipe
from evergreen.models.scores import choose_actions
from evergreen.releases import model_from_bytes, model_to_bytes
from tests.models.fair import fair_case, fair_rows, recorded_probabilities
from tests.models.small import SEED

EVEN = 2 / 7
CUTS = GroupCuts(columns=("colour",), cuts={"red": 0.9, "blue": 0.1})


def rates(actions: Any, rows: pd.DataFrame) -> pd.Series:
    return pd.Series(actions == "call", index=rows.index).groupby(rows["colour"]).mean()


def test_the_favourable_action_is_taken_from_the_cut_point_of_the_group_on() -> None:
    rows = pd.DataFrame({"colour": pd.Series(["red", "red", "blue", "blue", None, "green"], dtype="str")})
    p = np.array([0.9, 0.89, 0.1, 0.09, EVEN + 0.01, EVEN - 0.01])
    found = decide_by_group(np.stack([1 - p, p], axis=1), rows, CUTS, fair_case())
    # The last two have no cut point: where the group is missing or was never seen, the payoff alone decides.
    assert found.tolist() == ["call", "skip", "call", "skip", "call", "skip"]


def test_a_favourable_action_may_be_that_of_the_other_class() -> None:
    actions = {"lend": {"no": 3, "yes": -9}, "refuse": {"no": 0, "yes": 0}}
    changes = {"payoff": {"unit": "EUR", "actions": actions}, "bias_plan": {"favourable": "no"}}
    told = fair_case().model_dump(mode="json", exclude_none=True) | changes
    told["fairness"]["favourable_action"] = "lend"
    case = type(fair_case()).model_validate(told)
    assert find_stakes(case).score_class == 0
    rows, p = fair_rows(4), np.array([0.05, 0.2, 0.5, 0.95])
    cuts = GroupCuts(columns=("colour",), cuts={"red": 0.5, "blue": 0.5})
    assert decide_by_group(np.stack([1 - p, p], axis=1), rows, cuts, case).tolist() == ["lend"] * 3 + ["refuse"]


def test_rows_that_lack_the_group_column_are_refused() -> None:
    with pytest.raises(DataError, match=r"lack 'colour', by which the model decides. Bring these columns."):
        decide_by_group(np.full((3, 2), 0.5), fair_rows(3).drop(columns="colour"), CUTS, fair_case())


def test_groups_have_the_same_names_alone_and_together() -> None:
    case = fair_case()
    rows = fair_rows(50).assign(colour=lambda table: table["colour"].where(table["row_id"] % 5 > 0))
    together = find_groups(rows, ("colour", "is_known"), case)
    alone = name_groups(rows, ("colour", "is_known"))
    assert together.names == ("(missing) x true", "blue x true", "red x true")
    assert together.is_known.tolist() == [False, True, True]
    named = np.asarray(together.names, dtype=object)[together.codes]
    assert (named[alone.notna()] == alone.dropna()).all()
    assert (named[alone.isna()] == "(missing) x true").all()


def test_cut_points_restore_parity_at_the_known_price() -> None:
    case = fair_case(at_most=0.0)
    learnt, fresh = fair_rows(40_000, seed=1), fair_rows(40_000, seed=2)
    cuts = learn_cuts(learnt, recorded_probabilities(learnt), case, random_state=SEED).cuts
    # Both groups are equally strong. Equal rates ask for the same strength of both: u = 2 c / ((a + c) (1 + b)).
    u = 2 * 2 / (7 * 1.5)
    assert (cuts["red"], cuts["blue"] * 2) == (pytest.approx(u, abs=0.04), pytest.approx(u, abs=0.04))
    told = recorded_probabilities(fresh)
    plain, fair = (
        choose_actions(told, case),
        decide_by_group(told, fresh, GroupCuts(columns=("colour",), cuts=cuts), case),
    )
    assert rates(plain, fresh).to_dict() == pytest.approx({"red": 1 - EVEN, "blue": 1 - 2 * EVEN}, abs=0.02)
    assert np.ptp(rates(fair, fresh)) < 0.02

    def money(actions: Any, is_good: pd.Series) -> float:
        return float(np.where(actions == "call", np.where(is_good, 5, -2), 0).mean())

    # Per decision, half of them in each group: (a + c) (1 - t^2) / 2 - c (1 - t) at the cuts of each.
    def worth(t: float, highest: float) -> float:
        return 7 * highest * (1 - t**2) / 2 - 2 * (1 - t)

    price = (worth(EVEN, 1) + worth(2 * EVEN, 0.5) - worth(u, 1) - worth(u, 0.5)) / 2
    recorded = fresh["outcome"] == "yes"
    assert money(plain, recorded) - money(fair, recorded) == pytest.approx(price, abs=0.02)
    # What was lost by the record was won in truth.
    assert money(fair, fresh["truth"]) > money(plain, fresh["truth"])


@pytest.mark.parametrize("metric", ["selection_rate", "true_positive_rate", "false_positive_rate"])
def test_the_limit_is_kept_with_room_for_a_holdout_to_show_it(metric: str) -> None:
    case = fair_case(metric=metric, at_most=0.15)
    rows, fresh = fair_rows(20_000, seed=1), fair_rows(5_000, seed=5)
    cuts = learn_cuts(rows, recorded_probabilities(rows), case, random_state=SEED)
    called = rates(decide_by_group(recorded_probabilities(fresh), fresh, cuts, case), fresh)
    of = {"selection_rate": fresh["colour"].notna(), "true_positive_rate": fresh["outcome"] == "yes"}
    part = fresh[of.get(metric, fresh["outcome"] == "no")]
    called = rates(decide_by_group(recorded_probabilities(part), part, cuts, case), part)
    assert 0.03 < np.ptp(called) < 0.15


def test_where_the_payoff_alone_keeps_the_limit_there_is_nothing_to_mend() -> None:
    case, rows = fair_case(at_most=0.1), fair_rows(20_000, lost=0.0)
    assert learn_cuts(rows, recorded_probabilities(rows, lost=0.0), case, random_state=SEED).cuts == {}


def test_scores_shared_by_many_rows_do_not_end_in_selecting_nobody() -> None:
    case, rows = fair_case(at_most=0.05), fair_rows(4_000)
    coarse = recorded_probabilities(rows).round(1)
    found = learn_cuts(rows, coarse, case, random_state=SEED)
    called = rates(decide_by_group(coarse, rows, found, case), rows)
    assert called.between(0.1, 0.9).all()


def test_groups_too_small_get_no_cut_point() -> None:
    rows = fair_rows(300)
    found = learn_cuts(rows, recorded_probabilities(rows), fair_case(min_group_rows=200), random_state=SEED)
    assert found == GroupCuts(columns=("colour",))


LINEAR = Settings(candidate="linear", estimator={"C": 1.0})


def recipe(cuts: GroupCuts | None) -> Recipe:
    how = Calibration(method="temperature", slope=1.2, shifts=(0.0, 0.0))
    return Recipe(members=(Member(settings=LINEAR, weight=1.0),), calibration=how, group_cuts=cuts)


def test_the_released_model_decides_by_group_and_survives_its_release() -> None:
    case, rows = fair_case(remedy="thresholds"), fair_rows(400)
    made = Recipe.model_validate_json(recipe(CUTS).model_dump_json())
    model = fit_recipe(made, rows, case, random_state=SEED)
    plain = fit_recipe(recipe(None), rows, fair_case(), random_state=SEED)
    assert isinstance(model, FairClassifier)
    found, without = (predict_rows(one, rows, case) for one in (model, plain))
    np.testing.assert_array_equal(found["score"], without["score"])
    cut = rows["colour"].map(CUTS.cuts).to_numpy()
    assert (found["action"] == np.where(found["score"] >= cut, "call", "skip")).all()
    content = model_to_bytes(model)
    again = model_from_bytes(content)
    assert again.group_cuts == CUTS
    assert model_to_bytes(again) == content
    pd.testing.assert_frame_equal(predict_rows(again, rows, case), found)


@pytest.mark.parametrize(
    ("cuts", "changes", "sentence"),
    [
        (CUTS, {}, "decides by colour, but the case by no group. Make the recipe anew."),
        (None, {"remedy": "thresholds"}, "decides by no group, but the case by colour. Make the recipe anew."),
    ],
)
def test_a_recipe_made_for_another_decision_is_refused(
    cuts: GroupCuts | None, changes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(CaseError, match=sentence):
        fit_recipe(recipe(cuts), fair_rows(100), fair_case(**changes), random_state=SEED)


def test_rows_are_decided_alone_as_in_a_batch() -> None:
    case, rows = fair_case(remedy="thresholds"), fair_rows(60)
    model = fit_recipe(recipe(CUTS), fair_rows(400), case, random_state=SEED)
    alone = pd.concat([predict_rows(model, rows.iloc[[place]], case) for place in range(len(rows))])
    assert alone["action"].tolist() == predict_rows(model, rows, case)["action"].tolist()
    assert predict_rows(model, rows.head(0), case).empty


def test_without_thresholds_no_group_is_asked_for() -> None:
    told = fair_case(may_use_group=True).model_dump(mode="json", exclude_none=True)
    told["columns"]["colour"]["is_feature"] = False
    told["fairness"] |= {"allowed": ["none", "reweigh"], "remedy": "reweigh", "may_use_group": False}
    case, rows = type(fair_case()).model_validate(told), fair_rows(400)
    model = fit_recipe(recipe(None), rows, case, random_state=SEED)
    found = predict_rows(model, rows, case)
    pd.testing.assert_frame_equal(predict_rows(model, rows.drop(columns="colour"), case), found)
