from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from evergreen.judging.criteria import Judgement, judge_criteria
from evergreen.judging.judge import conclude, gather_evidence, judge_limits
from evergreen.measures import Estimate
from evergreen.models.contest import NO_RIVAL
from evergreen.models.performance import PAYOFF, Performance
from evergreen.releases import assemble_release
from tests.models.small import small_case, trained
from tests.pipelines.evaluation.line import AS_OF, COSTS, PARAMS, ROW_LEDGER

DRAWS = np.linspace(0, 1, 201)  # the 5 % quantile is 0.05, the 95 % quantile 0.95
NAN = float("nan")
LOOK = {"number": 3, "level": 0.05, "word": "Judged."}


def _judge(
    criterion: dict[str, Any],
    model: Estimate,
    *,
    no_model: Estimate | None = None,
    rules: dict[str, Estimate] | None = None,
) -> Judgement:
    name = criterion["metric"]
    kind = "regression" if name in ("mae", "rmse", "r2") else "binary"
    problem = small_case(kind, criteria=[criterion])
    without = {} if no_model is None else {name: no_model}
    performance = Performance({name: model}, without, rules or {}, "rows")
    (found,) = judge_criteria(problem, PARAMS, performance, {}, COSTS, LOOK, NO_RIVAL)
    return found


def _flat(value: float) -> Estimate:
    return Estimate(value, np.full(201, value))


def _around(value: float) -> Estimate:
    """A value whose 5 % and 95 % quantiles lie 0.45 below and above it."""
    return Estimate(value, DRAWS + value - 0.5)


@pytest.mark.parametrize(
    ("criterion", "result", "bound"),
    [
        ({"metric": "roc_auc", "at_least": 0.0499}, "passed", 0.05),
        ({"metric": "roc_auc", "at_least": 0.0501}, "undecided", 0.05),
        ({"metric": "roc_auc", "at_least": 0.9499}, "undecided", 0.05),
        ({"metric": "roc_auc", "at_least": 0.9501}, "failed", 0.05),
        ({"metric": "log_loss", "at_most": 0.9501}, "passed", 0.95),
        ({"metric": "log_loss", "at_most": 0.9499}, "undecided", 0.95),
        ({"metric": "log_loss", "at_most": 0.0501}, "undecided", 0.95),
        ({"metric": "log_loss", "at_most": 0.0499}, "failed", 0.95),
    ],
)
def test_the_cautious_bound_passes_and_the_hopeful_one_fails(
    criterion: dict[str, Any], result: str, bound: float
) -> None:
    found = _judge(criterion, Estimate(0.5, DRAWS))
    assert found["result"] == result
    assert found["bound"] == pytest.approx(bound)
    assert found["value"] == 0.5


@pytest.mark.parametrize(
    ("criterion", "other"),
    [({"metric": "roc_auc", "at_least": 0.7}, 0.9), ({"metric": "log_loss", "at_most": 0.7}, 0.5)],
)
def test_a_bound_exactly_at_the_limit_passes(criterion: dict[str, Any], other: float) -> None:
    assert _judge(criterion, Estimate(0.7, np.append(np.full(200, 0.7), other)))["result"] == "passed"


def test_a_comparison_is_judged_on_the_paired_difference() -> None:
    better = Estimate(0.5, DRAWS + 0.001)
    criterion = {"metric": "roc_auc", "versus": "no_model", "at_least": 0}
    assert _judge(criterion, better, no_model=Estimate(0.499, DRAWS))["result"] == "passed"
    assert _judge(criterion, better, no_model=Estimate(0.499, DRAWS[::-1]))["result"] == "undecided"


def test_money_must_beat_every_rule_and_the_weakest_lead_decides() -> None:
    criterion = {"metric": PAYOFF, "versus": "no_model", "at_least": 0}
    rules = {"easy": _around(-9), "hard": _around(0.7), "middling": _around(-1)}
    found = _judge(criterion, _flat(1), rules=rules)
    assert found["result"] == "undecided"
    assert found["value"] == pytest.approx(0.3)
    assert found["bound"] == pytest.approx(0.3 - 0.45)
    assert "against hard 0.3 EUR" in found["reason"]
    reach = (1.644854 + 0.841621) * DRAWS.std(ddof=1)
    assert f"the smallest difference that these rows tell is {reach:.3g} EUR" in found["reason"]
    assert _judge(criterion, _flat(1), rules=rules | {"hard": _around(0.5)})["result"] == "passed"


def test_one_rule_that_is_surely_better_fails_the_model_and_is_named() -> None:
    criterion = {"metric": PAYOFF, "versus": "no_model", "at_least": 0}
    rules = {"vague": Estimate(1, (DRAWS - 0.5) * 100), "call_everyone": _around(2), "undefined": Estimate(NAN, DRAWS)}
    found = _judge(criterion, _flat(1), rules=rules)
    assert found["result"] == "failed"
    assert "failed, difference against call_everyone -1 EUR" in found["reason"]


@pytest.mark.parametrize("gain", [0, 1e-12, -1e-12])
@pytest.mark.parametrize(
    ("metric", "side"), [("log_loss", "at_most"), ("roc_auc", "at_least"), (PAYOFF, "at_least"), ("rmse", "at_most")]
)
def test_a_tie_is_no_success(metric: str, side: str, gain: float) -> None:
    if metric == PAYOFF:
        found = _judge({"metric": metric, "versus": "no_model", side: 0}, _flat(3 + gain), rules={"rule": _flat(3)})
    else:
        found = _judge({"metric": metric, "versus": "no_model", side: 0}, _flat(0.6 + gain), no_model=_flat(0.6))
    assert found["result"] == "failed"


@pytest.mark.parametrize("draws", [np.full(201, NAN), np.where(DRAWS < 0.1, NAN, 1)])
def test_what_the_holdout_does_not_define_is_undecided(draws: np.ndarray) -> None:
    found = _judge({"metric": "precision", "at_least": 0.1}, Estimate(NAN if np.isnan(draws).all() else 1, draws))
    assert found["result"] == "undecided"
    assert found["bound"] is None
    told = (
        "the holdout does not define precision."
        if np.isnan(draws).all()
        else "value 1; how sure this is cannot be told"
    )
    assert found["reason"].startswith(f"precision at least 0.1: undecided, {told}")


def test_large_money_is_told_as_an_amount_and_the_best_rule_with_it() -> None:
    rules = {"vague": Estimate(99_000, (DRAWS - 0.5) * 1e7), "call_everyone": _around(31_250.4)}
    found = _judge({"metric": PAYOFF, "versus": "no_model", "at_least": -1_250_000}, _flat(10_840.2), rules=rules)
    assert found["criterion"].endswith("at least -1,250,000")
    assert "e+" not in found["reason"]
    failed = _judge({"metric": PAYOFF, "versus": "no_model", "at_least": 0}, _flat(10_840.2), rules=rules)
    assert "against call_everyone -20,410 EUR, lower bound" in failed["reason"]
    assert failed["reason"].endswith("Best without a model: vague with 99,000 EUR, the model has 10,840 EUR.")


def test_an_undefined_rival_leaves_it_undecided() -> None:
    rules = {"easy": _flat(-9), "undefined": Estimate(NAN, np.full(201, NAN))}
    found = _judge({"metric": PAYOFF, "versus": "no_model", "at_least": 0}, _flat(1), rules=rules)
    assert (found["result"], found["value"], found["bound"]) == ("undecided", None, None)
    assert "does not define payoff_per_decision against undefined" in found["reason"]


def test_the_reason_tells_value_bound_limit_and_unit() -> None:
    found = _judge({"metric": "mae", "at_most": 2, "unit": "pieces"}, Estimate(0.5, DRAWS))
    assert found["criterion"] == "mae at most 2"
    assert found["reason"] == "mae at most 2: passed, value 0.5 pieces, upper bound 0.95, limit 2."


_FIGURES = st.lists(st.floats(-10, 10), min_size=2, max_size=30)


@settings(max_examples=60, deadline=None)
@given(_FIGURES, st.floats(-10, 10))
def test_both_directions_are_judged_alike(draws: list[float], limit: float) -> None:
    assume(np.ptp(draws) > 1e-3)
    high = Estimate(float(np.mean(draws)), np.array(draws))
    low = Estimate(-high.value, -high.draws)
    at_least = _judge({"metric": "r2", "at_least": limit}, high)
    at_most = _judge({"metric": "mae", "at_most": -limit}, low)
    assert at_least["result"] == at_most["result"]
    assert at_least["bound"] == pytest.approx(-at_most["bound"], abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(_FIGURES, st.floats(-10, 10), st.floats(0, 5))
def test_a_higher_limit_is_never_easier(draws: list[float], limit: float, more: float) -> None:
    order = ["failed", "undecided", "passed"]
    figure = Estimate(float(np.mean(draws)), np.array(draws))
    easy, hard = (_judge({"metric": "r2", "at_least": at}, figure)["result"] for at in (limit, limit + more))
    assert order.index(hard) <= order.index(easy)


@pytest.mark.parametrize(("limit", "result"), [(0.02, "passed"), (0.0199, "failed")])
def test_the_quarantined_share_is_held_against_its_limit(limit: float, result: str) -> None:
    problem = small_case("binary", limits={"max_quarantined_share": limit})
    share, _ = judge_limits(problem, trained("binary").model, ROW_LEDGER)
    assert (share["result"], share["value"], share["limit"]) == (result, 0.02, limit)
    assert share["reason"] == f"quarantined_share at most {limit:g}: {result}, value 0.02."


@pytest.mark.parametrize(("limit", "result"), [(1, "passed"), (0.001, "failed")])
def test_the_size_of_the_model_is_held_against_its_limit(limit: float, result: str) -> None:
    problem = small_case("binary", limits={"max_model_mb": limit})
    _, size = judge_limits(problem, trained("binary").model, ROW_LEDGER)
    assert size["result"] == result
    assert 0.001 < size["value"] < 1


def _evidence(*results: str) -> dict[str, Any]:
    judged = [{"criterion": r, "result": r, "reason": f"It is {r} ({i})."} for i, r in enumerate(results)]
    return gather_evidence(
        {"roc_auc": {}},
        {"model": {}},
        judged[:1],
        judged[1:2],
        judged[2:3],
        judged[3:],
        [],
        {"is_judged": False},
        {"base_rates": [1]},
        {"columns": {}},
        {"as_of": "2020-06-30"},
        {},
        {"members": []},
        {"check_rows": {}},
    )


@pytest.mark.parametrize(
    ("results", "verdict"),
    [
        (["passed", "passed"], "release"),
        (["passed", "undecided"], "undecided"),
        (["passed", "passed", "passed", "failed"], "hold"),
        (["undecided", "failed", "passed"], "hold"),
        (["failed"], "hold"),
    ],
)
def test_all_must_pass_and_one_failure_holds(results: list[str], verdict: str) -> None:
    problem, model, evidence = small_case("binary"), trained("binary").model, _evidence(*results)
    found = conclude(problem, AS_OF, model, evidence, LOOK)
    expected = assemble_release(problem, model, evidence).release_id if verdict == "release" else None
    assert found["verdict"] == verdict
    assert found["release_id"] == expected
    assert (found["case"], found["as_of"]) == ("small", "2020-06-30")
    assert found["look"] == LOOK
    assert (found["metrics"], found["money"]) == (evidence["metrics"], evidence["money"])


def test_the_worst_reason_comes_first() -> None:
    found = conclude(
        small_case("binary"), AS_OF, trained("binary").model, _evidence("passed", "failed", "undecided"), LOOK
    )
    assert found["reasons"] == ["It is failed (1).", "It is undecided (2).", "It is passed (0)."]


def test_the_evidence_holds_all_a_release_carries() -> None:
    found = _evidence("passed", "failed")
    assert list(found) == [
        "metrics",
        "money",
        "criteria",
        "no_model",
        "reference_profile",
        "split_card",
        "outlier_limits",
        "recipe",
        "check_rows",
    ]
    assert [one["result"] for one in found["criteria"]] == ["passed", "failed"]
    assert isinstance(pd.DataFrame(found["criteria"]), pd.DataFrame)
