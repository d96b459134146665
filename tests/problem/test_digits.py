import math

import pytest

from evergreen.problem import in_digits, in_full


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (0.067012, "0.06701"),
        (-2.93514, "-2.935"),
        (1234.5, "1,234"),
        (9999.4, "9,999"),
        (9999.6, "10,000"),
        (10_840.2, "10,840"),
        (-1_250_000.0, "-1,250,000"),
        (0.0, "0"),
        (math.nan, "nan"),
    ],
)
def test_four_digits_tell_enough_and_large_amounts_have_no_exponent(value: float, told: str) -> None:
    assert in_digits(value) == told


def test_fewer_digits_can_be_asked_for() -> None:
    assert [in_digits(value, 3) for value in (1.2345, 999.4, 1234.0, 12_345.6)] == ["1.23", "999", "1,234", "12,346"]


@pytest.mark.parametrize(("limit", "told"), [(0.05, "0.05"), (0, "0"), (1_234_567.5, "1,234,567.5")])
def test_a_limit_is_told_as_it_was_chosen(limit: float, told: str) -> None:
    assert in_full(limit) == told
