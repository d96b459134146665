from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from evergreen.tables.bias_plan import CHECK_TYPES, check_bias_plan
from evergreen.tables.groups import measure_groups
from tests.cases import regression_case, repaired_rows
from tests.tables.group_world import people, two_words_case

FEATURES = ("sex", "region")


def clause(measure: str, *columns: str, remedy: str = "accept", **limit: float) -> dict[str, Any]:
    return {"measure": measure, "columns": columns or ["sex"], "remedy": remedy, "why": "For the test.", **limit}


def planned(*clauses: dict[str, Any], **plan: Any) -> Any:
    return two_words_case({"bias_plan": {"clauses": list(clauses), "min_group_rows": 10, **plan}})


def rows_of(
    sex: str | None, n_yes: int, n_no: int, *, n_open: int = 0, n_bad: int = 0, n_empty: int = 0
) -> pd.DataFrame:
    """Marked rows of one sex: so many answers, some open ones, some unusable, and some without any other feature."""
    n_rows = n_yes + n_no + n_open + n_bad
    case = two_words_case()
    rows = people(case, n_rows, seed=1)
    for name in case.feature_columns:
        rows[name] = rows[name].bfill().ffill()
    rows.loc[: n_empty - 1, [name for name in case.feature_columns if name not in FEATURES]] = None
    answers = ["yes"] * n_yes + ["no"] * n_no + [None] * (n_open + n_bad)
    reasons = [None] * (n_rows - n_bad) + ["age_years is above 100"] * n_bad
    region = np.resize(["north", "south"], n_rows)
    return rows.assign(sex=sex, region=region, bought=answers, reasons=reasons)


def ledger_of(problem: Any, *parts: pd.DataFrame) -> pd.DataFrame:
    marked = pd.concat(parts, ignore_index=True)
    repaired = marked[marked["reasons"].isna()]
    training = repaired[repaired["bought"].notna()]
    return measure_groups(marked, repaired, training, training.iloc[:0], problem=problem, confidence=0.95)


def check(problem: Any, *parts: pd.DataFrame) -> pd.DataFrame:
    return check_bias_plan(ledger_of(problem, *parts), problem)


def only(found: pd.DataFrame) -> Any:
    assert len(found) == 1
    return found.iloc[0]


WOMEN, MEN = rows_of("female", 20, 80), rows_of("male", 40, 160)


@pytest.mark.parametrize(
    ("asked", "parts", "gap", "status", "worst"),
    [
        (clause("base_rate", at_most=0.2), (rows_of("female", 10, 90), MEN), 0.1, "within", "female"),
        (clause("base_rate", at_most=0.05), (rows_of("female", 10, 90), MEN), 0.1, "exceeded", "female"),
        (clause("base_rate"), (rows_of("female", 0, 100), MEN), 0.2, "within", "female"),
        (clause("label", at_most=0.1), (rows_of("female", 20, 80, n_open=100), MEN), 0.5, "exceeded", "female"),
        (clause("cleaning", at_most=0.3), (WOMEN, rows_of("male", 40, 120, n_bad=40)), 0.2, "within", "male"),
        (clause("missingness", at_most=0.1), (rows_of("female", 20, 80, n_empty=50), MEN), 0.375, "exceeded", "female"),
        (clause("small_group", at_least=0.4), (WOMEN, MEN), 1 / 3, "exceeded", "female"),
        (clause("small_group", at_least=0.3), (WOMEN, MEN), 1 / 3, "within", "female"),
        (clause("small_group", at_least=0.3), (MEN,), 0.0, "exceeded", "female"),
    ],
    ids=[
        "base-rate-within",
        "base-rate-exceeded",
        "no-limit",
        "label",
        "cleaning",
        "missingness",
        "small-exceeded",
        "small-within",
        "no-row-at-all",
    ],
)
def test_a_clause_is_held_against_the_data(asked, parts, gap, status, worst):
    row = check(planned(asked), *parts).iloc[0]
    assert (row["gap"], row["status"], row["worst_group"]) == (pytest.approx(gap), status, worst)
    assert (row["measure"], row["remedy"]) == (asked["measure"], "accept")
    assert row["limit"] == pytest.approx(asked.get("at_most", asked.get("at_least", np.nan)), nan_ok=True)


def test_intersections_are_compared_as_groups():
    women = rows_of("female", 20, 80).assign(region="north")
    men = pd.concat([rows_of("male", 10, 90).assign(region="north"), rows_of("male", 30, 70).assign(region="south")])
    row = check(planned(clause("base_rate", "region", "sex", at_most=0.1)), women, men).iloc[0]
    assert (row["clause"], row["gap"]) == ("base_rate by region and sex", pytest.approx(0.2))
    assert (row["worst_group"], row["other_group"]) == ("male x north", "male x south")


def test_the_gap_of_a_mean_outcome_is_in_its_unit():
    asked = {**clause("base_rate", "is_holiday", at_most=12), "columns": ["is_holiday"]}
    case = regression_case({"columns.is_holiday.is_sensitive": True, "bias_plan": {"clauses": [asked]}})
    rows = repaired_rows(case, 400)
    rows["n_rentals"] = np.where(rows["is_holiday"] == "true", 30.0, 50.0) + np.arange(400) % 7
    tables = (rows.assign(reasons=None), rows, rows, rows.iloc[:0])
    row = only(check_bias_plan(measure_groups(*tables, problem=case, confidence=0.9), case))
    sides = [rows.loc[rows["is_holiday"] == word, "n_rentals"] for word in ("false", "true")]
    gap = sides[0].mean() - sides[1].mean()
    low, high = stats.norm.interval(0.95, loc=gap, scale=np.hypot(*[stats.sem(side) for side in sides]))
    assert tuple(row[["gap", "gap_low", "gap_high"]]) == pytest.approx((gap, low, high))
    assert (row["status"], row["worst_group"]) == ("exceeded", "true")
    assert row["finding"].startswith("The mean of 'n_rentals' in the training rows is 33.")


def test_a_finding_is_a_sentence_with_figures():
    women, few = rows_of("female", 10, 90), rows_of("diverse", 3, 3)
    asked = clause("base_rate", remedy="reweigh", at_most=0.05)
    case = two_words_case(
        {"columns.sex.values": ["female", "male", "diverse"], "bias_plan": {"clauses": [asked], "min_group_rows": 10}}
    )
    finding = check(case, women, MEN, few).iloc[0]["finding"]
    assert finding == (
        "The share of 'yes' in the training rows is 0.1 in group 'female' (100 rows) and 0.2 in group 'male' (200 "
        "rows): a gap of 0.1 (interval 0.0106 to 0.176). The plan balances a gap up to 0.05 by weighing training rows. "
        "It is exceeded, though chance may have made the excess. Not judged, with fewer than 10 rows: 'diverse'."
    )


@pytest.mark.parametrize(
    ("asked", "parts", "sentence"),
    [
        (clause("base_rate"), (WOMEN, MEN), "The plan accepts any gap."),
        (clause("base_rate", remedy="resample"), (WOMEN, MEN), "by repeating training rows and leaving some out."),
        (clause("base_rate", remedy="more_data", at_most=0.3), (WOMEN, MEN), "asks for more rows beyond a gap of 0.3."),
        (clause("label"), (WOMEN, MEN), "The share of usable rows without an outcome is 0 in group"),
        (clause("cleaning"), (WOMEN, MEN), "The share of raw rows that went to quarantine is 0 in group"),
        (clause("missingness"), (WOMEN, MEN), "The share of empty feature cells in the training rows is 0 in group"),
        (
            clause("small_group", remedy="more_data", at_least=0.5),
            (WOMEN, MEN),
            "The smallest group is 'female' with 100 training rows, a share of 0.333. The plan asks for more rows up "
            "to a share of at least 0.5. It is not reached.",
        ),
        (clause("small_group"), (WOMEN, MEN), "The plan accepts any share."),
    ],
)
def test_a_finding_says_what_the_plan_says(asked, parts, sentence):
    assert sentence in check(planned(asked), *parts).iloc[0]["finding"]


def test_groups_too_small_and_rows_without_a_group_are_not_judged():
    unknown = rows_of(None, 0, 80)
    found = check(planned(clause("base_rate", at_most=0.01)), WOMEN, MEN, rows_of("male", 0, 1), unknown)
    assert found.iloc[0]["gap"] < 0.01
    alone = check(planned(clause("base_rate", at_most=0.01)), WOMEN, rows_of("male", 0, 9), unknown).iloc[0]
    assert (alone["status"], alone["worst_group"]) == ("too_few", "")
    assert (
        alone["finding"]
        == "Fewer than two groups have 10 rows to be compared by. Not judged, with fewer than 10 rows: 'male'."
    )
    assert np.isnan(alone["gap"])


def test_small_groups_that_no_clause_mentions_are_reported():
    few = rows_of("male", 1, 8)
    row = check(planned(clause("base_rate")), WOMEN, few).set_index("clause").loc["small_group by sex"]
    assert (row["status"], row["remedy"], row["worst_group"]) == ("too_few", "", "male")
    assert row["finding"] == "Groups with fewer than 10 training rows, too few to judge in any respect: 'male'."
    assert row["gap"] == pytest.approx(9 / 109)
    assert "too_few" not in set(check(planned(clause("small_group", at_least=0.01)), WOMEN, few)["status"])


@pytest.mark.parametrize(
    ("measure", "parts"),
    [
        ("base_rate", (rows_of("female", 20, 380), rows_of("male", 80, 320))),
        ("label", (rows_of("female", 40, 160, n_open=100), MEN)),
        ("cleaning", (rows_of("female", 40, 160, n_bad=100), MEN)),
        ("missingness", (rows_of("female", 40, 160, n_empty=100), MEN)),
    ],
)
def test_a_notable_gap_that_no_clause_mentions_is_unplanned(measure, parts):
    row = only(check(planned(), *parts))
    assert (row["clause"], row["status"], row["worst_group"]) == (f"{measure} by sex", "unplanned", "female")
    assert row["finding"].endswith("No clause of the plan mentions it: accept or remedy it.")
    assert (row["remedy"], np.isnan(row["limit"]), row["gap_low"] > 0) == ("", True, True)
    for columns in (["sex"], ["sex", "region"]):
        found = check(planned({**clause(measure), "columns": columns}), *parts)
        assert found["status"].tolist() == ["within"]


@pytest.mark.parametrize(
    "parts",
    [
        (rows_of("female", 3, 17), rows_of("male", 6, 14)),
        (rows_of("female", 1700, 8300), rows_of("male", 2000, 8000)),
        (rows_of("female", 200, 800, n_open=40), rows_of("male", 200, 800)),
    ],
    ids=["by-chance", "four-fifths", "four-in-a-hundred"],
)
def test_a_gap_by_chance_or_a_slight_one_needs_no_clause(parts):
    assert check(planned(), *parts).empty


@pytest.mark.parametrize(("shift", "statuses"), [(0.15, []), (0.25, ["unplanned"])])
def test_means_a_fifth_of_a_standard_deviation_apart_are_notable(shift, statuses):
    case = regression_case({"columns.is_holiday.is_sensitive": True})
    rows = repaired_rows(case, 4_000)
    noise = stats.norm.ppf((np.arange(4_000) // 2 + 0.5) / 2_000)
    rows["is_holiday"] = np.resize(["true", "false"], 4_000)
    rows["n_rentals"] = 50 + noise + shift * (rows["is_holiday"] == "true")
    tables = (rows.assign(reasons=None), rows, rows, rows.iloc[:0])
    found = check_bias_plan(measure_groups(*tables, problem=case, confidence=0.9), case)
    assert found["status"].tolist() == statuses


@pytest.mark.parametrize(
    ("share", "n_rows", "expected"), [(1.0, 100, (0, 11)), (0.7, 3_000, (90, 100))], ids=["none", "planted"]
)
def test_a_bias_is_found_and_none_is_seldom_made_up(share, n_rows, expected):
    generator = np.random.default_rng(11)
    ledger = ledger_of(planned(), *(rows_of(sex, n_rows // 10, n_rows * 9 // 10) for sex in ("female", "male")))
    n_labelled = ledger["n_labelled"].to_numpy()
    is_hit = ((ledger["columns"] == "sex") & (ledger["group"] == "female")).to_numpy()
    n_found = 0
    for _ in range(100):
        n_yes = generator.binomial(n_labelled, np.where(is_hit, share * 0.16, 0.16))
        found = check_bias_plan(ledger.assign(base_rate=n_yes / np.maximum(n_labelled, 1)), planned())
        n_found += ("base_rate by sex" if share < 1 else "base_rate") in " ".join(found["clause"])
    # Of 100 at most five may be made up, plus three binomial standard deviations; nine in ten as large as the
    # demonstration's are found.
    assert expected[0] <= n_found <= expected[1]


def test_a_long_name_is_cut():
    case = two_words_case(
        {"columns.sex": {"type": "category", "is_sensitive": True}, "bias_plan": {"min_group_rows": 2}}
    )
    parts = [WOMEN.assign(sex=letter * 5_000, bought=word) for letter, word in (("a", "yes"), ("b", "no"))]
    found = check(case, *parts)
    assert len(found.iloc[0]["finding"]) < 400


def test_a_case_without_groups_or_plan_has_nothing_to_check():
    case = two_words_case({"columns.sex.is_sensitive": False, "columns.region.is_sensitive": False})
    found = check(case, WOMEN)
    assert (len(found), list(found.columns)) == (0, list(CHECK_TYPES))
