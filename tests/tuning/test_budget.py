import math

import pytest

from evergreen.errors import CaseError
from evergreen.tuning.budget import Budget, Cost, Spending, choose_budget
from evergreen.tuning.pace import Pace
from tests.tuning.searches import FakeClock


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ((60.0, 30.0, 5), Budget("seconds", 60.0)),
        ((None, 30.0, 5), Budget("cpu_seconds", 30.0)),
        ((None, None, 5), Budget("trials", 5)),
    ],
    ids=["wall first", "then CPU", "then trials"],
)
def test_the_first_limit_that_is_given_counts(told: tuple[float, float, int], expected: Budget) -> None:
    assert choose_budget(*told) == expected


def test_a_search_without_a_limit_is_refused() -> None:
    with pytest.raises(CaseError, match=r"name no budget\. Give budget_seconds, budget_cpu_seconds or budget_trials"):
        choose_budget(None, None, None)


@pytest.mark.parametrize(("unit", "left"), [("seconds", 96 - 10 - 3), ("cpu_seconds", 96 - 20 - 4)])
def test_what_is_left_is_less_what_was_taken_before_and_what_comes_after(unit: str, left: float) -> None:
    clock = FakeClock()
    spending = Spending(Budget(unit, 100), clock.read, before=Cost(3, 4))
    clock.pass_by(10, 20)
    assert spending.left() == pytest.approx(left)
    assert spending.affords(Cost(left - 1, left - 1))
    assert not spending.affords(Cost(left, left))
    spending.reserve = Cost(left, left)
    assert spending.is_over()


def test_with_a_budget_in_trials_no_clock_has_a_say() -> None:
    clock = FakeClock()
    spending = Spending(Budget("trials", 1), clock.read, before=Cost(1e9, 1e9))
    clock.pass_by(1e9)
    assert spending.left() == math.inf
    assert not spending.is_over()
    assert spending.affords(Cost(1e12, 1e12))


def test_a_trial_is_foretold_by_itself_then_by_its_kind_then_by_all_others() -> None:
    pace = Pace()
    assert pace.expected("linear", 100) == Cost()
    pace.learn("linear", (100, Cost(1, 1)))
    pace.learn("boosted", (100, Cost(4, 8)))
    pace.learn("forest", (0, Cost(9, 9)))
    assert pace.expected("linear", 200, (10, Cost(5, 5))).wall_seconds == pytest.approx(100)
    assert pace.expected("linear", 200).wall_seconds == pytest.approx(1.2 * 2)
    assert pace.expected("catboost", 200).wall_seconds == pytest.approx(1.5 * (2 + 8) / 2)
    assert pace.expected("forest", 200).cpu_seconds == pytest.approx(1.5 * (2 + 16) / 2)
    assert not pace.has_seen("forest")


@pytest.mark.parametrize(
    ("budget", "left"),
    [
        pytest.param(Budget("seconds", 10.0), 7.0, id="seconds"),
        pytest.param(Budget("cpu_seconds", 10.0), 5.0, id="CPU seconds"),
        pytest.param(Budget("trials", 10), 10.0, id="trials"),
    ],
)
def test_what_was_taken_before_is_not_there_any_more(budget: Budget, left: float) -> None:
    assert budget.after(Cost(3.0, 5.0)) == Budget(budget.unit, left)
