import numpy as np
import pandas as pd
import pytest
from sklearn.inspection import permutation_importance

from evergreen.models.explain_importance import Shuffled, measure_importances, sample_rows, shuffle_columns
from evergreen.models.features import feature_frame
from evergreen.models.performance import Resampling
from evergreen.models.target import target_values
from evergreen.problem import Kind, Problem
from tests.models.oracles import numbers_case, numbers_rows, oracle
from tests.models.small import KINDS, small_case, small_rows, trained

SPLIT = {"by": "random", "new_rows_share": 0.2}
RESAMPLING = Resampling(n_resamples=200, random_state=1)


def _shuffled(kind: Kind, *, n_repeats: int = 2, seed: int = 5) -> Shuffled:
    rows = small_rows(kind, 160, seed=11, first_id=300)
    return shuffle_columns(trained(kind).model, rows, small_case(kind), n_repeats=n_repeats, random_state=seed)


def _measured(shuffled: Shuffled, problem: Problem) -> pd.DataFrame:
    return measure_importances(shuffled, problem, RESAMPLING, confidence=0.95).set_index("column")


@pytest.mark.parametrize("kind", KINDS)
def test_what_tells_the_outcome_comes_first_and_what_does_not_is_worth_nothing(kind: Kind) -> None:
    problem = small_case(kind)
    found = _measured(_shuffled(kind), problem)
    assert found.index[0] == "strength"
    assert found.loc["colour", "loss_increase"] > 0
    assert set(found.index) == set(problem.feature_columns)
    assert found.loc["strength", "loss_increase_low"] > 0
    assert found.loc["strength", "payoff_lost"] > 0
    assert found.loc["noise", "loss_increase"] < 0.1 * found.loc["strength", "loss_increase"]


@pytest.mark.parametrize("kind", KINDS)
def test_importance_is_that_of_scikit_learn(kind: Kind) -> None:
    problem, rows, model = small_case(kind), small_rows(kind, 160, seed=11, first_id=300), trained(kind).model
    y = rows["outcome"] if problem.is_classification else target_values(rows, problem)
    scoring = "neg_log_loss" if problem.is_classification else "neg_mean_squared_error"
    told = permutation_importance(model, feature_frame(rows, problem), y, scoring=scoring, n_repeats=20, random_state=0)
    own = shuffle_columns(model, rows, problem, n_repeats=20, random_state=0).increases.mean(axis=0)
    error = told.importances_std / np.sqrt(20 / 2)
    assert (np.abs(own - told.importances_mean) <= 4 * error + 1e-12).all()
    assert own[0] > 20 * error[0]


@pytest.mark.parametrize("kind", KINDS)
def test_a_column_that_the_model_leaves_out_has_exactly_nothing(kind: Kind) -> None:
    rows, problem = small_rows(kind, 160, seed=11), small_case(kind)
    model = oracle(kind, lambda X: 2 * X["strength"])
    shuffled = shuffle_columns(model, rows, problem, n_repeats=3, random_state=5)
    left_out = _measured(shuffled, problem).drop(index="strength")
    assert (left_out == 0).all(axis=None)
    assert not shuffled.moves[:, 1:].any()


def test_a_value_that_all_rows_of_a_day_share_counts() -> None:
    rows, problem = small_rows("regression", 160, seed=11), small_case("regression")
    day = (rows["decided_at"].dt.normalize() - rows["decided_at"].min()).dt.days
    rows = rows.assign(noise=day.astype(float), outcome=day.astype(float))
    model = oracle("regression", lambda X: X["noise"])
    found = _measured(shuffle_columns(model, rows, problem, n_repeats=5, random_state=5), problem)
    assert found.loc["noise", "loss_increase"] == pytest.approx(2 * day.var(), rel=0.1)


def test_importance_of_a_known_function_covers_twice_its_variance() -> None:
    # What rows receive alone would cover it three times in four: the cells that they give are drawn by chance, too.
    problem, model = numbers_case("a", split=SPLIT), oracle("regression", lambda X: X["a"])
    covered = 0
    for seed in range(60):
        rows = numbers_rows(200, "a", seed=seed)
        rows["outcome"] = rows["a"]
        shuffled = shuffle_columns(model, rows, problem, n_repeats=5, random_state=seed)
        found = _measured(shuffled, problem).loc["a"]
        covered += bool(found["loss_increase_low"] <= 2 * 1.25 <= found["loss_increase_high"])
    assert covered >= 53


def test_days_are_drawn_whole_and_a_few_tell_no_bounds() -> None:
    few, problem = small_rows("binary", 30, seed=11), small_case("binary")
    model = trained("binary").model
    found = _measured(shuffle_columns(model, few, problem, n_repeats=1, random_state=5), problem)
    assert found["loss_increase"].notna().all()
    assert found[["loss_increase_low", "payoff_lost_high"]].isna().all(axis=None)


def test_money_is_missing_without_a_payoff() -> None:
    problem = small_case("binary", payoff=None, criteria=[{"metric": "accuracy", "at_least": 0.1}])
    rows = small_rows("binary", 80, seed=11)
    found = _measured(shuffle_columns(trained("binary").model, rows, problem, n_repeats=1, random_state=5), problem)
    assert found[["payoff_lost", "payoff_lost_low", "payoff_lost_high"]].isna().all(axis=None)
    assert found["loss_increase"].notna().all()


def test_payoff_lost_is_what_decisions_by_shuffled_cells_do_not_earn() -> None:
    problem, rows = small_case("binary"), small_rows("binary", 160, seed=11)
    model = oracle("binary", lambda X: np.where(X["strength"] > 0, 20.0, -20.0))
    rows["outcome"] = np.where(rows["strength"] > 0, "yes", "no")
    shuffled = shuffle_columns(model, rows, problem, n_repeats=1, random_state=5)
    order = np.random.default_rng(5).permutation(160)
    is_yes = (rows["strength"] > 0).to_numpy()
    expected = np.where(is_yes, 5.0, 0.0) - np.where(is_yes[order], np.where(is_yes, 5.0, -2.0), 0.0)
    assert shuffled.payoff_shares[:, 0].mean() == pytest.approx(expected.mean())
    received_and_given = expected + expected[order.argsort()] - expected.mean()
    assert shuffled.payoff_shares[:, 0] == pytest.approx(received_and_given)


def test_rows_are_sampled_in_their_order_and_the_same_every_time() -> None:
    rows = small_rows("binary", 100)
    found = sample_rows(rows, max_rows=30, random_state=3)
    assert len(found) == 30
    assert found["row_id"].is_monotonic_increasing
    assert found.equals(sample_rows(rows, max_rows=30, random_state=3))
    assert sample_rows(rows.iloc[::2], max_rows=50, random_state=3)["row_id"].tolist() == rows["row_id"][::2].tolist()


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_figures_and_no_row_is_changed(kind: Kind) -> None:
    rows, problem, model = small_rows(kind, 80, seed=11), small_case(kind), trained(kind).model
    before = rows.copy(deep=True)
    first = shuffle_columns(model, rows, problem, n_repeats=2, random_state=5)
    again = shuffle_columns(model, rows, problem, n_repeats=2, random_state=5)
    pd.testing.assert_frame_equal(rows, before)
    assert (first.increases == again.increases).all()
    assert (first.increases != shuffle_columns(model, rows, problem, n_repeats=2, random_state=6).increases).any()
