"""The choice among what was tuned: one model or several, and its correction."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd
import pytest

from evergreen.errors import DataError
from evergreen.models.calibrated import fit_calibration
from evergreen.models.corrections import COMBINATION, choose_scored
from evergreen.models.fit_recipe import fit_recipe
from evergreen.models.folds import make_folds
from evergreen.models.target import target_values
from evergreen.problem import Kind
from evergreen.tables.schemas import CandidateScores
from evergreen.tuning.arena import row_losses
from evergreen.tuning.bench import CombineLimits
from evergreen.tuning.combine import Combined, combine_tuned
from evergreen.tuning.ground import Ground
from evergreen.tuning.tuned import Tuned
from tests.models.small import KINDS, SEED, small_case, small_rows
from tests.tuning.finished import best_first, ground, noisy, says, signal, trial

FREE = CombineLimits(max_latency_ratio=None)
STEPS = ["step", "candidate", "trial", "weight", "loss", "gain", "gain_se", "latency_ratio", "outcome"]


def _complementary(where: Ground, *, scale: float = 1.5) -> list[Tuned]:
    """Two models as good as each other, each with noise of its own: their average is far better."""
    names = ("linear", "boosted")
    return best_first([trial(where, number, name, noisy(where, number, scale)) for number, name in enumerate(names)])


def _combine(trials: Sequence[Tuned], where: Ground, limits: CombineLimits = FREE) -> Combined:
    return combine_tuned(trials, where, limits)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("split", ["time", "random", "group"])
def test_two_models_with_errors_of_their_own_are_combined(kind: Kind, split: str) -> None:
    where = ground(kind, split=split)
    found = _combine(_complementary(where), where)
    assert {member.settings.candidate for member in found.recipe.members} == {"linear", "boosted"}
    assert found.steps["outcome"].tolist() == ["kept", "kept"]
    assert list(found.steps) == STEPS
    assert found.steps["weight"].sum() == pytest.approx(1)
    assert found.steps["loss"].is_monotonic_decreasing
    assert (found.steps["gain"][1:] > found.steps["gain_se"][1:]).all()


@pytest.mark.parametrize("kind", KINDS)
def test_two_models_that_say_the_same_gain_nothing(kind: Kind) -> None:
    where = ground(kind)
    said = noisy(where, 1)
    found = _combine([trial(where, number, name, said) for number, name in enumerate(("linear", "boosted"))], where)
    assert [member.settings.candidate for member in found.recipe.members] == ["linear"]
    assert found.steps["outcome"].tolist() == ["kept"]
    assert COMBINATION not in set(found.scores["candidate"])


@pytest.mark.parametrize("kind", KINDS)
def test_a_weak_model_with_nothing_of_its_own_is_refused(kind: Kind) -> None:
    where = ground(kind)
    truth, nothing = signal(where.rows), np.random.default_rng(0).normal(scale=3, size=len(where.rows))
    trials = [trial(where, 0, "linear", says(where, truth)), trial(where, 1, "forest", says(where, truth + nothing))]
    assert len(_combine(trials, where).recipe.members) == 1


def test_the_best_of_many_that_know_nothing_is_no_gain() -> None:
    """What looks like a gain because it was picked among many is gone on rows that it was not picked on."""
    kept = 0
    for seed in range(6):
        where = Ground(small_rows("binary", 200, seed=seed), small_case("binary", split="random"), (), SEED)
        truth = signal(where.rows)
        draw = np.random.default_rng(seed)
        names = ("boosted", "forest", "network", "lightgbm", "catboost")
        others = [
            trial(where, 1 + place, names[place % 5], says(where, truth + draw.normal(scale=0.7, size=200)))
            for place in range(15)
        ]
        found = _combine([trial(where, 0, "linear", says(where, truth)), *others], where)
        kept += len(found.recipe.members) > 1
    assert kept <= 2


def test_a_combination_is_not_paid_for_what_a_correction_gives_for_free() -> None:
    """An average of a model that is too sure with a constant is less sure; so is one temperature."""
    where = ground("binary", 1_500)
    sure = says(where, 4 * signal(where.rows) - 1.5)
    flat = np.full_like(sure, 0.5)
    trials = [trial(where, 0, "boosted", sure), trial(where, 1, "linear", flat)]
    found = _combine(best_first(trials), where)
    assert [member.settings.candidate for member in found.recipe.members] == ["boosted"]
    assert found.recipe.calibration.method != "none"


def test_a_combination_is_not_paid_for_what_another_correction_gives_for_free() -> None:
    """A sure model whose level is far off is a poor one until it is shifted; an average only covers half of that."""
    where = ground("binary", 1_500)
    guess = signal(where.rows)
    off = says(where, 2 * guess + 2.5)
    noise = np.random.default_rng(4).normal(scale=0.8, size=len(guess))
    trials = [trial(where, 0, "boosted", off), trial(where, 1, "linear", says(where, 2 * (guess + noise) - 1.5))]
    found = _combine(best_first(trials), where)
    assert [member.settings.candidate for member in found.recipe.members] == ["boosted"]
    assert found.recipe.calibration.method in ("sigmoid", "isotonic")
    assert found.steps["weight"].iloc[0] == 1
    assert found.steps["outcome"].tolist() == [
        "kept",
        "refused: no better than the first alone once each is corrected",
    ]
    assert COMBINATION not in set(found.scores["candidate"])


def test_a_member_that_is_too_careful_is_heard_as_surely_as_it_was_right() -> None:
    """Averaged as it speaks, it would drown beside one that is no better."""
    where = ground("binary", 1_500)
    surer, careful = (signal(where.rows) + np.random.default_rng(k).normal(size=1_500) for k in (1, 2))
    trials = [trial(where, 0, "boosted", says(where, surer)), trial(where, 1, "linear", says(where, careful / 8))]
    members = {member.settings.candidate: member for member in _combine(best_first(trials), where).recipe.members}
    assert set(members) == {"boosted", "linear"}
    assert members["boosted"].line == (1.0, ())
    assert 5 < members["linear"].slope < 9
    assert members["linear"].weight == pytest.approx(0.5, abs=0.2)


def test_a_combination_that_takes_too_long_is_refused_with_the_figure() -> None:
    where = ground("binary")
    trials = _complementary(where)
    found = _combine(trials, where, CombineLimits(max_latency_ratio=1.5))
    assert len(found.recipe.members) == 1
    slow = found.steps.iloc[1]
    assert (
        slow["outcome"]
        == f"refused: {slow['latency_ratio']:.2f} times the latency of one histogram boosting, 1.5 allowed"
    )
    assert slow["latency_ratio"] > 1.5
    assert len(_combine(trials, where, CombineLimits(max_latency_ratio=2.0)).recipe.members) == 2


def test_a_single_model_is_not_held_to_the_ratio() -> None:
    where = ground("binary")
    slow = trial(where, 0, "forest", noisy(where, 0), estimator={"n_estimators": 1_000})
    found = _combine([slow], where, CombineLimits(max_latency_ratio=2.0))
    assert found.steps["latency_ratio"].iloc[0] > 2
    assert found.recipe.members[0].settings == slow.settings


def test_a_faster_member_takes_the_place_of_one_that_is_too_slow() -> None:
    where = ground("binary")
    slow = trial(where, 1, "forest", noisy(where, 1, 1.2), estimator={"n_estimators": 1_000})
    trials = [trial(where, 0, "linear", noisy(where, 0, 1.2)), slow, trial(where, 2, "catboost", noisy(where, 2, 1.4))]
    found = _combine(best_first(trials), where, CombineLimits(max_latency_ratio=2.0))
    assert {member.settings.candidate for member in found.recipe.members} == {"linear", "catboost"}
    assert found.steps.loc[found.steps["candidate"] == "forest", "outcome"].str.startswith("refused: ").all()


def test_members_that_break_a_limit_together_are_refused() -> None:
    where = ground("binary")
    measured = {"linear": 6.0, "boosted": 7.0}
    for most, n_members in ((12.0, 1), (14.0, 2)):
        found = _combine(_complementary(where), where, CombineLimits(None, sums=((most, measured),)))
        assert len(found.recipe.members) == n_members
    assert (
        _combine(_complementary(where), where, CombineLimits(None, sums=((12.0, measured),)))
        .steps["outcome"]
        .tolist()[1]
        == "refused: its members together break a limit of the case"
    )


def test_a_candidate_that_breaks_a_limit_is_not_chosen() -> None:
    where = ground("binary")
    found = _combine(_complementary(where), where, CombineLimits(excluded={"boosted": "too large"}))
    assert set(found.scores["candidate"]) == set(found.steps["candidate"]) == {"linear"}


def test_where_every_candidate_breaks_a_limit_the_words_are_told() -> None:
    where = ground("binary")
    limits = CombineLimits(excluded={"boosted": "too large", "linear": "too slow"})
    with pytest.raises(
        DataError, match=r"Every candidate breaks a limit of the case \(boosted: too large; linear: too"
    ):
        _combine(_complementary(where), where, limits)


@pytest.mark.parametrize("kind", KINDS)
def test_scores_keep_their_schema_and_name_the_choice(kind: Kind) -> None:
    where = ground(kind)
    found = _combine(_complementary(where), where)
    CandidateScores.validate(found.scores)
    candidate, correction = choose_scored(found.scores)
    assert candidate == COMBINATION
    assert correction == found.recipe.calibration.method


@pytest.mark.parametrize("kind", KINDS)
def test_the_score_of_a_combination_is_that_of_its_average(kind: Kind) -> None:
    where = ground(kind)
    trials = _complementary(where)
    found = _combine(trials, where)
    weights = {member.settings.candidate: member.weight for member in found.recipe.members}
    y = target_values(where.rows, where.problem)
    _, judged = make_folds(where.rows, where.problem, random_state=SEED)[1]
    mean = sum(weights[one.settings.candidate] * one.unseen[1] for one in trials)
    loss = row_losses(np.asarray(mean), y[judged]).mean()
    plain = found.scores.query("candidate == 'combination' and correction == 'none' and fold == 2")["score"].item()
    assert plain == pytest.approx(np.sqrt(loss) if kind == "regression" else loss)


def test_the_correction_is_learnt_from_all_judged_rows_of_the_choice() -> None:
    where = ground("binary", 1_500)
    only = trial(where, 0, "linear", says(where, 3 * signal(where.rows) - 1))
    recipe = _combine([only], where).recipe
    y = target_values(where.rows, where.problem)
    judged = np.concatenate([positions for _, positions in where.folds()])
    told = np.concatenate(only.unseen), y[judged]
    assert recipe.calibration == fit_calibration(*told, recipe.calibration.method)


def test_the_decision_on_a_value_is_learnt_from_its_errors() -> None:
    where = ground("regression")
    only = trial(where, 0, "linear", noisy(where, 0))
    recipe = _combine([only], where).recipe
    errors = np.concatenate([where.rows["outcome"].to_numpy()[judged] for _, judged in where.folds()])
    predicted = np.concatenate(only.unseen)
    below = (errors <= recipe.scale * predicted + recipe.offset).mean()
    assert below == pytest.approx(0.75, abs=0.01)


def test_columns_that_members_leave_out_are_named_once_in_their_order() -> None:
    where = ground("binary")
    where = Ground(where.rows, where.problem, ("since", "noise", "note"), SEED)
    trials = [
        trial(where, number, name, noisy(where, number, 1.5), n_dropped=number)
        for number, name in enumerate(("linear", "boosted"))
    ]
    assert _combine(best_first(trials), where).recipe.left_out == ("since",)


def test_only_the_best_three_of_a_candidate_may_be_members() -> None:
    where = ground("binary")
    trials = [trial(where, number, "linear", noisy(where, number, 1.5)) for number in range(8)]
    ordered = best_first(trials)
    found = _combine(ordered, where)
    assert set(found.steps["trial"]) <= {one.number for one in ordered[:3]}


def test_the_same_search_gives_the_same_recipe_and_it_can_be_fitted() -> None:
    where = ground("multiclass")
    first, second = (_combine(_complementary(where), where) for _ in range(2))
    assert first.recipe.model_dump_json() == second.recipe.model_dump_json()
    pd.testing.assert_frame_equal(first.steps, second.steps)
    pd.testing.assert_frame_equal(first.scores, second.scores)
    fit = partial(fit_recipe, first.recipe, where.rows, where.problem, random_state=SEED)
    assert len(fit().pipeline.models) == len(first.recipe.members)


def test_too_few_days_keep_the_single_best() -> None:
    where = Ground(small_rows("binary", 36), small_case("binary", target=_soon()), (), SEED)
    found = _combine(_complementary(where), where)
    assert len(found.recipe.members) == 1
    assert "too few days or groups" in found.steps["outcome"].iloc[-1]


def _soon() -> dict[str, object]:
    return {"column": "outcome", "classes": ["no", "yes"], "delay_days": 0}
