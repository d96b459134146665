import pytest

from evergreen.watching.signals import Signal
from evergreen.watching.tell import tell_change, tell_money


@pytest.mark.parametrize(
    ("money", "told"),
    [(-1_234_567.8, "1,234,568 less"), (98_765.0, "98,765 more"), (-0.0671, "0.0671 less"), (12.345, "12.35 more")],
)
def test_money_is_told_as_an_amount(money: float, told: str) -> None:
    assert f"12,345 decisions of 2020-05 paid {told}" in tell_money(money, "realised", 12_345, "2020-05")
    assert f"12,345 decisions of 2020-05 to pay {told}" in tell_money(money, "expected", 12_345, "2020-05")


@pytest.mark.parametrize("kind", ["level", "spread", "payoff", "loss"])
def test_no_figure_has_an_exponent(kind: str) -> None:
    told = tell_change(Signal(kind, "balance"), 1_234_567.0, 98_765_432.1, 3.0)  # type: ignore[arg-type]
    assert "98,765,432" in told
    assert "e+" not in told


@pytest.mark.parametrize(
    ("now", "effect", "told"),
    [
        (0.2, 0.3, "the spread of 'balance' has risen (standard deviation 0.1 before, 0.2 now)"),
        (0.05, -0.3, "the spread of 'balance' has fallen (standard deviation 0.1 before, 0.05 now)"),
        (0.05, 0.3, "by their rank, values of 'balance' lie farther from the middle (standard deviation 0.1 before, "),
        (0.2, -0.3, "by their rank, values of 'balance' lie nearer to the middle (standard deviation 0.1 before, 0.2"),
    ],
)
def test_a_spread_by_rank_does_not_contradict_the_figures_beside_it(now: float, effect: float, told: str) -> None:
    assert tell_change(Signal("spread", "balance"), 0.1, now, effect).startswith(told)
