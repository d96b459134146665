import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from evergreen.models.averaged import AveragedModel, all_probabilities
from evergreen.models.calibrated import CalibratedClassifier
from evergreen.models.features import feature_frame
from evergreen.models.target import target_values
from evergreen.releases import model_from_bytes, model_to_bytes
from tests.models.small import KINDS, small_case, small_pipeline, small_rows


def _fitted(kind: str) -> tuple[AveragedModel, pd.DataFrame, np.ndarray]:
    problem, rows = small_case(kind), small_rows(kind, 200)
    X, y = feature_frame(rows, problem), target_values(rows, problem)
    models = [small_pipeline(name, problem).fit(X, y) for name in ("linear", "boosted")]
    return AveragedModel(models, (0.75, 0.25), len(problem.target.classes)), X, y


@pytest.mark.parametrize("kind", KINDS)
def test_predictions_are_the_weighted_mean(kind: str) -> None:
    model, X, _ = _fitted(kind)
    ask = "predict" if kind == "regression" else "predict_proba"
    first, second = (getattr(one, ask)(X) for one in model.models)
    np.testing.assert_allclose(getattr(model, ask)(X), np.average([first, second], axis=0, weights=[3, 1]))


def test_a_careful_member_is_sharpened_before_it_is_averaged() -> None:
    model, X, _ = _fitted("binary")
    model.lines = ((3.0, (0.0, -0.5)), (1.0, ()))
    careful, as_it_is = (one.predict_proba(X)[:, 1] for one in model.models)
    sharper = expit(3 * logit(careful) - 0.5)
    np.testing.assert_allclose(model.predict_proba(X)[:, 1], 0.75 * sharper + 0.25 * as_it_is, rtol=1e-9)


def test_a_model_stored_before_members_were_sharpened_answers_as_it_did() -> None:
    model, X, _ = _fitted("binary")
    before = model.predict_proba(X)
    del model.lines
    np.testing.assert_array_equal(model.predict_proba(X), before)


def test_the_most_probable_class_is_named_by_its_number() -> None:
    model, X, _ = _fitted("multiclass")
    assert model.predict(X).tolist() == model.predict_proba(X).argmax(axis=1).tolist()
    assert model.classes_.tolist() == [0, 1, 2]


def test_a_model_that_never_saw_a_class_gives_it_nothing() -> None:
    class Partial:
        classes_ = np.array([0, 2])

        def predict_proba(self, X: np.ndarray) -> np.ndarray:
            return np.tile([0.4, 0.6], (len(X), 1))

    X = pd.DataFrame({"a": [1, 2]})
    np.testing.assert_array_equal(all_probabilities(Partial(), X, 3), [[0.4, 0, 0.6]] * 2)


def test_refitting_refits_every_member_and_keeps_the_weights() -> None:
    model, X, y = _fitted("binary")
    before = model.predict_proba(X)
    assert model.fit(X, 1 - y) is model
    assert model.weights == (0.75, 0.25)
    assert np.corrcoef(before[:, 1], model.predict_proba(X)[:, 1])[0, 1] < 0


def test_a_release_holds_it_without_code_and_with_the_same_bytes() -> None:
    model, X, _ = _fitted("binary")
    points = ((np.array([0.1, 0.9]), np.array([0.2, 0.8])),)
    whole = CalibratedClassifier(model, ("no", "yes"), "isotonic", 1.0, (), "id", points)
    content = model_to_bytes(whole)
    again = model_from_bytes(content)
    np.testing.assert_array_equal(again.predict_proba(X), whole.predict_proba(X))
    assert model_to_bytes(_wrapped(_fitted("binary")[0], points)) == content


def _wrapped(model: AveragedModel, points: tuple[tuple[np.ndarray, np.ndarray], ...]) -> CalibratedClassifier:
    return CalibratedClassifier(model, ("no", "yes"), "isotonic", 1.0, (), "id", points)
