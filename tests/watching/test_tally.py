from typing import Any

import numpy as np
import pandas as pd
import pytest

from evergreen.models.no_model import NoModel, learn_no_model
from evergreen.problem import Problem
from evergreen.watching.tally import tally_groups, tally_rules, word_groupings
from tests.models.small import small_case, small_rows

SENSITIVE = ("colour", "shop", "strength")
PLAN = {
    "clauses": [{"columns": ["colour", "shop"], "measure": "base_rate", "remedy": "accept", "why": "For the test."}]
}


def case(kind: Any = "binary", **changes: Any) -> Problem:
    told = small_case(kind).model_dump(mode="json", exclude_unset=True)
    for name in SENSITIVE:
        told["columns"][name]["is_sensitive"] = True
    return Problem.model_validate(told | changes)


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """100 rows of which the last 20 wait for their outcome."""
    made = small_rows("binary", 100, seed=8)
    return made.assign(outcome=made["outcome"].mask(np.arange(100) >= 80))


def said(n_rows: int) -> pd.DataFrame:
    score = np.linspace(0.05, 0.95, n_rows)
    return pd.DataFrame(
        {"row_id": np.arange(n_rows) + 1, "score": score, "action": np.where(score > 0.4, "call", "skip")}
    )


def test_rules_are_paid_for_the_rows_whose_outcome_is_known(rows: pd.DataFrame) -> None:
    problem = case()
    knowledge = learn_no_model(rows.head(80), problem)
    found = {one["rule"]: one for one in tally_rules(rows, said(100), problem, knowledge)}
    is_yes = (rows["outcome"].head(80) == "yes").to_numpy()
    pays = {name: np.where(is_yes, row["yes"], row["no"]) for name, row in problem.payoff.plain_actions.items()}
    model = np.where(said(100)["action"].head(80) == "call", pays["call"], pays["skip"])
    one = found["call_everyone"] if "call_everyone" in found else found["always_call"]
    assert one["n_outcomes"] == 80
    assert one["money"] == pytest.approx(pays["call"].sum())
    assert one["lead"] == pytest.approx((model - pays["call"]).sum())
    assert one["lead_squares"] == pytest.approx(((model - pays["call"]) ** 2).sum())


def test_without_a_payoff_or_an_outcome_there_is_nothing_to_pay(rows: pd.DataFrame) -> None:
    plain = case(payoff=None, criteria=[{"metric": "roc_auc", "at_least": 0.6}])
    assert tally_rules(rows, said(100), plain, NoModel()) == []
    assert tally_rules(rows.assign(outcome=None), said(100), case(), NoModel(base_rates=(0.5, 0.5))) == []


def test_groups_are_counted_as_they_stand(rows: pd.DataFrame) -> None:
    frame = pd.DataFrame(tally_groups(rows, said(100), case(bias_plan=PLAN)))
    assert frame.groupby("columns")["n_rows"].sum().to_dict() == {"colour": 100, "shop": 100, "colour x shop": 100}
    red = frame[(frame["columns"] == "colour") & (frame["group"] == "red")].iloc[0]
    own = (rows["colour"] == "red").to_numpy()
    known = own & (np.arange(100) < 80)
    assert red["n_rows"] == own.sum()
    assert red["n_outcomes"] == known.sum()
    assert red["decided"] == (said(100)["action"][own] == "call").sum()
    assert red["expected"] == pytest.approx(said(100)["score"][own].sum())
    assert red["expected_known"] == pytest.approx(said(100)["score"][known].sum())
    assert red["happened"] == (rows["outcome"][known] == "yes").sum()
    blank = frame[(frame["columns"] == "colour") & (frame["group"] == "(missing)")].iloc[0]
    assert blank["n_rows"] == rows["colour"].isna().sum()


def test_money_by_group_adds_up_to_that_of_all(rows: pd.DataFrame) -> None:
    problem = case()
    frame = pd.DataFrame(tally_groups(rows, said(100), problem))
    knowledge = NoModel(base_rates=(0.5, 0.5))
    all_of = tally_rules(rows, said(100), problem, knowledge)[0]
    for _, part in frame.groupby("columns"):
        assert part["money"].sum() == pytest.approx(all_of["money"] + all_of["lead"])


def test_numbers_tell_quantities(rows: pd.DataFrame) -> None:
    problem = case("regression")
    made = small_rows("regression", 50, seed=8)
    told = pd.DataFrame({"row_id": made["row_id"], "score": 2.0, "action": 3.0})
    frame = pd.DataFrame(tally_groups(made, told, problem)).query("columns == 'colour'")
    assert frame["decided"].sum() == 150
    assert frame["expected"].sum() == 100
    assert frame["happened"].sum() == pytest.approx(made["outcome"].sum())


def test_only_words_tell_groups_apart_and_only_named_columns_meet() -> None:
    assert word_groupings(case()) == (("colour",), ("shop",))
    assert word_groupings(case(bias_plan=PLAN)) == (("colour",), ("shop",), ("colour", "shop"))
    assert word_groupings(small_case("binary")) == ()


def test_where_no_class_is_favourable_groups_are_not_compared() -> None:
    made = small_rows("multiclass", 20, seed=8)
    problem = case("multiclass")
    scores = {f"score_{name}": 1 / 3 for name in problem.target.classes}
    told = pd.DataFrame({"row_id": made["row_id"], "action": next(iter(problem.payoff.actions)), **scores})
    assert tally_groups(made, told, problem) == []
