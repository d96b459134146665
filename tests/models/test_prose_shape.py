"""The outward shape of prose."""

import numpy as np
from numpy.testing import assert_allclose
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import make_pipeline

from evergreen.models.features import feature_frame, tree_features
from evergreen.models.prose_shape import ProseShape
from tests.models.small import SEED, small_case, small_rows


def test_it_measures_what_one_can_count() -> None:
    told = ProseShape().fit_transform(["WIN 100!", "", "so long"])
    assert_allclose(np.expm1(told[:, :3]), [[8, 2, 3], [0, 0, 0], [7, 2, 0]], atol=1e-12)
    assert_allclose(told[:, 3:], [[3 / 8, 3 / 8, 1 / 8], [0, 0, 0], [0, 0, 0]])


def test_plain_letters_are_counted_like_all_others() -> None:
    every = [chr(code) for code in range(128)]
    plain, other = ProseShape().transform(every), ProseShape().transform([f"{one}\u3042" for one in every])
    # The other letter is no digit, capital or sign, and makes each of these texts twice as long.
    assert_allclose(other[:, 3:], plain[:, 3:] / 2)
    assert_allclose(plain[:, 3:].sum(axis=0), [10, 26, 32 + 24])


def test_no_text_is_no_row() -> None:
    assert ProseShape().fit_transform([]).shape == (0, 6)


def test_trees_see_that_a_text_shouts() -> None:
    problem, rows = small_case("binary"), small_rows("binary", 400)
    rng = np.random.default_rng(SEED)
    is_loud = rng.random(len(rows)) < 0.5
    words = [f"{rng.integers(10**6)} call back" for _ in is_loud]
    # Words are read in small letters, so that nothing but their shape tells these rows apart.
    rows = rows.assign(note=[word.upper() if loud else word for word, loud in zip(words, is_loud, strict=True)])
    trees = make_pipeline(
        tree_features(problem, ["note"], random_state=SEED), HistGradientBoostingClassifier(random_state=SEED)
    )
    X = feature_frame(rows, problem)
    assert trees.fit(X[:300], is_loud[:300]).score(X[300:], is_loud[300:]) == 1.0
