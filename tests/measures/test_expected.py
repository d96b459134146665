import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from evergreen.errors import DataError
from evergreen.measures.expected import expect_performance, expected_roc_auc


def brute_force(probabilities, predicted):
    """Count every row as positive and as negative, by its probability, row by row and pair by pair."""
    confusion = [[0.0, 0.0], [0.0, 0.0]]
    for p, label in zip(probabilities, predicted, strict=True):
        confusion[label][1] += p
        confusion[label][0] += 1 - p
    won = pairs = 0.0
    for p in probabilities:
        for other in probabilities:
            weight = p * (1 - other)
            pairs += weight
            won += weight * (1.0 if p > other else 0.5 if p == other else 0.0)
    accuracy = (confusion[0][0] + confusion[1][1]) / len(probabilities)
    return confusion, accuracy, won / pairs


@given(
    probabilities=st.lists(st.integers(1, 99).map(lambda p: p / 100), min_size=2, max_size=40), cut=st.floats(0.1, 0.9)
)
@settings(max_examples=60, deadline=None)
def test_it_equals_the_count_by_hand(probabilities, cut):
    scores = np.array(probabilities)
    predicted = (scores > cut).astype(int)
    confusion, accuracy, area = brute_force(probabilities, predicted)
    found = expect_performance(np.stack([1 - scores, scores], axis=1), predicted)
    np.testing.assert_allclose(found.confusion, confusion, atol=1e-6)
    assert found.accuracy == pytest.approx(accuracy, abs=1e-6)
    assert found.roc_auc == pytest.approx(area, abs=1e-6)


def test_right_probabilities_foretell_what_comes():
    draw = np.random.default_rng(1)
    scores = draw.beta(1, 3, 200_000)
    happened = draw.random(200_000) < scores
    found = expect_performance(np.stack([1 - scores, scores], axis=1))
    assert found.roc_auc == pytest.approx(roc_auc_score(happened, scores), abs=0.005)
    assert found.accuracy == pytest.approx(np.mean((scores > 0.5) == happened), abs=0.005)


def test_more_than_two_classes():
    draw = np.random.default_rng(2)
    shares = draw.dirichlet([1, 2, 3], 100_000)
    happened = (shares.cumsum(axis=1) < draw.random(100_000)[:, None]).sum(axis=1)
    found = expect_performance(shares)
    areas = [roc_auc_score(happened == k, shares[:, k]) for k in range(3)]
    assert found.roc_auc == pytest.approx(np.mean(areas), abs=0.005)
    assert found.accuracy == pytest.approx(np.mean(shares.argmax(axis=1) == happened), abs=0.005)
    assert found.confusion.sum() == pytest.approx(100_000)


def test_concept_drift_is_not_seen():
    draw = np.random.default_rng(3)
    scores = draw.beta(1, 3, 50_000)
    happened = draw.random(50_000) < 1 - scores
    promised = expect_performance(np.stack([1 - scores, scores], axis=1)).roc_auc
    assert promised > 0.7
    assert roc_auc_score(happened, scores) < 0.4


def test_without_rows_nothing_is_expected():
    assert np.isnan(expected_roc_auc([]))
    assert np.isnan(expect_performance(np.empty((0, 2))).accuracy)


def test_predictions_of_other_rows_are_refused():
    with pytest.raises(DataError, match="differ in number"):
        expect_performance([[0.5, 0.5]], [0, 1])
