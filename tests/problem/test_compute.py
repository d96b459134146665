import pytest
from pydantic import ValidationError

from evergreen.problem import Compute
from tests.models.small import small_case


def test_a_case_may_price_computing() -> None:
    compute = small_case("binary", compute={"unit": "EUR", "per_cpu_hour": 0.05}).compute
    assert compute is not None
    assert compute.word == "0.05 EUR an hour of one processor"
    assert small_case("binary").compute is None


@pytest.mark.parametrize("wrong", [{"unit": "EUR"}, {"unit": "EUR", "per_cpu_hour": 0}, {"unit": "EUR", "per_hour": 1}])
def test_a_price_is_above_zero_and_spelt_right(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match=r"per_cpu_hour|per_hour"):
        Compute.model_validate(wrong)
