import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2_contingency, kstest

from evergreen.errors import CaseError, DataError
from evergreen.measures import ColumnProfile, adjust_p_values, compare_profiles, profile_like, reference_profile

COLUMNS = [
    "column",
    "n_reference",
    "n_current",
    "missing_share_reference",
    "missing_share_current",
    "population_stability_index",
    "p_value",
    "p_value_adjusted",
    "effect_size",
    "is_drifted",
]


def profile(*counts, n_missing=0):
    return ColumnProfile(kind="number", edges=tuple(range(len(counts) - 1)), counts=counts, n_missing=n_missing)


def compare(reference, current, **options):
    return compare_profiles({"x": reference}, {"x": current}, **options).iloc[0]


def compare_tables(reference, current, **options):
    """Profile every column of two tables and compare them."""
    before = {name: reference_profile(reference[name], kind="number") for name in reference}
    now = {name: profile_like(before[name], current[name]) for name in current}
    return compare_profiles(before, now, **options)


def test_a_row_per_column_in_the_order_of_the_reference():
    frame = compare_profiles({"b": profile(50, 50), "a": profile(90, 10)}, {"a": profile(9, 1), "b": profile(0, 80)})
    assert list(frame.columns) == COLUMNS
    assert frame["column"].tolist() == ["b", "a"]
    assert frame["n_reference"].tolist() == [100, 100]
    assert frame["n_current"].tolist() == [80, 10]
    assert frame["is_drifted"].tolist() == [True, False]


def test_no_columns_give_no_rows():
    frame = compare_profiles({}, {})
    assert list(frame.columns) == COLUMNS
    assert frame.empty


def test_missing_values_are_a_bin():
    row = compare(profile(50, 50), profile(40, 40, n_missing=20))
    assert row["missing_share_reference"] == 0
    assert row["missing_share_current"] == 0.2
    assert row["is_drifted"]


# Hand-worked: shares (0.5, 0.5) and (0.6, 0.4), half a row added to each of 2 bins and the empty one for missing.
def test_population_stability_index_by_hand():
    before, now = np.array([50.5, 50.5, 0.5]) / 101.5, np.array([60.5, 40.5, 0.5]) / 101.5
    expected = np.sum((now - before) * np.log(now / before))
    assert compare(profile(50, 50), profile(60, 40))["population_stability_index"] == pytest.approx(expected)
    assert expected == pytest.approx(0.1 * np.log(0.6 / 0.4), rel=0.03)


@given(counts=st.lists(st.tuples(st.integers(20, 90), st.integers(20, 90)), min_size=2, max_size=8))
@settings(max_examples=50, deadline=None)
def test_the_p_value_is_that_of_scipy(counts):
    before, now = zip(*counts, strict=True)
    expected = chi2_contingency(np.array([before, now]), correction=False).pvalue
    assert compare(profile(*before), profile(*now))["p_value"] == pytest.approx(expected, rel=1e-9)


def test_thin_bins_are_joined_with_their_neighbours():
    row = compare(profile(2, 3, 45, 45, 1, 2), profile(4, 1, 30, 60, 2, 1))
    expected = chi2_contingency([[5, 45, 48], [5, 30, 63]], correction=False).pvalue
    assert row["p_value"] == pytest.approx(expected, rel=1e-9)


def test_the_effect_is_cohens_w_for_small_changes_and_knows_no_number_of_rows():
    before, now = np.array([0.25, 0.25, 0.5]), np.array([0.255, 0.25, 0.495])
    cohens_w = np.sqrt(((now - before) ** 2 / before).sum())
    for n_rows in (1_000, 1_000_000):
        row = compare(profile(*(before * 4_000).astype(int)), profile(*np.round(now * n_rows).astype(int)))
        assert row["effect_size"] == pytest.approx(cohens_w, rel=0.01)


def test_a_certain_but_trifling_change_is_no_drift():
    row = compare(profile(5_000_000, 5_000_000), profile(5_020_000, 4_980_000))
    assert row["p_value"] < 1e-10
    assert not row["is_drifted"]
    assert compare(profile(5_000_000, 5_000_000), profile(5_020_000, 4_980_000), min_effect=0)["is_drifted"]


@pytest.mark.parametrize(
    ("reference", "current"),
    [
        (profile(100, 100), profile(8, 0)),
        (profile(100, 100), profile(0, 0)),
        (profile(0, 0), profile(0, 0)),
        (profile(0, 100, 0), profile(0, 500, 0)),
    ],
    ids=["tiny", "empty", "nothing", "constant"],
)
def test_what_cannot_be_tested_is_undefined_and_no_drift(reference, current):
    row = compare(reference, current)
    assert np.isnan(row[["p_value", "p_value_adjusted", "effect_size"]].to_numpy(dtype=float)).all()
    assert not row["is_drifted"]


def test_an_empty_window_has_no_shares():
    row = compare(profile(5, 5), profile(0, 0))
    assert np.isnan(row["missing_share_current"])
    assert np.isnan(row["population_stability_index"])


def test_a_column_that_cannot_be_tested_costs_the_others_nothing():
    alone = compare(profile(50, 50), profile(70, 30))
    frame = compare_profiles(
        {"x": profile(50, 50), "constant": profile(100)}, {"x": profile(70, 30), "constant": profile(100)}
    )
    assert frame["p_value_adjusted"].iloc[0] == alone["p_value_adjusted"] == alone["p_value"]


# The first is the example of the documentation of pingouin.multicomp, the second that of Wikipedia's article on the
# Holm-Bonferroni method; both can be followed by hand: sort, times (m, m - 1, ..., 1), running maximum.
@pytest.mark.parametrize(
    ("p_values", "adjusted"),
    [
        ([0.50, 0.003, 0.32, 0.054, 0.0003], [0.64, 0.012, 0.64, 0.162, 0.0015]),
        ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),
        ([np.nan, 0.02, 0.9], [np.nan, 0.04, 0.9]),
        ([0.7, 0.8], [1, 1]),
        ([], []),
    ],
    ids=["pingouin", "wikipedia", "untested", "capped", "none"],
)
def test_holm_adjustment_is_the_published_one(p_values, adjusted):
    np.testing.assert_allclose(adjust_p_values(p_values), adjusted)


@given(p_values=st.lists(st.floats(0, 1), min_size=1, max_size=12), rate=st.floats(0.001, 0.5))
@settings(max_examples=60)
def test_holm_rejects_what_the_step_down_procedure_rejects(p_values, rate):
    rejected = np.zeros(len(p_values), dtype=bool)
    for step, position in enumerate(np.argsort(p_values, kind="stable")):
        if p_values[position] * (len(p_values) - step) >= rate:
            break
        rejected[position] = True
    np.testing.assert_array_equal(adjust_p_values(p_values) < rate, rejected)


@given(seed=st.integers(0, 1000))
@settings(max_examples=25, deadline=None)
def test_the_order_of_columns_changes_no_verdict(seed):
    generator = np.random.default_rng(seed)
    counts = generator.integers(0, 60, (2, 6, 4))
    before, now = ({f"c{i}": profile(*row) for i, row in enumerate(side.tolist())} for side in counts)
    names = list(generator.permutation(list(before)))
    frame = compare_profiles(before, now).set_index("column")
    other = compare_profiles({n: before[n] for n in names}, {n: now[n] for n in names}).set_index("column")
    pd.testing.assert_frame_equal(other.loc[frame.index], frame)


def test_quiet_windows_raise_no_more_alarms_than_allowed():
    generator = np.random.default_rng(30)
    n_alarms, p_values = 0, []
    for _ in range(120):
        reference, current = (pd.DataFrame(generator.normal(size=(n, 15))) for n in (4_000, 800))
        frame = compare_tables(reference, current, false_alarm_rate=0.2, min_effect=0)
        n_alarms += frame["is_drifted"].any()
        p_values.extend(frame["p_value"])
    # 24 of 120 are allowed and about 22 are due; three binomial standard deviations are 13.
    assert 9 <= n_alarms <= 37
    # The quantile edges come from the reference itself; p-values must be uniform all the same.
    assert kstest(p_values, "uniform").pvalue > 0.01


def test_a_shift_of_a_quarter_standard_deviation_is_seen_at_once_and_alone():
    generator = np.random.default_rng(31)
    reference = pd.DataFrame(generator.normal(size=(20_000, 15)))
    alarms = np.zeros(15, dtype=int)
    for _ in range(40):
        current = pd.DataFrame(generator.normal(size=(2_000, 15)))
        current[3] += 0.25
        alarms += compare_tables(reference, current)["is_drifted"].to_numpy()
    assert alarms[3] == 40
    assert alarms.sum() - 40 <= 3


def test_refuses_other_columns():
    with pytest.raises(DataError, match=r"Profiles have 'a', 'b' on one side only. Profile the same columns"):
        compare_profiles({"a": profile(1), "x": profile(1)}, {"b": profile(1), "x": profile(1)})


def test_refuses_other_bins():
    with pytest.raises(DataError, match="Profiles of column 'x' have other bins"):
        compare(profile(1, 1), profile(1, 1, 1))


@pytest.mark.parametrize("options", [{"false_alarm_rate": 1}, {"false_alarm_rate": 0}, {"min_effect": -1}])
def test_refuses_limits_that_mean_nothing(options):
    with pytest.raises(CaseError, match=r"false_alarm_rate and min_effect are .* Give a share above 0 and below 1"):
        compare(profile(1), profile(1), **options)
