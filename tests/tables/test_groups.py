import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from scipy import stats

from evergreen.errors import CaseError
from evergreen.tables import groups
from evergreen.tables.groupings import MAX_GROUPS, OTHER
from evergreen.tables.groups import LEDGER_TYPES, cleaning_shares, measure_groups
from tests.cases import LIBRARIES, frame_of, multiclass_case, regression_case, repaired_rows
from tests.tables.group_world import (
    group_case,
    naive_ledger,
    people,
    stages,
    two_words_case,
)

SHOWN = ["group", "stage", "n_rows", "share", "n_labelled", "unlabelled_share", "base_rate"]


def measure(marked, problem, confidence=0.95):
    marked, repaired, training, holdout = stages(marked)
    return measure_groups(marked, repaired, training, holdout, problem=problem, confidence=confidence)


def row_of(ledger, columns, group, stage="raw"):
    found = ledger[(ledger["columns"] == columns) & (ledger["group"] == group) & (ledger["stage"] == stage)]
    assert len(found) == 1
    return found.iloc[0]


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("values", [["i", "ii"], None], ids=["words-of-the-contract", "any-words"])
def test_a_column_may_be_called_like_a_figure_of_the_ledger(values, library):
    column = {"type": "category", "is_sensitive": True, **({"values": values} if values else {})}
    taken = ("stage", "n_rows", "outcome", "n_labelled", "missing_share")
    plain = two_words_case({f"columns.the_{name}": column for name in taken})
    odd = two_words_case({f"columns.{name}": column for name in taken})
    marked, repaired, training, holdout = stages(people(plain, 60))
    expected = measure_groups(marked, repaired, training, holdout, problem=plain, confidence=0.95)
    marked, repaired, training, holdout = (
        one.rename(columns=lambda name: name.removeprefix("the_")) for one in (marked, repaired, training, holdout)
    )
    found = measure_groups(
        frame_of(marked, library).to_native(), repaired, training, holdout, problem=odd, confidence=0.95
    )
    assert_frame_equal(found, expected.assign(columns=expected["columns"].str.replace("the_", "")))


def test_it_counts_each_group_at_each_stage():
    case = two_words_case()
    marked = people(case, 8).assign(
        sex=["female", "female", "female", "male", "male", "male", None, "female"],
        region="north",
        bought=["yes", "no", None, "yes", "yes", "no", "no", "yes"],
        reasons=[None, None, None, None, None, None, None, "age_years is above 100"],
    )
    ledger = measure(marked, case)
    mine = ledger[ledger["columns"] == "sex"][SHOWN].round(3).astype(object)
    mine = mine.where(mine.notna(), None).to_numpy().tolist()
    assert mine == [
        ["female", "raw", 4, 0.5, 3, 0.25, 0.667],
        ["female", "quarantined", 1, 1.0, 1, 0.0, 1.0],
        ["female", "repaired", 3, 0.429, 2, 0.333, 0.5],
        ["female", "training", 2, 0.5, 2, 0.0, 0.5],
        ["female", "holdout", 0, 0.0, 0, None, None],
        ["male", "raw", 3, 0.375, 3, 0.0, 0.667],
        ["male", "quarantined", 0, 0.0, 0, None, None],
        ["male", "repaired", 3, 0.429, 3, 0.0, 0.667],
        ["male", "training", 2, 0.5, 2, 0.0, 1.0],
        ["male", "holdout", 1, 0.5, 1, 0.0, 0.0],
        ["(missing)", "raw", 1, 0.125, 1, 0.0, 0.0],
        ["(missing)", "quarantined", 0, 0.0, 0, None, None],
        ["(missing)", "repaired", 1, 0.143, 1, 0.0, 0.0],
        ["(missing)", "training", 0, 0.0, 0, None, None],
        ["(missing)", "holdout", 1, 0.5, 1, 0.0, 0.0],
    ]
    assert list(ledger["columns"].unique()) == ["sex", "region", "sex x region"]
    assert "female x north" in set(ledger["group"])


@given(n_rows=st.integers(1, 40), seed=st.integers(0, 999))
@settings(max_examples=25)
def test_it_counts_what_counting_by_hand_does(n_rows, seed):
    case = two_words_case()
    tables = stages(people(case, n_rows, seed=seed))
    ledger = measure_groups(*tables, problem=case, confidence=0.95)
    kept = ["n_rows", "share", "missing_share", "missing_share_sd", "n_labelled", "unlabelled_share", "base_rate"]
    found = ledger[ledger["n_rows"] > 0].set_index(["columns", "group", "stage"])[[*kept, "outcome_sd"]]
    by_hand = naive_ledger(tables, case)
    assert set(found.index) == set(by_hand)
    expected = np.array([by_hand[key] for key in found.index], dtype=float)
    np.testing.assert_allclose(found.to_numpy(dtype=float), expected, rtol=1e-9, atol=1e-12)


@given(seed=st.integers(0, 999))
@settings(max_examples=10)
def test_the_order_of_rows_changes_nothing(seed):
    case = group_case()
    tables = stages(people(case, 50, seed=seed))
    shuffled = [table.sample(frac=1, random_state=seed) for table in tables]
    first, again = (measure_groups(*each, problem=case, confidence=0.9) for each in (tables, shuffled))
    assert_frame_equal(first, again, rtol=1e-12)


@given(n_rows=st.integers(0, 60), seed=st.integers(0, 99))
@settings(max_examples=15)
def test_every_row_is_in_one_group_of_each_grouping(n_rows, seed):
    case = group_case()
    tables = stages(people(case, n_rows, seed=seed))
    ledger = measure_groups(*tables, problem=case, confidence=0.9)
    n_bad = int(tables[0]["reasons"].notna().sum())
    n_stage = dict(zip(("raw", "repaired", "training", "holdout"), map(len, tables), strict=True))
    totals = ledger.groupby(["columns", "stage"])["n_rows"].sum()
    assert all(totals[columns, stage] == n for (columns, stage), n in totals.items())
    assert {(stage, n) for (_, stage), n in totals.items()} <= {*n_stage.items(), ("quarantined", n_bad)}
    shares = ledger.groupby(["columns", "stage"])["share"].sum()
    assert shares[totals > 0].to_numpy() == pytest.approx(1)


@pytest.mark.parametrize("library", [*LIBRARIES[1:], pytest.param("spark", marks=pytest.mark.spark)])
def test_every_engine_counts_as_pandas_does(library):
    case = group_case()
    tables = stages(people(case, 300))
    plain = measure_groups(*tables, problem=case, confidence=0.95)
    moved = [frame_of(table, library).to_native() for table in tables[:2]]
    assert_frame_equal(measure_groups(*moved, *tables[2:], problem=case, confidence=0.95), plain, rtol=1e-12)


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_pass_for_each_grouping_counts_as_one_for_all_does(library, monkeypatch):
    case = group_case()
    tables = stages(people(case, 300))
    in_one = measure_groups(*tables, problem=case, confidence=0.95)
    monkeypatch.setattr(groups, "_MAX_COMBINATIONS", 0)
    moved = [frame_of(table, library).to_native() for table in tables[:2]]
    assert_frame_equal(measure_groups(*moved, *tables[2:], problem=case, confidence=0.95), in_one, rtol=1e-12)


def test_the_interval_of_a_base_rate_is_wilsons():
    ledger = measure(people(two_words_case(), 200), two_words_case(), confidence=0.9)
    known = ledger[ledger["n_labelled"] > 0]
    for row in known.itertuples():
        test = stats.binomtest(round(row.base_rate * row.n_labelled), row.n_labelled)
        expected = test.proportion_ci(confidence_level=0.9, method="wilson")
        assert (row.base_rate_low, row.base_rate_high) == pytest.approx((expected.low, expected.high))


def test_the_base_rate_of_a_number_is_its_mean_with_a_normal_interval():
    case = regression_case({"columns.is_holiday.is_sensitive": True})
    rows = repaired_rows(case, 200).assign(reasons=None)
    rows.loc[:20, "n_rentals"] = np.nan
    rows.loc[21:25, "n_rentals"] = [np.inf, -1.0, np.nan, 5.0, 7.0]
    tables = (rows, rows, rows.iloc[30:], rows.iloc[:0])
    ledger = measure_groups(*tables, problem=case, confidence=0.9)
    mine = rows.loc[(rows["is_holiday"] == "true") & (rows["n_rentals"] >= 0), "n_rentals"].replace(np.inf, np.nan)
    low, high = stats.norm.interval(0.9, loc=mine.mean(), scale=stats.sem(mine.dropna()))
    found = row_of(ledger, "is_holiday", "true")
    assert found["n_labelled"] == mine.notna().sum()
    figures = found[["base_rate", "base_rate_low", "base_rate_high", "outcome_sd"]].astype(float)
    assert tuple(figures) == pytest.approx((mine.mean(), low, high, mine.std()))


@pytest.mark.parametrize("favourable", [None, "red"])
def test_of_many_classes_the_favourable_one_is_counted_if_there_is_one(favourable):
    plan = {"bias_plan": {"favourable": favourable}} if favourable else {}
    case = multiclass_case({"columns.colour.is_sensitive": True, **plan})
    rows = repaired_rows(case, 60)
    ledger = measure_groups(rows.assign(reasons=None), rows, rows, rows, problem=case, confidence=0.9)
    found, mine = row_of(ledger, "colour", "dark"), rows.loc[rows["colour"] == "dark", "variety"]
    assert found["n_labelled"] == len(mine)
    rate = np.nan if favourable is None else (mine == favourable).mean()
    assert found["base_rate"] == pytest.approx(rate, nan_ok=True)
    assert np.isnan(found["base_rate_low"]) == (favourable is None)


def test_a_word_that_no_row_has_is_a_group_of_none():
    case = two_words_case({"columns.sex.values": ["female", "male", "diverse"]})
    marked = people(case, 60)
    marked["sex"] = marked["sex"].replace("diverse", "male")
    ledger = measure(marked, case)
    assert set(ledger.query("columns == 'sex' and group == 'diverse'")["n_rows"]) == {0}
    assert not ledger["group"].str.startswith("diverse x").any()


def test_a_word_or_number_that_could_not_be_read_tells_no_group():
    case = group_case()
    marked = people(case, 40).assign(sex="femal", age_years=150.0, reasons="age_years is above 100")
    marked.loc[30:, ["age_years", "reasons"]] = [40.0, None]
    ledger = measure(marked, case)
    assert set(ledger.query("columns == 'sex' and n_rows > 0")["group"]) == {"(missing)"}
    bad = ledger.query("columns == 'age_years' and stage == 'quarantined' and n_rows > 0")
    assert bad["group"].tolist() == ["(missing)"]
    assert bad["n_rows"].item() == 30


def test_of_many_intersections_the_largest_are_told_apart():
    words = [f"{n:02}" for n in range(20)]
    case = group_case(
        {"columns.job.values": words, "columns.born_on.is_sensitive": False, "columns.is_owner.is_sensitive": False}
    )
    ledger = measure(people(case, 600), case)
    sizes = ledger.query("columns == 'sex x job' and stage == 'raw'").set_index("group")["n_rows"]
    assert len(sizes) == MAX_GROUPS + 1
    assert sizes.index[-1] == OTHER
    assert sizes.sum() == 600
    assert sizes.drop(OTHER).min() >= 1


def test_a_case_without_sensitive_columns_has_an_empty_ledger():
    case = two_words_case({"columns.sex.is_sensitive": False, "columns.region.is_sensitive": False})
    ledger = measure(people(case, 20), case)
    assert (len(ledger), list(ledger.columns)) == (0, list(LEDGER_TYPES))


def test_the_group_that_cleaning_removed_most_comes_first():
    case = two_words_case()
    marked = people(case, 400).assign(reasons=None)
    is_hit = (marked["sex"] == "female") & (marked["call_id"] % 3 == 0)
    marked["reasons"] = marked["reasons"].astype(object).where(~is_hit, "age_years is above 100")
    found = cleaning_shares(measure(marked, case), confidence=0.9)
    first = found[found["columns"] == "sex"].iloc[0]
    n_rows, n_bad = int((marked["sex"] == "female").sum()), int(is_hit.sum())
    expected = stats.binomtest(n_bad, n_rows).proportion_ci(confidence_level=0.9, method="wilson")
    assert (first["group"], first["n_rows"], first["n_quarantined"]) == ("female", n_rows, n_bad)
    assert tuple(first[["quarantined_share", "low", "high"]]) == pytest.approx(
        (n_bad / n_rows, expected.low, expected.high)
    )
    assert found["columns"].tolist() == sorted(found["columns"], key=["sex", "region", "sex x region"].index)


def test_a_confidence_that_is_no_share_is_refused():
    with pytest.raises(CaseError, match=r"Confidence is 95. Give a share"):
        measure(people(two_words_case(), 20), two_words_case(), confidence=95)
    ledger = measure(people(two_words_case(), 20), two_words_case())
    with pytest.raises(CaseError, match=r"Confidence is 0. Give a share"):
        cleaning_shares(ledger, confidence=0)
