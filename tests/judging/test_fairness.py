"""The gate between groups is proved by breaking it: decisions that treat an intersection worse must not get through."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evergreen.errors import DataError
from evergreen.judging.fairness import judge_fairness, measure_decisions_by_group
from evergreen.judging.judge import conclude
from evergreen.problem import AsOf, Problem
from evergreen.tables.fairness_tables import DecisionGroups, GroupGaps, GroupRates
from tests.models.fair_world import CELLS, FAIR, decided_case, decided_rows, ledger_of
from tests.models.small import small_rows
from tests.pipelines.evaluation.line import PARAMS, line

LOOK = {"number": 1, "level": 0.03, "word": "First look."}
EVEN = dict.fromkeys(CELLS, 0.4)
# By colour and by being known half are called everywhere; of those who are both blue and known hardly any.
ONE_WORSE = {("blue", "true"): 0.1, ("blue", "false"): 0.9, ("red", "true"): 0.9, ("red", "false"): 0.1}


def judged(
    selected: Mapping[tuple[str, str], float], *, n_cell: int = 1000, look: Any = LOOK, **fairness: Any
) -> dict[str, dict[str, Any]]:
    problem = decided_case(FAIR | fairness)
    return judged_rows(problem, *decided_rows(n_cell, selected), look=look)


def judged_rows(
    problem: Problem, rows: pd.DataFrame, predictions: pd.DataFrame, *, look: Any = LOOK
) -> dict[str, dict[str, Any]]:
    ledger = ledger_of(problem, rows)
    rates, gaps, decided = measure_decisions_by_group(problem, PARAMS, rows, rows, predictions, ledger, look)
    for schema, table in ((GroupRates, rates), (GroupGaps, gaps), (DecisionGroups, decided)):
        schema.validate(table)
    return {one["criterion"]: one for one in judge_fairness(problem, gaps, look)}


def test_alike_groups_pass_and_the_record_is_that_of_a_criterion() -> None:
    found = judged(EVEN)
    assert list(found) == [
        "selection_rate by colour at most 0.1",
        "selection_rate by is_known at most 0.1",
        "selection_rate by colour and is_known at most 0.1",
    ]
    assert {one["result"] for one in found.values()} == {"passed"}
    one = found["selection_rate by colour at most 0.1"]
    assert (one["value"], one["limit"], one["look"], one["level"]) == (0, 0.1, 1, 0.03)
    assert 0 < one["bound"] < 0.1


def test_an_intersection_treated_worse_does_not_pass_though_each_column_is_fair() -> None:
    found = judged(ONE_WORSE)
    alone, together = list(found.values())[:2], found["selection_rate by colour and is_known at most 0.1"]
    assert [one["result"] for one in alone] == ["passed", "passed"]
    assert together["result"] == "failed"
    assert "0.8 between blue x false (0.9 of 1,000 rows) and" in together["reason"]
    assert "limit 0.1." in together["reason"]


def test_a_verdict_is_held_by_an_unfair_gap() -> None:
    made = line("binary")
    evidence = made.evidence | {"criteria": [*made.evidence["criteria"], *judged(ONE_WORSE).values()]}
    verdict = conclude(made.problem, AsOf.model_validate("2020-06-30"), made.model, evidence, made.look)
    assert (verdict["verdict"], verdict["release_id"]) == ("hold", None)
    assert verdict["reasons"][0].startswith("selection_rate by colour and is_known at most 0.1: failed")


@pytest.mark.parametrize(
    ("worst", "result"),
    [(0.4, "passed"), (0.31, "undecided"), (0.28, "undecided"), (0.1, "failed")],
    ids=["alike", "near", "beyond", "apart"],
)
def test_a_gap_passes_only_by_its_upper_bound(worst: float, result: str) -> None:
    found = judged(EVEN | {("blue", "true"): worst, ("blue", "false"): worst}, n_cell=250, columns=["colour"])
    assert found["selection_rate by colour at most 0.1"]["result"] == result


def test_a_later_look_asks_for_more() -> None:
    first, tenth = (judged(EVEN, look=LOOK | {"level": level}) for level in (0.03, 0.0003))
    name = "selection_rate by colour at most 0.1"
    assert tenth[name]["bound"] > 1.2 * first[name]["bound"]


def test_groups_too_small_leave_the_intersections_undecided() -> None:
    found = judged(EVEN, n_cell=60, min_group_rows=100, at_most=0.5)
    assert found["selection_rate by colour at most 0.5"]["result"] == "passed"
    together = found["selection_rate by colour and is_known at most 0.5"]
    assert (together["result"], together["value"], together["bound"]) == ("undecided", None, None)
    assert together["reason"].endswith("undecided, fewer than two groups have the 100 rows that are judged.")


def test_a_group_of_one_is_not_judged() -> None:
    rows, predictions = decided_rows(200, EVEN)
    alone = rows["colour"].eq("red") & (np.cumsum(rows["colour"].eq("red")) > 1)
    kept = ~alone.to_numpy()
    found = judged_rows(decided_case(), rows[kept].reset_index(drop=True), predictions[kept].reset_index(drop=True))
    one = found["selection_rate by colour and is_known at most 0.1"]
    assert "selection_rate by colour at most 0.1" not in found
    assert found["selection_rate by is_known at most 0.1"]["result"] != "failed"
    assert "red" not in one["reason"]


def test_days_too_few_are_said() -> None:
    rows, predictions = decided_rows(100, EVEN)
    rows["decided_at"] = rows["decided_at"].min() + pd.to_timedelta(np.arange(len(rows)) % 5, unit="D")
    found = judged_rows(decided_case(split="time"), rows, predictions)
    assert {one["result"] for one in found.values()} == {"undecided"}
    assert "how sure this is cannot be told" in next(iter(found.values()))["reason"]


def test_who_selects_nobody_passes_only_with_rows_enough() -> None:
    nobody = dict.fromkeys(CELLS, 0.0)
    assert judged(nobody, n_cell=20, min_group_rows=2, columns=["colour"], at_most=0.02).popitem()[1]["result"] == (
        "undecided"
    )
    assert judged(nobody, n_cell=200, min_group_rows=2, columns=["colour"], at_most=0.02).popitem()[1]["result"] == (
        "passed"
    )


def test_a_case_that_asks_nothing_is_told_and_not_judged() -> None:
    assert judged_rows(decided_case(None), *decided_rows(60, ONE_WORSE)) == {}


@pytest.mark.parametrize("change", [{"at_most": 0.9}, {"metric": "true_positive_rate"}, {"columns": ["colour"]}])
def test_gaps_of_another_section_on_fairness_are_not_judged(change: dict[str, Any]) -> None:
    rows, predictions = decided_rows(200, ONE_WORSE)
    ledger = ledger_of(decided_case(FAIR), rows)
    _, gaps, _ = measure_decisions_by_group(decided_case(FAIR | change), PARAMS, rows, rows, predictions, ledger, LOOK)
    with pytest.raises(DataError, match="were not measured for 'selection_rate by colour and is_known'"):
        judge_fairness(decided_case(FAIR), gaps, LOOK)


def test_without_sensitive_columns_all_tables_are_empty() -> None:
    made = line("regression")
    ledger = ledger_of(made.problem, made.holdout)
    tables = measure_decisions_by_group(
        made.problem, PARAMS, made.training, made.holdout, made.predictions, ledger, made.look
    )
    assert [len(table) for table in tables] == [0, 0, 0]
    GroupRates.validate(tables[0])
    GroupGaps.validate(tables[1])
    DecisionGroups.validate(tables[2])


def test_quantities_are_judged_by_their_mean_error_in_its_unit() -> None:
    problem = decided_case({"columns": ["colour"], "metric": "mean_error", "at_most": 2}, kind="regression")
    rows, rng = small_rows("regression", 400), np.random.default_rng(1)
    rows["colour"] = pd.Series(rng.choice(["blue", "red"], 400), dtype="str")
    score = rows["outcome"] + rng.normal(size=400)
    action = score + np.where(rows["colour"] == "red", 5.0, 0.0)
    predictions = pd.DataFrame({"row_id": rows["row_id"], "score": score, "action": action})
    told = judged_rows(problem, rows, predictions)["mean_error by colour at most 2"]
    assert told["result"] == "failed"
    assert " pieces between red (" in told["reason"]
