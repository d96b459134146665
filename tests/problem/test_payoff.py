from typing import Any

import pytest
from pydantic import ValidationError

from evergreen.problem import Capacity, Payoff, Problem, RowMoney, Term
from tests.cases import GONE, binary_case, multiclass_case

AMOUNT = {"type": "number", "range": [0, None], "unit": "EUR", "is_required": True, "why": "For the test."}
DAILY = {"action": "call", "at_most": 3, "per": "day"}


def loan_case(cell: Any, **changes: Any) -> Problem:
    """Calls where a wrong call costs what a cell says; ``amount_eur`` is money that no row lacks."""
    columns = {f"columns.{name}": column for name, column in changes.pop("columns", {}).items()}
    return binary_case({"columns.amount_eur": AMOUNT, **columns, "payoff.actions.call.no": cell, **changes})


def rationed_case(capacity: Any, **changes: Any) -> Problem:
    """Calls of which there may be only so many."""
    return binary_case({"payoff.capacity": capacity, **changes})


def test_one_column_and_several_are_written_alike() -> None:
    short = RowMoney.model_validate({"column": "loan", "times": -0.45, "plus": 20})
    long = RowMoney.model_validate({"plus": 20, "terms": [{"column": "loan", "times": -0.45}]})
    assert short.parts == long.parts == (Term(column="loan", times=-0.45),)
    assert str(short) == str(long) == "20 - 0.45 x loan"
    assert RowMoney(column="loan").parts == (Term(column="loan", times=1),)
    assert str(RowMoney(terms=(Term(column="a"), Term(column="b", times=2)))) == "0 + 1 x a + 2 x b"


def test_a_payoff_tells_what_it_depends_on() -> None:
    assert not binary_case().payoff.needs_rows
    assert rationed_case(DAILY).payoff.needs_rows
    money = {"terms": [{"column": "amount_eur"}, {"column": "age_years", "if_missing": 40, "per_unit": "years"}]}
    payoff = loan_case(money).payoff
    assert payoff.needs_rows
    assert payoff.columns == ("amount_eur", "age_years")
    with pytest.raises(ValueError, match="Only a payoff of numbers has a table of them"):
        _ = payoff.plain_actions
    assert binary_case().payoff.plain_actions == binary_case().payoff.actions


@pytest.mark.parametrize(
    ("capacity", "words"),
    [
        (DAILY, "call at most 3 per day"),
        ({"action": "call", "share": 0.25, "per": "batch"}, "0.25 of the rows per batch"),
    ],
)
def test_a_capacity_says_itself_in_words(capacity: dict[str, Any], words: str) -> None:
    assert words in str(Capacity.model_validate(capacity))


@pytest.mark.parametrize(
    "case",
    [
        loan_case({"column": "amount_eur", "times": -0.45, "plus": 20}),
        loan_case(
            {"terms": [{"column": "amount_eur"}, {"column": "rate_pct", "if_missing": 1, "per_unit": "percent"}]}
        ),
        rationed_case(DAILY),
    ],
    ids=["one column", "two columns", "capacity"],
)
def test_such_a_case_survives_being_written_down(case: Problem) -> None:
    assert Problem.model_validate(case.model_dump(mode="json", exclude_none=True)) == case


def test_a_case_without_them_is_written_down_as_before() -> None:
    assert binary_case().model_dump(mode="json", exclude_none=True)["payoff"] == {
        "unit": "EUR",
        "actions": {"call": {"no": -2.0, "yes": 8.0}, "skip": {"no": 0.0, "yes": 0.0}},
    }


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        ({}, "payoff by row needs exactly one of column and terms. Keep one, or write a number."),
        ({"column": "a", "terms": [{"column": "b"}]}, "payoff by row needs exactly one of column and terms."),
        ({"terms": [{"column": "a"}], "times": 2}, "payoff by row has terms and, beside them, ['times']. Move it into"),
        ({"column": "a", "time": 2}, "Unknown key 'time' in RowMoney. Did you mean 'times'?"),
        ({"column": "a", "times": float("inf")}, "finite number"),
        ("much", "valid number"),
    ],
)
def test_money_that_cannot_be_read_is_refused(cell: Any, sentence: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        Payoff.model_validate({"unit": "EUR", "actions": {"call": {"no": cell, "yes": 1}}})
    assert sentence in str(refusal.value)


@pytest.mark.parametrize(
    ("cell", "columns", "sentence"),
    [
        ({"column": "amount"}, {}, "payoff names 'amount', which does not exist. Did you mean 'amount_eur'?"),
        (
            {"column": "sex", "if_missing": 0},
            {},
            "payoff by 'sex' takes a column of type category for a number. Name a column of numbers.",
        ),
        (
            {"column": "duration_seconds", "if_missing": 0},
            {},
            "payoff by 'duration_seconds' takes a column that is known only at the outcome. Name a column known at",
        ),
        (
            {"column": "age_years", "if_missing": 40},
            {},
            "payoff by 'age_years' is in years, but the payoff is in EUR. Name a column in EUR, or say that the factor "
            "is money for each of it: per_unit: years.",
        ),
        (
            {"column": "age_years", "if_missing": 40, "per_unit": "months"},
            {},
            "payoff by 'age_years' is given per months, but the column is in years. Make the two units the same.",
        ),
        (
            {"column": "amount_eur"},
            {"amount_eur": {**AMOUNT, "is_required": False}},
            "payoff by 'amount_eur' does not say what holds where the cell is missing. Say what it is taken for there",
        ),
    ],
)
def test_money_that_cannot_be_told_at_the_decision_is_refused(
    cell: dict[str, Any], columns: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ValidationError) as refusal:
        loan_case(cell, columns=columns)
    assert sentence in str(refusal.value)


def test_a_column_without_a_unit_is_taken_for_money() -> None:
    bare = {key: value for key, value in AMOUNT.items() if key != "unit"}
    assert loan_case({"column": "amount_eur"}, columns={"amount_eur": bare}).payoff.columns == ("amount_eur",)


@pytest.mark.parametrize(
    ("capacity", "changes", "sentence"),
    [
        ({"action": "call", "per": "day"}, {}, "payoff.capacity needs exactly one of at_most and share. Keep one."),
        ({**DAILY, "share": 0.1}, {}, "payoff.capacity needs exactly one of at_most and share."),
        (
            {**DAILY, "action": "ring"},
            {},
            "payoff.capacity names 'ring', which does not exist. Known are 'call', 'skip'",
        ),
        ({**DAILY, "per": "hour"}, {}, "Input should be 'day', 'week', 'month' or 'batch'"),
        ({**DAILY, "at_most": 0}, {}, "greater than or equal to 1"),
        (
            DAILY,
            {"payoff.actions": {"call": {"no": -2, "yes": 8}}, "rules": []},
            "payoff.capacity limits 'call', but there is nothing else to do. Give a second action.",
        ),
        (
            {**DAILY, "per": "month"},
            {},
            "payoff.capacity is per month, but only 7 days are scored at a time. Set split.new_rows_days to 31 or more",
        ),
        (
            DAILY,
            {"split": {"by": "random", "new_rows_share": 0.2}},
            "payoff.capacity is a number per day, but a split by random puts only a part of its rows together. Give a",
        ),
    ],
)
def test_a_capacity_that_cannot_be_kept_is_refused(
    capacity: dict[str, Any], changes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ValidationError) as refusal:
        rationed_case(capacity, **changes)
    assert sentence in str(refusal.value)


def test_a_case_without_time_has_no_calendar() -> None:
    with pytest.raises(
        ValidationError, match=r"is per day, but the case has no event_time. Name it, or say per: batch"
    ):
        multiclass_case({"payoff.capacity": {"action": "sell", "share": 0.1, "per": "day"}})
    assert multiclass_case({"payoff.capacity": {"action": "sell", "at_most": 9, "per": "batch"}}).payoff.needs_rows


def test_a_share_may_be_per_day_in_a_split_by_chance() -> None:
    share = {"action": "call", "share": 0.1, "per": "day"}
    assert rationed_case(share, split={"by": "random", "new_rows_share": 0.2}).payoff.capacity.share == 0.1


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        (
            {"under_per_unit": {"column": "a"}, "over_per_unit": 1},
            "payoff unit costs are given by a column, but a quan",
        ),
        (
            {"under_per_unit": 1, "over_per_unit": 1, "capacity": DAILY},
            "payoff.capacity limits an action, but a quantity is decided. Remove it.",
        ),
    ],
)
def test_a_regression_has_neither(told: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        Payoff.model_validate({"unit": "EUR", **told})
    assert sentence in str(refusal.value)


@pytest.mark.parametrize("remedy", ["thresholds", "reductions"])
@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"payoff.capacity": DAILY}, "but 'call' is scarce"),
        ({"payoff.actions.call.no": {"column": "amount_eur", "times": -1}}, "but money differs by row"),
    ],
)
def test_remedies_that_part_rows_by_one_score_are_refused(remedy: str, changes: dict[str, Any], why: str) -> None:
    fairness = {
        "columns": ["sex"],
        "metric": "selection_rate",
        "at_most": 0.1,
        "favourable_action": "call",
        "allowed": ["none", remedy],
        "may_use_group": True,
    }
    with pytest.raises(ValidationError) as refusal:
        binary_case({"columns.amount_eur": AMOUNT, "fairness": fairness, **changes})
    assert f"fairness.allowed names ['{remedy}'], which part rows by one score, {why}. Take them out" in str(
        refusal.value
    )
    kept = {**fairness, "allowed": ["none", "reweigh"]}
    assert binary_case({"columns.amount_eur": AMOUNT, "fairness": kept, **changes}).fairness is not None


def test_without_payoff_nothing_is_checked() -> None:
    assert (
        binary_case({"payoff": GONE, "rules": [], "criteria": [{"metric": "roc_auc", "at_least": 0.6}]}).payoff is None
    )
