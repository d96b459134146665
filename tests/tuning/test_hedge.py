"""What is chosen where validation cannot choose."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import expit, logit
from sklearn.metrics import log_loss

from evergreen.models.corrections import COMBINATION, choose_scored
from evergreen.models.target import target_values
from evergreen.problem import Kind
from evergreen.tuning.bench import CombineLimits
from evergreen.tuning.combine import Combined, combine_tuned
from evergreen.tuning.greedy import Library
from evergreen.tuning.ground import Ground
from evergreen.tuning.hedge import Judges, choose_alike, has_no_skill, skill_within
from evergreen.tuning.tuned import Tuned
from tests.models.small import KINDS
from tests.tuning.finished import best_first, ground, noisy, says, signal, trial

FREE = CombineLimits(max_latency_ratio=None)
_N_SEEDS = 40


def _unseen(where: Ground, said: np.ndarray) -> list[np.ndarray]:
    return [said[judged] for _, judged in where.folds()]


def _judges(where: Ground) -> Judges:
    y = target_values(where.rows, where.problem)
    return Judges([y[judged] for _, judged in where.folds()], None)


def _nothing(where: Ground, seed: int, scale: float = 1.0) -> np.ndarray:
    """What a model says that knows nothing of the rows."""
    return says(where, np.random.default_rng(seed).normal(scale=scale, size=len(where.rows)))


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_that_tells_rows_apart_has_skill(kind: Kind) -> None:
    where = ground(kind, split="time")
    assert not has_no_skill(_unseen(where, noisy(where, 1)), _judges(where))


@pytest.mark.parametrize("kind", KINDS)
def test_models_that_know_nothing_seldom_seem_to_have_skill(kind: Kind) -> None:
    where = ground(kind, split="time")
    judges = _judges(where)
    found = [has_no_skill(_unseen(where, _nothing(where, seed)), judges) for seed in range(_N_SEEDS)]
    assert np.mean(found) >= 0.9


def test_skill_that_differs_from_period_to_period_is_skill_all_the_same() -> None:
    where = ground("binary", split="time")
    truth, guess = signal(where.rows), np.random.default_rng(8).normal(size=len(where.rows))
    place = np.arange(len(guess)) / len(guess)
    blurred = says(where, np.where(place > 0.75, truth, 0.3 * truth + guess))
    assert not has_no_skill(_unseen(where, blurred), _judges(where))


def test_a_level_that_moved_is_neither_credit_nor_blame() -> None:
    where = ground("binary", 900, split="time")
    judges, said = _judges(where), noisy(where, 3)
    shifted = _unseen(where, said)
    for place, told in enumerate(shifted):
        moved = expit(logit(told[:, 1]) + 1.5 * place)
        shifted[place] = np.stack([1 - moved, moved], axis=1)
    plain = skill_within(_unseen(where, said), judges)
    assert skill_within(shifted, judges).mean == pytest.approx(plain.mean, abs=1e-4)


def test_a_model_that_is_too_sure_is_not_taken_for_one_that_knows_nothing() -> None:
    where = ground("binary", 900, split="time")
    sure = says(where, 6 * signal(where.rows) - 1.5)
    truths = _judges(where).truths
    assert log_loss(truths[-1], _unseen(where, sure)[-1]) > log_loss(truths[-1], _unseen(where, noisy(where, 0))[-1])
    assert not has_no_skill(_unseen(where, sure), _judges(where))


def test_the_level_is_the_one_with_the_least_loss() -> None:
    """Against a search along a line."""
    where = ground("binary", 900, split="time")
    judges, unseen = _judges(where), _unseen(where, noisy(where, 5))
    same = Judges([judges.truths[0], judges.truths[0]], None)
    found = skill_within([unseen[0], unseen[0]], same)

    truth, raw = same.truths[0], logit(unseen[0][:, 1])
    rate = truth.mean()

    def best_loss(slope: float) -> float:
        return float(minimize_scalar(lambda shift: log_loss(truth, expit(slope * raw + shift))).fun)

    slope = minimize_scalar(best_loss, bounds=(0.02, 10), method="bounded").x
    constant = log_loss(truth, np.full(len(truth), rate))
    assert found.mean == pytest.approx(constant - best_loss(slope), abs=1e-5)


def test_too_few_days_to_tell_are_no_reason_to_hedge() -> None:
    where = ground("binary", split="time")
    judges = _judges(where)
    same_day = Judges(judges.truths, [np.zeros(len(truth)) for truth in judges.truths])
    assert not has_no_skill(_unseen(where, _nothing(where, 0)), same_day)


def test_those_that_are_worse_beyond_their_error_do_not_stand_beside_the_best() -> None:
    where = ground("regression", split="time")
    judges = _judges(where)
    best = noisy(where, 1, 0.3)
    alike = best + np.random.default_rng(2).normal(scale=0.01, size=len(best))
    models = [best, alike, noisy(where, 3, 3.0)]
    library = Library(tuple(tuple(_unseen(where, said)) for said in models), tuple(judges.truths))
    assert choose_alike(library, judges, lambda _: True) == [0, 1]
    assert choose_alike(library, judges, lambda members: len(members) < 2) == [0]


def test_one_that_is_worse_does_not_count_the_same_because_few_days_leave_its_error_unknown() -> None:
    where = ground("binary")
    judges = _judges(where)
    few_days = Judges(judges.truths, [np.arange(len(truth)) % 8 for truth in judges.truths])
    best = says(where, signal(where.rows))
    library = Library(
        tuple(tuple(_unseen(where, said)) for said in (best, noisy(where, 3, 3.0), best)), tuple(judges.truths)
    )
    assert choose_alike(library, few_days, lambda _: True) == [0, 2]


def _hopeless(where: Ground) -> list[Tuned]:
    """Two trials a candidate, none of which knows anything; the later ones fit the folds by luck."""
    names, guess = ("linear", "boosted"), np.random.default_rng(0).normal(scale=0.05, size=len(where.rows))
    lucky = guess + np.random.default_rng(1).normal(scale=0.01, size=len(guess))
    told = [says(where, guess), says(where, guess), says(where, lucky), says(where, lucky)]
    return best_first([trial(where, number, names[number % 2], said) for number, said in enumerate(told)])


def _combine(where: Ground, limits: CombineLimits = FREE) -> Combined:
    return combine_tuned(_hopeless(where), where, limits)


@pytest.mark.parametrize("kind", KINDS)
def test_where_nothing_is_shown_the_starts_count_the_same_and_as_they_are(kind: Kind) -> None:
    where = ground(kind, split="time")
    found = _combine(where)
    assert sorted(found.steps["trial"]) == [0, 1]
    assert [member.weight for member in found.recipe.members] == [0.5, 0.5]
    assert found.steps["outcome"].str.startswith("kept: no model tells rows of one period apart").all()
    assert choose_scored(found.scores) == (COMBINATION, "none")
    assert found.recipe.calibration.method == "none"


def test_what_is_shown_at_random_is_not_about_another_time() -> None:
    found = _combine(ground("binary", split="random"))
    assert not found.steps["outcome"].str.startswith("kept: no model").any()


def test_members_that_count_the_same_keep_the_limits() -> None:
    where = ground("binary", split="time")
    assert len(_combine(where, CombineLimits(max_latency_ratio=1.2)).recipe.members) == 1
    found = _combine(where, CombineLimits(max_latency_ratio=None, excluded={"boosted": "too large"}))
    assert [member.settings.candidate for member in found.recipe.members] == ["linear"]
