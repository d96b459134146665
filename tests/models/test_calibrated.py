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
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from evergreen.models.calibrated import (
    CalibratedClassifier,
    Calibration,
    OffsetRegressor,
    calibrate,
    fit_calibration,
    offered_methods,
    rescale,
)

METHODS = ("none", "temperature", "sigmoid", "isotonic")


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
    found = fit_calibration(probabilities, y, "sigmoid")
    slope, (first, shift) = found.slope, found.shifts
    log_odds = np.log(probabilities[:, [1]] / probabilities[:, [0]])
    reference = LogisticRegression(C=np.inf, tol=1e-8).fit(log_odds, y)
    assert first == 0
    assert slope == pytest.approx(reference.coef_[0, 0], rel=1e-3)
    assert shift == pytest.approx(reference.intercept_[0], abs=1e-3)
    calibrated = calibrate(probabilities, found)
    np.testing.assert_allclose(calibrated, reference.predict_proba(log_odds), atol=1e-3)


@pytest.mark.parametrize("n_classes", [2, 3, 5])
def test_temperature_is_the_minimum_along_one_line_and_that_of_scikit_learn(n_classes: int) -> None:
    probabilities, y = _world(n_classes)
    found = fit_calibration(probabilities, y, "temperature")
    line = minimize_scalar(lambda b: log_loss(y, softmax(b * np.log(probabilities), axis=1)), bounds=(0.05, 5))
    assert found.shifts == (0.0,) * n_classes
    assert found.slope == pytest.approx(line.x, rel=1e-3)
    frozen = FrozenEstimator(Echo().fit(probabilities, y))
    reference = CalibratedClassifierCV(frozen, method="temperature").fit(probabilities, y)
    expected = reference.predict_proba(probabilities)
    np.testing.assert_allclose(calibrate(probabilities, found), expected, atol=1e-3)


def test_sigmoid_of_many_classes_predicts_each_as_often_as_it_came() -> None:
    probabilities, y = _world(4)
    probabilities = softmax(np.log(probabilities) + np.array([0, 1, -1, 2]), axis=1)
    calibrated = calibrate(probabilities, fit_calibration(probabilities, y, "sigmoid"))
    np.testing.assert_allclose(calibrated.mean(axis=0), np.bincount(y) / len(y), atol=1e-3)


def test_a_known_temperature_is_recovered() -> None:
    for slope in (0.4, 1.0, 2.5):
        found = fit_calibration(*_world(3, n_rows=20_000, slope=slope), "temperature")
        assert found.slope == pytest.approx(slope, rel=0.05)


def test_no_method_changes_nothing() -> None:
    probabilities, y = _world(3)
    assert fit_calibration(probabilities, y, "none") == Calibration()
    assert calibrate(probabilities, Calibration()) is probabilities


@settings(max_examples=40, deadline=None)
@given(_tables())
def test_no_correction_is_worse_than_none_on_the_rows_it_was_learnt_from(table: tuple[np.ndarray, np.ndarray]) -> None:
    probabilities, y = table
    losses = [_loss(calibrate(probabilities, fit_calibration(probabilities, y, m)), y) for m in METHODS[:3]]
    assert losses[1] <= losses[0] + 1e-9
    assert losses[2] <= losses[0] + 1e-9


@settings(max_examples=60, deadline=None)
@given(_tables(), st.floats(0.02, 50), st.lists(st.floats(-10, 10), min_size=4, max_size=4))
def test_calibrated_probabilities_are_probabilities(
    table: tuple[np.ndarray, np.ndarray], slope: float, shifts: list[float]
) -> None:
    probabilities, _ = table
    found = rescale(probabilities, slope, tuple(shifts[: probabilities.shape[1]]))
    assert ((found >= 0) & (found <= 1)).all()
    np.testing.assert_allclose(found.sum(axis=1), 1)


@settings(max_examples=60, deadline=None)
@given(_tables(), st.floats(0.02, 50))
def test_a_temperature_leaves_the_most_probable_class_on_top(
    table: tuple[np.ndarray, np.ndarray], slope: float
) -> None:
    probabilities, _ = table
    found = rescale(probabilities, slope, (0.0,) * probabilities.shape[1])
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


def test_isotonic_of_two_classes_is_that_of_scikit_learn() -> None:
    probabilities, y = _world(2, n_rows=2_000)
    found = fit_calibration(probabilities, y, "isotonic")
    frozen = FrozenEstimator(Echo().fit(probabilities, y))
    reference = CalibratedClassifierCV(frozen, method="isotonic").fit(probabilities, y).predict_proba(probabilities)
    fresh = np.linspace(0.001, 0.999, 500)
    plain = IsotonicRegression(out_of_bounds="clip").fit(probabilities[:, 1], y).predict(fresh)
    least = 1 / 2_002
    np.testing.assert_allclose(calibrate(probabilities, found)[:, 1], reference[:, 1].clip(least, 1 - least), atol=1e-6)
    mapped = calibrate(np.stack([1 - fresh, fresh], axis=1), found)[:, 1]
    np.testing.assert_allclose(mapped, plain.clip(least, 1 - least), atol=1e-6)


def test_isotonic_of_many_classes_maps_each_against_the_rest_and_divides_by_the_sum() -> None:
    probabilities, y = _world(3, n_rows=2_000)
    each = [IsotonicRegression(out_of_bounds="clip").fit(p, y == k).predict(p) for k, p in enumerate(probabilities.T)]
    raw = np.stack(each, axis=1).clip(1 / 2_002, 1 - 1 / 2_002)
    found = calibrate(probabilities, fit_calibration(probabilities, y, "isotonic"))
    np.testing.assert_allclose(found, raw / raw.sum(axis=1, keepdims=True), atol=1e-6)


def test_isotonic_mends_what_no_slope_can() -> None:
    rng = np.random.default_rng(0)
    p = rng.random(20_000)
    y = (rng.random(20_000) < np.where(p < 0.5, 0.1, 0.6)).astype(int)
    probabilities = np.stack([1 - p, p], axis=1)
    losses = {m: _loss(calibrate(probabilities, fit_calibration(probabilities, y, m)), y) for m in METHODS}
    best = -(0.5 * (0.1 * np.log(0.1) + 0.9 * np.log(0.9)) + 0.5 * (0.6 * np.log(0.6) + 0.4 * np.log(0.4)))
    assert losses["isotonic"] == pytest.approx(best, abs=0.01)
    assert losses["isotonic"] < losses["sigmoid"] - 0.01


@settings(max_examples=40, deadline=None)
@given(_tables())
def test_isotonic_gives_probabilities_that_never_fall_and_are_never_sure(table: tuple[np.ndarray, np.ndarray]) -> None:
    probabilities, y = table
    calibration = fit_calibration(probabilities, y, "isotonic")
    found = calibrate(probabilities, calibration)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    assert ((found > 0) & (found < 1)).all()
    assert all(
        (np.diff(curve.shares) >= 0).all() and (np.diff(curve.scores) >= 0).all() for curve in calibration.curves
    )


@pytest.mark.parametrize(
    ("counts", "is_offered"),
    [((600, 600), True), ((500, 499), False), ((5_000, 99), False), ((5_000, 100), True), ((600, 600, 0), False)],
)
def test_isotonic_is_offered_only_where_there_are_rows_enough_of_every_class(
    counts: tuple[int, ...], is_offered: bool
) -> None:
    y = np.repeat(np.arange(len(counts)), counts)
    assert offered_methods(y, len(counts)) == (METHODS if is_offered else METHODS[:3])


def test_a_weight_counts_like_as_many_rows_in_a_curve() -> None:
    (probabilities, y), weights = _world(2, n_rows=300), np.random.default_rng(1).integers(1, 4, 300)
    weighted = calibrate(
        probabilities, fit_calibration(probabilities, y, "isotonic", sample_weight=weights.astype(float))
    )
    repeated = fit_calibration(np.repeat(probabilities, weights, axis=0), np.repeat(y, weights), "isotonic")
    inner = (weighted[:, 1] > 0.01) & (weighted[:, 1] < 0.99)
    assert inner.sum() > 100
    np.testing.assert_allclose(weighted[inner], calibrate(probabilities, repeated)[inner], atol=1e-6)


def test_a_classifier_with_curves_follows_them() -> None:
    probabilities, y = _world(2, n_rows=500)
    found = fit_calibration(probabilities, y, "isotonic")
    model = CalibratedClassifier(Echo(), ("no", "yes"), "isotonic", 1.0, (), curves=found.points)
    np.testing.assert_array_equal(model.predict_proba(probabilities), calibrate(probabilities, found))


def test_a_calibration_is_the_same_after_json() -> None:
    found = fit_calibration(*_world(3, n_rows=500), "isotonic")
    assert Calibration.model_validate_json(found.model_dump_json()) == found


def test_a_decision_is_scaled_and_shifted() -> None:
    values = np.array([1.0, 4.0])
    assert OffsetRegressor(Echo(), 5.0).decide(values).tolist() == [6, 9]
    assert OffsetRegressor(Echo(), 5.0, scale=2.0).decide(values).tolist() == [7, 13]


def test_a_regressor_that_was_stored_before_there_were_scales_decides_as_it_did() -> None:
    old = OffsetRegressor(Echo(), 5.0)
    del old.scale
    assert old.decide(np.array([1.0])).tolist() == [6]
