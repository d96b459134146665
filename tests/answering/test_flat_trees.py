"""Boosted trees followed level by level and one after the other, against scikit-learn."""

from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from evergreen.answering import compiled_estimators
from evergreen.answering.compiled_estimators import compile_estimator
from evergreen.answering.flat_trees import FlatTrees, WholeTrees


def _world(n_rows: int) -> np.ndarray:
    """Two numbers and a code between them, all with gaps; the code 9 is rare."""
    rng = np.random.default_rng(5)
    X = np.column_stack([rng.normal(size=n_rows), rng.integers(0, 9, size=n_rows), rng.normal(size=n_rows)])
    X[rng.random(X.shape) < 0.1] = np.nan
    X[0, 1] = 9
    return X


def _fitted(kind: str) -> Any:
    X = _world(2_000)
    told = np.nan_to_num(X[:, 0]) + np.isin(X[:, 1], (2, 3, 7)) - np.isnan(X[:, 2])
    settings: dict[str, Any] = {"max_iter": 20, "categorical_features": [1], "random_state": 1}
    if kind == "values":
        return HistGradientBoostingRegressor(**settings).fit(X, told)
    cuts = [0.5] if kind == "two classes" else [0.0, 1.0]
    return HistGradientBoostingClassifier(**settings).fit(X, np.digitize(told, cuts))


@pytest.mark.parametrize("kind", ["values", "two classes", "three classes"])
def test_trees_say_to_the_last_bit_what_scikit_learn_says_in_any_company(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    estimator = _fitted(kind)
    X = np.concatenate([_world(1_300)[1:], [[np.inf, 9, -np.inf], [0.0, 40, 1e300], [np.nan] * 3]])
    wanted = estimator.predict(X) if kind == "values" else estimator.predict_proba(X)
    ways: list[type] = []
    for way in (FlatTrees, WholeTrees):
        asked = way.leaves
        note = lambda self, X, asked=asked: ways.append(type(self)) or asked(self, X)  # noqa: E731 - two of these
        monkeypatch.setattr(way, "leaves", note)
    predict = compile_estimator(estimator)
    np.testing.assert_array_equal(predict(X), wanted)
    np.testing.assert_array_equal(np.concatenate([predict(row[None]) for row in X[-50:]]), wanted[-50:])
    assert ways == [WholeTrees] + [FlatTrees] * 50


def test_a_tree_that_is_tampered_with_in_one_way_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled_estimators, "MANY_LEVELS", 0)
    estimator, X = _fitted("values"), _world(50)
    wanted = compile_estimator(estimator)(X)
    estimator._predictors[0][0].nodes["value"] += 1.0
    assert (compile_estimator(estimator)(X) != wanted).all()
