"""The rule by which a challenger replaces the champion, and what hinders a comparison."""

from typing import Any

import pytest
from pydantic import ValidationError

from evergreen.problem import Kind, PromotionRule, tell_difference
from tests.models.small import small_case


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ({"metric": "log_loss"}, "log_loss better than the champion's"),
        (
            {"metric": "mae", "rule": "non_inferior", "margin": 0.5},
            "mae at most 0.5 worse than the champion's",
        ),
    ],
)
def test_a_rule_says_itself_in_words(told: dict[str, Any], name: str) -> None:
    assert PromotionRule.model_validate(told).name == name


def test_a_case_without_a_rule_is_written_down_as_before() -> None:
    assert "promotion" not in small_case("binary").model_dump(mode="json", exclude_none=True)


def test_what_is_compared_is_measured() -> None:
    assert "recall:yes" not in small_case("binary").metrics
    assert "recall:yes" in small_case("binary", promotion={"metric": "recall:yes"}).metrics


@pytest.mark.parametrize(
    ("kind", "told", "changes", "sentence"),
    [
        ("binary", {"metric": "log_loss", "margin": 1}, {}, "promotion is strict and has a margin. Drop the margin."),
        ("binary", {"metric": "log_loss", "rule": "non_inferior"}, {}, "promotion is non_inferior without a margin."),
        (
            "binary",
            {"metric": "log_los"},
            {},
            "promotion names 'log_los', which does not exist. Did you mean 'log_loss'",
        ),
        ("binary", {"metric": "rmse"}, {}, "promotion does not exist for a binary problem. It may be: payoff_per"),
        ("binary", {"metric": "recall:maybe"}, {}, "promotion names 'maybe', which does not exist."),
        ("binary", {"metric": "roc_auc:yes"}, {}, "promotion asks for roc_auc of one class, which does not exist."),
        ("binary", {"metric": "model_mb"}, {}, "promotion compares model_mb, what a model costs."),
        (
            "binary",
            {"metric": "payoff_per_decision"},
            {"payoff": None, "criteria": [{"metric": "roc_auc", "at_least": 0}]},
            "promotion is in money, but the case has no payoff.",
        ),
        ("regression", {"metric": "roc_auc"}, {}, "promotion does not exist for a regression problem."),
    ],
)
def test_refuses_what_does_not_fit_the_case(
    kind: Kind, told: dict[str, Any], changes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ValidationError, match=sentence):
        small_case(kind, promotion=told, **changes)


def _columns(**changes: dict[str, Any]) -> dict[str, Any]:
    columns = small_case("binary").model_dump(mode="json", exclude_none=True)["columns"]
    return columns | {name: columns.get(name, {}) | told for name, told in changes.items()}


OTHER_MONEY = {"unit": "USD", "actions": {"call": {"no": -2, "yes": 5}, "skip": {"no": 0, "yes": 0}}}
OTHER_ACTIONS = {"unit": "EUR", "actions": {"mail": {"no": -2, "yes": 5}, "skip": {"no": 0, "yes": 0}}}
HIGHER_PRICES = {"unit": "EUR", "actions": {"call": {"no": -3, "yes": 7}, "skip": {"no": 0, "yes": 0}}}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"payoff": OTHER_MONEY}, "was made for another unit of the payoff (EUR, now USD)"),
        ({"payoff": OTHER_ACTIONS}, "was made for other actions (call, skip, now mail, skip)"),
        (
            {"target": {"column": "outcome", "classes": ["yes", "no"]}},
            "was made for other classes (no, yes, now yes, no)",
        ),
        ({"key": ["row_id", "shop"]}, "was made for another key (row_id, now row_id, shop)"),
        ({"columns": _columns(noise={"unit": "kg"})}, "reads columns that are declared otherwise now: 'noise'"),
    ],
    ids=["unit", "actions", "classes", "key", "column"],
)
def test_a_case_that_differs_is_told(changes: dict[str, Any], sentence: str) -> None:
    assert tell_difference(small_case("binary", **changes), small_case("binary")) == sentence


def test_another_kind_of_problem_is_told() -> None:
    found = tell_difference(small_case("regression"), small_case("binary"))
    assert found == "was made for another kind of problem (binary, now regression)"


def test_a_column_that_is_gone_is_told() -> None:
    columns = _columns()
    columns.pop("noise")
    found = tell_difference(small_case("binary", columns=columns), small_case("binary"))
    assert found == "reads columns that the case no longer has: 'noise'"


@pytest.mark.parametrize(
    "changes",
    [
        {"payoff": HIGHER_PRICES},
        {"criteria": [{"metric": "roc_auc", "at_least": 0.5}]},
        {"columns": _columns(noise={"why": "Another reason."}, weight={"type": "number", "why": "It is new."})},
    ],
    ids=["prices", "criteria", "a-new-column"],
)
def test_what_does_not_hinder_a_comparison_is_no_difference(changes: dict[str, Any]) -> None:
    assert tell_difference(small_case("binary", **changes), small_case("binary")) == ""
