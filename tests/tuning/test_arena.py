from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from evergreen.measures import score_classes
from evergreen.models.candidates import CANDIDATES, Settings, build_pipeline
from evergreen.models.features import feature_frame
from evergreen.models.folds import make_folds
from evergreen.models.target import target_values
from evergreen.tuning.arena import Arena, RungFit, UnfitError, row_losses
from tests.models.small import KINDS, SEED, small_case, small_rows
from tests.models.test_balanced_training import biased_rows, case_with
from tests.tuning.searches import arena, linear


def fitted(made: Arena, settings: Settings, place: int = 0) -> RungFit:
    return made.fit(settings, made.rungs[place], lambda: False)


def predicted(made: Arena, settings: Settings, place: int = 0) -> Any:
    found = fitted(made, settings, place).watched
    return found.predict(int(found.rounds[-1]))


@pytest.mark.parametrize("kind", KINDS)
def test_a_fold_is_learnt_as_a_pipeline_would_learn_it(kind: str) -> None:
    made, rows, problem = arena(kind), small_rows(kind, 240), small_case(kind)
    name = "alpha" if kind == "regression" else "C"
    settings = Settings(candidate="linear", estimator={name: 0.1})
    learnt, judged = make_folds(rows, problem, random_state=SEED)[-1]
    X, y = feature_frame(rows, problem), target_values(rows, problem)
    pipeline = build_pipeline(settings, problem, list(X.columns), random_state=SEED).fit(X.iloc[learnt], y[learnt])
    predict = pipeline.predict if kind == "regression" else pipeline.predict_proba
    np.testing.assert_allclose(predicted(made, settings), predict(X.iloc[judged]))
    found = fitted(made, settings)
    assert found.n_learnt == len(learnt)
    np.testing.assert_allclose(found.watched.losses[0], row_losses(predict(X.iloc[judged]), y[judged]).mean())


def test_losses_of_rows_have_the_mean_that_scores_tell() -> None:
    rng = np.random.default_rng(3)
    shares, y = rng.dirichlet([0.05, 1, 1], 500), rng.integers(0, 3, 500)
    assert row_losses(shares, y).mean() == pytest.approx(float(score_classes(y, shares)["log_loss"][0]))
    np.testing.assert_array_equal(row_losses(np.array([1.0, 4.0]), np.array([0.0, 6.0])), [1, 4])


def test_by_time_the_newest_fold_is_the_first_rung() -> None:
    assert [rung.fold for rung in arena().rungs] == [2, 1, 0]
    assert [rung.fold for rung in arena(split="random").rungs] == [0, 1, 2]


@pytest.mark.parametrize("change", [{"window": 0.5}, {"half_life": 0.2}, {"n_dropped": 1}], ids=str)
def test_window_half_life_and_columns_change_what_is_learnt(change: dict[str, Any]) -> None:
    made = arena()
    assert np.abs(predicted(made, linear()) - predicted(made, linear(**change))).max() > 1e-3


def test_a_window_learns_from_the_latest_rows_alone() -> None:
    rows, problem = small_rows("binary", 240), small_case("binary")
    folds = make_folds(rows, problem, random_state=SEED)
    spoilt = rows.copy()
    old = folds[-1][0][: len(folds[-1][0]) // 2]
    spoilt.loc[old, "outcome"] = rows.loc[old, "outcome"].map({"no": "yes", "yes": "no"})
    made = [Arena(table, problem, folds, random_state=SEED) for table in (rows, spoilt)]
    np.testing.assert_array_equal(*[predicted(one, linear(window=0.5)) for one in made])
    assert np.abs(np.subtract(*[predicted(one, linear()) for one in made])).max() > 0.01
    assert fitted(made[0], linear(window=0.5)).n_learnt == pytest.approx(len(folds[-1][0]) / 2, abs=1)


def test_a_half_life_makes_old_rows_count_less() -> None:
    rows, problem = small_rows("binary", 240), small_case("binary")
    folds = make_folds(rows, problem, random_state=SEED)
    turned = rows.copy()
    old = folds[-1][0][: len(folds[-1][0]) // 2]
    turned.loc[old, "outcome"] = rows.loc[old, "outcome"].map({"no": "yes", "yes": "no"})
    made = Arena(turned, problem, folds, random_state=SEED)
    assert fitted(made, linear(half_life=0.2)).watched.losses[0] < fitted(made, linear()).watched.losses[0] - 0.02


def test_columns_that_are_left_out_tell_nothing() -> None:
    rows, problem = small_rows("binary", 240), small_case("binary")
    folds = make_folds(rows, problem, random_state=SEED)
    without = rows.assign(strength=0.0)
    told = {"movable": ("strength", "colour"), "random_state": SEED}
    made = [Arena(table, problem, folds, **told) for table in (rows, without)]
    np.testing.assert_array_equal(*[predicted(one, linear(n_dropped=1)) for one in made])


@pytest.mark.parametrize("candidate", ["linear", "boosted"])
def test_what_is_kept_of_prepared_features_changes_nothing(candidate: str) -> None:
    told = {"C": 0.1} if candidate == "linear" else {"learning_rate": 0.1}
    settings = Settings(candidate=candidate, estimator=told)
    found = []
    for cache_bytes in (2**30, 0):
        made = arena(cache_bytes=cache_bytes)
        found.append([predicted(made, settings, place) for place in (0, 1, 0)])
    for kept, anew in zip(*found, strict=True):
        np.testing.assert_array_equal(kept, anew)


def test_features_are_prepared_once_for_settings_that_prepare_them_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    n_prepared = []
    candidate = CANDIDATES["linear"]

    def prepare(*told: Any) -> Any:
        n_prepared.append(1)
        return candidate.prepare(*told)

    monkeypatch.setitem(CANDIDATES, "linear", replace(candidate, prepare=prepare))
    made = arena()
    for settings in (linear(), linear(C=1.0), linear(half_life=0.5)):
        fitted(made, settings)
    assert len(n_prepared) == 1
    for settings in (linear(n_dropped=1), linear(window=0.5), linear(features={"numbers": "pieces"})):
        fitted(made, settings)
    fitted(made, linear(), place=1)
    assert len(n_prepared) == 5


def test_what_is_kept_is_bounded() -> None:
    made = arena(cache_bytes=150_000)
    for n_dropped in (0, 1, 2, 0):
        fitted(made, linear(n_dropped=n_dropped))
    assert 0 < made._cache._n_bytes <= 150_000
    assert made._cache._n_bytes == sum(one.n_bytes for one in made._cache._kept.values())


def test_a_large_table_is_looked_at_on_fewer_rows_of_every_class() -> None:
    rows = small_rows("multiclass", 30_000)
    rows.loc[rows.index[1:], "outcome"] = rows["outcome"].iloc[1:].replace("bad", "good")
    rare = np.linspace(10, 29_990, 12).astype(int)
    rows.loc[rare, "outcome"] = "bad"
    problem = small_case("multiclass", split="random")
    folds = make_folds(rows, problem, random_state=SEED)
    # With three folds two thirds of the rows are learnt from: not enough for a look yet.
    assert len(Arena(rows, problem, folds, random_state=SEED).rungs) == 3
    more = [(np.concatenate([learnt, judged[:1000]]), judged) for learnt, judged in folds]
    look, *whole = Arena(rows, problem, more, random_state=SEED).rungs
    assert (look.fold, [one.fold for one in whole]) == (None, [0, 1, 2])
    assert len(look.learnt) == pytest.approx(10_000, abs=10)
    assert set(look.learnt) < set(whole[0].learnt)
    assert (rows["outcome"].iloc[look.learnt] == "bad").sum() >= 2


def test_a_window_without_a_class_is_refused_with_a_word() -> None:
    rows, problem = small_rows("binary", 240), small_case("binary")
    folds = make_folds(rows, problem, random_state=SEED)
    rows.loc[rows.index[100:], "outcome"] = "no"
    made = Arena(rows, problem, folds, random_state=SEED)
    with pytest.raises(UnfitError, match="The latest 25% of the rows to learn from lack a class"):
        fitted(made, linear(window=0.25))


def test_predictions_that_are_no_numbers_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def fit(self, *_: Any) -> "Broken":
            return self

        def predict_proba(self, X: Any) -> Any:
            return np.full((X.shape[0], 2), np.nan)

    candidate = CANDIDATES["linear"]
    monkeypatch.setitem(CANDIDATES, "linear", replace(candidate, build=lambda *_: Broken()))
    with pytest.raises(UnfitError, match="not finite"):
        fitted(arena(), linear())


@pytest.mark.parametrize("half_life", [None, 0.3])
def test_a_plan_that_balances_groups_weighs_what_is_learnt(half_life: float | None) -> None:
    rows, problem, plain = biased_rows(400), case_with("reweigh"), small_case("binary")
    folds = make_folds(rows, problem, random_state=SEED)
    made = [Arena(rows, one, folds, random_state=SEED) for one in (problem, plain)]
    balanced, unbalanced = (predicted(one, linear(half_life=half_life)) for one in made)
    is_blue = (rows["colour"] == "blue").to_numpy()[folds[-1][1]]
    assert balanced[is_blue, 1].mean() > unbalanced[is_blue, 1].mean() + 0.02
