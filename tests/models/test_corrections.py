"""Corrections and decisions that are learnt from errors on unseen rows."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.stats import t
from sklearn.linear_model import QuantileRegressor
from sklearn.metrics import log_loss, mean_pinball_loss

from evergreen.models.calibrated import calibrate, fit_calibration
from evergreen.models.corrections import (
    COMBINATION,
    choose_scored,
    fit_line,
    learn_decision,
    learn_rule,
    pinball,
    score_corrections,
)
from tests.models.small import small_case

QUANTILE = 0.75


def _folds(n_folds: int = 3, n_rows: int = 1_200) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Probabilities that are far too sure, fold by fold, and what came."""
    rng = np.random.default_rng(1)
    unseen, truths = [], []
    for _ in range(n_folds):
        logit = rng.normal(size=n_rows)
        truths.append((rng.random(n_rows) < 1 / (1 + np.exp(-logit))).astype(int))
        sure = 1 / (1 + np.exp(-3 * logit))
        unseen.append(np.stack([1 - sure, sure], axis=1))
    return unseen, truths


def test_a_correction_is_learnt_on_earlier_folds_and_scored_on_the_next() -> None:
    unseen, truths = _folds()
    scores = score_corrections(unseen, truths, [None] * 3, small_case("binary")).set_index(["correction", "fold"])
    for method in ("temperature", "sigmoid", "isotonic"):
        learnt = fit_calibration(np.concatenate(unseen[:2]), np.concatenate(truths[:2]), method)
        assert scores.loc[(method, 3), "score"] == pytest.approx(log_loss(truths[2], calibrate(unseen[2], learnt)))
        assert scores.loc[(method, 3), "score"] < scores.loc[("none", 3), "score"]


def test_isotonic_is_tried_in_all_later_folds_or_in_none() -> None:
    for n_rows, methods in ((1_200, 4), (800, 3)):
        unseen, truths = _folds(n_rows=n_rows)
        scores = score_corrections(unseen, truths, [None] * 3, small_case("binary"))
        assert scores.groupby("fold")["correction"].nunique().to_dict() == {1: 1, 2: methods, 3: methods}


def test_labels_of_a_fold_move_no_correction_of_it() -> None:
    unseen, truths = _folds()
    flipped = [*truths[:2], 1 - truths[2]]
    before, after = (score_corrections(unseen, one, [None] * 3, small_case("binary")) for one in (truths, flipped))
    early = before["fold"] < 3
    pd.testing.assert_frame_equal(before[early], after[early])


def test_a_combination_that_was_kept_is_the_choice_whatever_all_folds_say() -> None:
    told = [
        ("a", "none", 2, 0.4),
        ("a", "sigmoid", 2, 0.3),
        (COMBINATION, "none", 2, 0.5),
        (COMBINATION, "sigmoid", 2, 0.45),
    ]
    scores = pd.DataFrame(told, columns=["candidate", "correction", "fold", "score"])
    assert choose_scored(scores) == (COMBINATION, "sigmoid")
    assert choose_scored(scores[scores["candidate"] == "a"]) == ("a", "sigmoid")


def _growing(n_rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Values whose errors grow with them."""
    rng = np.random.default_rng(seed)
    predicted = rng.uniform(1, 10, n_rows)
    return predicted, predicted * (1 + rng.normal(scale=0.5, size=n_rows))


def _steady(n_rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    predicted = rng.uniform(1, 10, n_rows)
    return predicted, predicted + rng.standard_t(3, n_rows)


def test_a_line_has_the_loss_of_quantile_regression() -> None:
    predicted, truth = _growing(400, 0)
    scale, offset = fit_line(predicted, truth, QUANTILE)
    reference = QuantileRegressor(quantile=QUANTILE, alpha=0).fit(predicted[:, None], truth)
    least = mean_pinball_loss(truth, reference.predict(predicted[:, None]), alpha=QUANTILE)
    assert pinball(truth, scale * predicted + offset, QUANTILE) == pytest.approx(least, rel=1e-3)


def test_the_pinball_loss_is_that_of_scikit_learn() -> None:
    predicted, truth = _growing(50, 3)
    assert pinball(truth, predicted, 0.3) == pytest.approx(mean_pinball_loss(truth, predicted, alpha=0.3))


def test_where_errors_grow_with_the_prediction_the_decision_does_so_too() -> None:
    folds = [_growing(800, seed) for seed in range(3)]
    scale, offset = learn_decision([p for p, _ in folds], [t for _, t in folds], small_case("regression"))
    fresh, truth = _growing(20_000, 9)
    constant = float(np.quantile(np.concatenate([t - p for p, t in folds]), QUANTILE))
    assert scale > 1.2
    assert pinball(truth, scale * fresh + offset, QUANTILE) < 0.97 * pinball(truth, fresh + constant, QUANTILE)


def test_where_a_line_costs_more_on_later_folds_the_offset_is_the_quantile_of_the_errors() -> None:
    first, second = _steady(30, 1), _steady(800, 2)
    line = fit_line(*first, QUANTILE)
    constant = float(np.quantile(first[1] - first[0], QUANTILE))
    assert pinball(second[1], line[0] * second[0] + line[1], QUANTILE) > pinball(
        second[1], second[0] + constant, QUANTILE
    )
    scale, offset = learn_decision([first[0], second[0]], [first[1], second[1]], small_case("regression"))
    errors = np.concatenate([first[1] - first[0], second[1] - second[0]])
    best = minimize(
        lambda shift: pinball(errors, np.full_like(errors, shift[0]), QUANTILE), [0], method="Nelder-Mead"
    ).x
    assert scale == 1
    assert offset == pytest.approx(float(np.quantile(errors, QUANTILE)))
    assert offset == pytest.approx(best[0], abs=0.05)


def test_without_a_payoff_nothing_is_learnt() -> None:
    predicted, truth = _growing(50, 0)
    assert learn_decision([predicted] * 2, [truth] * 2, small_case("regression", payoff=None)) == (1.0, 0.0)


def test_what_a_rule_decides_on_a_fold_is_learnt_before_it_and_scored_by_the_pinball_loss() -> None:
    unseen, truths = zip(*[_growing(300, seed) for seed in range(3)], strict=True)
    rule = learn_rule(unseen, truths, QUANTILE, ("line",))
    moved = learn_rule(unseen, [*truths[:2], truths[2] + 50], QUANTILE, ("line",))
    for before, after in zip(rule.decided, moved.decided, strict=True):
        np.testing.assert_array_equal(before, after)
    losses = [mean_pinball_loss(truths[k], rule.decided[k - 1], alpha=QUANTILE) for k in (1, 2)]
    assert rule.loss == pytest.approx(np.mean(losses))
    assert (rule.scale, rule.offset) == fit_line(np.concatenate(unseen), np.concatenate(truths), QUANTILE)


def test_what_is_the_quantile_already_is_taken_as_it_is() -> None:
    folds = [_steady(2_000, seed) for seed in range(3)]
    there = [predicted + t.ppf(QUANTILE, 3) for predicted, _ in folds]
    rule = learn_rule(there, [truth for _, truth in folds], QUANTILE, ("as it is", "shift", "line"))
    assert abs(rule.scale - 1) < 0.05
    assert abs(rule.offset) < 0.15
    off = learn_rule([one + 5 for one in there], [truth for _, truth in folds], QUANTILE, ("as it is", "shift"))
    assert off.offset == pytest.approx(-5, abs=0.15)
    assert learn_rule(there[:1], [folds[0][1]], QUANTILE, ("as it is", "shift")).offset == 0
