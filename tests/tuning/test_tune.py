import errno
import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evergreen.datasets import study_journal
from evergreen.datasets.search_dataset import FolderKeeper
from evergreen.errors import CaseError, DataError
from evergreen.models.candidates import CANDIDATES, Settings
from evergreen.models.recipe import Member, Recipe
from evergreen.tuning.budget import Budget, Cost
from evergreen.tuning.race import Race
from evergreen.tuning.tune import Task, tune
from evergreen.tuning.tuned import Tuning
from tests.models.small import SEED, small_case, small_rows
from tests.tuning.searches import FakeClock, failing, linear, search_in, slow, task, tuned_in

COLUMNS = ["trial", "candidate", "state", "fold", "loss", "best_loss", "settings", "word"]


def settings_in(history: pd.DataFrame) -> list[Settings]:
    return [Settings.model_validate_json(one) for one in history["settings"]]


def in_seconds(folder: Path, seconds: float, clock: FakeClock, *candidates: Any, unit: str = "seconds") -> Tuning:
    return tune(task("binary", *candidates), search_in(folder, clock), Budget(unit, seconds))


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """The settings that are tried in this process."""
    tried: list[Settings] = []
    run = Race.run

    def noted(race: Race, settings: Settings) -> Any:
        tried.append(settings)
        return run(race, settings)

    monkeypatch.setattr(Race, "run", noted)
    return tried


def test_a_search_gives_the_best_first_and_a_line_for_each_trial(tmp_path: Path) -> None:
    found = tuned_in(tmp_path, 9, "linear", "boosted")
    history = found.history
    assert history.columns.tolist() == COLUMNS
    assert history["trial"].tolist() == found.costs["trial"].tolist() == list(range(9))
    assert found.costs.columns.tolist() == ["trial", "wall_seconds", "cpu_seconds"]
    assert set(history["candidate"]) == {"linear", "boosted"}
    done = history[history["state"] == "done"].sort_values("loss")
    assert [one.number for one in found.tuned] == done["trial"].tolist()
    assert [one.losses.mean() for one in found.tuned] == pytest.approx(done["loss"].tolist())
    assert history["best_loss"].iloc[-1] == done["loss"].iloc[0]
    assert history["best_loss"].is_monotonic_decreasing


def test_tuning_finds_better_than_the_starts(tmp_path: Path) -> None:
    history = tuned_in(tmp_path, 18).history
    assert history["best_loss"].iloc[-1] < history["loss"].iloc[0] - 0.02


@pytest.mark.parametrize("kind", ["multiclass", "regression"])
def test_every_kind_is_tuned(kind: str, tmp_path: Path) -> None:
    found = tune(task(kind, "linear"), search_in(tmp_path), Budget("trials", 3))
    assert found.history["state"].tolist()[0] == "done"
    assert found.tuned[0].unseen[0].shape[1:] == ((3,) if kind == "multiclass" else ())


def test_with_a_budget_in_trials_two_searches_are_alike_to_the_byte(tmp_path: Path) -> None:
    once, again = (tuned_in(tmp_path / place, 8, "linear", "boosted") for place in ("a", "b"))
    assert once.history.to_csv() == again.history.to_csv()
    for left, right in zip(once.tuned, again.tuned, strict=True):
        assert left.settings == right.settings
        assert [one.tobytes() for one in left.unseen] == [one.tobytes() for one in right.unseen]


def test_another_seed_tries_other_settings(tmp_path: Path) -> None:
    once = tuned_in(tmp_path, 6).history
    other = tune(replace(task(), random_state=SEED + 1), search_in(tmp_path), Budget("trials", 6)).history
    assert once["settings"].tolist() != other["settings"].tolist()


def test_a_search_that_has_ended_does_nothing_new(tmp_path: Path, runs: list[Settings]) -> None:
    once = tuned_in(tmp_path, 4)
    n_tried = len(runs)
    again = tuned_in(tmp_path, 4)
    assert len(runs) == n_tried == 4
    pd.testing.assert_frame_equal(once.history, again.history)
    assert [one.unseen[0].tobytes() for one in once.tuned] == [one.unseen[0].tobytes() for one in again.tuned]


def test_more_budget_goes_on_where_the_search_was(tmp_path: Path, runs: list[Settings]) -> None:
    once = tuned_in(tmp_path / "a", 5)
    longer = tuned_in(tmp_path / "a", 9)
    assert len(runs) == 9
    pd.testing.assert_frame_equal(longer.history.head(5), once.history)
    assert longer.history.to_csv() == tuned_in(tmp_path / "b", 9).history.to_csv()


def test_a_case_that_has_changed_is_searched_anew(tmp_path: Path, runs: list[Settings]) -> None:
    tuned_in(tmp_path, 2)
    spoilt = task().rows.assign(noise=0.0)
    tune(replace(task(), rows=spoilt), search_in(tmp_path), Budget("trials", 2))
    tune(replace(task(), movement=None), search_in(tmp_path), Budget("trials", 2))
    assert len(runs) == 6
    assert len(list(tmp_path.iterdir())) == 3


def test_the_champion_is_where_a_search_begins(tmp_path: Path) -> None:
    settings = linear(C=0.33, n_dropped=1, window=0.5)
    champion = Recipe(members=(Member(settings=settings, weight=1.0),), left_out=("since",))
    found = tune(replace(task(), champion=champion), search_in(tmp_path), Budget("trials", 2))
    assert settings_in(found.history)[0] == settings


def test_windows_are_tried_and_what_misleads_is_left_out_where_the_case_splits_by_time(tmp_path: Path) -> None:
    tried = settings_in(tuned_in(tmp_path, 12).history)
    assert len({one.window for one in tried}) > 1
    assert len({one.half_life for one in tried}) > 1
    assert {one.n_dropped for one in tried} == {1}
    random = Task(small_rows("binary", 240), small_case("binary", split="random"), ("linear",), SEED)
    tried = settings_in(tune(random, search_in(tmp_path), Budget("trials", 8)).history)
    assert {(one.window, one.half_life, one.n_dropped) for one in tried} == {(1.0, None, 0)}


@pytest.mark.filterwarnings("ignore:The least populated class in y has only 2 members:UserWarning")
@pytest.mark.parametrize("candidate", ["linear", "boosted"])
def test_a_class_of_two_rows_does_not_stop_a_search(candidate: Any, tmp_path: Path) -> None:
    rows = small_rows("multiclass", 240)
    rows["outcome"] = rows["outcome"].replace("bad", "fair")
    rows.loc[[10, 200], "outcome"] = "bad"
    problem = small_case("multiclass", split="random")
    found = tune(Task(rows, problem, (candidate,), SEED), search_in(tmp_path), Budget("trials", 4))
    assert found.history["state"].tolist()[0] == "done"
    assert found.tuned[0].unseen[0].shape[1] == 3


# Failures of trials.


def test_a_trial_that_fails_is_written_down_and_the_search_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, "boosted", RuntimeError("The solver gave up."))
    found = tuned_in(tmp_path, 6, "linear", "boosted")
    failed = found.history[found.history["candidate"] == "boosted"]
    assert set(failed["state"]) == {"failed"}
    assert set(failed["word"]) == {"RuntimeError: The solver gave up."}
    assert {one.settings.candidate for one in found.tuned} == {"linear"}


def test_where_all_trials_fail_the_reasons_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, "linear", RuntimeError("No."))
    expected = r"The search 'small-\w{16}' found no model in 3 trials \(linear: RuntimeError: No\.\)\. Mend what"
    with pytest.raises(DataError, match=expected):
        tuned_in(tmp_path, 3)


def test_a_candidate_whose_package_is_absent_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CANDIDATES, "linear", replace(CANDIDATES["linear"], package="no_such_package"))
    expected = r"The candidate 'linear' needs the package no_such_package, which is not installed\. Run pip install"
    with pytest.raises(CaseError, match=expected):
        tuned_in(tmp_path, 1)


def test_a_candidate_whose_package_lacks_a_library_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "half_there.py").write_text("raise OSError('libgomp.so.1: cannot open shared object file')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(CANDIDATES, "linear", replace(CANDIDATES["linear"], package="half_there"))
    expected = r"package half_there, which cannot be loaded \(libgomp\.so\.1: .*\)\. Install what it lacks"
    with pytest.raises(CaseError, match=expected):
        tuned_in(tmp_path, 1)


# Budgets in seconds.


def test_a_budget_of_seconds_is_kept_with_the_last_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: FakeClock
) -> None:
    slow(monkeypatch, clock, 0.02, "linear")
    found = in_seconds(tmp_path, 60, clock)
    last_fit = 0.02 * 240
    assert 0.8 * 60 < clock.now.wall_seconds + last_fit <= 60
    assert found.costs["wall_seconds"].sum() == pytest.approx(clock.now.wall_seconds)
    assert len(found.history) > 10


@pytest.mark.parametrize("unit", ["seconds", "cpu_seconds"])
def test_either_clock_may_count(unit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: FakeClock) -> None:
    monkeypatch.setattr(clock, "pass_by", lambda s, pass_by=clock.pass_by: pass_by(s, 3 * s))
    slow(monkeypatch, clock, 0.005, "linear")
    in_seconds(tmp_path, 60, clock, unit=unit)
    spent = clock.now.wall_seconds if unit == "seconds" else clock.now.cpu_seconds
    assert 45 < spent <= 60


def test_what_was_spent_before_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: FakeClock) -> None:
    slow(monkeypatch, clock, 0.01, "linear")
    tune(task(), search_in(tmp_path, clock), Budget("seconds", 60), before=Cost(30, 30))
    assert 20 < clock.now.wall_seconds <= 30


def test_a_candidate_that_time_does_not_allow_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: FakeClock
) -> None:
    slow(monkeypatch, clock, 0.005, "linear")
    slow(monkeypatch, clock, 0.5, "boosted")
    found = in_seconds(tmp_path, 100, clock, "linear", "boosted")
    boosted = found.history[found.history["candidate"] == "boosted"]
    assert set(boosted["word"]) <= {
        "Time ran out before it was judged on all folds.",
        "It would take longer than what is left of the budget.",
    }
    # The first fit of a candidate that was never seen may overrun; it is the only one.
    assert (boosted["fold"] <= 1).all()
    assert {one.settings.candidate for one in found.tuned} == {"linear"}


def test_a_budget_too_small_for_one_trial_still_gives_the_cheapest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: FakeClock
) -> None:
    slow(monkeypatch, clock, 1.0, "linear")
    found = in_seconds(tmp_path, 1, clock, "boosted", "linear")
    assert found.history["candidate"].tolist() == ["linear"]
    assert found.history["word"].tolist() == ["The budget ran out before it ended; it went on, for there was no other."]
    assert len(found.tuned) == 1


def test_a_budget_that_is_gone_before_the_first_trial_gives_the_cheapest_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: FakeClock
) -> None:
    search = search_in(tmp_path, clock)
    found = tune(task(), search, Budget("seconds", 10), before=Cost(99, 99))
    assert found.history["word"].tolist() == ["The budget had run out before it began."]
    failing(monkeypatch, "linear", RuntimeError("No."))
    found = tune(task("binary", "linear", "boosted"), search, Budget("seconds", 10), before=Cost(99, 99))
    assert found.history["state"].tolist() == ["failed", "done"]


def test_a_search_in_seconds_that_has_ended_does_nothing_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: FakeClock
) -> None:
    slow(monkeypatch, clock, 0.05, "linear")
    once = in_seconds(tmp_path, 80, clock)
    ended_at = clock.now
    again = in_seconds(tmp_path, 80, clock)
    assert clock.now == ended_at
    pd.testing.assert_frame_equal(once.history, again.history)
    longer = in_seconds(tmp_path, 160, clock)
    assert 120 < clock.now.wall_seconds <= 160
    assert len(longer.history) > len(once.history)


def test_whoever_watches_is_told_at_most_once_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: FakeClock
) -> None:
    slow(monkeypatch, clock, 0.001, "linear")
    lines: list[str] = []
    search = search_in(tmp_path, clock)
    search.listen(lines.append)
    n_trials = len(tune(task(), search, Budget("seconds", 5)).history)
    assert 2 < len(lines) <= 6 <= n_trials
    assert lines[0].startswith("1 trials done, best loss 0.5")
    assert " (linear), 5 s left" in lines[0]
    goal = n_trials + 1
    in_trials = search_in(tmp_path, clock)
    in_trials.listen(lines.append)
    tune(task(), in_trials, Budget("trials", goal))
    assert lines[-1].startswith(f"{goal} of {goal} trials done, best loss")


# Faults of what keeps the study.


@pytest.mark.parametrize("fault", ["lost", "damaged", "of other rows", "no numbers"])
def test_predictions_that_are_lost_are_made_again(fault: str, tmp_path: Path) -> None:
    once = tuned_in(tmp_path, 3)
    for file in tmp_path.glob("*/*.npz"):
        if fault == "lost":
            file.unlink()
        elif fault == "damaged":
            file.write_bytes(file.read_bytes()[:-40])
        elif fault == "of other rows":
            np.savez(file, np.zeros(3))
        else:
            np.savez(file, *[np.full_like(one, np.nan) for one in once.tuned[0].unseen])
    again = tuned_in(tmp_path, 3)
    for left, right in zip(once.tuned, again.tuned, strict=True):
        assert [one.tobytes() for one in left.unseen] == [one.tobytes() for one in right.unseen]
    pd.testing.assert_frame_equal(once.history, again.history)
    assert FolderKeeper(tmp_path).recall(next(tmp_path.iterdir()).name, once.tuned[0].number) is not None


def full(*_: Any, **__: Any) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("n_before", [0, 1, 12, 17, 18, 19, 20, 21, 33, 50])
def test_a_full_disk_loses_nothing(n_before: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    append, n_appended = study_journal.StudyJournal.append_logs, []

    def appended(journal: Any, logs: Any) -> None:
        n_appended.append(1)
        if len(n_appended) > n_before:
            full()
        append(journal, logs)

    whole = tuned_in(tmp_path / "whole", 6)
    monkeypatch.setattr(study_journal.StudyJournal, "append_logs", appended)
    found = tuned_in(tmp_path / "full", 6)
    told = [word for word in found.history["word"] if "No space left" in word]
    assert len(told) == 1
    assert told[0].endswith("From here on the study is kept in memory only (No space left on device).")
    ended = found.history[found.history["word"] != "Its process ended before it did."]
    n_lost = len(found.history) - len(ended)
    assert n_lost <= 1
    assert len(ended) == 6
    if n_lost == 0:
        pd.testing.assert_frame_equal(ended.drop(columns="word"), whole.history.drop(columns="word"))


def test_a_disk_too_full_for_a_study_file_still_gives_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(study_journal.StudyJournal, "__init__", full)
    monkeypatch.setattr(FolderKeeper, "keep", full)
    found = tuned_in(tmp_path, 3)
    assert found.history["word"].iloc[0] == (
        "Its predictions could not be kept (No space left on device). "
        "From here on the study is kept in memory only (No space left on device)."
    )
    assert found.history["state"].iloc[0] == "done"
    assert [one.number for one in found.tuned]


def test_predictions_that_could_not_be_kept_are_still_handed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FolderKeeper, "keep", full)
    found = tuned_in(tmp_path, 2)
    assert len(found.tuned) >= 1
    assert found.history["word"].iloc[0] == "Its predictions could not be kept (No space left on device)."


# The death of a process.

WORK = """
import sys
from pathlib import Path
from tests.tuning.searches import tuned_in
tuned_in(Path(sys.argv[1]), int(sys.argv[2]))
"""


def begun(*arguments: str) -> subprocess.Popen[bytes]:
    root = Path(__file__).parents[2]
    told = {**os.environ, "PYTHONPATH": f"{root / 'src'}{os.pathsep}{root}", "OMP_WAIT_POLICY": "PASSIVE"}
    return subprocess.Popen([sys.executable, "-c", WORK, *arguments], cwd=root, env=told)


@pytest.mark.slow
def test_what_a_killed_process_had_done_is_kept_and_not_done_again(tmp_path: Path, runs: list[Settings]) -> None:
    n_trials = 200
    process = begun(str(tmp_path), str(n_trials))
    try:
        deadline = time.monotonic() + 120
        while len(list(tmp_path.glob("*/*.npz"))) < 3:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
    finally:
        process.kill()
        process.wait()
    (journal,) = tmp_path.glob("*/study.log")
    n_ended = sum('"op_code":6' in line and '"state":0' not in line for line in journal.read_text().splitlines())
    assert 3 <= n_ended < n_trials
    goal = n_ended + 6
    found = tuned_in(tmp_path, goal)
    is_dead = found.history["word"] == "Its process ended before it did."
    assert is_dead.sum() <= 1
    assert len(found.history) - is_dead.sum() == goal
    assert len(runs) == pytest.approx(6, abs=1)
    whole = tuned_in(tmp_path / "whole", n_ended)
    pd.testing.assert_frame_equal(found.history.head(n_ended), whole.history)


def test_a_trial_that_died_is_done_again_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Race.run

    def dying(race: Race, settings: Settings) -> Any:
        if len(settings_died) < 2 and settings.estimator["C"] != 0.1:
            settings_died.append(settings)
            raise KeyboardInterrupt
        return run(race, settings)

    settings_died: list[Settings] = []
    monkeypatch.setattr(Race, "run", dying)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            tuned_in(tmp_path, 5)
    found = tuned_in(tmp_path, 5)
    assert settings_died[0] == settings_died[1]
    dead = found.history[found.history["word"] == "Its process ended before it did."]
    assert len(dead) == 2
    assert json.loads(dead["settings"].iloc[0]) == {}
    assert len(found.history) == 7
