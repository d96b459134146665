"""What a draft says of a whole table, and that it reads the table as the repair by its contract does."""

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from evergreen.drafting import Draft, case_files
from evergreen.errors import CaseError, DataError
from evergreen.problem import Problem
from evergreen.tables.engines import as_frame, as_pandas
from evergreen.tables.repair import REASONS, mark_rows
from evergreen.tables.sources import read_source
from tests.drafting.world import TODAY, drafted, found, orders


def repaired(draft: Draft, table: pd.DataFrame) -> pd.DataFrame:
    rows = read_source(table, draft.problem, draft.problem.spine).select(list(draft.problem.columns))
    return as_pandas(mark_rows(as_frame(nw.to_native(rows)), draft.problem))


def test_a_table_becomes_a_case():
    problem = drafted(orders()).problem
    assert (problem.kind, problem.key, problem.event_time) == ("binary", ("order_no",), "ordered_on")
    assert (problem.target.column, problem.target.classes) == ("bought", ("no", "yes"))
    types = {name: column.type for name, column in problem.columns.items()}
    assert types == {
        "order_no": "integer", "ordered_on": "timestamp", "age": "integer", "city": "category", "price": "number",
        "days_since": "integer", "has_card": "boolean", "bought": "category",
    }  # fmt: skip
    assert problem.columns["ordered_on"].time_format == "day_first"
    assert problem.columns["price"].thousands == ","
    assert problem.columns["days_since"].sentinels == (999,)
    assert problem.columns["city"].values == ("bergen", "oslo")
    assert problem.columns["age"].is_sensitive
    assert problem.columns["order_no"].raw_name == "Order-No"


def test_without_a_payoff_a_proper_score_is_held_against_no_model():
    assert [one.name for one in drafted(orders()).problem.criteria] == ["log_loss versus no_model at most 0"]
    assert [one.name for one in drafted(orders(), "price").problem.criteria] == ["rmse versus no_model at most 0"]
    assert drafted(orders()).problem.payoff is None


def test_with_time_the_newest_rows_judge_and_the_date_is_that_of_the_last():
    draft = drafted(orders())
    assert draft.as_of == pd.Timestamp("2022-10-27").date()
    assert (draft.problem.split.by, draft.problem.split.new_rows_days) == ("time", 15)


def test_without_time_rows_are_drawn_and_the_date_is_that_of_the_draft():
    draft = drafted(orders().drop(columns="ordered on"))
    assert draft.as_of == TODAY
    assert draft.problem.split.by == "random"
    assert "No column holds a time" in found(draft, "holdout")[0]


def test_months_in_words_are_a_way_to_a_date():
    table = orders().drop(columns="ordered on").assign(month=np.repeat(["jan", "feb", "mar"], 100))
    assert "'month' holds months: if the rows are in date order" in found(drafted(table), "No column holds a time")[0]


def test_everything_unsure_is_listed_once_in_the_order_of_the_file():
    draft = drafted(orders())
    told = [question.found for question in draft.questions]
    assert told == [
        "A table does not tell what is decided",
        "order_no has another value in each of 300 rows",
        "ordered_on holds a time in nearly every row",
        "bought is 'no' or 'yes'; the second is 48.3% of the rows",
        "By name age may tell groups of people that must not be treated worse",
        "Words that often mean 'missing': city ('unknown' in 94 cells)",
        "Numbers far from the rest that often mean 'missing': days_since (999 in 91 cells, the rest is 0 to 59)",
        "Nobody has said what a decision pays",
    ]


def test_a_day_and_an_hour_are_put_together():
    hours = pd.date_range("2011-01-01", periods=480, freq="h")
    table = pd.DataFrame({"dteday": hours.strftime("%d/%m/%y"), "hr": hours.hour, "x": range(480), "cnt": range(480)})
    table["cnt"] = np.random.default_rng(1).permutation(480)
    draft = drafted(table, "cnt")
    assert draft.problem.event_time == "dteday_hr"
    assert draft.told["sources"]["orders"]["derive"] == [
        {"column": "dteday_hr", "kind": "timestamp_from_parts", "date": "dteday", "hour": "hr",
         "time_format": "day_first"},
    ]  # fmt: skip
    assert "dteday" not in draft.problem.columns
    assert "hr" in draft.problem.feature_columns
    assert (repaired(draft, table)["dteday_hr"] == hours).all()
    assert found(draft, "Years of two digits")


def test_another_date_with_a_short_year_is_written_out_too():
    table = orders().assign(joined=pd.date_range("1999-01-01", periods=300).strftime("%m/%d/%y"))
    draft = drafted(table)
    assert draft.problem.columns["joined"].raw_name == "joined_full"
    assert repaired(draft, table)["joined"].iloc[-1] == pd.Timestamp("1999-10-27")


def test_without_a_key_the_rows_are_numbered():
    table = orders().drop(columns="Order-No")
    draft = drafted(table)
    assert draft.problem.key == ("row_id",)
    assert repaired(draft, table)["row_id"].tolist() == [*range(1, 301)]
    assert "its number in the file does (row_id)" in found(draft, "No column names the row")[0]


def test_rows_that_were_delivered_twice_do_not_hide_the_key():
    table = pd.concat([orders(), orders().iloc[10:15]], ignore_index=True)
    draft = drafted(table)
    assert draft.problem.key == ("order_no",)
    assert "5 rows repeat another one in every cell, the key too" in found(draft, "repeat")[0]
    assert drafted(table, key=("Order-No",)).problem.key == ("order_no",)
    other = table.assign(Age=[*table["Age"].iloc[:-1], 99])
    assert drafted(other).problem.key == ("row_id",)
    with pytest.raises(DataError, match=r"'Order-No' is shared by 2 different rows \(first: row 15\)"):
        drafted(other, key=("Order-No",))


def test_a_key_of_words_keeps_its_form_and_takes_new_words():
    table = orders().assign(**{"Order-No": [f"AB-{n}" for n in range(300)]})
    key = drafted(table).problem.columns["order_no"]
    assert (key.type, key.values) == ("text", None)
    assert repaired(drafted(table), table)["order_no"].iloc[0] == "AB-0"


def test_keys_that_differ_in_capitals_alone_are_different_keys():
    table = orders().assign(**{"Order-No": [f"{'k' if n % 2 else 'K'}{n // 2}" for n in range(300)]})
    assert drafted(table, key=("Order-No",)).problem.key == ("order_no",)
    assert drafted(table).problem.key == ("order_no",)
    assert repaired(drafted(table), table)["order_no"].is_unique


def test_a_measurement_that_happens_to_be_unique_is_no_key():
    table = orders().drop(columns="Order-No").assign(income=np.random.default_rng(1).permutation(9_999)[:300] * 7)
    assert drafted(table).problem.key == ("row_id",)


def test_rows_that_repeat_each_other_stay_on_one_side():
    table = orders().drop(columns=["Order-No", "ordered on", "price"]).assign(size=np.linspace(0, 1, 300).round(4))
    table = pd.concat([table, table.head(5)], ignore_index=True)
    draft = drafted(table)
    split, twin = draft.problem.split, draft.problem.columns["same_size"]
    assert (split.by, split.group) == ("group", "same_size")
    assert (twin.raw_name, twin.is_feature, draft.problem.columns["size"].is_feature) == ("size", False, True)
    assert "5 rows repeat another one in every cell" in found(draft, "repeat")[0]


def test_a_column_of_the_file_keeps_its_name_from_what_is_made_beside_it():
    dates = pd.date_range("2011-01-01", periods=300)
    table = orders().drop(columns=["Order-No", "ordered on"]).assign(row_id=5, d=dates.strftime("%d/%m/%y"), d_full=1.5)
    draft = drafted(table.assign(e=table["d"], e_full="x"))
    assert (draft.problem.key, draft.problem.event_time) == (("row_id_2",), "d_full_2")
    assert draft.problem.columns["e"].raw_name == "e_full_2"
    rows = repaired(draft, table.assign(e=table["d"], e_full="x"))
    assert (rows["d_full_2"] == dates).all()
    assert (rows["e"] == dates).all()
    assert rows[["row_id", "d_full", "e_full"]].drop_duplicates().to_numpy().tolist() == [[5, 1.5, "x"]]


def test_a_group_takes_no_name_of_the_file():
    table = orders().drop(columns=["Order-No", "ordered on", "price"]).assign(size=np.linspace(0, 1, 300).round(4))
    table = pd.concat([table, table.head(5)], ignore_index=True).assign(same_size="x")
    draft = drafted(table)
    assert draft.problem.split.group == "same_size_2"
    assert draft.problem.columns["same_size_2"].raw_name == "size"


def test_rows_that_repeat_each_other_for_want_of_detail_are_only_told():
    draft = drafted(orders()[["has_card", "city", "bought"]])
    assert draft.problem.split.by == "random"
    assert "they are different things that happen to be alike" in found(draft, "repeat")[0]


def test_an_id_that_rows_share_groups_them_and_is_no_feature():
    table = orders().drop(columns="ordered on").assign(customer_id=np.arange(300) % 90)
    draft = drafted(table)
    assert draft.problem.split.group == "customer_id"
    with_time = drafted(orders().assign(customer_id=np.arange(300) % 90))
    assert not with_time.problem.columns["customer_id"].is_feature
    assert with_time.problem.columns["customer_id"].range is None


def test_parts_of_a_sum_are_blocked():
    rng = np.random.default_rng(3)
    table = orders().assign(casual=rng.integers(0, 50, 300), registered=rng.integers(0, 90, 300))
    draft = drafted(table.assign(total=table["casual"] + table["registered"]), "total")
    assert set(draft.problem.outcome_columns) == {"casual", "registered", "total"}
    question = next(one for one in draft.questions if "casual" in one.found)
    assert set(question.places) == {("columns", name, "known_at") for name in ("casual", "registered")}


def test_a_column_that_tells_the_outcome_is_blocked():
    draft = drafted(orders().assign(paid=np.where(orders()["bought"] == "yes", "full", "none of it")))
    assert "paid" in draft.problem.outcome_columns
    assert "paid may give the outcome away" in found(draft, "paid")[0]


def test_where_every_column_tells_the_outcome_the_case_can_still_run():
    table = orders()[["bought"]].assign(paid=np.where(orders()["bought"] == "yes", 10, 0) + np.arange(300) % 7)
    draft = drafted(table)
    assert draft.problem.feature_columns.keys() == {"paid"}
    assert "All that there is to learn from may give the outcome away: paid" in found(draft, "outcome away")[0]


def test_a_time_after_the_decision_is_blocked():
    late = pd.date_range("2022-01-04", periods=300).strftime("%Y-%m-%d")
    draft = drafted(orders().assign(delivered_on=late))
    assert "delivered_on" in draft.problem.outcome_columns
    assert "after the decision in 100.0% of the rows" in found(draft, "delivered_on")[-1]


def test_wishes_come_before_guesses():
    table = orders().assign(client=np.arange(300) % 50)
    draft = drafted(table, key=("Order-No", "client"), event_time="ordered on", positive="NO")
    assert draft.problem.key == ("order_no", "client")
    assert draft.problem.positive_class == "no"
    assert not found(draft, "names the row")
    assert not found(draft, "positive")
    assert drafted(table, group="client").problem.split.group == "client"


@pytest.mark.parametrize(
    ("words", "classes"),
    [
        (["ham", "spam"], ("ham", "spam")),
        (["<=50K", ">50K"], ("<=50k", ">50k")),
        (["true", "false"], ("false", "true")),
        ([1, 0], ("0", "1")),
        (["red", "red", "blue"], ("red", "blue")),
        (["No churn", "churn"], ("no churn", "churn")),
    ],
)
def test_the_positive_class_is_told_by_its_word_or_is_the_rarer_one(words, classes):
    table = orders().assign(bought=np.resize(np.array(words, dtype=object), 300))
    draft = drafted(table)
    assert draft.problem.target.classes == classes
    assert "swap the two" in found(draft, "positive class")[0]


def test_few_whole_numbers_are_classes_and_many_are_a_quantity():
    table = orders().assign(stars=np.arange(300) % 5 + 1)
    draft = drafted(table, "stars")
    assert (draft.problem.kind, draft.problem.target.classes) == ("multiclass", ("1", "2", "3", "4", "5"))
    assert "kind: regression" in found(draft, "they are classes")[0]
    assert drafted(table, "Age").problem.kind == "regression"


def test_classes_too_rare_to_learn_are_left_out():
    table = orders().assign(bought=np.where(np.arange(300) < 5, "maybe", orders()["bought"]))
    draft = drafted(table)
    assert draft.problem.target.classes == ("no", "yes")
    assert "'maybe' (5)" in found(draft, "too few to learn")[0]
    assert repaired(draft, table)[REASONS].notna().sum() == 5


def test_rows_without_an_outcome_are_told():
    table = orders().assign(bought=orders()["bought"].where(np.arange(300) > 20))
    assert "21 rows have no outcome" in found(drafted(table), "no outcome")[0]


def test_a_history_whose_classes_come_late_is_not_split_by_time():
    table = orders().assign(bought=["no"] * 200 + ["yes"] * 100)
    draft = drafted(table)
    assert draft.problem.split.by == "random"
    assert "a class comes only late" in found(draft, "ordered_on, most rows")[0]


REFUSALS = {
    "no-name": (orders(), "bought", {"name": "My Shop"}, CaseError, r"'My Shop' is none for a case\. .*'my_shop'"),
    "no-target": (
        orders(),
        "boght",
        {},
        DataError,
        r"'boght' \(--target\) is not in the table\. Did you mean 'bought'",
    ),
    "no-header": (
        orders().set_axis([f"col_{n}" for n in range(1, 9)], axis=1),
        "bought",
        {},
        DataError,
        r"The file has no header: name its columns with --names a,b,c, or use 'col_1' to 'col_8'",
    ),
    "constant-target": (
        orders().assign(bought="no"),
        "bought",
        {},
        DataError,
        "'bought' is always 'no'. There is nothing",
    ),
    "empty-target": (orders().assign(bought=None), "bought", {}, DataError, "'bought' has no value in any row"),
    "many-classes": (
        orders(10_000).assign(bought=[f"c{n}" for n in range(10_000)]),
        "bought",
        {},
        DataError,
        r"has 10,000 classes \(first: 'c0', .* at most 100 classes",
    ),
    "rare-classes": (
        orders().assign(bought=[f"c{n % 20}" for n in range(300)]),
        "bought",
        {},
        DataError,
        "fewer than two",
    ),
    "time-as-target": (orders(), "ordered on", {}, DataError, r"'ordered on' holds a time \(first: "),
    "positive-of-many": (orders(), "price", {"positive": "yes"}, DataError, "takes no --positive: it is a number"),
    "positive-unknown": (
        orders(),
        "bought",
        {"positive": "ja"},
        DataError,
        r"'ja' is not in 'bought'\. It has 'no', 'yes'",
    ),
    "one-row": (orders(1), "bought", {}, DataError, r"The table has 1 row\. .* at least 50"),
    "one-column": (orders()[["bought"]], "bought", {}, DataError, r"has 1 column \('bought'\)"),
    "two-columns-of-a-name": (
        orders().set_axis(["a", "a", *"cdefg", "bought"], axis=1),
        "bought",
        {},
        DataError,
        "The table has 'a' more than once",
    ),
    "repeated-key": (
        orders(),
        "bought",
        {"key": ("Age",)},
        DataError,
        r"Key 'Age' is shared by \d+ different rows \(first: row 1\)",
    ),
    "blank-key": (
        orders().assign(k=[None, *range(299)]),
        "bought",
        {"key": ("k",)},
        DataError,
        r"is blank in 1 rows \(first: row 1\)",
    ),
    "no-time": (
        orders(),
        "bought",
        {"event_time": "city"},
        DataError,
        "'city' holds no dates or times that can be read",
    ),
    "twice": (orders(), "bought", {"group": "bought"}, CaseError, "'bought' is named for two things"),
}


@pytest.mark.parametrize("fault", REFUSALS)
def test_a_table_that_makes_no_case_is_refused(fault):
    table, target, wishes, error, sentence = REFUSALS[fault]
    with pytest.raises(error, match=sentence):
        drafted(table, target, **wishes)


CELLS = st.one_of(
    st.none(), st.integers(-5, 5), st.floats(allow_nan=True), st.text(max_size=6), st.sampled_from(
        ["?", "unknown", "1,5", "1.234", "12/31/99", "2020-01-01", "yes", "007", "999", "€", "a: b", "# no", "null"]
    )
)  # fmt: skip


@given(st.lists(st.lists(CELLS, min_size=1, max_size=6), min_size=1, max_size=3), st.integers(0, 5))
@settings(max_examples=30)
def test_any_table_gives_a_valid_case_that_reads_it_as_the_draft_did(columns, seed):
    rng = np.random.default_rng(seed)
    drawn = {f"c{i}": [cells[k] for k in rng.integers(0, len(cells), 80)] for i, cells in enumerate(columns)}
    table = pd.DataFrame({name: pd.Series(cells).astype("str") for name, cells in drawn.items()})
    table["x"], table["y"] = rng.normal(size=80).round(3), np.tile(["a", "b"], 40)
    draft = drafted(table, "y")
    assert yaml.safe_load(case_files(draft)["parameters_problem.yml"])["problem"] == draft.told
    assert Problem.model_validate(draft.told) == draft.problem
    rows = repaired(draft, table)
    assert rows[REASONS].isna().all(), rows[REASONS].dropna().unique()
