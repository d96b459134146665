from typing import Any

import numpy as np
import pandas as pd
import pytest

from evergreen.models.no_model import NoModel, apply_rule, decide_without_model, learn_no_model
from evergreen.problem import NoModelRule, Problem
from tests.models.small import small_case

ROWS = pd.DataFrame(
    {
        "strength": [1.0, 2.0, np.nan],
        "colour": pd.Series(["red", None, "blue"], dtype="str"),
        "noise": [5.0, np.nan, 7.0],
    }
)


def _rule(**told: Any) -> NoModelRule:
    return NoModelRule.model_validate({"name": "rule", **told})


def _regression(**changes: Any) -> Problem:
    return small_case("regression", rules=[{"name": "as_noise", "column": "noise"}], **changes)


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ({"column": "colour", "values": ["red", "green"]}, ["call", "skip", "skip"]),
        ({"column": "strength", "at_least": 2}, ["skip", "call", "skip"]),
        ({"column": "strength", "at_least": 0}, ["call", "call", "skip"]),
        (None, ["call", "call", "call"]),
    ],
)
def test_a_rule_acts_where_its_condition_holds_and_not_where_nothing_is_known(
    when: dict[str, Any] | None, expected: list[str]
) -> None:
    rule = _rule(action="call") if when is None else _rule(action="call", when=when, otherwise="skip")
    assert apply_rule(rule, ROWS).tolist() == expected


def test_a_rule_on_a_nullable_column_acts_alike() -> None:
    rule = _rule(action="call", when={"column": "strength", "at_least": 2}, otherwise="skip")
    assert apply_rule(rule, ROWS.convert_dtypes()).tolist() == ["skip", "call", "skip"]


def test_every_constant_action_is_a_rule_and_a_named_one_is_not_doubled() -> None:
    problem = small_case("binary", rules=[{"name": "call_everyone", "action": "call"}])
    decided = decide_without_model(problem, NoModel(base_rates=(0.5, 0.5)), ROWS)
    assert {name: actions.tolist() for name, actions in decided.items()} == {
        "call_everyone": ["call"] * 3,
        "always_skip": ["skip"] * 3,
    }


def test_a_quantity_rule_falls_back_to_the_best_constant_where_its_column_is_missing() -> None:
    decided = decide_without_model(_regression(), NoModel(mean=1, median=2, cost_quantile=3), ROWS)
    assert {name: values.tolist() for name, values in decided.items()} == {
        "as_noise": [5, 3, 7],
        "best_constant": [3, 3, 3],
    }


def test_base_rates_are_in_the_order_of_the_classes() -> None:
    rows = pd.DataFrame({"outcome": ["good", "bad", "good", "good"]})
    assert learn_no_model(rows, small_case("multiclass")) == NoModel(base_rates=(0.25, 0, 0.75))


def test_typical_values_of_a_regression() -> None:
    rows = pd.DataFrame({"outcome": [1.0, 2.0, 3.0, 4.0, 100.0]})
    assert learn_no_model(rows, small_case("regression")) == NoModel(mean=22, median=3, cost_quantile=4)
    without_payoff = small_case("regression", payoff=None)
    assert learn_no_model(rows, without_payoff) == NoModel(mean=22, median=3)


def test_the_best_constant_costs_least_of_all_constants() -> None:
    problem, rng = small_case("regression"), np.random.default_rng(5)
    y = rng.gamma(2, 5, 2000)
    best = learn_no_model(pd.DataFrame({"outcome": y}), problem).cost_quantile

    def cost(quantity: float) -> float:
        return float(np.where(y > quantity, 3 * (y - quantity), quantity - y).mean())

    assert all(cost(best) <= cost(other) + 1e-6 for other in np.linspace(0, 40, 200))
