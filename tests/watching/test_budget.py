import numpy as np
import pytest
from pydantic import ValidationError
from scipy.stats import norm

from evergreen.watching import AlarmBudget


def test_the_stricter_promise_binds():
    budget = AlarmBudget(reserve=0)
    assert budget.rate == pytest.approx(1 / 269.4, rel=1e-3)
    assert (1 - budget.rate) ** 60 == pytest.approx(0.8)
    assert AlarmBudget(per_window=0.001, reserve=0).rate == 0.001
    assert AlarmBudget().rate == pytest.approx(0.75 * budget.rate)


@pytest.mark.parametrize("share", [1.0, 0.25])
def test_the_levels_of_all_tests_add_up_to_the_budget(share):
    budget = AlarmBudget()
    limits = budget.limits(np.array([1.0, 2.0, 0.05]), share=share)
    levels = 2 * norm.sf(limits)
    assert levels.sum() == pytest.approx(budget.rate * share)
    assert levels[0].sum() == pytest.approx(0.75 * budget.rate * share)
    assert levels[:, 1] == pytest.approx(2 * levels[:, 0])


@pytest.mark.parametrize("stretches", [(), (1, 2), (4, 2)])
def test_stretches_that_do_not_grow_are_refused(stretches):
    with pytest.raises(ValidationError, match="Give increasing numbers of windows from 2 on"):
        AlarmBudget(stretches=stretches)
