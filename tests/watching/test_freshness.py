import numpy as np
import pytest
from scipy.stats import norm

from evergreen.watching import AlarmBudget
from evergreen.watching.freshness import DueOutcomes, is_late, late_score, watch_late

BUDGET = AlarmBudget()


def due(n_missing: int, n_due: int = 200) -> DueOutcomes:
    return DueOutcomes(n_due=n_due, n_missing=n_missing)


def test_outcomes_that_stop_ring_even_after_a_single_window() -> None:
    for n_past in (1, 3, 8):
        assert is_late(late_score(due(200), [due(4)] * n_past), BUDGET)


def test_nobody_can_say_what_is_late_without_a_past() -> None:
    assert late_score(due(200), []) is None
    assert not is_late(None, BUDGET)


@pytest.mark.parametrize("usual", [0, 40, 200])
def test_what_is_usual_is_quiet_and_fewer_never_ring(usual: int) -> None:
    past = [due(usual)] * 8
    assert not is_late(late_score(due(usual), past), BUDGET)
    assert not is_late(late_score(due(0), past), BUDGET)


def test_with_many_windows_it_is_the_test_of_two_shares() -> None:
    past = [due(40, 400)] * 32
    pooled = (40 * 32 + 0.5) / (400 * 32 + 1)
    by_hand = (60 / 400 - pooled) / np.sqrt(pooled * (1 - pooled) * (1 / 400 + 1 / 12800))
    found = late_score(due(60, 400), past)
    # Student's tail with 31 degrees of freedom lies a little nearer than the normal one.
    assert 0.85 * by_hand < found < by_hand


@pytest.mark.parametrize("n_past", [1, 4])
def test_with_few_windows_a_new_one_may_differ_by_ten_points_and_so_may_those_before(n_past: int) -> None:
    pooled = (40 * n_past + 0.5) / (200 * n_past + 1)
    by_chance = pooled * (1 - pooled) * (1 / 200 + 1 / (200 * n_past))
    by_hand = (0.5 - pooled) / np.sqrt(by_chance + 0.1**2 * (1 + 1 / n_past))
    assert late_score(due(100), [due(40)] * n_past) == pytest.approx(by_hand)


def test_what_was_usual_more_than_32_windows_ago_is_no_longer() -> None:
    latest = [due(10)] * 32
    assert late_score(due(60), [due(150)] * 20 + latest) == late_score(due(60), latest)
    (alarm,) = watch_late("2023-06", "2023-04", due(150), [due(150)] * 20 + latest, BUDGET)
    assert "against 5.0% of those before" in alarm.finding


@pytest.mark.parametrize("between", [0.0, 0.05])
def test_quiet_lives_ring_as_rarely_as_the_budget_allows(between: float) -> None:
    draw, rung, n_windows = np.random.default_rng(1), 0, 0
    for _ in range(150):
        shares = np.clip(draw.normal(0.2, between, 40), 0, 1)
        windows = [due(int(draw.binomial(100, share)), 100) for share in shares]
        rung += sum(is_late(late_score(one, windows[:place]), BUDGET) for place, one in enumerate(windows))
        n_windows += len(windows)
    # The level is 1 in 7,000 windows; two of 6,000 are seen in one simulation of five.
    assert rung <= 3
    assert -norm.ppf(BUDGET.rate * 0.05) == pytest.approx(3.63, abs=0.02)


def test_the_alarm_names_the_window_whose_outcomes_are_late() -> None:
    (alarm,) = watch_late("2020-06", "2020-04", due(150), [due(10), due(12)], BUDGET)
    assert (alarm.window, alarm.since, alarm.cause) == ("2020-06", "2020-04", "outcomes late")
    assert alarm.finding.startswith("150 of 200 outcomes of 2020-04 had not come when they were due, against 5.5% of")
    assert watch_late("2020-06", "2020-04", due(11), [due(10), due(12)], BUDGET) == []
