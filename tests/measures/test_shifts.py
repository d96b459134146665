import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, chi2_contingency, expon, gamma, norm

from evergreen.measures.shifts import Scatter, Sums, learn_scatter, no_scatter, shift_scores


def sums_of(values, *, has_cubes=False):
    cubes = np.array([np.sum(values**3)]) if has_cubes else None
    return Sums(np.array([len(values)]) * 1.0, np.array([values.sum()]), np.array([(values**2).sum()]), cubes)


def shares(count, n_rows):
    return Sums(np.array([n_rows * 1.0]), np.array([count * 1.0]), np.array([count * 1.0]))


def score(reference, window, scatter=None, *, is_share=False):
    found = shift_scores(reference, window, scatter or no_scatter(1), is_share=np.array([is_share]))
    return float(found[0])


@given(before=st.integers(500, 1500), now=st.integers(100, 300))
@settings(max_examples=30, deadline=None)
def test_the_score_of_a_share_is_the_root_of_chi_square(before, now):
    table = [[before, 2000 - before], [now, 400 - now]]
    expected = np.sqrt(chi2_contingency(table, correction=False).statistic)
    found = score(shares(before, 2000), shares(now, 400), is_share=True)
    assert abs(found) == pytest.approx(expected, abs=1e-9)
    assert found * (now / 400 - before / 2000) >= 0


@pytest.mark.parametrize(("before", "now"), [(3, 6), (0, 4), (40, 0), (10, 3)])
def test_a_rare_share_is_judged_by_the_binomial_distribution(before, now):
    side = "greater" if now / 1000 > before / 10000 else "less"
    p_value = binomtest(now, now + before, 1000 / 11000, alternative=side).pvalue
    assert norm.sf(abs(score(shares(before, 10000), shares(now, 1000), is_share=True))) == pytest.approx(p_value)
    everywhere = score(shares(10000 - before, 10000), shares(1000 - now, 1000), is_share=True)
    assert everywhere == pytest.approx(-score(shares(before, 10000), shares(now, 1000), is_share=True))


def test_the_error_of_the_reference_counts():
    rows = np.tile([-1.0, 1.0], 500)
    moved = rows[:200] + 0.1
    alone = score(sums_of(np.tile(rows, 1000)), sums_of(moved))
    assert alone == pytest.approx(0.1 / np.sqrt(1 / 200), rel=0.01)
    assert score(sums_of(rows[:200]), sums_of(moved)) == pytest.approx(alone / np.sqrt(2), rel=0.01)


def test_the_mean_of_skewed_figures_has_the_tail_of_its_own_distribution():
    rows = expon.ppf((np.arange(400_000) + 0.5) / 400_000)
    mean = gamma.isf(1e-5, 100) / 100
    window = expon.ppf((np.arange(100) + 0.5) / 100)
    window = window * mean / window.mean()
    exact = -norm.ppf(1e-5)
    assert score(sums_of(rows), sums_of(window)) > exact + 0.5
    assert score(sums_of(rows, has_cubes=True), sums_of(window, has_cubes=True)) == pytest.approx(exact, abs=0.25)


@pytest.mark.parametrize(
    ("reference", "window"),
    [(shares(5, 20), shares(5, 1000)), (shares(5, 1000), shares(5, 20)), (shares(0, 1000), shares(0, 1000))],
    ids=["small reference", "small window", "constant"],
)
def test_what_cannot_be_tested_is_undefined(reference, window):
    assert np.isnan(score(reference, window, is_share=True))


def windows(draw, *, between, n_windows, n_rows=400):
    means = draw.normal(0, between, (n_windows, 200))
    rows = means + draw.normal(0, 1 / np.sqrt(n_rows), means.shape)
    n = np.full(means.shape, n_rows * 1.0)
    return Sums(n, n * rows, n * (1 + rows**2))


def test_scatter_between_windows_is_found_again():
    draw = np.random.default_rng(3)
    found = learn_scatter(windows(draw, between=0.2, n_windows=40))
    assert np.median(found.between) == pytest.approx(0.2**2, rel=0.1)
    assert found.n_windows == 40


def test_quiet_windows_scatter_by_chance_alone():
    draw = np.random.default_rng(4)
    found = learn_scatter(windows(draw, between=0.0, n_windows=10))
    assert (found.between > 0).mean() < 0.1


def test_under_five_windows_nothing_is_learnt():
    draw = np.random.default_rng(4)
    assert not learn_scatter(windows(draw, between=1.0, n_windows=4)).between.any()


def test_one_wild_window_does_not_excuse_the_next():
    draw = np.random.default_rng(5)
    quiet = windows(draw, between=0.0, n_windows=20)
    wild = quiet.s.copy()
    wild[7] = 400 * 3.0
    found = learn_scatter(Sums(quiet.n, wild, quiet.q))
    assert np.median(found.between) < 0.1 * 3.0**2 / 20


# As with the season of a week or the weekday of a day: nought on most, all on some.
def test_what_every_fifth_window_does_is_no_accident():
    kind = np.repeat((np.arange(20) % 5 == 0)[:, None], 200, axis=1)
    n = np.full(kind.shape, 400.0)
    periods = Sums(n, n * kind, n * kind)
    reference = periods.each(lambda part: part.sum(axis=0))
    again = periods.each(lambda part: part[:1])
    found = shift_scores(reference, again, learn_scatter(periods), is_share=np.ones(200, dtype=bool))
    assert np.abs(found).max() < 3


# Days that differ by themselves: without allowance a quiet window lies 3 standard errors off every second day.
def test_known_scatter_keeps_the_level():
    draw = np.random.default_rng(6)
    reference_windows = windows(draw, between=0.2, n_windows=12)
    reference = reference_windows.each(lambda part: part.sum(axis=0))
    later = windows(draw, between=0.2, n_windows=500)
    nothing = np.zeros(200, dtype=bool)
    naive = shift_scores(reference, later, no_scatter(200), is_share=nothing)
    fair = shift_scores(reference, later, learn_scatter(reference_windows), is_share=nothing)
    assert (np.abs(naive) > 3).mean() > 0.3
    assert (np.abs(fair) > 3).mean() < 0.006


# Ten windows pass over a scatter as large as the error of their rows in every second signal; the others tell it.
def test_scatter_that_few_windows_pass_over_is_told_by_other_signals():
    draw = np.random.default_rng(8)
    periods = windows(draw, between=0.05, n_windows=10)
    reference = periods.each(lambda part: part.sum(axis=0))
    later = windows(draw, between=0.05, n_windows=500)
    found = shift_scores(reference, later, learn_scatter(periods), is_share=np.zeros(200, dtype=bool))
    assert (np.abs(found) > 4).mean() < 0.0004


def test_scatter_does_not_shrink_with_rows():
    scatter = Scatter(np.array([0.01]), 1000)
    rows = np.tile([-1.0, 1.0], 50_000)
    found = score(sums_of(rows), sums_of(rows + 0.3), scatter)
    assert found == pytest.approx(3, rel=0.02)
