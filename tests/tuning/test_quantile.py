"""Whether a model of the quantile decides, on outcomes whose quantiles are known."""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, norm
from sklearn.metrics import mean_pinball_loss

from evergreen.errors import CaseError
from evergreen.models.decide import predict_rows
from evergreen.models.fit_recipe import fit_recipe
from evergreen.models.recipe import Member, Recipe
from evergreen.problem import Problem
from evergreen.releases import model_from_bytes, model_to_bytes
from evergreen.tables.schemas import QuantileTrials
from evergreen.tuning import quantile
from evergreen.tuning.bench import CombineLimits
from evergreen.tuning.budget import Budget, Cost, Spending
from evergreen.tuning.combine import combine_tuned
from evergreen.tuning.finalists import Finalist, fit_finalists
from evergreen.tuning.ground import Ground
from evergreen.tuning.paired import Gain
from evergreen.tuning.quantile import QUANTILE, Chosen, choose_quantile, cost_kept_back
from evergreen.tuning.tuned import Tuning
from tests.models.small import SEED, small_case, small_rows
from tests.tuning.finished import best_first, ended, problem_with, says, signal, ticking, trial

# What a unit too few and too many costs in the small case.
UNDER, OVER, LEVEL = 3.0, 1.0, 0.75
N_ROWS = 3_000


def _rows(n_rows: int, *, is_uneven: bool, seed: int = 1, first_id: int = 1) -> pd.DataFrame:
    """Outcomes with a normal error whose width hangs on ``noise``, or on nothing; ``noise`` does not move the mean."""
    rows = small_rows("regression", n_rows, seed=seed, first_id=first_id)
    draw = np.random.default_rng(seed + 100)
    rows = rows.assign(noise=draw.uniform(0, 1, n_rows))
    return rows.assign(outcome=10 + signal(rows) + _width(rows, is_uneven=is_uneven) * draw.normal(size=n_rows))


def _width(rows: pd.DataFrame, *, is_uneven: bool) -> np.ndarray:
    return np.where(rows["noise"] > 0.5, 3.0, 0.3) if is_uneven else np.full(len(rows), 1.5)


def _true_quantile(rows: pd.DataFrame) -> np.ndarray:
    return np.asarray(10 + signal(rows) + _width(rows, is_uneven=True) * norm.ppf(LEVEL))


def _ground(*, is_uneven: bool, n_rows: int = N_ROWS, split: str = "random") -> Ground:
    rows = _rows(n_rows, is_uneven=is_uneven)
    return Ground(rows, small_case("regression", split=split), (), SEED)


def _tuning(where: Ground) -> Tuning:
    """A search whose candidates know the mean as well as anyone can."""
    names = ("boosted", "forest")
    said = says(where, signal(where.rows))
    return ended(best_first([trial(where, number, name, said) for number, name in enumerate(names)]))


def _spending(budget: Budget | None = None) -> Spending:
    return Spending(budget or Budget("trials", 8), Cost, Cost())


def _recipe(tuning: Tuning, where: Ground) -> Recipe:
    return combine_tuned(tuning.tuned, where, CombineLimits()).recipe


def _choose(where: Ground, spending: Spending | None = None) -> Chosen:
    tuning = _tuning(where)
    finalists = _finalists(tuning, where)
    return choose_quantile(_recipe(tuning, where), tuning, finalists, where, ticking(), spending or _spending())


def _finalists(tuning: Tuning, where: Ground) -> dict[str, Finalist]:
    return fit_finalists(tuning.tuned[:1], where, ticking())


@cache
def _uneven() -> tuple[Ground, Chosen]:
    where = _ground(is_uneven=True)
    return where, _choose(where)


def _cost(rows: pd.DataFrame, decided: np.ndarray) -> float:
    return (UNDER + OVER) * mean_pinball_loss(rows["outcome"], decided, alpha=LEVEL)


def test_where_errors_differ_the_model_of_the_quantile_is_kept_and_the_others_are_told() -> None:
    _, found = _uneven()
    assert found.recipe.quantile is not None
    assert found.recipe.quantile.settings.quantile == LEVEL
    table = QuantileTrials.validate(found.trials).set_index("candidate")
    assert table["outcome"].to_dict() == {"boosted": "kept", "forest": "refused: learns no quantile"}
    kept = table.loc["boosted"]
    assert kept["gain"] > 2 * kept["gain_se"] > 0
    assert kept["gain"] == pytest.approx(kept["cost_of_mean"] - kept["cost"])
    assert found.fitted[QUANTILE].tuned.settings == found.recipe.quantile.settings


def test_what_is_decided_comes_near_the_true_quantile_and_costs_what_theory_says() -> None:
    where, found = _uneven()
    model = fit_recipe(found.recipe, where.rows, where.problem, random_state=SEED)
    plain = fit_recipe(found.recipe.model_copy(update={"quantile": None}), where.rows, where.problem, random_state=SEED)
    fresh = _rows(20_000, is_uneven=True, seed=5, first_id=100_000)
    told, before = (predict_rows(one, fresh, where.problem) for one in (model, plain))
    pd.testing.assert_series_equal(told["score"], before["score"])
    decided, of_mean = told["action"].to_numpy(dtype=float), before["action"].to_numpy(dtype=float)
    truth = _true_quantile(fresh)
    assert np.abs(decided - truth).mean() < 0.5 * np.abs(of_mean - truth).mean()
    # At the quantile itself a row costs (u + o) * width * phi(z); one shift for both widths costs this much more.
    widths, z = np.array([0.3, 3.0]), norm.ppf(LEVEL)
    least = (UNDER + OVER) * norm.pdf(z) * widths.mean()
    grid = np.linspace(0, 3, 3_001)[:, None] / widths
    shifted = widths * (norm.pdf(grid) - grid * norm.sf(grid) + (1 - LEVEL) * grid)
    best_shift = (UNDER + OVER) * shifted.mean(axis=1).min()
    assert _cost(fresh, truth) == pytest.approx(least, rel=0.03)
    assert _cost(fresh, of_mean) > best_shift * 0.97
    saved = _cost(fresh, of_mean) - _cost(fresh, decided)
    assert saved > 0.5 * (best_shift - least)


def test_the_share_that_is_not_short_is_the_quantile() -> None:
    """On judged rows within what chance allows."""
    where, found = _uneven()
    kept = found.trials.set_index("candidate").loc["boosted"]
    n_judged = sum(len(judged) for _, judged in where.folds()[1:])
    low, high = binom.ppf([0.0005, 0.9995], n_judged, LEVEL) / n_judged
    assert low <= kept["coverage"] <= high


def test_where_errors_are_alike_it_is_refused() -> None:
    where = _ground(is_uneven=False, n_rows=1_500)
    found = _choose(where)
    assert found.recipe.quantile is None
    assert QUANTILE not in found.fitted
    assert found.trials["outcome"].iloc[0] == "refused: no gain beyond two standard errors"


def test_costs_are_those_of_scikit_learns_pinball_loss() -> None:
    where, found = _uneven()
    tuning = _tuning(where)
    judged = [positions for _, positions in where.folds()]
    y, said = where.rows["outcome"].to_numpy(), tuning.tuned[0].unseen
    by_way: dict[str, list[np.ndarray]] = {"shift": []}
    for fold in range(1, len(judged)):
        errors = np.concatenate([y[judged[k]] - said[k] for k in range(fold)])
        by_way["shift"].append(said[fold] + np.quantile(errors, LEVEL))
    shifted = (UNDER + OVER) * mean_pinball_loss(
        y[np.concatenate(judged[1:])], np.concatenate(by_way["shift"]), alpha=LEVEL
    )
    assert found.trials["cost_of_mean"].iloc[0] <= shifted * (1 + 1e-9)
    assert found.trials["cost_of_mean"].iloc[0] == pytest.approx(shifted, rel=0.02)


def test_a_released_model_of_the_quantile_decides_as_before_and_equal_ones_are_equal_bytes() -> None:
    where, found = _uneven()
    fitted = {one.tuned.settings.model_dump_json(): one.pipeline for one in found.fitted.values()}
    models = [
        fit_recipe(Recipe.model_validate_json(found.recipe.model_dump_json()), where.rows, where.problem, **told)
        for told in ({"random_state": SEED}, {"random_state": SEED, "fitted": fitted})
    ]
    assert model_to_bytes(models[0]) == model_to_bytes(models[1])
    again = model_from_bytes(model_to_bytes(models[0]))
    fresh = _rows(40, is_uneven=True, seed=6, first_id=9_000)
    pd.testing.assert_frame_equal(
        predict_rows(again, fresh, where.problem), predict_rows(models[0], fresh, where.problem)
    )
    assert predict_rows(again, fresh.head(0), where.problem)["action"].shape == (0,)


def test_the_same_ground_gives_the_same_choice() -> None:
    where = _ground(is_uneven=True, n_rows=600, split="time")
    first, second = (_choose(where) for _ in range(2))
    assert first.recipe.model_dump_json() == second.recipe.model_dump_json()
    pd.testing.assert_frame_equal(first.trials, second.trials)


def test_without_time_left_nothing_is_tried_and_the_recipe_stays() -> None:
    where = _ground(is_uneven=True, n_rows=300)
    tuning = _tuning(where)
    recipe = _recipe(tuning, where)
    # A trial took ten seconds; one and a half times that and a fit on all rows are 22.5.
    for seconds, n_tried in ((22.0, 0), (60.0, 1)):
        found = choose_quantile(
            recipe, tuning, _finalists(tuning, where), where, ticking(), _spending(Budget("seconds", seconds))
        )
        assert found.trials["cost"].notna().sum() == n_tried
    late = choose_quantile(recipe, tuning, _finalists(tuning, where), where, ticking(), _spending(Budget("seconds", 1)))
    assert late.recipe == recipe
    assert late.trials["outcome"].iloc[0] == "refused: it would take longer than what is left of the budget"


def test_two_models_that_break_a_limit_together_are_refused() -> None:
    where = problem_with(_ground(is_uneven=True), max_model_mb=3)
    found = _choose(where)
    assert found.recipe.quantile is None
    assert found.trials["outcome"].iloc[0] == "refused: beside the model of the mean it breaks a limit of the case"
    assert found.trials["gain"].iloc[0] > 0


def test_a_candidate_that_breaks_a_limit_by_itself_is_not_tried() -> None:
    where = problem_with(_ground(is_uneven=True, n_rows=300), max_model_mb=1)
    tuning = _tuning(where)
    recipe = _recipe(tuning, where)
    found = choose_quantile(recipe, tuning, _finalists(tuning, where), where, ticking(), _spending())
    assert found.trials["outcome"].iloc[0] == "refused: model size 2 MB, at most 1 allowed"


def test_linear_models_of_many_rows_are_left_out_with_the_number() -> None:
    where = _ground(is_uneven=True, n_rows=5_200)
    only = trial(where, 0, "linear", says(where, signal(where.rows)))
    tuning = ended([only])
    found = choose_quantile(_recipe(tuning, where), tuning, {}, where, ticking(), _spending())
    expected = "refused: takes too long to learn a quantile from more than 5,000 rows"
    assert found.trials["outcome"].tolist() == [expected]
    assert cost_kept_back(tuning, where) == Cost()


@pytest.mark.parametrize("kind", ["binary", "regression"])
def test_a_case_that_is_not_decided_by_costs_of_units_tries_nothing(kind: str) -> None:
    changes = {} if kind == "binary" else {"payoff": None}
    where = Ground(small_rows(kind, 300), small_case(kind, split="random", **changes), (), SEED)
    tuning = ended([trial(where, 0, "linear", says(where, signal(where.rows)))])
    recipe = _recipe(tuning, where)
    found = choose_quantile(recipe, tuning, {}, where, ticking(), _spending())
    assert found.recipe == recipe
    assert len(QuantileTrials.validate(found.trials)) == 0
    assert cost_kept_back(tuning, where) == Cost()


def test_time_is_kept_back_for_one_trial_and_one_fit() -> None:
    where = _ground(is_uneven=True, n_rows=300)
    # One and a half times ten seconds of a trial, and half as much for a fit: one and a half of its three folds.
    assert cost_kept_back(_tuning(where), where) == Cost(22.5, 18.0)


def test_columns_that_it_leaves_out_are_named_though_no_member_does() -> None:
    where = replace(_ground(is_uneven=True), movable=("since",))
    said = says(where, signal(where.rows))
    trials = [trial(where, 0, "forest", said), trial(where, 1, "boosted", said, n_dropped=1)]
    recipe = Recipe(members=(Member(settings=trials[0].settings, weight=1.0),))
    found = choose_quantile(recipe, ended(trials), {}, where, ticking(), _spending())
    assert found.recipe.quantile is not None
    assert found.recipe.left_out == ("since",)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (0.49, "kept"),
        (0.51, "refused: no gain beyond two standard errors"),
        (np.nan, "refused: too few days or groups to tell what it gains"),
    ],
)
def test_a_gain_must_be_beyond_two_standard_errors(monkeypatch: pytest.MonkeyPatch, error: float, outcome: str) -> None:
    monkeypatch.setattr(quantile, "paired_gain", lambda *_: Gain(1.0, error))
    found = _choose(_ground(is_uneven=True, n_rows=200))
    assert found.trials["outcome"].iloc[0] == outcome
    assert (found.recipe.quantile is not None) == (outcome == "kept")


def test_a_case_with_other_costs_refuses_the_recipe() -> None:
    where, found = _uneven()
    told = where.problem.model_dump(mode="json", exclude_none=True)
    dearer = Problem.model_validate(told | {"payoff": {"unit": "EUR", "under_per_unit": 9, "over_per_unit": 1}})
    with pytest.raises(CaseError, match=r"decides by the quantile 0.75, the costs of the case imply 0.9"):
        fit_recipe(found.recipe, where.rows, dearer, random_state=SEED)
