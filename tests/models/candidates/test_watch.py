"""Fits under watch: what is seen on the way is what a fit of so many rounds would have been."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss, mean_squared_error

from evergreen.models.candidates import CANDIDATES, CandidateName, Judged, Watched, build_pipeline, settings_of
from evergreen.models.candidates.rounds import Losses, loss_of, spread_classes
from evergreen.problem import Kind
from tests.models.candidates.learning import COUNTING, SEED, prepared, size_of
from tests.models.small import KINDS, small_case, small_rows

LEARNT, JUDGED = 160, 80


def _rows(kind: Kind) -> tuple[pd.DataFrame, pd.DataFrame]:
    rows = small_rows(kind, LEARNT + JUDGED)
    return rows.iloc[:LEARNT], rows.iloc[LEARNT:]


def _watch(name: CandidateName, kind: Kind, *, n_looks: int | None = None) -> tuple[Watched, Judged]:
    problem, (learnt, judged) = small_case(kind), _rows(kind)
    settings = settings_of(CANDIDATES[name], CANDIDATES[name].starts(size_of(learnt, problem))[-1])
    estimator, X, y, told = prepared(settings, learnt, judged, problem)
    looks = iter(range(10**6))
    watch = CANDIDATES[name].watch
    assert watch is not None
    return watch(estimator, X, y, None, told, lambda: n_looks is not None and next(looks) >= n_looks), told


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", COUNTING)
def test_the_best_round_is_a_fit_of_so_many_rounds(name: CandidateName, kind: Kind) -> None:
    problem, (learnt, judged) = small_case(kind), _rows(kind)
    found, told = _watch(name, kind)
    best = int(found.rounds[found.losses.argmin()])
    settings = settings_of(CANDIDATES[name], CANDIDATES[name].starts(size_of(learnt, problem))[-1])
    settings = settings.model_copy(update={"rounds": best})
    estimator, X, y, _ = prepared(settings, learnt, judged, problem)
    again = estimator.fit(X, y)
    unwatched = again.predict_proba(told.X) if problem.is_classification else again.predict(told.X)
    np.testing.assert_allclose(found.predict(best), unwatched, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", COUNTING)
def test_losses_are_those_of_the_predictions_and_rounds_ascend(name: CandidateName, kind: Kind) -> None:
    found, told = _watch(name, kind)
    assert not found.is_cut
    assert len(found.rounds) == len(found.losses) > 10
    assert (np.diff(found.rounds) > 0).all()
    for place in (0, 5, len(found.rounds) - 1):
        predicted = found.predict(int(found.rounds[place]))
        expected = mean_squared_error(told.y, predicted) if kind == "regression" else log_loss(told.y, predicted)
        assert found.losses[place] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", COUNTING)
def test_a_fit_whose_time_is_over_still_has_a_round(name: CandidateName, kind: Kind) -> None:
    found, told = _watch(name, kind, n_looks=0)
    assert found.is_cut
    assert len(found.rounds) >= 1
    predicted = found.predict(int(found.rounds[-1]))
    assert loss_of(predicted, told) == pytest.approx(found.losses[-1], rel=1e-6)


@pytest.mark.parametrize("name", COUNTING)
def test_judged_rows_change_nothing_that_is_learnt(name: CandidateName) -> None:
    problem, (learnt, judged) = small_case("binary"), _rows("binary")
    settings = settings_of(CANDIDATES[name], CANDIDATES[name].starts(size_of(learnt, problem))[0])
    seen = []
    for rows in (judged, judged.assign(outcome=judged["outcome"].map({"no": "yes", "yes": "no"}))):
        estimator, X, y, told = prepared(settings, learnt, rows, problem)
        seen.append(CANDIDATES[name].watch(estimator, X, y, None, told, lambda: False).predict(10))
    np.testing.assert_array_equal(*seen)


@pytest.mark.parametrize("name", COUNTING)
def test_a_judged_class_that_was_not_learnt_counts_as_the_surprise_it_is(name: CandidateName) -> None:
    problem, (learnt, judged) = small_case("multiclass"), _rows("multiclass")
    settings = settings_of(CANDIDATES[name], CANDIDATES[name].starts(size_of(learnt, problem))[0])
    estimator, X, y, told = prepared(settings, learnt[learnt["outcome"] != "fair"], judged, problem)
    found = CANDIDATES[name].watch(estimator, X, y, None, told, lambda: False)
    predicted = found.predict(int(found.rounds[-1]))
    assert predicted.shape == (JUDGED, 3)
    assert not predicted[:, 1].any()
    assert found.losses[-1] == pytest.approx(loss_of(predicted, told), rel=1e-6)


@pytest.mark.parametrize("name", COUNTING)
def test_weights_are_learnt_from(name: CandidateName) -> None:
    problem, (learnt, judged) = small_case("regression"), _rows("regression")
    settings = settings_of(CANDIDATES[name], CANDIDATES[name].starts(size_of(learnt, problem))[0])
    means = []
    for high in (1.0, 9.0):
        estimator, X, y, told = prepared(settings, learnt, judged, problem)
        weights = np.where(y > np.median(y), high, 1.0)
        means.append(CANDIDATES[name].watch(estimator, X, y, weights, told, lambda: False).predict(10).mean())
    assert means[1] > means[0] + 0.05


def test_a_watch_ends_when_the_best_round_is_long_ago() -> None:
    losses = Losses(patience=3)
    assert not losses.is_hopeless
    for number, loss in enumerate([0.5, 0.4, 0.45, 0.41], start=1):
        losses.add(number, loss)
        assert not losses.is_hopeless
    losses.add(5, 0.42)
    assert losses.is_hopeless


def test_classes_that_were_not_learnt_have_no_share() -> None:
    found = spread_classes(np.array([[0.25, 0.75]]), np.array([0, 2]), 3)
    np.testing.assert_array_equal(found, [[0.25, 0, 0.75]])
    judged = Judged(None, np.array([1]), 3)
    assert loss_of(found, judged) == pytest.approx(-np.log(1e-12))
    assert loss_of(found, replace(judged, y=np.array([2]))) == pytest.approx(-np.log(0.75))


def test_rounds_are_told_by_the_settings() -> None:
    problem = small_case("binary")
    for name in COUNTING:
        start = settings_of(CANDIDATES[name], CANDIDATES[name].starts(size_of(small_rows("binary", 50), problem))[0])
        told = start.model_copy(update={"rounds": 17})
        estimator = build_pipeline(told, problem, list(problem.feature_columns), random_state=SEED)[-1]
        assert 17 in estimator.get_params().values()
