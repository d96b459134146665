from datetime import date

import pytest
from pydantic import ValidationError

from evergreen.problem import AsOf, Problem
from tests.cases import GONE, binary_case, multiclass_case, regression_case, told
from tests.problem.broken_cases import BROKEN

VALID = pytest.mark.parametrize(
    "make", [binary_case, multiclass_case, regression_case], ids=["binary", "multiclass", "regression"]
)
NO_MONEY = {"payoff": GONE, "rules": [], "criteria": [{"metric": "roc_auc", "at_least": 0.6}]}


@VALID
def test_a_case_survives_being_written_down(make):
    case = make()
    again = Problem.model_validate(case.model_dump(mode="json", exclude_none=True))
    assert again == case
    assert list(again.columns) == list(case.columns)
    assert again.feature_columns == case.feature_columns


@VALID
def test_a_case_cannot_be_changed(make):
    case = make()
    for part in (case, case.target, case.split, case.limits, *case.columns.values(), *case.criteria):
        name = next(iter(type(part).model_fields))
        with pytest.raises(ValidationError, match="frozen"):
            setattr(part, name, None)


def test_a_model_learns_from_what_is_known_at_the_decision_and_from_no_name_time_or_group():
    case = binary_case({"split": {"by": "group", "group": "channel", "new_rows_share": 0.2}})
    assert list(case.feature_columns) == ["n_calls_before", "age_years", "sex", "is_owner", "rate_pct", "note"]


def test_it_tells_its_parts():
    case = binary_case({"columns.sex.is_required": True})
    assert (case.spine, case.positive_class, case.is_classification) == ("calls", "yes", True)
    assert case.outcome_columns == ("duration_seconds", "bought")
    assert case.required_columns == ("call_id", "called_at", "sex")
    assert "payoff_per_decision" in case.metrics
    assert not regression_case().is_classification


def test_a_case_without_money_has_no_metric_in_money():
    case = binary_case(NO_MONEY)
    assert "payoff_per_decision" not in case.metrics
    assert case.all_rules == ()


def test_every_constant_action_is_a_rule_unless_the_case_names_it_itself():
    assert [rule.name for rule in binary_case().all_rules] == ["call_known", "always_call", "always_skip"]
    named = binary_case({"rules": [{"name": "call_all", "action": "call"}]})
    assert [rule.name for rule in named.all_rules] == ["call_all", "always_skip"]
    assert [rule.name for rule in regression_case().all_rules] == ["as_planned"]


def test_a_unit_may_be_that_of_the_target_where_the_target_has_none():
    criteria = [{"metric": "mae", "at_most": 20, "unit": "target"}]
    assert regression_case({"columns.n_rentals.unit": GONE, "criteria": criteria}).criteria[0].unit == "target"


def test_the_logical_date_is_a_date():
    assert AsOf.model_validate("2010-06-30").root == date(2010, 6, 30)
    with pytest.raises(ValidationError, match="valid date"):
        AsOf.model_validate("2010-06-31")


@pytest.mark.parametrize(("kind", "changes", "sentence"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_case_is_refused_with_a_sentence(kind, changes, sentence):
    with pytest.raises(ValidationError) as refusal:
        Problem.model_validate(told(kind, changes))
    assert sentence in str(refusal.value)
