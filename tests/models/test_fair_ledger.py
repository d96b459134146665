import numpy as np
import pandas as pd
import pytest

from evergreen.errors import DataError
from evergreen.measures import wilson_interval
from evergreen.models.fair_groups import ledger_levels
from evergreen.models.fair_ledger import follow_to_decisions
from evergreen.problem import Problem
from evergreen.tables.fairness_tables import DecisionGroups
from evergreen.tables.groups import measure_groups
from tests.models.fair_world import CELLS, decided_case, decided_rows, ledger_of
from tests.models.small import small_rows


def followed(problem, rows, predictions):
    ledger = ledger_of(problem, rows)
    levels = ledger_levels(ledger, rows, problem)
    told = follow_to_decisions(problem, ledger, rows, predictions, levels, confidence=0.95)
    return DecisionGroups.validate(told)


def test_groups_are_followed_to_the_decision() -> None:
    rows, predictions = decided_rows(50, {cell: 0.2 + 0.2 * i for i, cell in enumerate(CELLS)})
    table = followed(decided_case(), rows, predictions)
    blue = table.query("columns == 'colour' and group == 'blue'").set_index("stage")
    assert blue.index.tolist() == ["raw", "quarantined", "repaired", "training", "holdout", "decided"]
    chosen, mine = predictions["action"] == "call", rows["colour"] == "blue"
    assert blue.loc["decided", "n_rows"] == (chosen & mine).sum() == 30
    assert blue.loc["decided", "kept_share"] == 0.3
    assert blue.loc["decided", "share"] == pytest.approx(30 / 100)
    n_good = (chosen & mine & (rows["outcome"] == "yes")).sum()
    assert blue.loc["decided", "base_rate"] == pytest.approx(n_good / 30)
    low, high = wilson_interval(n_good, 30)
    assert blue.loc["decided", ["base_rate_low", "base_rate_high"]].tolist() == pytest.approx([float(low), float(high)])
    assert (blue.loc["holdout", "kept_share"], blue.loc["quarantined", "kept_share"]) == (1, 0)
    assert np.isnan(blue.loc["raw", "kept_share"])


def test_no_decided_row_is_lost_whatever_the_grouping() -> None:
    rows, predictions = decided_rows(50, dict.fromkeys(CELLS, 0.4))
    rows.loc[:20, "colour"] = None
    table = followed(decided_case(), rows, predictions)
    for _, part in table.groupby("columns"):
        assert part.query("stage == 'decided'")["n_rows"].sum() == (predictions["action"] == "call").sum()
        assert part.query("stage == 'holdout'")["n_rows"].sum() == len(rows)


def test_a_group_of_which_nobody_is_selected_stays_in_the_table() -> None:
    rows, predictions = decided_rows(50, {cell: 0.0 if cell[0] == "red" else 0.5 for cell in CELLS})
    red = followed(decided_case(), rows, predictions).query("columns == 'colour' and group == 'red'")
    told = red[red["stage"] == "decided"].iloc[0]
    assert (told["n_rows"], told["kept_share"]) == (0, 0)
    assert np.isnan(told["base_rate"])


def test_of_numbers_the_decided_quantity_is_told() -> None:
    rows = small_rows("regression", 100)
    rows["colour"] = pd.Series(["blue", "red"] * 50, dtype="str")
    predictions = pd.DataFrame({"row_id": rows["row_id"], "score": 1.0, "action": np.tile([3.0, 5.0], 50)})
    table = followed(decided_case(None, kind="regression"), rows, predictions)
    means = table.query("columns == 'colour' and stage == 'decided'").set_index("group")["base_rate"]
    assert means.to_dict() == {"blue": 3, "red": 5}


def test_without_a_favourable_class_or_groups_the_ledger_stays_as_it_is() -> None:
    rows = small_rows("multiclass", 60).assign(colour=pd.Series(["blue", "red"] * 30, dtype="str"))
    predictions = pd.DataFrame({"row_id": rows["row_id"], "action": "sell"})
    table = followed(decided_case(None, kind="multiclass"), rows, predictions)
    assert "decided" not in set(table["stage"])
    assert len(table) == len(ledger_of(decided_case(None, kind="multiclass"), rows))


def test_rare_words_are_one_group_in_ledger_and_decisions() -> None:
    told = decided_case(None).model_dump(mode="json", exclude_none=True)
    told["columns"]["colour"]["values"] = [f"word{i:02}" for i in range(40)]
    case = Problem.model_validate(told)
    rows, predictions = decided_rows(100, dict.fromkeys(CELLS, 0.5))
    rows["colour"] = pd.Series([f"word{i:02}" for i in np.minimum(np.arange(400) % 60, 39)], dtype="str")
    table = (
        followed(case, rows, predictions)
        .query("columns == 'colour'")
        .pivot_table(index="group", columns="stage", values="n_rows")
    )
    assert "(other)" in table.index
    assert len(table) == 31
    assert (table["decided"] <= table["holdout"]).all()


def test_of_many_intersections_the_small_ones_are_one_group_at_every_stage() -> None:
    told = decided_case(None).model_dump(mode="json", exclude_none=True)
    words = [f"word{i:02}" for i in range(25)]
    told["columns"]["colour"]["values"] = words
    rows, predictions = decided_rows(100, dict.fromkeys(CELLS, 1.0))
    rows["colour"] = pd.Series(np.random.default_rng(1).choice(words, 400), dtype="str")
    table = followed(Problem.model_validate(told), rows, predictions).query("columns == 'colour x is_known'")
    counts = table.pivot_table(index="group", columns="stage", values="n_rows")
    assert "(other)" in counts.index
    assert len(counts) == 31
    # Everybody is selected.
    assert (counts["decided"] == counts["holdout"]).all()


def test_bands_of_numbers_are_those_of_the_ledger() -> None:
    told = decided_case(None).model_dump(mode="json", exclude_none=True)
    told["columns"]["strength"] |= {"is_sensitive": True}
    problem, (rows, predictions) = Problem.model_validate(told), decided_rows(50, dict.fromkeys(CELLS, 1.0))
    training = rows.assign(strength=rows["strength"] * 2)
    marked = rows.assign(reasons=pd.Series([None] * len(rows), dtype="str"))
    ledger = measure_groups(marked, rows, training, rows, problem=problem, confidence=0.95)
    levels = ledger_levels(ledger, training, problem)
    table = follow_to_decisions(problem, ledger, rows, predictions, levels, confidence=0.95)
    counts = table[table["columns"] == "strength"].pivot_table(index="group", columns="stage", values="n_rows")
    assert len(counts) == 4
    assert counts["training"].tolist() == [50] * 4
    assert (counts["decided"] == counts["holdout"]).all()
    assert counts["holdout"].max() > 60


def test_a_ledger_of_other_rows_is_refused() -> None:
    problem, (rows, predictions) = decided_case(None), decided_rows(20, dict.fromkeys(CELLS, 0.5))
    ledger, levels = ledger_of(problem, rows), ledger_levels(ledger_of(problem, rows), rows, problem)
    with pytest.raises(DataError, match=r"The ledger of groups lacks '\(missing\)'. Run data_processing again."):
        follow_to_decisions(problem, ledger, rows.assign(colour=None), predictions, levels, confidence=0.95)
