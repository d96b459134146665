"""Training where the plan for biases balances outcome and group."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss

from evergreen.models.calibrated import fit_calibration
from evergreen.models.candidates import build_candidate
from evergreen.models.corrections import mean_scores
from evergreen.models.decide import predict_rows
from evergreen.models.features import feature_frame
from evergreen.models.folds import make_folds
from evergreen.models.remedies import training_weights
from evergreen.problem import Problem
from evergreen.releases import model_to_bytes
from tests.models.small import CANDIDATES, SEED, Trained, small_case, small_pipeline, small_rows, train

BALANCING = ("reweigh", "resample")


def case_with(remedy: str) -> Problem:
    """The small binary case, in which the colour is sensitive and red rows have the better outcome."""
    told = small_case("binary").model_dump(mode="json", exclude_none=True)
    told["columns"]["colour"]["is_sensitive"] = True
    clause = {"measure": "base_rate", "columns": ["colour"], "remedy": remedy, "why": "For the test."}
    return Problem.model_validate(told | {"bias_plan": {"clauses": [clause]}})


def biased_rows(n_rows: int, *, seed: int = SEED) -> pd.DataFrame:
    """Small rows in which two of three yes of blue rows are recorded as no."""
    rows = small_rows("binary", n_rows, seed=seed)
    is_lost = (rows["colour"] == "blue").to_numpy() & (np.random.default_rng(seed).random(n_rows) < 2 / 3)
    return rows.assign(outcome=rows["outcome"].where(~is_lost, "no"))


@cache
def trained_with(remedy: str, candidate: str = "linear", n_rows: int = 400) -> Trained:
    return train(candidate, biased_rows(n_rows), case_with(remedy))


@pytest.mark.parametrize("remedy", BALANCING)
def test_the_model_has_learnt_from_all_rows_with_their_weights(remedy: str) -> None:
    rows, problem = biased_rows(400), case_with(remedy)
    X, y = feature_frame(rows, problem), (rows["outcome"] == "yes").to_numpy().astype(int)
    whole = build_candidate("linear", problem, random_state=SEED)
    whole.fit(X, y, logisticregression__sample_weight=training_weights(rows, problem))
    np.testing.assert_allclose(trained_with(remedy).model.pipeline.predict_proba(X), whole.predict_proba(X))


@pytest.mark.parametrize("remedy", BALANCING)
def test_each_fold_learns_from_rows_balanced_by_themselves_and_is_scored_on_rows_as_they_come(remedy: str) -> None:
    rows, problem = biased_rows(400), case_with(remedy)
    found = trained_with(remedy).scores
    found = found[found["correction"] == "none"].set_index("fold")["score"]
    X, y = feature_frame(rows, problem), (rows["outcome"] == "yes").to_numpy().astype(int)
    for fold, (learnt, judged) in enumerate(make_folds(rows, problem, random_state=SEED), start=1):
        past = build_candidate("linear", problem, random_state=SEED)
        weights = training_weights(rows.iloc[learnt], problem)
        past.fit(X.iloc[learnt], y[learnt], logisticregression__sample_weight=weights)
        assert found[fold] == pytest.approx(log_loss(y[judged], past.predict_proba(X.iloc[judged])))


def _gap(found: Trained, problem: Problem) -> float:
    """How far the mean scores of red and blue rows of equal strength lie apart."""
    fresh = small_rows("binary", 2_000, seed=5)
    scores = [predict_rows(found.model, fresh.assign(colour=word), problem)["score"].mean() for word in ("red", "blue")]
    return float(scores[0] - scores[1])


@pytest.mark.parametrize("candidate", CANDIDATES)
def test_balancing_narrows_the_gap_and_the_correction_does_not_widen_it_again(candidate: str) -> None:
    plain = _gap(trained_with("accept", candidate, 1_500), case_with("accept"))
    assert plain > 0.2
    for remedy in BALANCING:
        found = trained_with(remedy, candidate, 1_500)
        assert abs(_gap(found, case_with(remedy))) < plain / 3


def test_the_correction_is_learnt_from_balanced_rows() -> None:
    rows, problem, found = biased_rows(1_500), case_with("reweigh"), trained_with("reweigh", "linear", 1_500)
    X, y = feature_frame(rows, problem), (rows["outcome"] == "yes").to_numpy().astype(int)
    unseen, judged_rows = [], []
    for learnt, judged in make_folds(rows, problem, random_state=SEED):
        past = small_pipeline("linear", problem)
        weights = training_weights(rows.iloc[learnt], problem)
        past.fit(X.iloc[learnt], y[learnt], logisticregression__sample_weight=weights)
        unseen.append(past.predict_proba(X.iloc[judged]))
        judged_rows.append(judged)
    places, method = np.concatenate(judged_rows), mean_scores(found.scores).iloc[0]["correction"]
    weights = training_weights(rows.iloc[places], problem)
    learnt = fit_calibration(np.concatenate(unseen), y[places], method, sample_weight=weights)
    assert (found.model.slope, found.model.shifts) == (pytest.approx(learnt.slope), pytest.approx(learnt.shifts))


def test_a_plan_that_balances_nothing_changes_no_byte() -> None:
    problem, rows = case_with("accept"), biased_rows(400)
    plain = Problem.model_validate(problem.model_dump(mode="json", exclude_none=True) | {"bias_plan": {}})
    other = train("linear", rows, plain)
    assert model_to_bytes(other.model) == model_to_bytes(trained_with("accept").model)


@pytest.mark.parametrize("method", ["temperature", "sigmoid"])
def test_a_weight_counts_like_as_many_rows(method: str) -> None:
    generator = np.random.default_rng(2)
    p = generator.random(200)
    y = (generator.random(200) < p**2).astype(int)
    probabilities, weights = np.stack([1 - p, p], axis=1), generator.integers(0, 4, 200)
    weighted = fit_calibration(probabilities, y, method, sample_weight=weights.astype(float))
    repeated = fit_calibration(np.repeat(probabilities, weights, axis=0), np.repeat(y, weights), method)
    assert weighted.slope == pytest.approx(repeated.slope, rel=1e-4)
    assert weighted.shifts == pytest.approx(repeated.shifts, abs=1e-4)
