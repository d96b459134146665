import numpy as np
import pytest
from scipy.stats import norm, t

from evergreen.watching.volume import volume_score


def test_a_usual_number_of_rows_is_quiet_and_a_day_without_any_is_not() -> None:
    past = [(100, 7), (95, 7), (104, 7), (98, 7), (103, 7), (99, 7)] * 2
    assert abs(volume_score(100, 7, past) or 9) < 1
    assert (volume_score(0, 7, past) or 0) < -4
    assert (volume_score(200, 7, past) or 0) > 4


def test_quiet_windows_are_as_rarely_odd_as_told() -> None:
    draw = np.random.default_rng(4)
    counts = draw.negative_binomial(5, 0.05, (4000, 21))
    scores = [volume_score(int(row[-1]), 1, [(int(n), 1) for n in row[:-1]]) or 0.0 for row in counts]
    assert np.mean(np.abs(scores) > 1.96) == pytest.approx(0.05, abs=0.02)


@pytest.mark.parametrize("n_days", [1, 7, 31])
def test_the_fewer_days_are_known_the_less_a_long_window_says(n_days: int) -> None:
    """Of Poisson counts, by hand: the new window scatters, and so does the rate that ten days give."""
    usual, n_rows = 100 * n_days, 115 * n_days
    score = (n_rows - usual) / np.sqrt(usual + usual * n_days / 10)
    found = volume_score(n_rows, n_days, [(100, 1)] * 10)
    assert found == pytest.approx(norm.isf(t.sf(score, 9)))


def test_counts_that_scatter_more_excuse_more() -> None:
    calm, wild = [(100, 1)] * 10, [(40, 1), (160, 1)] * 5
    assert abs(volume_score(150, 1, wild) or 9) < 2 < abs(volume_score(150, 1, calm) or 0)


@pytest.mark.parametrize("past", [[], [(10, 1)] * 4, [(0, 1)] * 9])
def test_too_few_windows_say_nothing(past: list[tuple[int, int]]) -> None:
    assert volume_score(3, 1, past) is None
