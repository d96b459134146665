import pytest
from pydantic import ValidationError

from evergreen.problem import BiasClause, BiasPlan
from tests.cases import binary_case, multiclass_case, regression_case

WHY = "For the test."


def told(measure="base_rate", remedy="accept", columns=("sex",), **limit):
    return {"measure": measure, "remedy": remedy, "columns": list(columns), "why": WHY, **limit}


def test_a_clause_says_itself_in_words():
    clause = BiasClause.model_validate(told(columns=("sex", "race"), at_most=0.1))
    assert (clause.name, clause.limit, clause.is_balancing) == ("base_rate by sex and race", 0.1, False)


@pytest.mark.parametrize(
    ("measure", "given", "limit"),
    [("label", {"at_most": 0.2}, 0.2), ("small_group", {"at_least": 0.05}, 0.05), ("cleaning", {}, None)],
)
def test_the_limit_is_on_the_side_of_the_measure(measure, given, limit):
    assert BiasClause.model_validate(told(measure, **given)).limit == limit


def test_one_clause_of_a_plan_may_balance():
    plan = BiasPlan.model_validate({"clauses": [told("label"), told(remedy="reweigh")]})
    assert plan.balancing_clause == plan.clauses[1]
    assert BiasPlan().balancing_clause is None


def test_the_favourable_class_is_the_positive_one_unless_the_plan_names_another():
    assert binary_case().favourable_class == "yes"
    assert binary_case({"bias_plan": {"favourable": "no"}}).favourable_class == "no"
    assert multiclass_case().favourable_class is None
    assert multiclass_case({"bias_plan": {"favourable": "red"}}).favourable_class == "red"
    assert regression_case().favourable_class is None


def test_sensitive_prose_tells_no_group():
    case = binary_case({"columns.note.is_sensitive": True, "columns.age_years.is_sensitive": True})
    assert case.sensitive_columns == ("age_years", "sex", "note")
    assert case.group_columns == ("age_years", "sex")


def test_a_gap_of_a_mean_may_be_more_than_one():
    clause = told(columns=("is_holiday",), at_most=40)
    case = regression_case({"columns.is_holiday.is_sensitive": True, "bias_plan": {"clauses": [clause]}})
    assert case.bias_plan.clauses[0].limit == 40


@pytest.mark.parametrize(
    ("clauses", "sentence"),
    [
        ([told(columns=())], "at least 1 item"),
        ([told(why="")], "at least 3 characters"),
        ([told("fairness")], "Input should be 'small_group', 'missingness'"),
        ([told(remedy="ignore")], "Input should be 'accept', 'reweigh'"),
        ([told(at_most=-0.1)], "greater than or equal to 0"),
        ([told("small_group", at_least=1.5)], "less than or equal to 1"),
        (
            [told(columns=("sex", "sex"))],
            "clause 'base_rate by sex and sex' names ['sex'] twice. Name each",
        ),
        ([told("small_group", at_most=0.1)], "clause 'small_group by sex' gives at_most. It may give at_least."),
        ([told("label", at_least=0.1)], "clause 'label by sex' gives at_least. It may give at_most."),
        (
            [told("label", "reweigh")],
            "clause 'label by sex' has the remedy reweigh, which balances base rates only. Accept it, or ask for more",
        ),
        (
            [told("cleaning", "more_data")],
            "clause 'cleaning by sex' asks for more data without end. Give at_most: what is enough.",
        ),
        ([told("small_group", "more_data")], "asks for more data without end. Give at_least: what is enough."),
        ([told(), told(remedy="reweigh")], "bias_plan has ['base_rate by sex'] twice. Keep one clause each."),
        (
            [told(columns=("sex", "race")), told(columns=("race", "sex"))],
            "bias_plan has ['base_rate by race and sex'] twice. Keep one clause each.",
        ),
        (
            [told(remedy="reweigh"), told(remedy="resample", columns=("race",))],
            "bias_plan balances by ['base_rate by sex', 'base_rate by race'] at once. Name the columns together",
        ),
    ],
)
def test_a_plan_that_contradicts_itself_is_refused(clauses, sentence):
    with pytest.raises(ValidationError) as refusal:
        BiasPlan.model_validate({"clauses": clauses})
    assert sentence in str(refusal.value)


def test_a_plan_judges_no_group_of_one():
    with pytest.raises(ValidationError, match="greater than or equal to 2"):
        BiasPlan.model_validate({"min_group_rows": 1})
