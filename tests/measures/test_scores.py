"""Scikit-learn is the independent truth for every score it has."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from evergreen.errors import DataError
from evergreen.measures import score_classes, score_values
from evergreen.problem import METRICS, metrics_for

TOLERANCE = {"rtol": 1e-9, "atol": 1e-11}
seeds = st.integers(0, 100_000)


def make_classes(seed, *, n_classes, n_rows=40, n_levels=6):
    """Draw classes, coarse probabilities (many ties) and three rows of weights: ones, counts and fractions."""
    generator = np.random.default_rng(seed)
    raw = generator.integers(0, n_levels, (n_rows, n_classes)) + 0.01
    y_true = np.concatenate([np.arange(n_classes), generator.integers(0, n_classes, n_rows - n_classes)])
    counts = generator.integers(0, 4, n_rows)
    counts[:n_classes] += 1
    weights = np.stack([np.ones(n_rows), counts, generator.random(n_rows) + 1e-3])
    return y_true, raw / raw.sum(axis=1, keepdims=True), weights


def sklearn_binary(y_true, p, weight):
    predicted, kwargs = p.argmax(axis=1), {"sample_weight": weight}
    undefined = {**kwargs, "zero_division": np.nan}
    return {
        "accuracy": metrics.accuracy_score(y_true, predicted, **kwargs),
        "balanced_accuracy": metrics.balanced_accuracy_score(y_true, predicted, **kwargs),
        "precision": metrics.precision_score(y_true, predicted, **undefined),
        "recall": metrics.recall_score(y_true, predicted, **undefined),
        "f1": metrics.f1_score(y_true, predicted, **undefined),
        "roc_auc": metrics.roc_auc_score(y_true, p[:, 1], **kwargs),
        "average_precision": metrics.average_precision_score(y_true, p[:, 1], **kwargs),
        "log_loss": metrics.log_loss(y_true, p, **kwargs),
        "brier_score": metrics.brier_score_loss(y_true, p[:, 1], **kwargs),
    }


def sklearn_multiclass(y_true, p, weight):
    predicted, labels, kwargs = p.argmax(axis=1), list(range(p.shape[1])), {"sample_weight": weight}
    macro = {**kwargs, "average": None, "labels": labels, "zero_division": np.nan}
    return {
        "accuracy": metrics.accuracy_score(y_true, predicted, **kwargs),
        "balanced_accuracy": metrics.balanced_accuracy_score(y_true, predicted, **kwargs),
        "precision": metrics.precision_score(y_true, predicted, **macro).mean(),
        "recall": metrics.recall_score(y_true, predicted, **macro).mean(),
        "f1": metrics.f1_score(y_true, predicted, **macro).mean(),
        "roc_auc": metrics.roc_auc_score(y_true, p, multi_class="ovr", **kwargs),
        "log_loss": metrics.log_loss(y_true, p, labels=labels, **kwargs),
        "brier_score": metrics.brier_score_loss(y_true, p, labels=labels, **kwargs),
    }


@given(seed=seeds, n_rows=st.integers(2, 60), n_levels=st.integers(1, 30))
@settings(max_examples=60, deadline=None)
def test_binary_scores_are_those_of_scikit_learn(seed, n_rows, n_levels):
    y_true, p, weights = make_classes(seed, n_classes=2, n_rows=n_rows, n_levels=n_levels)
    scores = score_classes(y_true, p, sample_weight=weights)
    for row, weight in enumerate(weights):
        for name, expected in sklearn_binary(y_true, p, weight).items():
            np.testing.assert_allclose(scores[name][row], expected, err_msg=name, **TOLERANCE)


@given(seed=seeds, n_classes=st.integers(3, 6), n_rows=st.integers(6, 60))
@settings(max_examples=40, deadline=None)
def test_multiclass_scores_are_those_of_scikit_learn(seed, n_classes, n_rows):
    y_true, p, weights = make_classes(seed, n_classes=n_classes, n_rows=n_rows)
    scores = score_classes(y_true, p, sample_weight=weights)
    for row, weight in enumerate(weights):
        for name, expected in sklearn_multiclass(y_true, p, weight).items():
            np.testing.assert_allclose(scores[name][row], expected, err_msg=name, **TOLERANCE)


@given(seed=seeds, n_rows=st.integers(2, 60))
@settings(max_examples=40, deadline=None)
def test_value_scores_are_those_of_scikit_learn(seed, n_rows):
    generator = np.random.default_rng(seed)
    y_true, y_pred = generator.normal(1000, 5, n_rows), generator.normal(1000, 5, n_rows)
    weights = np.stack([np.ones(n_rows), generator.random(n_rows)])
    scores = score_values(y_true, y_pred, sample_weight=weights)
    for row, weight in enumerate(weights):
        pair, kwargs = (y_true, y_pred), {"sample_weight": weight}
        np.testing.assert_allclose(scores["mae"][row], metrics.mean_absolute_error(*pair, **kwargs), **TOLERANCE)
        np.testing.assert_allclose(scores["rmse"][row], metrics.root_mean_squared_error(*pair, **kwargs), **TOLERANCE)
        np.testing.assert_allclose(scores["r2"][row], metrics.r2_score(*pair, **kwargs), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(("n_classes", "kind"), [(2, "binary"), (3, "multiclass")])
def test_every_metric_of_the_kind_is_there_in_reporting_order(n_classes, kind):
    y_true, p, weights = make_classes(0, n_classes=n_classes)
    scores = score_classes(y_true, p, sample_weight=weights)
    assert tuple(scores) == metrics_for(kind, has_payoff=False)
    assert {values.shape for values in scores.values()} == {(3,)}


def test_every_metric_of_a_regression_is_there():
    assert tuple(score_values([1.0, 2.0], [1.0, 2.0])) == metrics_for("regression", has_payoff=False)


def test_without_weights_every_row_counts_once():
    y_true, p, weights = make_classes(1, n_classes=2)
    weighted = score_classes(y_true, p, sample_weight=weights[:1])
    for name, values in score_classes(y_true, p).items():
        assert values == weighted[name]


@given(seed=seeds, n_classes=st.integers(2, 4))
@settings(max_examples=30, deadline=None)
def test_a_count_is_as_good_as_repeated_rows(seed, n_classes):
    y_true, p, weights = make_classes(seed, n_classes=n_classes)
    counts = weights[1].astype(int)
    weighted = score_classes(y_true, p, sample_weight=counts[None])
    repeated = score_classes(np.repeat(y_true, counts), np.repeat(p, counts, axis=0))
    for name in set(weighted) - {"calibration_error"}:  # its bins are those of the unweighted scores
        np.testing.assert_allclose(weighted[name], repeated[name], err_msg=name, **TOLERANCE)


@given(seed=seeds, n_classes=st.integers(2, 4))
@settings(max_examples=30, deadline=None)
def test_the_order_of_rows_changes_nothing(seed, n_classes):
    y_true, p, weights = make_classes(seed, n_classes=n_classes)
    order = np.random.default_rng(seed).permutation(len(y_true))
    scores = score_classes(y_true, p, sample_weight=weights)
    shuffled = score_classes(y_true[order], p[order], sample_weight=weights[:, order])
    for name, values in scores.items():
        np.testing.assert_allclose(shuffled[name], values, err_msg=name, **TOLERANCE)


def test_a_perfect_model_has_perfect_scores():
    y_true = np.array([0, 1, 1, 0])
    scores = score_classes(y_true, np.eye(2)[y_true])
    for name in metrics_for("binary", has_payoff=False):
        assert scores[name] == pytest.approx(float(METRICS[name].higher_is_better), abs=1e-12)


def test_a_sure_mistake_costs_the_clipped_log():
    np.testing.assert_allclose(score_classes([1, 0], [[1.0, 0.0], [1.0, 0.0]])["log_loss"], -np.log(2**-52) / 2)


def test_brier_score_is_halved_for_two_classes_only():
    assert score_classes([1], [[1.0, 0.0]])["brier_score"] == 1
    assert score_classes([1], [[1.0, 0.0, 0.0]])["brier_score"] == 2


def test_the_first_of_two_equally_probable_classes_is_predicted():
    assert score_classes([0, 0], [[0.5, 0.5], [0.5, 0.5]])["accuracy"] == 1


def test_binary_calibration_error_by_hand():
    p_1 = np.repeat([0.2, 0.7], 5)
    y_true = [0, 0, 0, 0, 1, 1, 1, 1, 0, 0]
    # 0.2 is right for one of five; 0.7 predicts 3.5 and sees 3: the error is 0.5 rows in 10.
    np.testing.assert_allclose(score_classes(y_true, np.stack([1 - p_1, p_1], axis=1))["calibration_error"], 0.05)


def test_multiclass_calibration_error_is_about_the_predicted_class():
    p = np.repeat([[0.6, 0.3, 0.1]], 4, axis=0)
    np.testing.assert_allclose(score_classes([0, 0, 0, 1], p)["calibration_error"], 0.15)


def test_calibration_error_by_an_independent_loop():
    y_true, p, weights = make_classes(7, n_classes=2, n_rows=200, n_levels=400)
    order = np.argsort(p[:, 1])
    assert len(np.unique(p[:, 1])) == 200
    by_bin = [np.sum(weights[2][rows] * (p[rows, 1] - y_true[rows])) for rows in np.split(order, 10)]
    error = np.abs(by_bin).sum() / weights[2].sum()
    np.testing.assert_allclose(score_classes(y_true, p, sample_weight=weights)["calibration_error"][2], error)


@pytest.mark.parametrize(
    ("y_true", "p_1", "undefined"),
    [
        ([0, 0], [0.1, 0.6], {"balanced_accuracy", "recall", "roc_auc", "average_precision"}),
        ([1, 1], [0.1, 0.6], {"balanced_accuracy", "roc_auc"}),
        ([0, 1], [0.1, 0.2], {"precision"}),
        ([0, 0], [0.1, 0.2], {"balanced_accuracy", "precision", "recall", "f1", "roc_auc", "average_precision"}),
        ([], [], set(metrics_for("binary", has_payoff=False))),
    ],
    ids=["no-positive", "no-negative", "none-predicted", "neither", "no-rows"],
)
def test_what_is_undefined_is_nan_and_nothing_else_is(y_true, p_1, undefined):
    p_1 = np.array(p_1)
    scores = score_classes(np.array(y_true, dtype=int), np.stack([1 - p_1, p_1], axis=1))
    assert {name for name, values in scores.items() if np.isnan(values).all()} == undefined


def test_a_class_nobody_predicts_leaves_the_macro_mean_undefined():
    scores = score_classes([0, 1, 2], [[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.5, 0.1, 0.4]])
    assert np.isnan(scores["precision"])
    np.testing.assert_allclose(scores["recall"], 2 / 3)


def test_a_resample_that_misses_a_class_is_nan_on_its_own():
    p = [[0.8, 0.2], [0.3, 0.7], [0.6, 0.4]]
    scores = score_classes([0, 1, 0], p, sample_weight=[[1, 1, 1], [3, 0, 0], [0, 0, 0]])
    np.testing.assert_array_equal(scores["roc_auc"], [1, np.nan, np.nan])
    np.testing.assert_array_equal(scores["accuracy"], [1, 1, np.nan])


@pytest.mark.parametrize("weights", [[[1.0, 1.0, 1.0]], [[0.0, 0.1, 0.7]], [[0.0, 2.0, 0.0]]])
def test_r2_of_a_constant_target_is_undefined(weights):
    scores = score_values([0.1, 0.3, 0.3], [0.1, 0.2, 0.3], sample_weight=weights)
    assert np.isnan(scores["r2"]).item() == (weights[0][0] == 0)
    assert not np.isnan(scores["mae"])


@pytest.mark.filterwarnings("error")
def test_weights_that_are_all_zero_leave_every_figure_undefined():
    weights = np.zeros((1, 3))
    classes = score_classes([0, 1, 0], [[0.8, 0.2], [0.3, 0.7], [0.6, 0.4]], sample_weight=weights)
    values = score_values([1.0, 2.0, 4.0], [1.0, 2.5, 3.0], sample_weight=weights)
    assert {name for name, figure in {**classes, **values}.items() if not np.isnan(figure[0])} == set()


def test_no_rows_leave_values_undefined():
    assert all(np.isnan(values) for values in score_values([], []).values())


@pytest.mark.parametrize(
    ("y_true", "probabilities", "sample_weight", "match"),
    [
        ([0, 1], [[0.5, 0.5]], None, r"differ in number \(y_true 2, probabilities 1\)"),
        ([0, 2], [[0.5, 0.5]] * 2, None, "y_true has 1 rows that are not in 0 to 1"),
        ([0, 1], [[0.5, 0.5], [np.nan, 1]], None, "not between 0 and 1"),
        ([0, 1], [[0.5, 0.5], [0.1, 0.1]], None, "not summing to 1"),
        ([0, 1], [[0.5, 0.5]] * 2, [[1, -1]], "sample_weight has negative"),
    ],
    ids=["lengths", "class", "missing", "sum", "weights"],
)
def test_refuses_classes_that_cannot_be_scored(y_true, probabilities, sample_weight, match):
    with pytest.raises(DataError, match=match):
        score_classes(y_true, probabilities, sample_weight=sample_weight)


@pytest.mark.parametrize(
    ("y_true", "y_pred", "sample_weight", "match"),
    [
        ([1.0], [np.nan], None, "y_pred has 1 rows that are not finite"),
        ([np.inf], [1.0], None, "y_true has 1 rows that are not finite"),
        ([1.0, 2.0], [1.0], None, r"differ in number \(y_true 2, y_pred 1\)"),
        ([1.0], [1.0], [1.0], "Give rows of 1 weights"),
    ],
    ids=["prediction", "truth", "lengths", "weights"],
)
def test_refuses_values_that_cannot_be_scored(y_true, y_pred, sample_weight, match):
    with pytest.raises(DataError, match=match):
        score_values(y_true, y_pred, sample_weight=sample_weight)
