"""Who gets an action that is scarce, and what actions pay row by row, in small cases and against solvers."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from evergreen.errors import DataError
from evergreen.measures import expected_payoffs
from evergreen.models.decide import predict_rows
from evergreen.models.no_model import NoModel, decide_without_model, learn_no_model
from evergreen.models.performance import Resampling, measure_performance, payoff_of
from evergreen.models.quick import QuickFold
from evergreen.models.row_payoffs import row_matrix
from evergreen.models.scores import choose_actions
from evergreen.problem import Problem
from tests.models.small import small_case, small_rows, trained

# A wrong call costs 2 EUR and what ``strength`` says; a missing cell counts as 1.
BY_STRENGTH = {"column": "strength", "times": -1, "plus": -2, "if_missing": 1}


def row_case(*, capacity: dict[str, Any] | None = None, cell: Any = -2, **changes: Any) -> Problem:
    payoff = {"unit": "EUR", "actions": {"call": {"no": cell, "yes": 5}, "skip": {"no": 0, "yes": 0}}}
    return small_case("binary", payoff=payoff | ({"capacity": capacity} if capacity else {}), **changes)


def most(number: int, per: str = "day") -> dict[str, Any]:
    return {"action": "call", "at_most": number, "per": per}


def told(*scores: float) -> np.ndarray:
    p = np.array(scores)
    return np.stack([1 - p, p], axis=1)


def rows_at(*times: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "row_id": np.arange(1, len(times) + 1),
            "decided_at": pd.to_datetime(list(times), format="ISO8601").as_unit("us"),
            "strength": np.zeros(len(times)),
        }
    )


def test_payoffs_follow_the_columns_of_each_row() -> None:
    problem = row_case(cell=BY_STRENGTH)
    rows = pd.DataFrame({"strength": [0.0, 10.0, np.nan]})
    assert row_matrix(problem.payoff, problem, rows).tolist() == [
        [[-2, 5], [0, 0]],
        [[-12, 5], [0, 0]],
        [[-3, 5], [0, 0]],
    ]
    # A call pays from 2/7, 12/17 and 3/8 on.
    assert choose_actions(told(0.29, 0.70, 0.37), problem, rows).tolist() == ["call", "skip", "skip"]
    assert choose_actions(told(0.28, 0.71, 0.38), problem, rows).tolist() == ["skip", "call", "call"]
    paid = payoff_of(problem.payoff, problem, np.array(["call", "call", "skip"]), np.array([0, 0, 0]), rows)
    assert paid.tolist() == [-2, -12, 0]


def test_whole_numbers_with_gaps_are_read_as_others() -> None:
    problem, cells = row_case(cell=BY_STRENGTH), pd.array([0, None], dtype="Int64")
    assert row_matrix(problem.payoff, problem, pd.DataFrame({"strength": cells}))[:, 0, 0].tolist() == [-2, -3]


def test_a_scarce_action_goes_to_the_rows_that_gain_most_in_each_window() -> None:
    rows = rows_at("2020-03-01 09:00", "2020-03-01 10:00", "2020-03-01 11:00", "2020-03-02 09:00", "2020-03-02 10:00")
    found = choose_actions(told(0.5, 0.9, 0.8, 0.1, 0.4), row_case(capacity=most(2)), rows)
    assert found.tolist() == ["skip", "call", "call", "skip", "call"]
    found = choose_actions(told(0.5, 0.9, 0.8, 0.1, 0.4), row_case(capacity=most(2, "batch")), rows)
    assert found.tolist() == ["skip", "call", "call", "skip", "skip"]


@pytest.mark.parametrize(
    ("per", "called"),
    [
        # Sunday 1 March, Monday 2, Sunday 8, Tuesday 31 March, Wednesday 1 April 2020.
        ("day", [True, True, True, True, True]),
        ("week", [True, True, False, True, False]),
        ("month", [True, False, False, False, True]),
    ],
)
def test_windows_are_those_of_the_calendar(per: str, called: list[bool]) -> None:
    rows = rows_at("2020-03-01 23:59", "2020-03-02", "2020-03-08 23:59", "2020-03-31", "2020-04-01")
    problem = row_case(capacity=most(1, per), split={"by": "time", "new_rows_days": 31, "n_folds": 3})
    found = choose_actions(told(0.9, 0.8, 0.7, 0.6, 0.5), problem, rows)
    assert (found == "call").tolist() == called


@pytest.mark.parametrize("year", ["1677", "1969", "2300"])
def test_weeks_begin_on_monday_in_every_century(year: str) -> None:
    days = pd.date_range(f"{year}-01-01", periods=21, unit="us")
    rows = rows_at(*days.astype(str))
    problem = row_case(capacity=most(1, "week"))
    called = choose_actions(told(*np.linspace(0.9, 0.5, 21)), problem, rows) == "call"
    assert set(days[called][1:].day_name()) == {"Monday"}
    assert called[0]


def test_a_share_is_of_the_rows_of_the_window_that_wait_and_of_those_that_do_not() -> None:
    problem = row_case(capacity={"action": "call", "share": 0.5, "per": "day"})
    rows = rows_at(*["2020-03-01"] * 5, "2020-03-02")
    found = choose_actions(told(0.9, 0.8, 0.7, 0.1, 0.1, 0.9), problem, rows)
    assert found.tolist() == ["call", "call", "skip", "skip", "skip", "skip"]


def test_a_row_that_gains_nothing_does_not_use_up_capacity() -> None:
    found = choose_actions(told(0.1, 0.2), row_case(capacity=most(2)), rows_at("2020-03-01", "2020-03-01"))
    assert found.tolist() == ["skip", "skip"]


def test_what_is_left_over_takes_its_own_best_action() -> None:
    capacity = {"action": "sell", "at_most": 1, "per": "batch"}
    problem = small_case("multiclass", payoff={**small_case("multiclass").payoff.model_dump(), "capacity": capacity})
    # Selling pays 6 for the good; else holding pays 2 for the fair and 1 for the good, dropping nothing.
    shares = np.array([[0.0, 0.1, 0.9], [0.1, 0.2, 0.7], [0.3, 0.0, 0.7], [0.6, 0.0, 0.4]])
    assert choose_actions(shares, problem, small_rows("multiclass", 4)).tolist() == ["sell", "hold", "hold", "drop"]


def test_gains_count_and_not_scores() -> None:
    # With 0.6 a call of strength 0 gains 2.2, with 0.7 one of strength 3 gains 2.
    rows = rows_at("2020-03-01", "2020-03-01").assign(strength=[3.0, 0.0])
    found = choose_actions(told(0.7, 0.6), row_case(capacity=most(1), cell=BY_STRENGTH), rows)
    assert found.tolist() == ["skip", "call"]


def test_equal_gains_go_by_the_key_whatever_the_order_of_the_rows() -> None:
    rows = rows_at(*["2020-03-01"] * 6)
    problem = row_case(capacity=most(2))
    for seed in range(5):
        order = np.random.default_rng(seed).permutation(6)
        mixed = rows.iloc[order].set_index(np.arange(6) * 7)
        called = choose_actions(told(*[0.9] * 6), problem, mixed) == "call"
        assert sorted(mixed["row_id"][called]) == [1, 2]


def _best_by_assignment(expected: np.ndarray, scarce: int, days: np.ndarray, most_a_day: int) -> float:
    """The most that can be expected: a row has a place of the scarce action of its day, or the best of the others."""
    n_rows, others = len(expected), np.delete(expected, scarce, axis=1).max(axis=1)
    places = np.repeat(np.unique(days), most_a_day)
    worth = np.full((n_rows, len(places) + n_rows), -1e9)
    worth[:, : len(places)] = np.where(days[:, None] == places, expected[:, [scarce]], -1e9)
    worth[:, len(places) :] = others[:, None]
    taken = linear_sum_assignment(worth, maximize=True)
    return float(worth[taken].sum())


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 14), st.integers(1, 3), st.sampled_from(["sell", "hold", "drop"]))
def test_no_other_choice_within_the_limits_is_worth_more(seed: int, n_rows: int, most_a_day: int, scarce: str) -> None:
    rng = np.random.default_rng(seed)
    actions = {
        name: {"bad": {"column": "strength", "times": -1, "if_missing": 0}, "fair": pays[0], "good": pays[1]}
        for name, pays in zip(["sell", "hold", "drop"], rng.integers(-5, 6, (3, 2)).tolist(), strict=True)
    }
    actions["hold"]["bad"] = 1
    payoff = {"unit": "EUR", "actions": actions, "capacity": {"action": scarce, "at_most": most_a_day, "per": "day"}}
    problem = small_case("multiclass", payoff=payoff)
    rows, shares = small_rows("multiclass", n_rows, seed=seed), rng.dirichlet(np.ones(3), n_rows)
    expected = expected_payoffs(shares, row_matrix(problem.payoff, problem, rows))
    chosen = choose_actions(shares, problem, rows)
    days = rows["decided_at"].dt.normalize().to_numpy()
    codes = np.array([list(actions).index(name) for name in chosen])
    assert pd.Series(chosen == scarce).groupby(days).sum().max() <= most_a_day
    best = _best_by_assignment(expected, list(actions).index(scarce), days, most_a_day)
    assert expected[np.arange(n_rows), codes].sum() == pytest.approx(best)


def test_what_was_decided_stays_and_uses_up_its_window() -> None:
    rows = rows_at(*["2020-03-01"] * 4, "2020-03-02")
    taken = np.array(["call", None, "skip", None, None], dtype=object)
    found = choose_actions(told(0.1, 0.8, 0.95, 0.9, 0.9), row_case(capacity=most(2)), rows, taken=taken)
    assert found.tolist() == ["call", "skip", "skip", "call", "call"]
    overdrawn = np.array(["call", "call", "call", None, None], dtype=object)
    found = choose_actions(told(0.1, 0.8, 0.95, 0.9, 0.9), row_case(capacity=most(2)), rows, taken=overdrawn)
    assert found.tolist() == ["call", "call", "call", "skip", "call"]


def test_a_batch_has_a_capacity_of_its_own() -> None:
    rows = rows_at(*["2020-03-01"] * 4)
    taken = np.array(["call", None, "skip", None], dtype=object)
    found = choose_actions(told(0.1, 0.8, 0.95, 0.9), row_case(capacity=most(1, "batch")), rows, taken=taken)
    assert found.tolist() == ["call", "skip", "skip", "call"]
    share = {"action": "call", "share": 0.5, "per": "batch"}
    found = choose_actions(told(0.1, 0.8, 0.95, 0.9), row_case(capacity=share), rows, taken=taken)
    assert found.tolist() == ["call", "skip", "skip", "call"]


def test_a_rule_calls_the_first_ones() -> None:
    rules = [{"name": "strong", "action": "call", "when": {"column": "strength", "at_least": 1}, "otherwise": "skip"}]
    problem = row_case(capacity=most(2), rules=rules)
    rows = rows_at("2020-03-01 12:00", "2020-03-01 09:00", "2020-03-02", "2020-03-01 09:00")
    found = decide_without_model(problem, NoModel(base_rates=(0.5, 0.5)), rows.assign(strength=[1, 0, 2, 3]))
    assert {name: actions.tolist() for name, actions in found.items()} == {
        "strong": ["call", "skip", "call", "call"],
        "always_call": ["skip", "call", "call", "call"],
        "always_skip": ["skip"] * 4,
    }


def test_a_constant_rule_falls_back_on_the_best_other_action_of_each_row() -> None:
    capacity = {"action": "sell", "at_most": 1, "per": "batch"}
    actions = small_case("multiclass").payoff.model_dump()["actions"]
    actions["hold"]["bad"] = {"column": "strength", "times": -1, "if_missing": 0}
    problem = small_case("multiclass", payoff={"unit": "EUR", "actions": actions, "capacity": capacity})
    rows = small_rows("multiclass", 3).assign(strength=[0.0, 0.0, 9.0])
    found = decide_without_model(problem, NoModel(base_rates=(0.5, 0.3, 0.2)), rows)
    # At these rates holding is expected to pay 0.8 less half of strength, dropping nothing.
    assert found["always_sell"].tolist() == ["sell", "hold", "drop"]


def test_a_rule_whose_second_choice_is_scarce_falls_back_on_its_first() -> None:
    capacity = {"action": "sell", "at_most": 1, "per": "batch"}
    payoff = {**small_case("multiclass").payoff.model_dump(), "capacity": capacity}
    rule = {"name": "known", "action": "drop", "when": {"column": "strength", "at_least": 1}, "otherwise": "sell"}
    problem = small_case("multiclass", payoff=payoff, rules=[rule])
    rows = small_rows("multiclass", 3).assign(strength=0.0)
    found = decide_without_model(problem, NoModel(base_rates=(0.2, 0.4, 0.4)), rows)
    assert found["known"].tolist() == ["sell", "drop", "drop"]


def test_money_of_a_verdict_is_the_sum_over_rows_by_hand() -> None:
    problem = row_case(capacity=most(1), cell=BY_STRENGTH)
    rows, knowledge = small_rows("binary", 160, seed=11), learn_no_model(small_rows("binary", 240), problem)
    predictions = predict_rows(trained("binary").model, rows, problem)
    found = measure_performance(problem, knowledge, rows, predictions, Resampling(100, 1))
    called, is_yes = predictions["action"] == "call", rows["outcome"] == "yes"
    paid = np.where(is_yes, 5, -2 - rows["strength"])
    assert found.model["payoff_per_decision"].value == pytest.approx((paid * called).mean())
    days = rows["decided_at"].dt.normalize()
    assert called.groupby(days).sum().max() == 1
    first = ~days.duplicated()
    assert found.rules["always_call"].value == pytest.approx((paid * first).mean())
    assert found.rules["always_skip"].value == 0
    unlimited = predict_rows(trained("binary").model, rows, row_case(cell=BY_STRENGTH))
    assert (unlimited["action"] == "call").sum() > called.sum()
    pd.testing.assert_series_equal(unlimited["score"], predictions["score"])


def test_usefulness_counts_the_same_money() -> None:
    problem, rows = row_case(capacity=most(1), cell=BY_STRENGTH), small_rows("binary", 200)
    learnt, judged = np.arange(120), np.arange(120, 200)
    fold = QuickFold(rows, (learnt, judged), problem, random_state=1)
    p = fold.predict_from(fold.features)
    actions = choose_actions(p, problem, rows.iloc[judged])
    expected = payoff_of(
        problem.payoff, problem, actions, (rows["outcome"] == "yes").to_numpy(int)[judged], rows.iloc[judged]
    )
    np.testing.assert_array_equal(fold.payoffs_from(fold.features), expected)
    assert (
        pd.Series(actions == "call").groupby(rows["decided_at"].dt.normalize().iloc[judged].to_numpy()).sum().max() == 1
    )


@pytest.mark.parametrize(
    ("changes", "column"),
    [({"cell": BY_STRENGTH}, "strength"), ({"capacity": most(1)}, "decided_at"), ({"capacity": most(1)}, "row_id")],
)
def test_a_column_that_decides_must_be_there(changes: dict[str, Any], column: str) -> None:
    rows = rows_at("2020-03-01").drop(columns=column)
    with pytest.raises(DataError, match=rf"Rows lack '{column}', by which the payoff decides\. Bring these columns"):
        choose_actions(told(0.9), row_case(**changes), rows)


@pytest.mark.parametrize("changes", [{"cell": BY_STRENGTH}, {"capacity": most(1)}])
def test_probabilities_alone_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(
        DataError, match=r"Probabilities come alone, but the payoff needs the rows, too\. Give the rows"
    ):
        choose_actions(told(0.9), row_case(**changes))


@pytest.mark.parametrize("changes", [{"cell": BY_STRENGTH}, {"capacity": most(1)}, {"capacity": most(1, "batch")}])
def test_no_rows_are_decided_as_others_are(changes: dict[str, Any]) -> None:
    problem = row_case(**changes)
    rows = small_rows("binary", 3)
    some, none = (predict_rows(trained("binary").model, part, problem) for part in (rows, rows.head(0)))
    assert none.empty
    assert list(none) == list(some)
