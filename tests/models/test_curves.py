"""Curves over cuts through the scores, beside scikit-learn and a loop over all rows."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import auc, roc_auc_score, roc_curve

from evergreen.models.curves import gain_curve, payoff_by_threshold, threshold_actions
from evergreen.problem import Problem
from tests.models.small import small_case, small_rows

N = 400


def made(seed: int = 3, *, decimals: int = 8, **changes: object) -> tuple[Problem, pd.DataFrame, pd.DataFrame]:
    problem, rows = small_case("binary", **changes), small_rows("binary", N, seed=seed)
    rng = np.random.default_rng(seed)
    is_yes = (rows["outcome"] == "yes").to_numpy()
    score = 1 / (1 + np.exp(-(1.4 * is_yes - 0.7 + rng.normal(size=N))))
    return problem, rows, pd.DataFrame({"row_id": rows["row_id"], "score": score.round(decimals)})


@pytest.mark.parametrize("decimals", [8, 1], ids=["all scores differ", "many ties"])
def test_gains_are_those_of_the_roc_curve(decimals: int) -> None:
    problem, rows, told = made(decimals=decimals)
    y = (rows["outcome"] == "yes").to_numpy()
    found = gain_curve(problem, rows, told, confidence=0.95)
    fpr, tpr, _ = roc_curve(y, told["score"], drop_intermediate=False)
    share = tpr * y.mean() + fpr * (1 - y.mean())
    for one in found.itertuples():
        place = int(np.abs(share - one.share).argmin())
        assert one.share == pytest.approx(share[place])
        assert one.caught == pytest.approx(tpr[place])
        assert one.lift == pytest.approx(tpr[place] / share[place])
    assert (found["share"].iloc[-1], found["caught"].iloc[-1]) == (1, 1)
    assert len(found) == (51 if decimals > 1 else told["score"].nunique())


def test_the_area_under_the_gains_is_that_of_the_roc_curve() -> None:
    problem, rows, told = made()
    y = (rows["outcome"] == "yes").to_numpy()
    found = gain_curve(problem, rows, told, confidence=0.95)
    area = auc([0, *found["share"]], [0, *found["caught"]])
    assert (area - y.mean() / 2) / (1 - y.mean()) == pytest.approx(roc_auc_score(y, told["score"]), abs=0.005)


def test_payoffs_are_those_of_a_loop_over_rows() -> None:
    problem, rows, told = made()
    found = payoff_by_threshold(problem, rows, told, confidence=0.95)
    for one in found.itertuples():
        paid = [
            (5 if outcome == "yes" else -2) if score >= one.threshold else 0
            for outcome, score in zip(rows["outcome"], told["score"], strict=True)
        ]
        assert one.payoff == pytest.approx(np.mean(paid))
        assert one.acted_share == pytest.approx((told["score"] >= one.threshold).mean())
        assert one.low <= one.payoff <= one.high
    assert found["threshold"].is_monotonic_increasing
    assert (found["acted_share"].iloc[0], found["acted_share"].iloc[-1]) == (1, 0)


def test_the_break_even_cut_is_the_one_the_payoff_asks_for() -> None:
    problem, rows, told = made()
    found = payoff_by_threshold(problem, rows, told, confidence=0.95)
    # Calling costs 2 where nobody buys and earns 5 where somebody does: both are worth 0 at 2 / 7.
    assert found.loc[found["is_break_even"], "threshold"].tolist() == pytest.approx([2 / 7])
    assert threshold_actions(problem) == ("call", "skip")


def test_money_by_row_has_a_curve_and_no_one_break_even() -> None:
    payoff = {
        "unit": "EUR",
        "actions": {
            "call": {"no": -2, "yes": {"plus": 4, "column": "strength", "times": 2, "if_missing": 0}},
            "skip": {"no": 0, "yes": 0},
        },
    }
    problem, rows, told = made(payoff=payoff)
    found = payoff_by_threshold(problem, rows, told, confidence=0.95)
    assert not found["is_break_even"].any()
    everyone = np.where(rows["outcome"] == "yes", 4 + 2 * rows["strength"], -2).mean()
    assert found["payoff"].iloc[0] == pytest.approx(everyone)


@pytest.mark.parametrize(("curve", "value"), [(gain_curve, "caught"), (payoff_by_threshold, "payoff")])
def test_bounds_hold_days_together(curve: Callable[..., pd.DataFrame], value: str) -> None:
    problem, rows, told = made()
    alone = small_case("binary", split="random")
    days, single = (curve(one, rows, told, confidence=0.95) for one in (problem, alone))
    assert days[value].equals(single[value])
    assert not np.allclose(days["low"].dropna(), single["low"].dropna())
    few = rows["decided_at"].dt.normalize().isin(rows["decided_at"].dt.normalize().unique()[:5])
    assert curve(problem, rows[few], told[few.to_numpy()], confidence=0.95)["low"].isna().all()


def test_bounds_of_independent_rows_are_those_of_a_mean() -> None:
    problem, rows, told = made(split="random")
    one = payoff_by_threshold(problem, rows, told, confidence=0.95).iloc[0]
    paid = np.where(rows["outcome"] == "yes", 5, -2)
    # t of 399 degrees of freedom at 97.5 %.
    assert one["high"] - one["payoff"] == pytest.approx(1.9659 * paid.std(ddof=1) / np.sqrt(N), rel=1e-3)


@pytest.mark.parametrize("kind", ["multiclass", "regression"])
def test_other_kinds_have_no_such_curves(kind: str) -> None:
    problem, rows = small_case(kind), small_rows(kind, 20)  # type: ignore[arg-type]
    assert gain_curve(problem, rows, pd.DataFrame(), confidence=0.95).empty
    assert payoff_by_threshold(problem, rows, pd.DataFrame(), confidence=0.95).empty


def test_one_class_or_no_payoff_or_one_best_action_has_no_curve() -> None:
    problem, rows, told = made()
    same = rows.assign(outcome="yes")
    assert gain_curve(problem, same, told, confidence=0.95).empty
    criteria = [{"metric": "roc_auc", "at_least": 0.6}]
    assert payoff_by_threshold(small_case("binary", payoff=None, criteria=criteria), rows, told, confidence=0.95).empty
    always = {"unit": "EUR", "actions": {"call": {"no": 1, "yes": 5}, "skip": {"no": 0, "yes": 0}}}
    assert payoff_by_threshold(small_case("binary", payoff=always), rows, told, confidence=0.95).empty
