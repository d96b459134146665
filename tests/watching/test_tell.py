import pytest

from evergreen.watching.signals import Signal
from evergreen.watching.tell import tell_change, tell_money


@pytest.mark.parametrize(
    ("money", "told"),
    [(-1_234_567.8, "1,234,568 less"), (98_765.0, "98,765 more"), (-0.0671, "0.0671 less"), (12.345, "12.35 more")],
)
def test_money_is_told_as_an_amount(money: float, told: str) -> None:
    assert told in tell_money(money, "realised", 12_345)
    assert "12,345" in tell_money(money, "expected", 12_345)


@pytest.mark.parametrize("kind", ["level", "spread", "payoff", "loss"])
def test_no_figure_has_an_exponent(kind: str) -> None:
    told = tell_change(Signal(kind, "balance"), 1_234_567.0, 98_765_432.1, 3.0)  # type: ignore[arg-type]
    assert "98,765,432" in told
    assert "e+" not in told
