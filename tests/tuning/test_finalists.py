"""The best of each candidate on the scales, and the limits of the case."""

import numpy as np
import pytest

from evergreen.models.features import feature_frame
from evergreen.models.fit_recipe import fit_settings
from evergreen.problem import Limits
from evergreen.tuning.budget import Budget, Cost
from evergreen.tuning.combine import combine_tuned
from evergreen.tuning.finalists import Weighed, broken_limits, fit_finalists, limit_word, limits_of, time_left
from evergreen.tuning.ground import Ground
from evergreen.tuning.tuned import Tuned
from tests.models.small import SEED
from tests.tuning.finished import best_first, ended, ground, noisy, problem_with, ticking, trial


def _trials(where: Ground) -> list[Tuned]:
    names = ("linear", "boosted", "linear", "boosted")
    return best_first([trial(where, number, name, noisy(where, number)) for number, name in enumerate(names)])


def test_the_best_of_each_candidate_is_fitted_on_all_rows() -> None:
    where = ground("binary", 200)
    trials = _trials(where)
    found = fit_finalists(trials, where, ticking())
    assert list(found) == list(dict.fromkeys(one.settings.candidate for one in trials))
    X = feature_frame(where.rows, where.problem)
    for name, one in found.items():
        assert one.tuned is next(trial for trial in trials if trial.settings.candidate == name)
        own = fit_settings(one.tuned.settings, where.rows, where.problem, (), random_state=SEED)
        np.testing.assert_array_equal(one.pipeline.predict_proba(X), own.predict_proba(X))
        assert one.fit.cost == Cost(pytest.approx(0.001), pytest.approx(0.001))
        assert one.weighed == Weighed(2.0, pytest.approx(1), pytest.approx(1))


def test_where_time_is_over_only_the_best_is_fitted() -> None:
    where = ground("binary", 200)
    trials = _trials(where)
    assert list(fit_finalists(trials, where, ticking(), lambda _: False)) == [trials[0].settings.candidate]


def test_a_limit_by_the_clock_has_all_of_them_fitted() -> None:
    where = problem_with(ground("binary", 200), max_latency_ms=5)
    assert len(fit_finalists(_trials(where), where, ticking(), lambda _: False)) == 2


@pytest.mark.parametrize(
    ("limits", "word"),
    [
        ({}, ""),
        ({"max_model_mb": 1.5}, "model size 2 MB, at most 1.5 allowed"),
        ({"max_latency_ms": 9}, "latency of one row 12.3 ms, at most 9 allowed"),
        ({"max_training_seconds": 30}, "training 31 s, at most 30 allowed"),
        ({"max_latency_ms": 12.3, "max_training_seconds": 31, "max_model_mb": 2}, ""),
        (
            {"max_latency_ms": 9, "max_model_mb": 1},
            "model size 2 MB, at most 1 allowed; latency of one row 12.3 ms, at most 9 allowed",
        ),
    ],
)
def test_a_broken_limit_is_told_with_what_was_found(limits: dict[str, float], word: str) -> None:
    assert limit_word(Weighed(2.0, 12.3, 40.0), Cost(31.0, 60.0), Limits(**limits)) == word


def test_a_fit_that_nobody_saw_breaks_no_limit_of_time() -> None:
    assert not limit_word(Weighed(2.0, 12.3, 40.0), None, Limits(max_training_seconds=1))


def test_a_candidate_over_a_limit_is_left_out_of_the_choice() -> None:
    where = ground("binary", 300)
    trials = _trials(where)
    finalists = fit_finalists(trials, where, ticking())
    best = trials[0].settings.candidate
    slow = finalists[best]
    weighed = Weighed(slow.weighed.model_mb, 80.0, slow.weighed.latency_1000_ms)
    finalists[best] = type(slow)(slow.tuned, slow.pipeline, slow.fit, weighed)
    case = Limits(max_latency_ms=50)
    assert broken_limits(finalists, case) == {best: "latency of one row 80 ms, at most 50 allowed"}
    limits = limits_of(finalists, case, max_latency_ratio=2.0)
    assert limits.max_latency_ratio == 2.0
    found = combine_tuned(trials, where, limits)
    assert best not in {member.settings.candidate for member in found.recipe.members}


def test_members_are_held_to_the_limits_together() -> None:
    where = ground("binary", 200)
    finalists = fit_finalists(_trials(where), where, ticking())
    for most, allows in ((1.5, False), (2.5, True)):
        limits = limits_of(finalists, Limits(max_latency_ms=most), max_latency_ratio=None)
        assert limits.excluded == {}
        assert limits.allows(["linear", "boosted"]) is allows
    assert not limits_of(finalists, Limits(max_model_mb=3), max_latency_ratio=None).allows(["linear", "boosted"])


def test_there_is_time_for_one_more_fit_as_long_as_the_budget_lasts() -> None:
    where = ground("binary", 100)
    trials = _trials(where)
    now = [Cost()]
    affords = time_left(Budget("seconds", 50.0), ended(trials), 3, lambda: now[0])
    # Four trials took ten seconds each, so ten are left; a fit is expected to take half of a trial of three folds.
    assert affords(trials[0])
    now[0] = Cost(4.9)
    assert affords(trials[0])
    now[0] = Cost(5.0)
    assert not affords(trials[0])


def test_a_budget_in_trials_knows_no_time() -> None:
    where = ground("binary", 100)
    trials = _trials(where)
    assert time_left(Budget("trials", 1), ended(trials), 3, Cost)(trials[0])
