from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk

from evergreen.measures import resampling_weights
from evergreen.models.decide import predict_rows
from evergreen.models.no_model import NoModel, learn_no_model
from evergreen.models.performance import PAYOFF, Performance, Resampling, measure_performance, payoff_of
from evergreen.models.scores import probabilities_of
from evergreen.models.target import target_values
from evergreen.problem import Problem
from tests.models.small import KINDS, small_case, small_rows, trained

RESAMPLING = Resampling(n_resamples=100, random_state=1)
COIN = NoModel(base_rates=(0.5, 0.5))


def _measured(kind: str, *, split: str = "time", **changes: Any) -> tuple[Performance, Problem, pd.DataFrame]:
    problem, rows = small_case(kind, split=split, **changes), small_rows(kind, 160, seed=11)
    knowledge = learn_no_model(small_rows(kind, 240), problem)
    predictions = predict_rows(trained(kind).model, rows, problem)
    return measure_performance(problem, knowledge, rows, predictions, RESAMPLING), problem, rows


def _binary_by_scikit_learn(y: np.ndarray, p: np.ndarray) -> dict[str, float]:
    label = p[:, 1] > 0.5
    return {
        "accuracy": sk.accuracy_score(y, label),
        "balanced_accuracy": sk.balanced_accuracy_score(y, label),
        "precision": sk.precision_score(y, label),
        "recall": sk.recall_score(y, label),
        "f1": sk.f1_score(y, label),
        "roc_auc": sk.roc_auc_score(y, p[:, 1]),
        "average_precision": sk.average_precision_score(y, p[:, 1]),
        "log_loss": sk.log_loss(y, p),
        "brier_score": sk.brier_score_loss(y, p[:, 1]),
    }


def _multiclass_by_scikit_learn(y: np.ndarray, p: np.ndarray) -> dict[str, float]:
    label = p.argmax(axis=1)
    return {
        "accuracy": sk.accuracy_score(y, label),
        "balanced_accuracy": sk.balanced_accuracy_score(y, label),
        "precision": sk.precision_score(y, label, average="macro"),
        "recall": sk.recall_score(y, label, average="macro"),
        "f1": sk.f1_score(y, label, average="macro"),
        "roc_auc": sk.roc_auc_score(y, p, multi_class="ovr"),
        "log_loss": sk.log_loss(y, p),
    }


@pytest.mark.parametrize(
    ("kind", "reference"), [("binary", _binary_by_scikit_learn), ("multiclass", _multiclass_by_scikit_learn)]
)
def test_figures_of_classes_are_those_of_scikit_learn(kind: str, reference: Any) -> None:
    found, problem, rows = _measured(kind)
    p = probabilities_of(predict_rows(trained(kind).model, rows, problem), problem)
    expected = reference(target_values(rows, problem), p)
    assert {name: found.model[name].value for name in expected} == pytest.approx(expected)
    assert tuple(found.model) == problem.metrics


def test_figures_of_values_are_those_of_scikit_learn() -> None:
    found, problem, rows = _measured("regression")
    y, predicted = rows["outcome"], predict_rows(trained("regression").model, rows, problem)["score"]
    expected = {
        "mae": sk.mean_absolute_error(y, predicted),
        "rmse": sk.root_mean_squared_error(y, predicted),
        "r2": sk.r2_score(y, predicted),
    }
    assert {name: found.model[name].value for name in expected} == pytest.approx(expected)


def test_without_a_model_base_rates_are_predicted() -> None:
    found, problem, rows = _measured("binary")
    p = (small_rows("binary", 240)["outcome"] == "yes").mean()
    y = target_values(rows, problem)
    assert found.no_model["log_loss"].value == pytest.approx(sk.log_loss(y, np.tile([1 - p, p], (len(y), 1))))
    assert found.no_model["accuracy"].value == pytest.approx((y == (p > 0.5)).mean())
    assert found.no_model["roc_auc"].value == 0.5


def test_without_a_model_the_median_stands_for_mae_and_the_mean_for_the_rest() -> None:
    found, _, rows = _measured("regression")
    known, y = small_rows("regression", 240)["outcome"], rows["outcome"]
    assert found.no_model["mae"].value == pytest.approx((y - known.median()).abs().mean())
    assert found.no_model["rmse"].value == pytest.approx(((y - known.mean()) ** 2).mean() ** 0.5)
    assert found.no_model["r2"].value == pytest.approx(sk.r2_score(y, np.full(len(y), known.mean())))


def test_money_of_actions_by_hand() -> None:
    rule = {"name": "red", "action": "call", "when": {"column": "colour", "values": ["red"]}, "otherwise": "skip"}
    problem = small_case("binary", split="random", rules=[rule])
    rows = pd.DataFrame({"outcome": ["yes", "no", "no", "yes"], "colour": ["red", "red", "blue", "blue"]})
    predictions = pd.DataFrame({"score": [0.9, 0.2, 0.6, 0.1], "action": ["call", "skip", "call", "skip"]})
    found = measure_performance(problem, COIN, rows, predictions, RESAMPLING)
    assert found.model[PAYOFF].value == (5 + 0 - 2 + 0) / 4
    money = {name: one.value for name, one in found.rules.items()}
    assert money == {"red": (5 - 2) / 4, "always_call": (5 - 2 - 2 + 5) / 4, "always_skip": 0}


def test_money_of_quantities_by_hand() -> None:
    problem = small_case("regression", split="random", rules=[{"name": "as_noise", "column": "noise"}])
    rows = pd.DataFrame({"outcome": [10.0, 10.0, 4.0], "noise": [12.0, np.nan, 1.0]})
    predictions = pd.DataFrame({"score": [0.0, 0.0, 0.0], "action": [8.0, 13.0, 4.0]})
    knowledge = NoModel(mean=1, median=1, cost_quantile=10)
    found = measure_performance(problem, knowledge, rows, predictions, RESAMPLING)
    assert found.model[PAYOFF].value == pytest.approx((-2 * 3 - 3 * 1 + 0) / 3)
    money = {name: one.value for name, one in found.rules.items()}
    assert money == pytest.approx({"as_noise": (-2 + 0 - 9) / 3, "best_constant": (0 + 0 - 6) / 3})


def test_money_of_many_actions_is_looked_up_by_name() -> None:
    problem = small_case("multiclass")
    found = payoff_of(problem.payoff, problem, np.array(["hold", "sell", "drop"]), np.array([1, 0, 2]))
    assert found.tolist() == [2, -4, 0]


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_payoff_nothing_is_in_money(kind: str) -> None:
    criteria = [{"metric": "rmse", "at_most": 9} if kind == "regression" else {"metric": "accuracy", "at_least": 0.1}]
    found, problem, _ = _measured(kind, payoff=None, criteria=criteria)
    assert found.rules == {}
    assert PAYOFF not in found.model
    assert tuple(found.model) == problem.metrics


def test_differences_are_paired_draw_by_draw() -> None:
    found, problem, rows = _measured("binary", split="random")
    actions = predict_rows(trained("binary").model, rows, problem)["action"]
    pays = np.where(rows["outcome"] == "yes", 5, -2)
    gain = np.where(actions == "call", pays, 0) - pays
    weights = np.concatenate(list(resampling_weights(len(rows), n_resamples=100, random_state=1)))
    lead = found.model[PAYOFF].minus(found.rules["always_call"])
    assert lead.value == pytest.approx(gain.mean())
    np.testing.assert_allclose(lead.draws, weights @ gain / len(rows), atol=1e-12)


@pytest.mark.parametrize(
    ("split", "n_rows", "clusters"),
    [("time", 160, "days"), ("time", 100, "days"), ("group", 160, "shop"), ("random", 160, "rows")],
)
def test_what_is_resampled_together(split: str, n_rows: int, clusters: str) -> None:
    problem, rows = small_case("binary", split=split), small_rows("binary", n_rows)
    predictions = predict_rows(trained("binary").model, rows, problem)
    found = measure_performance(problem, COIN, rows, predictions, RESAMPLING)
    assert found.clusters == clusters
    labels = {"days": rows["decided_at"].dt.date, "shop": rows["shop"], "rows": None}[clusters]
    drawn = resampling_weights(n_rows, n_resamples=100, random_state=1, clusters=labels)
    weights = np.concatenate(list(drawn))
    expected = weights @ (rows["outcome"] == "yes") / weights.sum(axis=1) * 7 - 2
    np.testing.assert_allclose(found.rules["always_call"].draws, expected)


def test_too_few_days_leave_figures_without_bounds() -> None:
    problem, rows = small_case("binary"), small_rows("binary", 160)
    rows = rows.assign(decided_at=rows["decided_at"].min() + pd.to_timedelta(np.arange(160) % 9, unit="D"))
    found = measure_performance(problem, COIN, rows, predict_rows(trained("binary").model, rows, problem), RESAMPLING)
    assert np.isfinite(found.model[PAYOFF].value)
    assert np.isnan(found.model[PAYOFF].lower_bound())


def test_the_same_seed_gives_the_same_draws() -> None:
    once, again = _measured("multiclass")[0], _measured("multiclass")[0]
    assert all((once.model[name].draws == again.model[name].draws).all() for name in ("log_loss", PAYOFF))


@pytest.mark.parametrize("is_clustered", [False, True])
def test_money_intervals_cover_the_truth_about_as_often_as_they_say(is_clustered: bool) -> None:
    rng, p, n_rows = np.random.default_rng(8), 0.4, 160
    problem = small_case("binary", split="time" if is_clustered else "random")
    rows = small_rows("binary", n_rows)[["row_id", "decided_at"]]
    predictions = pd.DataFrame({"score": np.full(n_rows, 0.4), "action": ["call"] * n_rows})
    hits = 0
    for _ in range(120):
        # With clusters all rows of a day have one outcome, so that there are four times fewer independent rows.
        came = rng.random(n_rows) < p
        if is_clustered:
            came = came[rows["decided_at"].dt.day_of_year.to_numpy()]
        labelled = rows.assign(outcome=np.where(came, "yes", "no"))
        found = measure_performance(problem, COIN, labelled, predictions, Resampling(200, int(rng.integers(2**31))))
        interval = found.model[PAYOFF].interval(0.9)
        hits += interval.low <= 7 * p - 2 <= interval.high
    assert 0.82 <= hits / 120 <= 0.97
