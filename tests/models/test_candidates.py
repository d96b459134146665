import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge

from evergreen.models.candidates import build_candidate
from tests.models.small import small_case


@pytest.mark.parametrize(
    ("name", "kind", "estimator"),
    [
        ("linear", "binary", LogisticRegression),
        ("linear", "multiclass", LogisticRegression),
        ("linear", "regression", Ridge),
        ("boosted", "binary", HistGradientBoostingClassifier),
        ("boosted", "multiclass", HistGradientBoostingClassifier),
        ("boosted", "regression", HistGradientBoostingRegressor),
    ],
)
def test_each_kind_has_its_estimator(name: str, kind: str, estimator: type) -> None:
    assert type(build_candidate(name, small_case(kind), random_state=3)[-1]) is estimator


def test_all_that_is_random_has_the_seed() -> None:
    told = build_candidate("boosted", small_case("binary"), random_state=3).get_params()
    assert {value for name, value in told.items() if name.endswith("random_state")} == {3}
