import numpy as np
import pandas as pd
import pytest

from evergreen.models.averaged import AveragedModel
from evergreen.models.candidates import Settings
from evergreen.models.fair_reductions import fit_reduced
from evergreen.models.features import feature_frame
from evergreen.models.fit_recipe import fit_settings
from evergreen.models.reduced_classifier import decide_reduced
from evergreen.models.scores import choose_actions
from evergreen.problem import Problem
from tests.models.fair import fair_case, fair_rows
from tests.models.small import SEED

LINEAR = Settings(candidate="linear", estimator={"C": 1.0})
BOOSTED = Settings(
    candidate="boosted",
    estimator={"learning_rate": 0.2, "max_leaf_nodes": 6, "min_samples_leaf": 20, "l2_regularization": 1.0},
    rounds=60,
)


def case_for(metric: str = "selection_rate", **told: object) -> Problem:
    return fair_case(metric=metric, at_most=0.05, allowed=["none", "reductions"], **told)


@pytest.mark.parametrize("settings", [LINEAR, BOOSTED], ids=["linear", "boosted"])
@pytest.mark.parametrize("metric", ["selection_rate", "true_positive_rate", "equalized_odds"])
def test_the_average_narrows_the_gap_on_fresh_rows(settings: Settings, metric: str) -> None:
    case, rows, fresh = case_for(metric), fair_rows(1_500), fair_rows(3_000, seed=9)
    plain = fit_settings(settings, rows, case, [], random_state=SEED)
    reduced = fit_reduced(settings, rows, case, [], random_state=SEED)
    assert isinstance(reduced, AveragedModel)
    X = feature_frame(fresh, case)

    def gap(actions: np.ndarray) -> float:
        called, of = fresh.assign(called=actions == "call"), fresh["outcome"] == "yes"
        parts = {"selection_rate": [of | ~of], "true_positive_rate": [of], "equalized_odds": [of, ~of]}[metric]
        return max(float(np.ptp(called[part].groupby("colour")["called"].mean())) for part in parts)

    p = plain.predict_proba(X)
    before, after = gap(choose_actions(p, case)), gap(decide_reduced(reduced.predict_proba(X), p, case))
    assert before > 0.15
    assert after < 0.65 * before


def test_the_same_rows_get_the_same_answer_twice() -> None:
    case, rows = case_for(), fair_rows(600)
    one, other = (fit_reduced(LINEAR, rows, case, [], random_state=SEED) for _ in range(2))
    assert one is not None
    assert other is not None
    X = feature_frame(fair_rows(50, seed=8), case)
    np.testing.assert_array_equal(one.predict_proba(X), other.predict_proba(X))
    assert sum(one.weights) == pytest.approx(1)


def test_it_does_not_need_the_group_to_decide() -> None:
    told = case_for().model_dump(mode="json", exclude_none=True)
    told["columns"]["colour"]["is_feature"] = False
    told["fairness"]["may_use_group"] = False
    case = Problem.model_validate(told)
    model = fit_reduced(LINEAR, fair_rows(600), case, [], random_state=SEED)
    assert model is not None
    X = feature_frame(fair_rows(50, seed=8).drop(columns="colour"), case)
    assert np.isfinite(model.predict_proba(X)).all()


def test_one_large_group_is_nothing_to_reduce() -> None:
    assert fit_reduced(LINEAR, fair_rows(300), case_for(min_group_rows=200), [], random_state=SEED) is None


def test_without_a_payoff_the_average_names_the_class() -> None:
    told = case_for().model_dump(mode="json", exclude_none=True)
    del told["payoff"], told["fairness"]["favourable_action"]
    told["criteria"] = [{"metric": "roc_auc", "at_least": 0.5}]
    averaged = np.array([[0.4, 0.6], [0.6, 0.4]])
    found = decide_reduced(averaged, averaged[::-1], Problem.model_validate(told))
    assert found.tolist() == ["yes", "no"]


def test_rows_that_are_not_selected_get_the_best_of_the_other_actions() -> None:
    told = case_for().model_dump(mode="json", exclude_none=True)
    told["payoff"]["actions"]["write"] = {"no": -1, "yes": 4}
    averaged = np.array([[0.4, 0.6], [0.9, 0.1], [0.6, 0.4]])
    found = decide_reduced(averaged, np.array([[0.4, 0.6], [0.6, 0.4], [0.9, 0.1]]), Problem.model_validate(told))
    assert found.tolist() == ["call", "write", "skip"]


def test_a_small_group_among_many_rows_is_not_lost() -> None:
    rows = fair_rows(5_000)
    rows["colour"] = pd.Series(np.where(np.arange(5_000) % 80 == 0, "blue", "red"), dtype="str")
    # The few blue rows have one outcome only, so of one rate they have none.
    rows.loc[rows["colour"] == "blue", "outcome"] = "no"
    found = fit_reduced(LINEAR, rows, case_for("equalized_odds"), [], random_state=SEED)
    assert found is not None
    assert np.isfinite(found.predict_proba(feature_frame(rows, case_for()))).all()


def test_it_selects_by_the_class_that_is_favourable_whichever_comes_first() -> None:
    told = case_for().model_dump(mode="json", exclude_none=True)
    told["bias_plan"] = {"favourable": "no"}
    told["payoff"]["actions"] = {"lend": {"no": 3, "yes": -3}, "refuse": {"no": 0, "yes": 0}}
    told["fairness"]["favourable_action"] = "lend"
    case, rows = Problem.model_validate(told), fair_rows(1_000)
    found = fit_reduced(LINEAR, rows, case, [], random_state=SEED)
    assert found is not None
    averaged = found.predict_proba(feature_frame(rows, case))
    lent = decide_reduced(averaged, averaged, case) == "lend"
    # Loans go to those who are weak at saying yes.
    assert rows["strength"][lent].mean() < rows["strength"][~lent].mean() - 0.3
