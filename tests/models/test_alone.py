import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import log_loss, r2_score, roc_auc_score

from evergreen.models.alone import as_numbers, code_cells, judge_alone
from evergreen.problem import Column

NUMBER, WORD = Column(type="number", why="For the test."), Column(type="category", why="For the test.")


def by_hand(codes: np.ndarray, outcomes: np.ndarray, folds: np.ndarray) -> np.ndarray:
    """Row by row: the mean outcome of the level in the other folds, and ten average rows."""
    overall = outcomes.mean(axis=0)
    told = np.empty_like(outcomes)
    for row in range(len(codes)):
        others = outcomes[(folds != folds[row]) & (codes == codes[row])]
        told[row] = (others.sum(axis=0) + 10 * overall) / (len(others) + 10)
    return told


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1000), st.integers(1, 6), st.integers(2, 4))
def test_classes_are_judged_as_row_by_row(seed: int, n_levels: int, n_classes: int) -> None:
    rng = np.random.default_rng(seed)
    codes, folds = rng.integers(0, n_levels, 200), rng.permutation(200) % 5
    y = np.where(rng.random(200) < 0.5, codes % n_classes, rng.integers(0, n_classes, 200))
    y[:n_classes] = np.arange(n_classes)
    told = by_hand(codes, np.eye(n_classes)[y], folds)

    alone = judge_alone(codes, np.eye(n_classes)[y], folds)

    areas = [roc_auc_score(y == k, told[:, k]) for k in range(n_classes)]
    np.testing.assert_allclose(alone.ranking, areas)
    constant = np.tile(np.eye(n_classes)[y].mean(axis=0), (200, 1))
    expected = 1 - log_loss(y, told) / log_loss(y, constant)
    assert alone.explained == pytest.approx(expected, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1000), st.integers(1, 6))
def test_quantities_are_judged_as_row_by_row(seed: int, n_levels: int) -> None:
    rng = np.random.default_rng(seed)
    codes, folds = rng.integers(0, n_levels, 200), rng.permutation(200) % 5
    y = codes + rng.normal(size=200)
    told = by_hand(codes, y[:, None], folds)[:, 0]
    assert judge_alone(codes, y[:, None], folds).explained == pytest.approx(r2_score(y, told), abs=1e-9)


def test_a_column_that_says_nothing_explains_nothing() -> None:
    rng = np.random.default_rng(0)
    cells = pd.Series(rng.normal(size=5000))
    y = (rng.random(5000) < 0.3).astype(int)
    alone = judge_alone(code_cells(cells, NUMBER), np.eye(2)[y], rng.permutation(5000) % 5)
    assert alone.ranking == pytest.approx(0.5, abs=0.03)
    assert -0.01 < alone.explained < 0.01


def test_names_do_not_learn_their_own_rows_by_heart() -> None:
    rng = np.random.default_rng(0)
    cells = pd.Series([f"name {one}" for one in rng.integers(0, 800, 4000)], dtype="str")
    y = (rng.random(4000) < 0.3).astype(int)
    alone = judge_alone(code_cells(cells, WORD), np.eye(2)[y], rng.permutation(4000) % 5)
    assert alone.ranking == pytest.approx(0.5, abs=0.03)


def test_levels_are_values_bins_or_common_words_and_missing_is_zero() -> None:
    few = pd.Series([2.0, np.nan, 1.0, 2.0] * 50)
    assert code_cells(few, NUMBER)[:4].tolist() == [2, 0, 1, 2]
    many = code_cells(pd.Series(np.arange(1000.0)), NUMBER)
    assert np.bincount(many)[1:].tolist() == [50] * 20
    words = pd.Series(["red"] * 10 + ["blue"] * 12 + ["rare", "rarer", None], dtype="str")
    assert code_cells(words, WORD).tolist() == [1] * 10 + [2] * 12 + [5, 5, 0]
    image = Column(type="image", why="For the test.")
    assert code_cells(pd.Series([None, "a.png"], dtype="str"), image).tolist() == [0, 1]


def test_times_are_days() -> None:
    times = pd.Series(pd.to_datetime(["1970-01-02 00:00", None, "1970-01-01 12:00"])).astype("datetime64[us]")
    np.testing.assert_array_equal(as_numbers(times), [1.0, np.nan, 0.5])


def test_an_empty_column_tells_nothing() -> None:
    codes = code_cells(pd.Series([np.nan] * 40), NUMBER)
    y = np.arange(40) % 2
    assert judge_alone(codes, np.eye(2)[y], np.arange(40) // 2 % 5).explained == pytest.approx(0, abs=1e-9)
