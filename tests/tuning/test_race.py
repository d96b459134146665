from math import inf
from typing import Any

import numpy as np
import pytest

from evergreen.models.candidates import Settings
from evergreen.tuning.arena import Arena
from evergreen.tuning.budget import Cost
from evergreen.tuning.paired import Gain
from evergreen.tuning.race import Clock, Outcome, Race, Rivals, error_word, is_behind, is_hopeless
from tests.tuning.searches import arena, failing, linear, watched_as

GOOD, BAD = linear(C=0.5), linear(C=1e-6)


def run(settings: Settings, made: Arena | None = None, rivals: Rivals | None = None, clock: Clock | None = None) -> Any:
    """The outcome, and what was reported on the way."""
    reported: list[tuple[int, float]] = []
    race = Race(made or arena(), rivals or Rivals(), clock or Clock(), lambda *told: reported.append(told))
    return race.run(settings), reported


@pytest.mark.parametrize(
    ("loss", "others", "expected"),
    [
        (9.0, [1, 2, 3, 4], False),
        (9.0, [1, 2, 3, 4, 5], True),
        (1.5, [1, 2, 3, 4, 5], False),
        (2.5, [1, 2, 3, 4, 5], True),
        (1.0, [1, 1, 1, 1, 1], False),
    ],
    ids=["too few to tell", "last", "second of six", "third of six", "as good as all"],
)
def test_a_third_goes_on_from_the_first_rung(loss: float, others: list[float], expected: bool) -> None:
    assert is_behind(loss, others) is expected


@pytest.mark.parametrize(
    ("shortfalls", "expected"),
    [
        ([Gain(0.05, 0.02)], True),
        ([Gain(0.03, 0.02)], False),
        ([Gain(-0.05, 0.02)], False),
        ([Gain(0.05, 0.02), Gain(0.05, 0.02)], True),
        ([Gain(0.30, 0.02), Gain(-0.10, 0.02)], False),
        ([Gain(0.05, float("nan"))], False),
    ],
    ids=["worse", "within two errors", "better", "worse in both", "folds disagree", "too few rows to tell"],
)
def test_hopeless_is_worse_by_more_than_two_errors(shortfalls: list[Gain], expected: bool) -> None:
    assert is_hopeless(shortfalls) is expected


def test_a_good_trial_goes_all_the_way_and_a_hopeless_one_is_stopped() -> None:
    made = arena(n_rows=600)
    best, reported = run(GOOD, made)
    assert (best.state, len(best.fold_losses), best.word) == ("done", 3, "")
    assert [step for step, _ in reported] == [0, 1, 2]
    assert reported[-1][1] == pytest.approx(best.loss)
    rivals = Rivals(best=(7, best.unseen))
    hopeless, _ = run(BAD, made, rivals)
    assert (hopeless.state, len(hopeless.fold_losses)) == ("stopped", 1)
    assert hopeless.word == "Worse than trial 7 by more than two standard errors."
    nearly, _ = run(linear(C=0.4), made, rivals)
    assert nearly.state == "done"


def test_the_first_of_its_candidate_goes_all_the_way_whatever_it_shows() -> None:
    made = arena(n_rows=600)
    best, _ = run(GOOD, made)
    rivals = Rivals([0.0] * 9, (0, best.unseen), spared=inf)
    assert run(BAD, made, rivals)[0].state == "done"
    assert run(BAD, made, Rivals([0.0] * 9))[0].word == "Behind two thirds of the trials at the first look."


def test_the_first_of_its_candidate_may_be_spared_up_to_a_share() -> None:
    made = arena(n_rows=600)
    best, _ = run(GOOD, made)
    bad, _ = run(BAD, made)
    ratio = bad.fold_losses[0] / best.fold_losses[0]
    n_judged = []
    for spared in (ratio * 1.01, ratio * 0.99):
        rivals = Rivals([best.fold_losses[0]] * 9, (0, best.unseen), spared=spared)
        n_judged.append(len(run(BAD, made, rivals)[0].fold_losses))
    assert n_judged[0] > 1
    assert n_judged[1] == 1


def test_predictions_come_oldest_fold_first_and_fit_the_rows() -> None:
    made = arena()
    found, _ = run(GOOD, made)
    assert [len(one) for one in found.unseen] == [len(judged) for _, judged in made.folds]
    losses = [made.row_losses(one, judged).mean() for one, (_, judged) in zip(found.unseen, made.folds, strict=True)]
    assert found.fold_losses == pytest.approx(losses[::-1])
    assert found.settings == GOOD


def test_one_number_of_rounds_is_chosen_for_all_folds(monkeypatch: pytest.MonkeyPatch) -> None:
    # The newest fold alone would take one round, the older ones three; together two are best.
    n_newest = len(arena().rungs[0].learnt)
    curves = {True: [0.1, 0.2, 0.9], False: [0.9, 0.4, 0.3, 0.3]}
    watched_as(monkeypatch, "linear", lambda n_learnt: curves[n_learnt == n_newest])
    found, reported = run(GOOD)
    assert found.settings.rounds == 2
    assert found.fold_losses == (0.2, 0.4, 0.4)
    assert all((one == 0.02).all() for one in found.unseen)
    assert [loss for _, loss in reported] == pytest.approx([0.1, 0.3, 1 / 3])


def test_rounds_that_are_said_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    watched_as(monkeypatch, "linear", lambda _: [0.1, 0.2, 0.3])
    found, _ = run(GOOD.model_copy(update={"rounds": 3}))
    assert (found.settings.rounds, found.fold_losses) == (3, (0.3, 0.3, 0.3))


def test_the_fewest_of_the_best_rounds_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    watched_as(monkeypatch, "linear", lambda _: [0.5, 0.2, 0.2, float("nan")])
    assert run(GOOD)[0].settings.rounds == 2


def test_an_error_of_a_candidate_is_its_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, "linear", np.linalg.LinAlgError("Singular matrix\nand more"))
    found, reported = run(GOOD)
    assert (found.state, found.word, reported) == ("failed", "LinAlgError: Singular matrix", [])
    assert np.isnan(found.loss)


def test_a_reason_is_one_bounded_line() -> None:
    assert error_word(ValueError()) == "ValueError: "
    assert len(error_word(ValueError("x" * 10_000))) < 210


def test_what_a_fit_on_all_rows_takes_is_told_from_the_folds() -> None:
    seconds = iter(range(1000))
    made = arena(read=lambda: Cost(next(seconds), 0))
    found, _ = run(linear(window=0.5), made)
    n_learnt, cost = found.pace
    assert cost.wall_seconds == 6
    assert found.final.wall_seconds == pytest.approx(6 * 0.5 * 240 / n_learnt)


def test_a_fit_that_time_does_not_allow_is_not_begun() -> None:
    asked: list[tuple[int, int]] = []

    def affords(n_rows: int, n_learnt: int, _cost: Cost) -> bool:
        asked.append((n_rows, n_learnt))
        return len(asked) < 2

    found, _ = run(GOOD, clock=Clock(affords=affords))
    assert (found.state, len(found.fold_losses)) == ("stopped", 1)
    assert found.word == "Time ran out before it was judged on all folds."
    n_newest, n_middle, _ = (len(rung.learnt) for rung in arena().rungs)
    assert asked == [(n_newest, 0), (n_middle, n_newest)]


def test_a_fit_that_is_cut_counts_only_where_it_was_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    watched_as(monkeypatch, "linear", lambda _: [0.2, 0.1], is_cut=True)
    assert run(GOOD)[0].word == "Time ran out in the middle of a fit."
    made = arena()
    made.rungs = made.rungs[:1]
    assert run(GOOD, made)[0].state == "done"


def test_a_trial_that_was_judged_on_nothing_has_no_loss() -> None:
    assert np.isnan(Outcome("failed", GOOD).loss)
