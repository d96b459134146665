from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from scipy.stats import expon
from sklearn.metrics import log_loss, root_mean_squared_error

from evergreen.models.candidates import build_candidate
from evergreen.models.corrections import mean_scores
from evergreen.models.decide import predict_rows
from evergreen.models.features import feature_frame
from evergreen.models.folds import make_folds
from evergreen.releases import model_to_bytes
from tests.models.small import CANDIDATES, KINDS, SEED, Trained, small_case, small_rows, train, trained


def _train(kind: str, rows: pd.DataFrame, candidate: str = "linear", **changes: object) -> Trained:
    return train(candidate, rows, small_case(kind, **changes), rounds=None)


def _uncorrected(found: Trained) -> pd.Series:
    return found.scores[found.scores["correction"] == "none"].set_index("fold")["score"]


@pytest.mark.parametrize("candidate", CANDIDATES)
def test_features_that_are_noise_score_no_better_than_the_base_rate(candidate: str) -> None:
    rows = small_rows("binary", 300)
    rows["outcome"] = np.random.default_rng(4).permutation(rows["outcome"])
    found = _train("binary", rows, candidate)
    is_yes = rows["outcome"] == "yes"
    folds = make_folds(rows, small_case("binary"), random_state=SEED)
    rates = [(is_yes.iloc[judged], is_yes.iloc[learnt].mean()) for learnt, judged in folds]
    constants = [log_loss(truth, np.full(len(truth), rate)) for truth, rate in rates]
    assert _uncorrected(found).mean() > np.mean(constants) - 0.01


def test_fold_scores_are_those_of_models_that_saw_only_the_past() -> None:
    rows, problem = small_rows("regression", 240), small_case("regression")
    found, X, y = _uncorrected(_train("regression", rows)), feature_frame(rows, problem), rows["outcome"]
    for fold, (learnt, judged) in enumerate(make_folds(rows, problem, random_state=SEED), start=1):
        past = build_candidate("linear", problem, random_state=SEED).fit(X.iloc[learnt], y.iloc[learnt])
        assert found[fold] == pytest.approx(root_mean_squared_error(y.iloc[judged], past.predict(X.iloc[judged])))


@pytest.mark.parametrize("kind", KINDS)
def test_labels_of_the_future_move_no_earlier_fold(kind: str) -> None:
    rows = small_rows(kind, 240)
    _, judged = make_folds(rows, small_case(kind), random_state=SEED)[1]
    shuffled, future = rows.copy(), np.arange(judged.max() + 1, 240)
    shuffled.loc[future, "outcome"] = np.random.default_rng(1).permutation(rows["outcome"].iloc[future])
    before, after = _train(kind, rows).scores, _train(kind, shuffled).scores
    is_early = before["fold"] <= 2
    pd.testing.assert_frame_equal(before[is_early], after[is_early])
    assert (before["score"] != after["score"]).any()


def test_labels_that_were_not_known_yet_move_nothing() -> None:
    rows = small_rows("binary", 240)
    _, judged = make_folds(rows, small_case("binary"), random_state=SEED)[-1]
    first = rows["decided_at"].iloc[judged].min()
    is_waiting = (rows["decided_at"] > first - timedelta(days=10)) & (rows["decided_at"] < first)
    shuffled = rows.copy()
    shuffled.loc[is_waiting, "outcome"] = rows.loc[is_waiting, "outcome"].map({"no": "yes", "yes": "no"})
    assert _uncorrected(_train("binary", rows))[3] == _uncorrected(_train("binary", shuffled))[3]


@pytest.mark.parametrize(("kind", "corrections"), [("binary", 3), ("multiclass", 3), ("regression", 1)])
def test_a_correction_needs_an_earlier_fold_to_be_learnt_on(kind: str, corrections: int) -> None:
    found = trained(kind).scores
    assert found.groupby("fold")["correction"].nunique().to_dict() == {1: 1, 2: corrections, 3: corrections}
    assert found.loc[found["fold"] == 1, "correction"].tolist() == ["none"]
    assert set(found["metric"]) == {"rmse" if kind == "regression" else "log_loss"}
    assert found.groupby("fold")["fit_rows"].first().is_monotonic_increasing


def _scores(*told: tuple[str, str, int, float]) -> pd.DataFrame:
    return pd.DataFrame(told, columns=["candidate", "correction", "fold", "score"])


def test_only_folds_that_all_corrections_share_decide() -> None:
    scores = _scores(("a", "none", 1, 0.0), ("a", "none", 2, 0.5), ("a", "sigmoid", 2, 0.4))
    assert mean_scores(scores)["correction"].tolist() == ["sigmoid", "none"]


def test_at_equal_scores_the_first_candidate_and_the_simpler_correction_win() -> None:
    scores = _scores(*[(c, m, 2, 0.5) for c in "ba" for m in ("none", "temperature")])
    first = mean_scores(scores).iloc[0]
    assert (first["candidate"], first["correction"]) == ("b", "none")


def test_with_one_fold_it_decides() -> None:
    assert mean_scores(_scores(("a", "none", 1, 0.3)))["score"].tolist() == [0.3]


def test_the_chosen_correction_is_the_one_the_model_carries() -> None:
    for kind in ("binary", "multiclass"):
        found = trained(kind)
        best = mean_scores(found.scores).iloc[0]["correction"]
        assert found.correction == found.model.method == best


def test_the_model_has_learnt_from_all_rows() -> None:
    rows, problem = small_rows("regression", 240), small_case("regression")
    X = feature_frame(rows, problem)
    whole = build_candidate("linear", problem, random_state=SEED).fit(X, rows["outcome"])
    np.testing.assert_allclose(trained("regression").model.predict(X), whole.predict(X))


def test_a_model_too_sure_of_itself_is_corrected() -> None:
    rows = small_rows("binary", 500)
    found = _train("binary", rows, "boosted")
    assert found.correction != "none"
    assert found.model.slope < 0.8


@pytest.mark.parametrize("candidate", CANDIDATES)
def test_the_same_seed_gives_the_same_bytes(candidate: str) -> None:
    rows, problem = small_rows("binary", 240), small_case("binary")
    again = train(candidate, rows, problem)
    pd.testing.assert_frame_equal(again.scores, trained("binary", candidate).scores)
    assert model_to_bytes(again.model) == model_to_bytes(trained("binary", candidate).model)


def test_training_does_not_change_the_rows() -> None:
    rows = small_rows("binary", 240)
    before = rows.copy()
    _train("binary", rows)
    pd.testing.assert_frame_equal(rows, before)


def _with_skewed_noise(n_rows: int, *, seed: int) -> pd.DataFrame:
    """Rows whose outcome misses the mean by much seldom and by little often: an exponential less its mean."""
    rows = small_rows("regression", n_rows, seed=seed)
    return rows.assign(outcome=2 * rows["strength"] + np.random.default_rng(seed).exponential(size=n_rows) - 1)


def test_the_offset_costs_no_more_than_offsets_nearby() -> None:
    problem = small_case("regression")
    model = _train("regression", _with_skewed_noise(2000, seed=SEED)).model
    assert model.offset == pytest.approx(expon.ppf(0.75) - 1, abs=0.1)
    fresh = _with_skewed_noise(20_000, seed=21)
    error = (fresh["outcome"] - predict_rows(model, fresh, problem)["score"]).to_numpy()

    def cost(offset: float) -> float:
        return float(np.where(error > offset, 3 * (error - offset), offset - error).mean())

    assert all(cost(model.offset) < cost(model.offset + step) for step in (-1, -0.5, 0.5, 1))


def test_without_a_payoff_there_is_no_offset() -> None:
    assert _train("regression", small_rows("regression", 240), payoff=None).model.offset == 0
