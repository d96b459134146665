import pytest

from evergreen.errors import CaseError
from evergreen.measures.spending import spent_level


def test_levels_of_all_looks_add_up_to_alpha() -> None:
    assert spent_level(0.05, 1) == pytest.approx(0.030396, rel=1e-4)
    assert spent_level(0.05, 2) == pytest.approx(0.030396 / 4, rel=1e-4)
    total = sum(spent_level(0.05, look) for look in range(1, 20_000))
    assert total < 0.05
    assert total == pytest.approx(0.05, rel=1e-3)


@pytest.mark.parametrize(
    ("alpha", "look", "sentence"),
    [(0.05, 0, "look is 0. Count from 1"), (1.0, 1, "Alpha is 1.0"), (0.0, 1, "Alpha is")],
)
def test_refuses_what_is_no_level(alpha: float, look: int, sentence: str) -> None:
    with pytest.raises(CaseError, match=sentence):
        spent_level(alpha, look)
