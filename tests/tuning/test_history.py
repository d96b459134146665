import math

import pytest

from evergreen.tuning.budget import Cost
from evergreen.tuning.history import best_first, costs_of, handed_on, history_of, spent_in
from evergreen.tuning.record import Record

TRIALS = [
    Record(0, "failed", "forest", word="No."),
    Record(1, "done", "linear", "{}", (0.5, 0.7), cost=Cost(2, 1), worker="a:1"),
    Record(2, "stopped", "linear", "{}", (0.1,), cost=Cost(1, 1), worker="a:1"),
    Record(3, "done", "boosted", "{}", (0.3, 0.5), cost=Cost(5, 6), worker="b:1"),
    Record(4, "running", "boosted"),
]


def test_every_trial_that_has_ended_has_its_line() -> None:
    found = history_of(TRIALS)
    assert found["trial"].tolist() == [0, 1, 2, 3]
    assert found["fold"].tolist() == [0, 2, 1, 2]
    assert found["loss"].tolist() == pytest.approx([math.nan, 0.6, 0.1, 0.4], nan_ok=True)
    assert found["best_loss"].tolist() == pytest.approx([math.nan, 0.6, 0.6, 0.4], nan_ok=True)
    assert found["word"].tolist() == ["No.", "", "", ""]
    assert costs_of(TRIALS)["wall_seconds"].tolist() == [0, 2, 1, 5]


def test_a_search_without_a_trial_has_an_empty_history_of_the_same_types() -> None:
    assert history_of([]).dtypes.equals(history_of(TRIALS).dtypes)
    assert len(costs_of([])) == 0


def test_only_trials_that_went_all_the_way_are_ranked() -> None:
    assert [one.number for one in best_first(TRIALS)] == [3, 1]
    assert best_first([]) == []


def test_processes_that_worked_at_once_took_their_time_together() -> None:
    assert spent_in(TRIALS) == Cost(4, 4)
    assert spent_in(TRIALS[:3]) == Cost(3, 2)
    assert spent_in([]) == Cost()


def test_the_best_and_the_best_of_each_candidate_are_handed_on() -> None:
    records = [Record(n, "done", "linear", fold_losses=(float(n % 50),)) for n in range(60)]
    others = [Record(60, "done", "boosted", fold_losses=(99.0,)), Record(61, "stopped", "forest", fold_losses=(0.0,))]
    found = handed_on([*records, *others])
    assert len(found) == 31
    assert [one.number for one in found[:4]] == [0, 50, 1, 51]
    assert found[-1].candidate == "boosted"
