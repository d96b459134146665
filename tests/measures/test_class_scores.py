import numpy as np
import pytest
from sklearn.metrics import precision_recall_fscore_support

from evergreen.errors import DataError
from evergreen.measures import score_each_class

METRICS = ("precision", "recall", "f1")


def _world(n_classes: int, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(np.ones(n_classes), 200)
    return rng.integers(0, n_classes, 200), shares, rng.integers(0, 3, (3, 200)).astype(float)


@pytest.mark.parametrize("n_classes", [2, 3, 5])
def test_figures_of_each_class_and_their_averages_are_those_of_scikit_learn(n_classes: int) -> None:
    y, shares, weights = _world(n_classes)
    found = score_each_class(y, shares, sample_weight=weights)
    averages = found.averages()
    for place, weight in enumerate(weights):
        told = (y, shares.argmax(axis=1))
        expected = precision_recall_fscore_support(*told, sample_weight=weight)[:3]
        for name, values in zip(METRICS, expected, strict=True):
            assert found.by_class[name][place] == pytest.approx(values)
        for average in ("macro", "weighted"):
            expected = precision_recall_fscore_support(*told, average=average, sample_weight=weight)[:3]
            assert [averages[f"{name}_{average}"][place] for name in METRICS] == pytest.approx(expected)


def test_a_class_without_rows_counts_in_no_weighted_mean() -> None:
    found = score_each_class([0, 0, 1], [[0.9, 0.1, 0], [0.2, 0.8, 0], [0.1, 0.9, 0]])
    assert found.averages()["recall_weighted"] == pytest.approx([2 / 3])
    assert np.isnan(found.averages()["recall_macro"]).all()


def test_a_class_that_is_never_predicted_leaves_precision_undefined() -> None:
    found = score_each_class([0, 1], [[0.9, 0.1], [0.8, 0.2]])
    assert np.isnan(found.by_class["precision"][0, 1])
    assert np.isnan(found.averages()["precision_weighted"]).all()


def test_no_weight_at_all_defines_nothing() -> None:
    found = score_each_class([0, 1], [[0.9, 0.1], [0.2, 0.8]], sample_weight=np.zeros((1, 2)))
    assert all(np.isnan(values).all() for values in found.by_class.values())
    assert np.isnan(found.averages()["f1_macro"]).all()


def test_probabilities_that_are_none_are_refused() -> None:
    with pytest.raises(DataError, match="not between 0 and 1"):
        score_each_class([0, 1], [[0.9, 0.1], [np.nan, 0.8]])
