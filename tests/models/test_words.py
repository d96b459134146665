"""Words: the frequent ones, and the mean outcome of their rows."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from evergreen.models.candidates import CandidateName
from evergreen.models.frequent_words import RARE, FrequentWords
from evergreen.models.outcome_means import OutcomeMeans
from tests.models.candidates.learning import fitted, predicted, without_features
from tests.models.small import SEED, small_case


def _words(*cells: object) -> pd.DataFrame:
    return pd.DataFrame({"word": pd.Series(cells, dtype=object)})


def test_rare_words_and_new_ones_are_one_word() -> None:
    keep = FrequentWords(max_words=2).fit(_words("b", "a", "b", "c", np.nan, "a"))
    found = keep.transform(_words("a", "b", "c", "never seen", np.nan))[:, 0]
    assert found[:4].tolist() == ["a", "b", RARE, RARE]
    assert np.isnan(found[4])


def test_of_words_as_frequent_as_each_other_the_first_of_the_alphabet_is_kept() -> None:
    for cells in (("c", "a", "b"), ("b", "c", "a")):
        assert FrequentWords(max_words=2).fit(_words(*cells)).words_[0].tolist() == ["a", "b"]


def test_words_of_too_few_rows_are_rare() -> None:
    assert FrequentWords(max_words=9, min_rows=2).fit(_words("a", "b", "b")).words_[0].tolist() == ["b"]


def test_a_column_without_a_word_is_borne() -> None:
    found = FrequentWords(max_words=2).fit(_words(np.nan, np.nan)).transform(_words("a", np.nan))[:, 0]
    assert found[0] == RARE
    assert np.isnan(found[1])


def test_a_word_is_its_mean_outcome_drawn_to_the_mean_of_all() -> None:
    words, y = np.array([["a"]] * 30 + [["b"]] * 30, dtype=object), np.array([1] * 30 + [0] * 30)
    means = OutcomeMeans(2, SEED).fit(words, y)
    found = means.transform(np.array([["a"], ["b"], ["c"]], dtype=object))[:, 0]
    np.testing.assert_allclose(found, [(30 + 10) / 50, 10 / 50, 0.5])


def test_each_class_has_its_mean() -> None:
    words, y = np.array([["a"], ["b"], ["a"]] * 10, dtype=object), np.array([0, 2, 0] * 10)
    found = OutcomeMeans(3, SEED).fit_transform(words, y)
    assert found.shape == (30, 3)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    assert not found[:, 1].any()


def test_a_row_that_is_learnt_from_does_not_see_its_own_outcome() -> None:
    rng = np.random.default_rng(SEED)
    words, y = rng.integers(0, 150, (600, 1)).astype(str).astype(object), rng.integers(0, 2, 600)
    crossed, told = OutcomeMeans(2, SEED).fit_transform(words, y), OutcomeMeans(2, SEED).fit(words, y)
    assert roc_auc_score(y, told.transform(words)[:, 0]) > 0.65
    assert abs(roc_auc_score(y, crossed[:, 0]) - 0.5) < 0.06


@pytest.mark.parametrize("name", ["linear", "boosted", "lightgbm", "network", "forest", "catboost"])
def test_words_that_tell_nothing_are_no_better_than_noise_on_new_rows(name: CandidateName) -> None:
    """Many words, outcomes by lot: means that had seen the judged rows, or the row itself, would shine."""
    problem = without_features(small_case("binary", split="random"), "colour", "noise")
    rng, n_rows = np.random.default_rng(SEED), 2400
    rows = pd.DataFrame(
        {
            "colour": pd.Series(rng.integers(0, 600, n_rows).astype(str), dtype="str"),
            "noise": rng.normal(size=n_rows),
            "outcome": pd.Series(rng.choice(["no", "yes"], n_rows), dtype="str"),
        }
    )
    learnt, judged = rows[:1600], rows[1600:]
    changes = {} if name == "catboost" else {"category_means": True}
    model = fitted(name, learnt, problem, **changes)
    is_yes = judged["outcome"] == "yes"
    assert abs(roc_auc_score(is_yes, predicted(model, judged, problem)[:, 1]) - 0.5) < 0.06
    # The gap between rows learnt and rows judged stays that of a model of noise.
    shares = predicted(model, judged, problem)[:, 1]
    surprise = -np.log(np.where(is_yes, shares, 1 - shares)).mean()
    assert surprise < np.log(2) + 0.12
