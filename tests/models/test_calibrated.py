import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import minimize_scalar
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from evergreen.models.calibrated import CalibratedClassifier, OffsetRegressor, calibrate, fit_calibration

METHODS = ("none", "temperature", "sigmoid")


class Echo(ClassifierMixin, BaseEstimator):
    """A classifier that is handed its probabilities, or a regressor its values."""

    def fit(self, _: np.ndarray, y: np.ndarray) -> "Echo":
        self.classes_ = np.unique(y)
        self.n_fitted_ = len(y)
        return self

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        return X

    def predict(self, X: np.ndarray) -> np.ndarray:
        return X[:, 0]


def _world(n_classes: int, *, n_rows: int = 400, slope: float = 0.6, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities that are too sure of themselves, and what came."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(scale=1.5, size=(n_rows, n_classes))
    truth = softmax(slope * logits, axis=1)
    y = (truth.cumsum(axis=1) > rng.random((n_rows, 1))).argmax(axis=1)
    return softmax(logits, axis=1), y


@st.composite
def _tables(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    n_rows, n_classes = draw(st.integers(1, 12)), draw(st.integers(2, 4))
    raw = draw(arrays(float, (n_rows, n_classes), elements=st.floats(0, 1)))
    raw[:, 0] += raw.sum(axis=1) == 0
    y = draw(arrays(int, n_rows, elements=st.integers(0, n_classes - 1)))
    return raw / raw.sum(axis=1, keepdims=True), y


def _loss(probabilities: np.ndarray, y: np.ndarray) -> float:
    return -np.log(np.clip(probabilities, 1e-12, 1))[np.arange(len(y)), y].mean()


def test_sigmoid_is_logistic_regression_on_the_log_odds() -> None:
    probabilities, y = _world(2)
    slope, (first, shift) = fit_calibration(probabilities, y, "sigmoid")
    log_odds = np.log(probabilities[:, [1]] / probabilities[:, [0]])
    reference = LogisticRegression(C=np.inf, tol=1e-8).fit(log_odds, y)
    assert first == 0
    assert slope == pytest.approx(reference.coef_[0, 0], rel=1e-3)
    assert shift == pytest.approx(reference.intercept_[0], abs=1e-3)
    calibrated = calibrate(probabilities, slope, (first, shift))
    np.testing.assert_allclose(calibrated, reference.predict_proba(log_odds), atol=1e-3)


@pytest.mark.parametrize("n_classes", [2, 3, 5])
def test_temperature_is_the_minimum_along_one_line_and_that_of_scikit_learn(n_classes: int) -> None:
    probabilities, y = _world(n_classes)
    slope, shifts = fit_calibration(probabilities, y, "temperature")
    line = minimize_scalar(lambda b: log_loss(y, softmax(b * np.log(probabilities), axis=1)), bounds=(0.05, 5))
    assert shifts == (0.0,) * n_classes
    assert slope == pytest.approx(line.x, rel=1e-3)
    frozen = FrozenEstimator(Echo().fit(probabilities, y))
    reference = CalibratedClassifierCV(frozen, method="temperature").fit(probabilities, y)
    expected = reference.predict_proba(probabilities)
    np.testing.assert_allclose(calibrate(probabilities, slope, shifts), expected, atol=1e-3)


def test_sigmoid_of_many_classes_predicts_each_as_often_as_it_came() -> None:
    probabilities, y = _world(4)
    probabilities = softmax(np.log(probabilities) + np.array([0, 1, -1, 2]), axis=1)
    calibrated = calibrate(probabilities, *fit_calibration(probabilities, y, "sigmoid"))
    np.testing.assert_allclose(calibrated.mean(axis=0), np.bincount(y) / len(y), atol=1e-3)


def test_a_known_temperature_is_recovered() -> None:
    for slope in (0.4, 1.0, 2.5):
        found, _ = fit_calibration(*_world(3, n_rows=20_000, slope=slope), "temperature")
        assert found == pytest.approx(slope, rel=0.05)


def test_no_method_changes_nothing() -> None:
    probabilities, y = _world(3)
    assert fit_calibration(probabilities, y, "none") == (1.0, (0.0, 0.0, 0.0))


@settings(max_examples=40, deadline=None)
@given(_tables())
def test_no_correction_is_worse_than_none_on_the_rows_it_was_learnt_from(table: tuple[np.ndarray, np.ndarray]) -> None:
    probabilities, y = table
    losses = [_loss(calibrate(probabilities, *fit_calibration(probabilities, y, m)), y) for m in METHODS]
    assert losses[1] <= losses[0] + 1e-9
    assert losses[2] <= losses[0] + 1e-9


@settings(max_examples=60, deadline=None)
@given(_tables(), st.floats(0.02, 50), st.lists(st.floats(-10, 10), min_size=4, max_size=4))
def test_calibrated_probabilities_are_probabilities(
    table: tuple[np.ndarray, np.ndarray], slope: float, shifts: list[float]
) -> None:
    probabilities, _ = table
    found = calibrate(probabilities, slope, tuple(shifts[: probabilities.shape[1]]))
    assert ((found >= 0) & (found <= 1)).all()
    np.testing.assert_allclose(found.sum(axis=1), 1)


@settings(max_examples=60, deadline=None)
@given(_tables(), st.floats(0.02, 50))
def test_a_temperature_leaves_the_most_probable_class_on_top(
    table: tuple[np.ndarray, np.ndarray], slope: float
) -> None:
    probabilities, _ = table
    found = calibrate(probabilities, slope, (0.0,) * probabilities.shape[1])
    rows = np.arange(len(found))
    np.testing.assert_allclose(found[rows, probabilities.argmax(axis=1)], found.max(axis=1), rtol=1e-9)


def test_a_calibrated_classifier_names_classes_and_keeps_its_calibration_when_refitted() -> None:
    probabilities, y = _world(3)
    model = CalibratedClassifier(Echo(), ("bad", "fair", "good"), "sigmoid", 0.5, (0.0, 1.0, -1.0))
    assert model.fit(probabilities, y) is model
    assert model.pipeline.n_fitted_ == len(y)
    expected = softmax(0.5 * np.log(probabilities) + [0, 1, -1], axis=1)
    np.testing.assert_allclose(model.predict_proba(probabilities), expected)
    assert model.classes_.tolist() == ["bad", "fair", "good"]
    assert model.predict(probabilities).tolist() == [model.classes_[i] for i in expected.argmax(axis=1)]


def test_an_uncalibrated_classifier_hands_its_probabilities_through_untouched() -> None:
    probabilities = np.array([[1.0, 0.0], [0.3, 0.7]])
    model = CalibratedClassifier(Echo(), ("no", "yes"), "none", 1.0, (0.0, 0.0))
    assert model.predict_proba(probabilities) is probabilities


def test_a_regressor_predicts_the_mean_without_its_offset() -> None:
    X = np.array([[1.0], [4.0]])
    model = OffsetRegressor(Echo(), 5.0).fit(X, np.array([1, 2]))
    assert model.predict(X).tolist() == [1, 4]
    assert (model.offset, model.pipeline.n_fitted_) == (5, 2)
