import pytest

from evergreen.measures import score_classes, score_values
from evergreen.problem import METRICS, metrics_for

MONEY = "payoff_per_decision"
COMPUTED = {
    "binary": score_classes([0, 1, 1], [[0.7, 0.3], [0.4, 0.6], [0.2, 0.8]]),
    "multiclass": score_classes([0, 1, 2], [[0.7, 0.2, 0.1], [0.3, 0.6, 0.1], [0.1, 0.1, 0.8]]),
    "regression": score_values([1.0, 2.0], [1.5, 2.5]),
}


@pytest.mark.parametrize("kind", COMPUTED)
def test_a_case_may_name_exactly_what_is_computed(kind):
    assert metrics_for(kind, has_payoff=False) == tuple(COMPUTED[kind])
    assert metrics_for(kind) == (MONEY, *COMPUTED[kind])


def test_the_names_are_the_keys():
    assert [metric.name for metric in METRICS.values()] == list(METRICS)


@pytest.mark.parametrize("kind", COMPUTED)
def test_a_perfect_score_is_on_the_better_side_of_a_poor_one(kind):
    perfect = {
        "binary": lambda: score_classes([0, 1, 1], [[1, 0], [0, 1], [0, 1]]),
        "multiclass": lambda: score_classes([0, 1, 2], [[1, 0, 0], [0, 1, 0], [0, 0, 1]]),
        "regression": lambda: score_values([1.0, 2.0], [1.0, 2.0]),
    }[kind]()
    poor = {
        "binary": lambda: score_classes([0, 1, 1], [[0.2, 0.8], [0.8, 0.2], [0.7, 0.3]]),
        "multiclass": lambda: score_classes([0, 1, 2], [[0.1, 0.2, 0.7], [0.6, 0.1, 0.3], [0.2, 0.7, 0.1]]),
        "regression": lambda: score_values([1.0, 2.0], [9.0, -3.0]),
    }[kind]()
    for name in metrics_for(kind, has_payoff=False):
        difference = perfect[name][0] - poor[name][0]
        assert difference > 0 if METRICS[name].higher_is_better else difference < 0, name
