"""The ledger of candidates."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss, root_mean_squared_error

from evergreen.models.fit_recipe import fit_recipe
from evergreen.models.recipe import Member, Recipe
from evergreen.models.target import target_values
from evergreen.problem import Kind
from evergreen.tuning.bench import CombineLimits
from evergreen.tuning.candidate_costs import CHALLENGER, Challenger, tabulate_costs
from evergreen.tuning.combine import combine_tuned
from evergreen.tuning.finalists import fit_finalists
from evergreen.tuning.ground import Ground
from evergreen.tuning.tuned import Tuning
from tests.models.small import KINDS, SEED
from tests.tuning.finished import ended, ground, noisy, problem_with, ticking, trial

COLUMNS = [
    "candidate",
    "trial",
    "trials",
    "wall_seconds",
    "cpu_seconds",
    "fit_wall_seconds",
    "fit_cpu_seconds",
    "peak_memory_mb",
    "model_mb",
    "latency_ms",
    "latency_1000_ms",
    "metric",
    "score",
    "score_low",
    "score_high",
    "excluded",
]


def _search(where: Ground) -> Tuning:
    names = ("linear", "boosted", "linear")
    return ended([trial(where, number, name, noisy(where, number, 1.5)) for number, name in enumerate(names)])


def _both(where: Ground) -> Recipe:
    """The average of the best two candidates."""
    firsts = {one.settings.candidate: one.settings for one in reversed(_search(where).tuned)}
    return Recipe(members=tuple(Member(settings=settings, weight=0.5) for settings in firsts.values()))


def _costs(where: Ground, *, n_fitted: int = 2, recipe: Recipe | None = None) -> pd.DataFrame:
    tuning = _search(where)
    finalists = fit_finalists(tuning.tuned, where, ticking())
    finalists = dict(list(finalists.items())[:n_fitted])
    recipe = recipe or combine_tuned(tuning.tuned, where, CombineLimits()).recipe
    model = fit_recipe(recipe, where.rows, where.problem, random_state=SEED)
    return tabulate_costs(tuning, finalists, Challenger(recipe, model), where, ticking())


@pytest.mark.parametrize("kind", KINDS)
def test_challenger_and_best_of_each_candidate_have_a_row(kind: Kind) -> None:
    where = ground(kind, 300)
    found = _costs(where)
    assert list(found) == COLUMNS
    assert found["candidate"].iloc[0] == CHALLENGER
    assert set(found["candidate"][1:]) == {"linear", "boosted"}
    assert (found["score_low"] < found["score"]).all()
    assert (found["score"] < found["score_high"]).all()
    assert (found["excluded"] == "").all()
    assert found["model_mb"].eq(2).all()


def test_seconds_are_those_of_all_trials_of_a_candidate() -> None:
    found = _costs(ground("binary", 300)).set_index("candidate")
    assert found["trials"].to_dict() == {CHALLENGER: 3, "linear": 2, "boosted": 1}
    assert found["wall_seconds"].to_dict() == {CHALLENGER: 30.0, "linear": 20.0, "boosted": 10.0}
    assert found["cpu_seconds"].to_dict() == {CHALLENGER: 24.0, "linear": 16.0, "boosted": 8.0}


@pytest.mark.parametrize("kind", KINDS)
def test_scores_are_those_of_unseen_rows(kind: Kind) -> None:
    where = ground(kind, 300)
    found = _costs(where).set_index("candidate")
    y = target_values(where.rows, where.problem)[np.concatenate([judged for _, judged in where.folds()])]
    best = next(one for one in _search(where).tuned if one.settings.candidate == "boosted")
    predicted = np.concatenate(best.unseen)
    expected = root_mean_squared_error(y, predicted) if kind == "regression" else log_loss(y, predicted)
    assert found.loc["boosted", "score"] == pytest.approx(expected)
    assert found.loc[CHALLENGER, "score"] <= found["score"][1:].min()


def test_days_are_resampled_whole() -> None:
    by_time, at_random = (_costs(ground("binary", 400, split=split)).iloc[1] for split in ("time", "random"))
    assert by_time["score_high"] - by_time["score_low"] > 0
    assert by_time["score_high"] - by_time["score_low"] != at_random["score_high"] - at_random["score_low"]


def test_a_challenger_of_several_members_took_what_they_took_and_is_scored_as_their_average() -> None:
    where = ground("binary", 300)
    found = _costs(where, recipe=_both(where))
    assert pd.isna(found["trial"].iloc[0])
    assert found["fit_wall_seconds"].iloc[0] == pytest.approx(found["fit_wall_seconds"][1:].sum())
    assert found["score"].iloc[0] < found["score"][1:].min()


def test_of_members_that_were_not_all_fitted_by_themselves_nobody_knows_the_time() -> None:
    where = ground("binary", 300)
    assert pd.isna(_costs(where, n_fitted=1, recipe=_both(where))["fit_wall_seconds"].iloc[0])


def test_what_was_not_fitted_has_no_figures_and_is_not_excluded() -> None:
    found = _costs(ground("binary", 300), n_fitted=1).iloc[-1]
    figures = ["fit_wall_seconds", "fit_cpu_seconds", "peak_memory_mb", "model_mb", "latency_ms", "latency_1000_ms"]
    assert found[figures].isna().all()
    assert found["excluded"] == ""
    assert found["score"] > 0


def test_a_candidate_over_a_limit_has_the_word() -> None:
    where = problem_with(ground("binary", 300), max_model_mb=1)
    found = _costs(where)
    assert (found["excluded"] == "model size 2 MB, at most 1 allowed").all()
