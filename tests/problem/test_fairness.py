from typing import Any

import pytest
from pydantic import ValidationError

from evergreen.problem import Fairness
from tests.cases import GONE, binary_case, multiclass_case, regression_case


def section(**told: Any) -> dict[str, Any]:
    """Women and men are called alike often; groups may be known when deciding."""
    plain = {"columns": ["sex"], "metric": "selection_rate", "at_most": 0.1, "favourable_action": "call"}
    return plain | {"may_use_group": True} | told


def test_a_case_asks_nothing_by_itself() -> None:
    assert binary_case().fairness is None


def test_a_section_says_itself_in_words() -> None:
    found = binary_case({"fairness": section(columns=["sex", "is_owner"]), "columns.is_owner.is_sensitive": True})
    assert found.fairness is not None
    assert found.fairness.name == "selection_rate by sex and is_owner"
    assert (found.fairness.remedy, found.fairness.allowed) == ("none", ("none",))


def test_reductions_can_be_applied_where_groups_are_not_known_when_deciding() -> None:
    told = section(may_use_group=False, allowed=["none", "reductions"], remedy="reductions")
    found = binary_case({"fairness": told, "columns.sex.is_feature": False}).fairness
    assert found is not None
    assert found.has_reduction
    assert not found.has_thresholds


def test_groups_may_be_forbidden_when_deciding_and_known_when_learning() -> None:
    told = section(may_use_group=False, allowed=["none", "reweigh", "reductions"], remedy="reweigh")
    found = binary_case({"fairness": told, "columns.sex.is_feature": False}).fairness
    assert found is not None
    assert not found.has_thresholds


def test_the_section_survives_being_written_and_read() -> None:
    found = Fairness.model_validate(section(allowed=["none", "thresholds"], remedy="thresholds"))
    assert Fairness.model_validate(found.model_dump(mode="json")) == found
    assert found.has_thresholds


ONE_OF_THREE = {"call": {"no": -2, "yes": 8}, "write": {"no": -1, "yes": 3}, "skip": {"no": 0, "yes": 0}}
CUTS = {"allowed": ["none", "thresholds"]}
WEIGHING = {"measure": "base_rate", "columns": ["sex"], "remedy": "reweigh", "why": "For the test."}


@pytest.mark.parametrize(
    ("told", "changes", "sentence"),
    [
        ({"limit": 1}, {}, "Unknown key 'limit' in Fairness"),
        ({"columns": []}, {}, "at least 1 item"),
        ({"metric": "parity"}, {}, "Input should be 'selection_rate', 'true_positive_rate'"),
        ({"at_most": 1.5}, {}, "fairness.at_most is 1.5, but a gap of rates is at most 1. Lower it."),
        ({"at_most": float("inf")}, {}, "finite number"),
        ({"min_group_rows": 1}, {}, "greater than or equal to 2"),
        ({"allowed": ["magic"]}, {}, "Input should be 'none', 'reweigh'"),
        ({"allowed": []}, {}, "at least 1 item"),
        ({"columns": ["sex", "sex"]}, {}, "fairness.columns names ['sex'] twice. Name each once."),
        ({"allowed": ["none", "none"]}, {}, "fairness.allowed names ['none'] twice. Name each once."),
        (
            {"remedy": "reweigh"},
            {},
            "fairness.remedy is reweigh, which is not among the allowed ['none']. Allow it, or apply another.",
        ),
        (
            {"may_use_group": False, **CUTS},
            {"columns.sex.is_feature": False},
            "names thresholds, which go by group, but may_use_group is false. Take them out, or set",
        ),
        ({"metric": "equalized_odds", **CUTS}, {}, "one cut point a group cannot close both gaps of equalized_odds"),
        ({"columns": ["sx"]}, {}, "fairness.columns names 'sx', which does not exist. Did you mean 'sex'?"),
        ({"columns": ["channel"]}, {}, "compares groups by ['channel']. Mark these columns is_sensitive: true."),
        ({"columns": ["note"]}, {"columns.note.is_sensitive": True}, "takes ['note'] for groups. Prose and pictures"),
        (
            {"columns": ["bought"]},
            {"columns.bought.is_sensitive": True},
            "names ['bought'], known only at the outcome. Name columns known at the decision.",
        ),
        (
            {"may_use_group": False},
            {},
            "has the features ['sex'], but may_use_group is false. Add is_feature: false to them, or set",
        ),
        ({"favourable_action": GONE}, {}, "fairness.favourable_action is not said, so nobody knows"),
        ({"favourable_action": "cal"}, {}, "names 'cal', which does not exist. Did you mean 'call'?"),
        (
            {},
            {"payoff": GONE, "rules": GONE, "criteria": [{"metric": "roc_auc", "at_least": 0.5}]},
            "is 'call', but the case has no payoff with actions. Remove it",
        ),
        (
            {"favourable_action": GONE, **CUTS},
            {"payoff": GONE, "rules": GONE, "criteria": [{"metric": "roc_auc", "at_least": 0.5}]},
            "names thresholds, which are chosen by money, but the case has no payoff. Give a payoff, or",
        ),
        (CUTS, {"payoff.actions": ONE_OF_THREE}, "which part two actions, but the payoff has 3. Take them out."),
        (
            CUTS,
            {"payoff.actions.call": {"no": 2, "yes": 2}},
            "but one action pays the same more whatever the class. Mend the payoff, or take them out.",
        ),
        (
            {"columns": ["age_years"], **CUTS},
            {"columns.age_years.is_sensitive": True},
            "names thresholds, but ['age_years'] are no words. Compare groups by words, or take them out.",
        ),
        (
            {"allowed": ["none", "reweigh"]},
            {"bias_plan": {"clauses": [WEIGHING]}},
            "names ['reweigh'], but clause 'base_rate by sex' of bias_plan weighs rows already. Keep one of them.",
        ),
    ],
)
def test_a_contradiction_is_refused(told: dict[str, Any], changes: dict[str, Any], sentence: str) -> None:
    asked = {key: value for key, value in section(**told).items() if value is not GONE}
    with pytest.raises(ValidationError) as caught:
        binary_case({"fairness": asked, **changes})
    assert sentence in str(caught.value)


def many(**changes: Any) -> dict[str, Any]:
    told = section(columns=["colour"], favourable_action="sell") | changes
    return {"columns.colour.is_sensitive": True, "fairness": told, "bias_plan": {"favourable": "red"}}


def number(**changes: Any) -> dict[str, Any]:
    told = {"columns": ["is_holiday"], "metric": "mean_error", "at_most": 20, "may_use_group": True} | changes
    return {"columns.is_holiday.is_sensitive": True, "fairness": told}


def test_many_classes_and_numbers_have_gaps_and_no_remedies() -> None:
    assert multiclass_case(many()).fairness is not None
    assert regression_case(number()).fairness is not None
    cure = "which are for two classes, but the problem is"
    with pytest.raises(ValidationError, match=cure):
        multiclass_case(many(allowed=["none", "reductions"]))
    with pytest.raises(ValidationError, match=cure):
        regression_case(number(allowed=["none", "reweigh"]))


def test_a_gap_that_the_kind_of_problem_has_not_is_refused() -> None:
    with pytest.raises(
        ValidationError, match=r"metric is mean_error, but the problem is binary. Choose a gap of rates"
    ):
        binary_case({"fairness": section(metric="mean_error")})
    with pytest.raises(ValidationError, match=r"is selection_rate, but the problem is regression. Choose mean_error"):
        regression_case(number(metric="selection_rate", at_most=0.1))
    with pytest.raises(ValidationError, match=r"has no class to be better off with. Name it: bias_plan"):
        multiclass_case(many() | {"bias_plan": {}})
