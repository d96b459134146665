import pytest
from pydantic import ValidationError

from evergreen.problem import Criterion, Limits, NoModelRule, Payoff, Split, Target, When

ACTIONS = {"call": {"no": -2, "yes": 8}}


def test_the_cost_quantile_is_the_newsvendors():
    assert Payoff(unit="EUR", under_per_unit=3, over_per_unit=1).cost_quantile == 0.75


def test_a_payoff_of_actions_has_no_cost_quantile():
    with pytest.raises(ValueError, match="Only a payoff of unit costs has a cost quantile"):
        _ = Payoff(unit="EUR", actions=ACTIONS).cost_quantile


@pytest.mark.parametrize(
    ("told", "name", "limit"),
    [
        ({"metric": "roc_auc", "at_least": 0.65}, "roc_auc at least 0.65", 0.65),
        ({"metric": "rmse", "at_most": 1234567}, "rmse at most 1,234,567", 1234567),
        (
            {"metric": "payoff_per_decision", "at_least": 0, "versus": "no_model"},
            "payoff_per_decision versus no_model at least 0",
            0,
        ),
    ],
    ids=["higher", "lower", "versus"],
)
def test_a_criterion_says_itself_in_words(told, name, limit):
    criterion = Criterion.model_validate(told)
    assert (criterion.name, criterion.limit) == (name, limit)


@pytest.mark.parametrize(
    ("model", "told", "sentence"),
    [
        (Payoff, {"unit": "EUR"}, "payoff is neither a table of actions nor a pair of unit costs. Give actions"),
        (Payoff, {"unit": "EUR", "under_per_unit": 1}, "payoff is neither a table of actions nor"),
        (
            Payoff,
            {"unit": "EUR", "under_per_unit": 1, "over_per_unit": 1, "actions": ACTIONS},
            "payoff is neither a table of actions nor",
        ),
        (Payoff, {"unit": "EUR", "under_per_unit": 0, "over_per_unit": 1}, "greater than 0"),
        (Payoff, {"unit": "EUR", "actions": {"call": {False: -2, "yes": 8}}}, "Key False is not a word."),
        (Payoff, {"unit": "EUR", "actions": {"call": {"no": float("nan"), "yes": 8}}}, "finite number"),
        (When, {"column": "sex"}, "when needs exactly one of values, at_least and below. Keep one."),
        (When, {"column": "sex", "values": ["a"], "at_least": 1}, "needs exactly one of values, at_least and below."),
        (When, {"column": "age", "below": 3, "at_least": 1}, "needs exactly one of values, at_least and below."),
        (Criterion, {"metric": "roc_auc:yes", "at_least": 0.5}, "asks for roc_auc of one class, which does not exist."),
        (NoModelRule, {"name": "champion", "action": "a"}, "rule 'champion' has a name that criteria give a meaning"),
        (NoModelRule, {"name": "r"}, "rule 'r' needs exactly one of action and column. Keep one."),
        (NoModelRule, {"name": "r", "action": "a", "column": "c"}, "rule 'r' needs exactly one of action and column."),
        (NoModelRule, {"name": "r", "action": "a", "otherwise": "b"}, "rule 'r' has only one of when and otherwise."),
        (
            NoModelRule,
            {"name": "r", "action": "a", "when": {"column": "c", "at_least": 1}},
            "rule 'r' has only one of when and otherwise. Give both or none.",
        ),
        (
            NoModelRule,
            {"name": "r", "column": "a", "when": {"column": "c", "at_least": 1}, "otherwise": "b"},
            "rule 'r' has both a column and a condition. Keep one.",
        ),
        (NoModelRule, {"name": "model", "action": "a"}, "rule 'model' has the model's own name. Rename it."),
        (
            Criterion,
            {"metric": "roc_au", "at_least": 0.5},
            "criterion names 'roc_au', which does not exist. Did you mean 'roc_auc'?",
        ),
        (
            Criterion,
            {"metric": "roc_auc", "at_most": 0.5},
            "criterion on roc_auc must give at_least and nothing else. It is better when higher.",
        ),
        (
            Criterion,
            {"metric": "log_loss", "at_least": 0.5},
            "criterion on log_loss must give at_most and nothing else. It is better when lower.",
        ),
        (Criterion, {"metric": "roc_auc", "at_least": 0, "at_most": 1}, "must give at_least and nothing else."),
        (Criterion, {"metric": "roc_auc"}, "must give at_least and nothing else."),
        (Limits, {"max_quarantined_share": 1.5}, "less than or equal to 1"),
        (Limits, {"min_training_rows": 3}, "greater than or equal to 10"),
        (Limits, {"max_model_mb": 0}, "greater than 0"),
        (Limits, {"max_latency_ms": 0}, "greater than 0"),
        (Limits, {"max_training_seconds": -1}, "greater than 0"),
        (Target, {"column": "y", "delay_days": -1}, "greater than or equal to 0"),
        (Target, {"column": "y", "classes": [False, True]}, "List 'classes' holds [False, True], which are not words."),
        (Split, {"by": "time"}, "split by time must give new_rows_days and not new_rows_share. Mend the split."),
        (
            Split,
            {"by": "time", "new_rows_days": 7, "new_rows_share": 0.1},
            "split by time must give new_rows_days and not new_rows_share.",
        ),
        (Split, {"by": "random"}, "split by random must give new_rows_share and not new_rows_days."),
        (Split, {"by": "random", "new_rows_days": 7}, "split by random must give new_rows_share and not"),
        (Split, {"by": "group", "new_rows_share": 0.1}, "split names a group in vain or lacks it."),
        (Split, {"by": "random", "new_rows_share": 0.1, "group": "g"}, "split names a group in vain or lacks it."),
        (Split, {"by": "time", "new_rows_days": 7, "holdout_share": 1}, "less than 1"),
        (Split, {"by": "time", "new_rows_days": 7, "n_folds": 1}, "greater than or equal to 2"),
    ],
)
def test_what_contradicts_itself_is_refused(model, told, sentence):
    with pytest.raises(ValidationError) as refusal:
        model.model_validate(told)
    assert sentence in str(refusal.value)


def test_only_limits_in_milliseconds_and_seconds_are_judged_by_the_clock() -> None:
    assert not Limits(max_model_mb=1).has_clock
    assert Limits(max_latency_ms=5).has_clock
    assert Limits(max_training_seconds=60).has_clock
