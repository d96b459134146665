"""The loss whose least mean is at a quantile."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import mean_pinball_loss

from evergreen.measures import pinball_losses, quantity_payoffs


@pytest.mark.parametrize(
    ("truth", "decided", "expected"),
    [(10.0, 8.0, 1.6), (8.0, 10.0, 0.4), (5.0, 5.0, 0.0)],
    ids=["short", "over", "met"],
)
def test_a_unit_short_costs_the_quantile_and_one_over_the_rest(truth: float, decided: float, expected: float) -> None:
    assert pinball_losses(np.array([truth]), np.array([decided]), 0.8)[0] == pytest.approx(expected)


@given(st.integers(0, 10**6), st.floats(0.1, 9.0), st.floats(0.1, 9.0))
def test_the_mean_is_scikit_learns_and_the_money_is_in_proportion(seed: int, under: float, over: float) -> None:
    truth, decided = np.random.default_rng(seed).normal(size=(2, 20))
    quantile = under / (under + over)
    losses = pinball_losses(truth, decided, quantile)
    assert losses.mean() == pytest.approx(mean_pinball_loss(truth, decided, alpha=quantile))
    money = quantity_payoffs(decided, truth, under_per_unit=under, over_per_unit=over)
    np.testing.assert_allclose(-money, (under + over) * losses)
