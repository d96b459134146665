import pytest

from evergreen.models.candidates import Settings, first_settings
from evergreen.tuning.latency import latency_ratio
from tests.models.small import small_case


def _boosted(rounds: int) -> Settings:
    return first_settings("boosted", small_case("binary")).model_copy(update={"rounds": rounds})


def test_a_single_histogram_boosting_is_the_unit() -> None:
    for kind in ("binary", "multiclass", "regression"):
        problem = small_case(kind)
        assert latency_ratio([first_settings("boosted", problem)], problem) == pytest.approx(1)


def test_members_add_up_and_more_rounds_take_longer() -> None:
    problem = small_case("binary")
    one, two = ([_boosted(150)], [_boosted(150), _boosted(600)])
    assert latency_ratio(two, problem) == pytest.approx(
        latency_ratio(one, problem) + latency_ratio([_boosted(600)], problem)
    )
    assert latency_ratio([_boosted(600)], problem) > latency_ratio([_boosted(150)], problem)


def test_boosting_grows_a_tree_a_class_where_there_are_more_than_two() -> None:
    excess = {kind: latency_ratio([_boosted(3_000)], small_case(kind)) for kind in ("binary", "multiclass")}
    assert excess["multiclass"] > 1.5 * excess["binary"]


@pytest.mark.parametrize("name", ["linear", "boosted", "forest", "network", "lightgbm", "catboost"])
def test_every_candidate_has_a_latency(name: str) -> None:
    problem = small_case("binary")
    assert 0.3 < latency_ratio([first_settings(name, problem)], problem) < 10


def test_the_trees_of_a_forest_count_though_no_setting_names_them() -> None:
    # Measured on adult: 1.4 times one boosting, by ``python -m benchmarks.latency``.
    problem = small_case("binary")
    assert 1.1 < latency_ratio([first_settings("forest", problem)], problem) < 1.8
