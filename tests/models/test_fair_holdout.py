from typing import Any

import numpy as np
import pandas as pd
import pytest
from fairlearn.metrics import (
    MetricFrame,
    demographic_parity_difference,
    demographic_parity_ratio,
    equalized_odds_difference,
    false_positive_rate,
    selection_rate,
    true_positive_rate,
)
from sklearn.metrics import mean_absolute_error, precision_score

from evergreen.measures import wilson_interval
from evergreen.models.fair_holdout import groupings_of, measure_fairness
from evergreen.models.performance import Resampling
from evergreen.problem import Problem
from evergreen.tables.fairness_tables import GroupGaps, GroupRates
from tests.models.fair_world import CELLS, FAIR, asked, decided_case, decided_rows
from tests.models.small import small_rows

RESAMPLING = Resampling(200, 1)
EVEN = dict.fromkeys(CELLS, 0.5)


def measured(problem: Problem, rows: pd.DataFrame, predictions: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    rates, gaps = measure_fairness(asked(problem, rows, predictions), RESAMPLING, confidence=0.95, level=0.05)
    return GroupRates.validate(rates), GroupGaps.validate(gaps)


def some(selected: Any = EVEN, *, n_cell: int = 120, problem: Problem | None = None) -> tuple[pd.DataFrame, ...]:
    return measured(problem or decided_case(), *decided_rows(n_cell, selected))


def of(gaps: pd.DataFrame, columns: str, gap: str = "selection_rate") -> pd.Series:
    return gaps.set_index(["columns", "gap"]).loc[(columns, gap)]


def test_figures_and_gaps_are_fairlearns_and_scikit_learns() -> None:
    problem = decided_case()
    rows, predictions = decided_rows(600, {cell: 0.2 + 0.15 * i for i, cell in enumerate(CELLS)})
    rates, gaps = measured(problem, rows, predictions)
    told: dict[str, Any] = {"y_true": rows["outcome"] == "yes", "y_pred": predictions["action"] == "call"}
    functions = {
        "selection_rate": selection_rate,
        "true_positive_rate": true_positive_rate,
        "false_positive_rate": false_positive_rate,
        "precision": precision_score,
        "base_rate": lambda y_true, _: y_true.mean(),
    }
    groups = {"colour": rows[["colour"]], "is_known": rows[["is_known"]], "colour x is_known": rows[[*FAIR["columns"]]]}
    assert list(dict.fromkeys(rates["columns"])) == list(groups)
    for columns, features in groups.items():
        sensitive = features.agg(" x ".join, axis=1)
        theirs = MetricFrame(metrics=functions, sensitive_features=sensitive, **told)
        ours = rates[rates["columns"] == columns].pivot_table(index="group", columns="rate", values="value")
        for name in functions:
            np.testing.assert_allclose(ours[name], theirs.by_group[name].loc[ours.index])
            if name != "base_rate":
                assert of(gaps, columns, name)["value"] == pytest.approx(theirs.difference()[name])
        both = {"sensitive_features": sensitive, **told}
        assert of(gaps, columns)["value"] == pytest.approx(demographic_parity_difference(**both))
        assert of(gaps, columns, "selection_rate_ratio")["value"] == pytest.approx(demographic_parity_ratio(**both))
        assert of(gaps, columns, "equalized_odds")["value"] == pytest.approx(equalized_odds_difference(**both))


def test_scores_and_money_of_a_group_are_means_of_its_rows() -> None:
    problem = decided_case()
    rows, predictions = decided_rows(90, EVEN)
    rates, _ = measured(problem, rows, predictions)
    mine, good = rows["colour"] == "red", rows["outcome"] == "yes"
    red = rates.query("columns == 'colour' and group == 'red'").set_index("rate")
    assert red.loc["mean_score", "value"] == pytest.approx(predictions.loc[mine, "score"].mean())
    assert red.loc["calibration_error", "value"] == pytest.approx((predictions["score"] - good)[mine].mean())
    paid = np.where(predictions["action"] == "call", np.where(good, 5, -2), 0)
    assert red.loc["payoff_per_decision", "value"] == pytest.approx(paid[mine].mean())
    for name in ("mean_score", "calibration_error", "payoff_per_decision"):
        assert red.loc[name, "low"] < red.loc[name, "value"] < red.loc[name, "high"]


def test_a_share_has_wilsons_interval_and_counts_the_rows_it_is_of() -> None:
    rates, _ = some(EVEN, n_cell=60)
    one = rates.query("columns == 'colour' and group == 'red' and rate == 'selection_rate'").iloc[0]
    low, high = wilson_interval(60, 120)
    assert (one["n_rows"], one["low"], one["high"]) == (120, pytest.approx(float(low)), pytest.approx(float(high)))


def test_groups_that_are_alike_alone_and_not_together_are_seen() -> None:
    crossed = {cell: 0.8 if (cell[0] == "red") == (cell[1] == "true") else 0.2 for cell in CELLS}
    _, gaps = some(crossed)
    assert of(gaps, "colour")["upper_bound"] < 0.1
    assert of(gaps, "is_known")["upper_bound"] < 0.1
    both = of(gaps, "colour x is_known")
    assert both["value"] == pytest.approx(0.6)
    assert both["lower_bound"] > 0.4
    assert {both["high_group"], both["low_group"]} <= {"blue x false", "red x true", "blue x true", "red x false"}
    assert (both["high_value"], both["low_value"], both["low_rows"]) == (0.8, 0.2, 120)


def test_limits_stand_at_the_metric_and_columns_of_the_case() -> None:
    _, gaps = some(problem=decided_case(FAIR | {"columns": ["colour"]}))
    asked_for = gaps[gaps["limit"].notna()]
    assert asked_for[["columns", "gap", "limit"]].to_numpy().tolist() == [["colour", "selection_rate", 0.1]]
    assert set(gaps["columns"]) == {"colour", "is_known", "colour x is_known"}


def test_every_choice_of_the_named_columns_is_a_grouping() -> None:
    columns = ["colour", "is_known", "strength"]
    told = small = decided_case().model_dump(mode="json", exclude_none=True)
    small["columns"]["strength"] |= {"is_sensitive": True}
    problem = Problem.model_validate(told | {"fairness": told["fairness"] | {"columns": columns}})
    found = groupings_of(problem)
    assert [len(one) for one in found] == [1, 1, 1, 2, 2, 2, 3]
    assert len(set(found)) == 7


def test_without_a_section_gaps_are_told_and_not_judged() -> None:
    rates, gaps = some(problem=decided_case(None))
    # The call pays most where the outcome is the favourable one.
    assert rates.query("rate == 'selection_rate'")["value"].tolist() == pytest.approx([0.5] * 8)
    assert gaps["limit"].isna().all()
    assert len(gaps)


def test_a_small_group_and_a_missing_one_are_told_and_not_judged() -> None:
    rows, predictions = decided_rows(100, EVEN)
    rows.loc[:119, "colour"] = None
    rows.loc[120:129, "is_known"] = None
    predictions.loc[:129, "action"] = "skip"
    problem = decided_case(FAIR | {"min_group_rows": 90})
    rates, gaps = measured(problem, rows, predictions)
    selection = rates[rates["rate"] == "selection_rate"].set_index(["columns", "group"])
    assert selection.loc[("colour", "(missing)"), ["n_rows", "is_judged"]].tolist() == [120, False]
    small = selection.query("n_rows < 90")
    assert len(small) > 2
    assert not small["is_judged"].any()
    assert of(gaps, "colour")["n_groups"] == 2
    assert of(gaps, "colour")["value"] < 0.1


def test_groups_of_one_and_groups_of_one_class_are_told() -> None:
    rows, predictions = decided_rows(100, EVEN)
    rows.loc[0, "colour"] = "green"
    rows.loc[rows["colour"] == "red", "outcome"] = "no"
    problem = decided_case(None)
    told = problem.model_dump(mode="json", exclude_none=True)
    told["columns"]["colour"]["values"] = ["blue", "red", "green"]
    rates, gaps = measured(Problem.model_validate(told), rows, predictions)
    colours = rates[rates["columns"] == "colour"].set_index(["rate", "group"])
    assert np.isnan(colours.loc[("true_positive_rate", "red"), "value"])
    assert colours.loc[("true_positive_rate", "red"), "n_rows"] == 0
    one = colours.loc[("selection_rate", "green")]
    assert (one["n_rows"], one["is_judged"]) == (1, False)
    assert one["low"] < 0.5 < one["high"] or one["high"] - one["low"] > 0.5
    assert np.isnan(colours.loc[("payoff_per_decision", "green"), "low"])
    assert np.isnan(of(gaps, "colour", "true_positive_rate")["value"])
    assert of(gaps, "colour", "equalized_odds")["n_groups"] == 1
    # An intersection without rows is no group.
    assert "green x true" not in set(rates["group"]) or "green x false" not in set(rates["group"])


def test_days_are_drawn_together() -> None:
    rows, predictions = decided_rows(120, EVEN)
    days = rows.groupby(rows["decided_at"].dt.normalize())["row_id"].transform("min")
    predictions["action"] = np.where(days % 8 < 4, "call", "skip")
    alone, together = decided_case(), decided_case(split="time")
    widths = []
    for problem in (alone, together):
        rates, gaps = measured(problem, rows, predictions)
        red = rates.query("columns == 'colour' and group == 'red' and rate == 'selection_rate'").iloc[0]
        widths.append((red["high"] - red["low"], of(gaps, "colour")["upper_bound"]))
    assert widths[1][0] > 1.5 * widths[0][0]


def test_a_class_of_many_is_held_against_the_rest() -> None:
    fairness = FAIR | {"favourable_action": "sell"}
    problem = decided_case(fairness, kind="multiclass", bias_plan={"favourable": "good"})
    rng, rows = np.random.default_rng(2), small_rows("multiclass", 400)
    rows["colour"] = pd.Series(rng.choice(["blue", "red"], 400), dtype="str")
    scores = pd.DataFrame(rng.dirichlet([1, 1, 1], 400), columns=["score_bad", "score_fair", "score_good"])
    action = pd.Series(rng.choice(["sell", "hold", "drop"], 400), dtype=object)
    rates, gaps = measured(problem, rows, scores.assign(row_id=rows["row_id"], action=action))
    red = rates.query("columns == 'colour' and group == 'red'").set_index("rate")["value"]
    mine, good = rows["colour"] == "red", rows["outcome"] == "good"
    assert red["selection_rate"] == pytest.approx((action == "sell")[mine].mean())
    assert red["true_positive_rate"] == pytest.approx((action == "sell")[mine & good].mean())
    assert red["calibration_error"] == pytest.approx((scores["score_good"] - good)[mine].mean())
    assert of(gaps, "colour")["limit"] == 0.1


def test_without_a_favourable_class_money_alone_is_told() -> None:
    problem = decided_case(None, kind="multiclass")
    rows = small_rows("multiclass", 60)
    scores = pd.DataFrame(np.full((60, 3), 1 / 3), columns=["score_bad", "score_fair", "score_good"])
    rates, gaps = measured(problem, rows, scores.assign(row_id=rows["row_id"], action="sell"))
    assert set(rates["rate"]) == set(gaps["gap"]) == {"payoff_per_decision"}
    plain = decided_case(None, kind="multiclass", payoff=None)
    rates, gaps = measured(plain, rows, scores.assign(row_id=rows["row_id"], action="good"))
    assert (len(rates), len(gaps)) == (0, 0)


def test_numbers_are_compared_by_their_mean_errors() -> None:
    told = {"columns": ["colour"], "metric": "mean_error", "at_most": 2}
    problem, rows = decided_case(told, kind="regression"), small_rows("regression", 500)
    rng = np.random.default_rng(4)
    rows["colour"] = pd.Series(rng.choice(["blue", "red"], 500), dtype="str")
    score = rows["outcome"] + rng.normal(size=500)
    # Of the red one more is kept ready than of the blue.
    action = score + np.where(rows["colour"] == "red", 3.0, 2.0)
    rates, gaps = measured(problem, rows, pd.DataFrame({"row_id": rows["row_id"], "score": score, "action": action}))
    mine = rows["colour"] == "red"
    red = rates.query("columns == 'colour' and group == 'red'").set_index("rate")["value"]
    assert red["mae"] == pytest.approx(mean_absolute_error(rows.loc[mine, "outcome"], score[mine]))
    assert red["mean_error"] == pytest.approx((action - rows["outcome"])[mine].mean())
    gap = of(gaps, "colour", "mean_error")
    assert (gap["high_group"], gap["low_group"], gap["limit"]) == ("red", "blue", 2)
    assert 0.8 < gap["lower_bound"] < gap["value"] < gap["upper_bound"] < 1.3


@pytest.mark.parametrize("n_rows", [0, 1, 2])
def test_hardly_any_rows_give_tables_without_bounds(n_rows: int) -> None:
    rows, predictions = decided_rows(1, EVEN)
    rates, gaps = measured(decided_case(), rows[:n_rows], predictions[:n_rows])
    assert not rates["is_judged"].any()
    assert gaps["upper_bound"].isna().all()
