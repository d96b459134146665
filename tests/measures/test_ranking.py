import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evergreen.measures import ranking
from evergreen.measures.ranking import rank_scores


def pairwise_roc_auc(is_positive, y_score, weight):
    """Compare every positive with every negative row, as the definition says."""
    above = y_score[is_positive][:, None] - y_score[~is_positive][None, :]
    pairs = np.outer(weight[is_positive], weight[~is_positive])
    return float((pairs * ((above > 0) + 0.5 * (above == 0))).sum() / pairs.sum())


@given(seed=st.integers(0, 100_000), n_levels=st.integers(1, 20))
@settings(max_examples=40, deadline=None)
def test_roc_auc_is_the_chance_that_a_positive_row_ranks_higher(seed, n_levels):
    generator = np.random.default_rng(seed)
    is_positive = np.append(generator.random(28) < 0.4, [True, False])
    y_score, weights = generator.integers(0, n_levels, 30).astype(float), generator.random((3, 30))
    expected = [pairwise_roc_auc(is_positive, y_score, weight) for weight in weights]
    np.testing.assert_allclose(rank_scores(is_positive, y_score, weights)["roc_auc"], expected)


def test_one_level_for_all_ranks_like_a_coin():
    scores = rank_scores(np.array([True, False, False, False]), np.full(4, 0.3), np.ones((1, 4)))
    assert scores["roc_auc"] == 0.5
    assert scores["average_precision"] == 0.25


def test_blocks_change_nothing(monkeypatch):
    generator = np.random.default_rng(0)
    arguments = generator.random(50) < 0.5, generator.random(50), generator.random((7, 50))
    whole = rank_scores(*arguments)
    monkeypatch.setattr(ranking, "_BLOCK_CELLS", 120)
    for name, values in rank_scores(*arguments).items():
        np.testing.assert_array_equal(values, whole[name])


@pytest.mark.parametrize("shape", [(0, 3), (2, 0)], ids=["no-weights", "no-rows"])
def test_nothing_to_rank_is_undefined(shape):
    is_positive, y_score = np.array([True, False, True]), np.array([0.1, 0.2, 0.3])
    scores = rank_scores(is_positive[: shape[1]], y_score[: shape[1]], np.ones(shape))
    assert scores["roc_auc"].shape == (shape[0],)
    assert np.isnan(scores["roc_auc"]).all()
