"""Candidates that learn a quantile of the outcome in place of its mean."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import mean_pinball_loss

from evergreen.errors import CaseError
from evergreen.models.candidates import CANDIDATES, CandidateName, Judged, build_pipeline
from evergreen.models.candidates.rounds import loss_of
from evergreen.models.features import feature_frame
from evergreen.models.target import target_values
from evergreen.releases import model_from_bytes, model_to_bytes
from tests.models.candidates.learning import SEED, few_rounds, prepared
from tests.models.small import small_case, small_rows

ABLE: tuple[CandidateName, ...] = tuple(name for name, one in CANDIDATES.items() if one.learns_quantiles(1_000))
WATCHED = tuple(name for name in ABLE if CANDIDATES[name].watch is not None)
PROBLEM = small_case("regression")
QUANTILE = 0.8


def _fit(name: CandidateName, rows: pd.DataFrame, *, rounds: int = 60) -> object:
    settings = few_rounds(name, rows, PROBLEM).model_copy(update={"quantile": QUANTILE})
    settings = settings.model_copy(update={"rounds": rounds if name in WATCHED else None})
    pipeline = build_pipeline(settings, PROBLEM, list(PROBLEM.feature_columns), random_state=SEED)
    return pipeline.fit(feature_frame(rows, PROBLEM), target_values(rows, PROBLEM))


def test_three_candidates_learn_quantiles_and_linear_ones_only_of_few_rows() -> None:
    assert set(ABLE) == {"linear", "boosted", "lightgbm"}
    assert not CANDIDATES["linear"].learns_quantiles(5_001)
    assert CANDIDATES["boosted"].learns_quantiles(10**7)


@pytest.mark.parametrize("name", ABLE)
def test_the_quantile_of_new_rows_is_learnt_and_survives_a_release(name: CandidateName) -> None:
    model = _fit(name, small_rows("regression", 1_500))
    fresh = small_rows("regression", 4_000, seed=11, first_id=5_000)
    X, y = feature_frame(fresh, PROBLEM), target_values(fresh, PROBLEM)
    predicted = model.predict(X)
    assert (y <= predicted).mean() == pytest.approx(QUANTILE, abs=0.04)
    assert mean_pinball_loss(y, predicted, alpha=QUANTILE) < mean_pinball_loss(
        y, np.full(len(y), np.quantile(y, QUANTILE)), alpha=QUANTILE
    )
    np.testing.assert_array_equal(model_from_bytes(model_to_bytes(model)).predict(X), predicted)


@pytest.mark.parametrize("name", WATCHED)
def test_a_watch_tells_the_pinball_loss_after_the_best_shift(name: CandidateName) -> None:
    rows = small_rows("regression", 400)
    settings = few_rounds(name, rows, PROBLEM).model_copy(update={"quantile": QUANTILE})
    estimator, X, y, told = prepared(settings, rows.iloc[:250], rows.iloc[250:], PROBLEM)
    told = replace(told, quantile=QUANTILE)
    found = CANDIDATES[name].watch(estimator, X, y, None, told, lambda: False)
    for place in (0, 5, len(found.rounds) - 1):
        predicted = found.predict(int(found.rounds[place]))
        shifts = np.sort(told.y - predicted)
        least = min(mean_pinball_loss(told.y, predicted + shift, alpha=QUANTILE) for shift in shifts)
        assert found.losses[place] == pytest.approx(least, rel=1e-3)


def test_a_level_that_moved_is_no_loss_of_a_quantile() -> None:
    judged = Judged(None, np.array([1.0, 2.0, 4.0, 8.0]), 0, 0.5)
    predicted = np.array([1.0, 1.0, 5.0, 7.0])
    assert loss_of(predicted, judged) == loss_of(predicted - 100, judged)
    assert loss_of(predicted, judged) == pytest.approx(mean_pinball_loss(judged.y, predicted + 0.5, alpha=0.5))


def test_a_candidate_that_learns_none_is_refused() -> None:
    rows = small_rows("regression", 100)
    settings = few_rounds("forest", rows, PROBLEM).model_copy(update={"quantile": QUANTILE})
    with pytest.raises(CaseError, match="'forest' learns no quantile"):
        build_pipeline(settings, PROBLEM, list(PROBLEM.feature_columns), random_state=SEED)
