import pytest

from evergreen.reporting.cells import tabulate
from evergreen.reporting.estimates import as_fact, best_rule, describe_rule, in_words, metrics_table, money_frame
from evergreen.reporting.sections import Fact
from tests.reporting import demo

UNDEFINED = demo.estimate(None, None, None)


def test_money_becomes_the_frame_that_is_drawn() -> None:
    frame = money_frame({"model": demo.estimate(1.0, 0.5, 2.0), "rule": UNDEFINED})
    assert list(frame["rule"]) == ["model", "rule"]
    assert list(frame.loc[0, ["value", "low", "high"]]) == [1.0, 0.5, 2.0]
    assert frame.loc[1, ["value", "low", "high"]].isna().all()


def test_metrics_carry_unit_and_direction() -> None:
    metrics = {"payoff_per_decision": demo.estimate(7.84, 6.92, 8.79), "log_loss": UNDEFINED, "own": UNDEFINED}
    rows = [[cell.text for cell in row] for row in tabulate(metrics_table("Quality", metrics, "EUR")).rows]
    assert rows == [
        ["Payoff per decision", "7.84", "6.92", "8.79", "EUR", "higher"],
        ["Log loss", "not defined", "not defined", "not defined", "nat", "lower"],
        ["Own", "not defined", "not defined", "not defined", "", ""],
    ]


@pytest.mark.parametrize(
    ("estimate", "phrase", "fact"),
    [
        (demo.estimate(4.3, 3.9, 4.7), "4.30 EUR (3.90 to 4.70)", Fact("m", "4.30 EUR", "interval 3.90 to 4.70")),
        (UNDEFINED, "not defined", Fact("m", "not defined")),
    ],
    ids=["defined", "undefined"],
)
def test_an_estimate_in_words(estimate: demo.IntervalDict, phrase: str, fact: Fact) -> None:
    assert in_words(estimate, "EUR") == phrase
    assert as_fact("m", estimate, "EUR") == fact


@pytest.mark.parametrize(
    ("money", "best"),
    [
        (demo.bank_money(), "always_call"),
        ({"model": demo.estimate(9.0, 8.0, 10.0)}, None),
        ({"rule": UNDEFINED}, None),
    ],
    ids=["best of three", "no rule", "undefined"],
)
def test_the_best_rule_is_never_the_model(money: dict[str, demo.IntervalDict], best: str | None) -> None:
    assert best_rule(money) == best


@pytest.mark.parametrize(
    ("rule", "phrase"),
    [
        ("model", "decides by the model's scores"),
        ("call_former_buyers", "call where former_outcome is success, otherwise skip"),
        ("always_skip", "skip in every row"),
        ("unheard_of", ""),
    ],
)
def test_a_rule_is_described(rule: str, phrase: str) -> None:
    assert describe_rule(demo.bank_problem(), rule) == phrase
