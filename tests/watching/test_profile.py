from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evergreen.errors import DataError
from evergreen.watching import WindowRecord, add, choose_bins, count_outcomes, count_window, with_outcomes
from evergreen.watching.bins import ColumnBins, count_numbers, segments_of
from tests.watching.small import columns_of, draw_rows, judge

ROWS = draw_rows(np.random.default_rng(1), 3000)
BINS = choose_bins(columns_of(ROWS))


def record_of(rows, window="d1", *, seed=2, has_outcomes=True):
    columns = columns_of(rows)
    record = count_window(
        BINS, columns, window=window, n_quarantined=3, repairs={"age": 2}, expected={"payoff": 1.5 * len(rows)}
    )
    if not has_outcomes:
        return record
    return with_outcomes(record, count_outcomes(BINS, columns, judge(np.random.default_rng(seed), rows)))


def flat(record):
    """All figures of a record, by where they stand."""

    def walk(found, path):
        if isinstance(found, dict):
            return {k: v for name, one in found.items() for k, v in walk(one, f"{path}/{name}").items()}
        if isinstance(found, (list, tuple)):
            return {k: v for i, one in enumerate(found) for k, v in walk(one, f"{path}/{i}").items()}
        return {path: found}

    return {k: v for k, v in walk(record.model_dump(), "").items() if not isinstance(v, str)}


@given(cuts=st.lists(st.integers(0, 3000), min_size=1, max_size=4), seed=st.integers(0, 9))
@settings(max_examples=15, deadline=None)
def test_a_month_is_the_sum_of_its_days(cuts, seed):
    ends = [0, *sorted(cuts), 3000]
    draw = np.random.default_rng(seed)
    judged = judge(draw, ROWS)
    days = []
    for i, (low, high) in enumerate(pairwise(ends)):
        columns = columns_of(ROWS.iloc[low:high])
        part = type(judged)(judged.expected[low:high], judged.happened[low:high], money=judged.money[low:high])
        days.append(with_outcomes(count_window(BINS, columns, window=f"d{i}"), count_outcomes(BINS, columns, part)))
    month = days[0]
    for day in days[1:]:
        month = add(month, day)
    whole = count_window(BINS, columns_of(ROWS), window="all")
    whole = with_outcomes(whole, count_outcomes(BINS, columns_of(ROWS), judged))
    expected = flat(whole) | {"/n_windows": len(days)}
    assert flat(month) == pytest.approx(expected)
    assert month.window == f"d0..d{len(days) - 1}"


def test_adding_knows_no_order():
    one, other = record_of(ROWS.iloc[:1000], "d1"), record_of(ROWS.iloc[1000:], "d2")
    assert flat(add(one, other)) == pytest.approx(flat(add(other, one)))
    assert add(one, other).window == add(other, one).window == "d1..d2"


def test_a_record_survives_being_written():
    record = record_of(ROWS)
    assert WindowRecord.model_validate_json(record.model_dump_json()) == record


def test_late_outcomes_change_their_window_alone():
    rows = ROWS.iloc[:200]
    bare, full = record_of(rows, has_outcomes=False), record_of(rows)
    assert full.model_copy(update={"outcomes": None}) == bare
    judged = judge(np.random.default_rng(2), rows)
    first = type(judged)(judged.expected[:50], judged.happened[:50], money=judged.money[:50])
    rest = type(judged)(judged.expected[50:], judged.happened[50:], money=judged.money[50:])
    step = with_outcomes(bare, count_outcomes(BINS, columns_of(rows.iloc[:50]), first))
    assert step.outcomes.n_outcomes == 50
    both = with_outcomes(step, count_outcomes(BINS, columns_of(rows.iloc[50:]), rest))
    assert flat(both) == pytest.approx(flat(full))


def test_outcomes_of_a_part_are_added_to_windows_without():
    one, other = record_of(ROWS.iloc[:1000], "d1", has_outcomes=False), record_of(ROWS.iloc[1000:], "d2")
    assert add(one, other).outcomes == add(other, one).outcomes == other.outcomes


def test_figures_of_a_window_by_hand():
    rows = pd.DataFrame({"age": [1.0, 2.0, 3.0, np.nan, 99.0, np.inf], "job": ["x", "y", None, "z", "x", "x"]})
    bins = choose_bins({"age": (pd.Series([1.0, 2.0, 3.0, 4.0]), "number"), "job": (pd.Series(["x", "y"]), "category")})
    found = count_window(bins, columns_of(rows), window="d").columns
    # Few values: each has a bin, and so have what lies below the least and above the greatest.
    assert found["age"].counts == (0, 1, 1, 1, 0, 2)
    assert (found["age"].n_missing, found["age"].n_out_of_range) == (1, 2)
    assert (found["age"].total, found["age"].total_squares) == (105.0, 1 + 4 + 9 + 99.0**2)
    assert (found["job"].counts, found["job"].n_missing) == ((3, 1, 1), 1)


@given(
    values=st.lists(st.one_of(st.integers(-5, 5).map(float), st.floats(-9, 9), st.just(np.nan)), max_size=60),
    edges=st.sets(st.integers(-4, 4).map(float), max_size=6),
)
@settings(max_examples=80, deadline=None)
def test_counts_by_comparison_are_those_of_pandas(values, edges):
    numbers, inner = np.array(values, dtype=float), sorted(edges)
    counts, n_outside = count_numbers(
        numbers, ColumnBins(kind="number", edges=tuple(inner), low=-3.0 if inner else None, high=3.0 if inner else None)
    )
    places = pd.cut(pd.Series(numbers), [-np.inf, *inner, np.inf]).cat.codes.to_numpy()
    assert counts == np.bincount(places[places >= 0], minlength=len(inner) + 1).tolist()
    assert n_outside == (int((np.abs(numbers) > 3).sum()) if inner else 0)


def test_segments_are_groups_of_bins():
    groups = segments_of(ROWS["age"], BINS.columns["age"])
    means = ROWS["age"].groupby(groups).mean()
    assert means.iloc[:5].is_monotonic_increasing
    assert np.bincount(groups)[:5] / len(ROWS) == pytest.approx(np.full(5, 0.196), abs=0.01)
    assert np.bincount(groups)[5] == ROWS["age"].isna().sum()
    jobs = segments_of(pd.Series(["nurse", "unheard of", None]), BINS.columns["job"])
    assert [BINS.columns["job"].name_of_group(int(job)) for job in jobs] == ["'nurse'", "another word", "missing"]


def test_groups_and_bins_of_numbers_have_names():
    bins = ColumnBins(kind="number", edges=(1.0, 2.0, 3.0))
    assert [bins.name_of_bin(i) for i in range(5)] == ["up to 1", "1 to 2", "2 to 3", "above 3", "missing"]
    assert ColumnBins(kind="number").name_of_group(0) == "any number"


def test_windows_of_other_bins_are_refused():
    other = choose_bins(columns_of(ROWS.iloc[:500]))
    record = count_window(other, columns_of(ROWS), window="d9")
    with pytest.raises(DataError, match=r"'d1' and 'd9' are counted in other bins .* Add windows of one release"):
        add(record_of(ROWS), record)


def test_other_columns_are_refused():
    with pytest.raises(DataError, match="'job' on one side only"):
        count_window(BINS, {"age": (ROWS["age"], "number")}, window="d1")


def test_columns_of_other_rows_are_refused():
    columns = {"age": (ROWS["age"].iloc[:5], "number"), "job": (ROWS["job"], "category")}
    with pytest.raises(DataError, match=r"columns of \[5, 3000\] rows"):
        count_window(BINS, columns, window="d1")


def test_words_in_a_number_are_refused():
    columns = {"age": (pd.Series(["old"], name="age"), "number"), "job": (pd.Series(["nurse"]), "category")}
    with pytest.raises(DataError, match="Column 'age' holds cells that are no numbers"):
        count_window(BINS, columns, window="d1")


def test_more_outcomes_than_rows_are_refused():
    record = record_of(ROWS)
    with pytest.raises(DataError, match="has 6000 outcomes for 3000 rows"):
        with_outcomes(record, record.outcomes)


def test_outcomes_of_other_rows_are_refused():
    with pytest.raises(DataError, match="not of the rows of the columns"):
        count_outcomes(BINS, columns_of(ROWS.iloc[:5]), judge(np.random.default_rng(1), ROWS))


def test_outcomes_that_are_priced_on_one_side_are_refused():
    rows = ROWS.iloc[:100]
    bare = count_outcomes(BINS, columns_of(rows), judge(np.random.default_rng(1), rows, is_priced=False))
    priced = count_outcomes(BINS, columns_of(rows), judge(np.random.default_rng(1), rows))
    record = with_outcomes(record_of(ROWS, has_outcomes=False), bare)
    with pytest.raises(DataError, match="priced on one side only"):
        with_outcomes(record, priced)


def test_outcomes_of_other_segments_are_refused():
    rows, draw = ROWS.iloc[:100], np.random.default_rng(1)
    few = count_outcomes(BINS, {"age": (rows["age"], "number")}, judge(draw, rows))
    record = with_outcomes(record_of(ROWS, has_outcomes=False), few)
    with pytest.raises(DataError, match="do not hold the same figures"):
        with_outcomes(record, count_outcomes(BINS, columns_of(rows), judge(draw, rows)))
