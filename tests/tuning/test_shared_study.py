"""Several processes at work on one study in a real PostgreSQL database."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import optuna
import pandas as pd
import pytest
from optuna.exceptions import ExperimentalWarning
from optuna.trial import TrialState

from evergreen.datasets.search_dataset import SearchDataset
from evergreen.tuning.budget import Budget, Cost
from evergreen.tuning.search import Search
from evergreen.tuning.tune import tune
from evergreen.tuning.tuned import Tuning
from tests.postgres import Postgres
from tests.tuning.searches import task

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

N_TRIALS = 24
# Waits until all are ready, so that none has done everything before another has begun.
WORKER = """
import os, signal, sys, time
from pathlib import Path
from evergreen.tuning.race import Race
from tests.tuning.test_shared_study import tuned_by
folder, con, n_trials, dies_at = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
run, begun = Race.run, []
def counted(race, settings):
    begun.append(settings)
    if len(begun) == dies_at:
        os.kill(os.getpid(), signal.SIGKILL)
    return run(race, settings)
Race.run = counted
(folder / f"ready-{os.getpid()}").touch()
while not (folder / "go").exists():
    time.sleep(0.01)
tuned_by(folder, con, n_trials)
"""


def search_by(folder: Path, con: str) -> Search:
    dataset = SearchDataset(path=str(folder / "search"), credentials={"con": con}, heartbeat_seconds=1)
    search = dataset.load()

    def opened(name: str) -> Any:
        storage = open_storage(name)
        OPENED.append(storage)
        return storage

    open_storage = search.open_storage
    return replace(search, open_storage=opened)


OPENED: list[Any] = []


def tuned_by(folder: Path, con: str, n_trials: int) -> Tuning:
    return tune(task(), search_by(folder, con), Budget("trials", n_trials))


@pytest.fixture(autouse=True)
def _no_connection_is_left() -> Iterator[None]:
    yield
    while OPENED:
        storage = OPENED.pop()
        storage.remove_session()
        storage.engine.dispose()


@pytest.fixture
def con(postgres: Postgres) -> str:
    postgres.run("drop database if exists studies")
    postgres.run("create database studies")
    return postgres.con(database="studies")


def begun(folder: Path, con: str, n_trials: int, dies_at: int = 0) -> subprocess.Popen[bytes]:
    root = Path(__file__).parents[2]
    told = {**os.environ, "PYTHONPATH": f"{root / 'src'}{os.pathsep}{root}", "OMP_WAIT_POLICY": "PASSIVE"}
    arguments = [str(folder), con, str(n_trials), str(dies_at)]
    return subprocess.Popen([sys.executable, "-c", WORKER, *arguments], cwd=root, env=told)


def let_go(folder: Path, processes: list[subprocess.Popen[bytes]]) -> list[int]:
    """Let workers begin together; give how they ended."""
    deadline = time.monotonic() + 120
    while len(list(folder.glob("ready-*"))) < len(processes):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    (folder / "go").touch()
    return [process.wait(120) for process in processes]


def trials_in(folder: Path, con: str) -> list[optuna.trial.FrozenTrial]:
    storage = search_by(folder, con).open_storage("any")
    (study,) = storage.get_all_studies()
    return storage.get_all_trials(study._study_id)


@pytest.mark.filterwarnings("error", f"ignore::{ExperimentalWarning.__module__}.{ExperimentalWarning.__name__}")
def test_two_processes_share_the_trials(tmp_path: Path, con: str) -> None:
    processes = [begun(tmp_path, con, N_TRIALS) for _ in range(2)]
    assert let_go(tmp_path, processes) == [0, 0]
    trials = trials_in(tmp_path, con)
    assert all(one.state.is_finished() for one in trials)
    told = [one.user_attrs["outcome"] for one in trials]
    done = [one for one in told if "surplus" not in one]
    assert len(done) == N_TRIALS
    n_by_worker = pd.Series([one["worker"] for one in done]).value_counts()
    assert len(n_by_worker) == 2
    assert n_by_worker.min() >= N_TRIALS // 5
    assert not pd.Series([one["settings"] for one in done]).duplicated().any()
    # Whoever comes last sees all, and does nothing anew.
    found = tuned_by(tmp_path, con, N_TRIALS)
    assert len(found.history) == N_TRIALS
    assert len(trials_in(tmp_path, con)) == len(trials)
    assert len(found.tuned) == sum(found.history["state"] == "done")


def test_the_trial_of_a_process_that_died_is_done_by_another(tmp_path: Path, con: str) -> None:
    ended = let_go(tmp_path, [begun(tmp_path, con, 6, dies_at=3)])
    assert ended == [-signal.SIGKILL]
    (dead,) = [one for one in trials_in(tmp_path, con) if one.state is TrialState.RUNNING]
    time.sleep(5)
    found = tuned_by(tmp_path, con, 6)
    is_dead = found.history["word"] == "Its process ended before it did."
    assert found.history["trial"][is_dead].tolist() == [dead.number]
    assert len(found.history) - is_dead.sum() == 6
    after = found.history["settings"][found.history["trial"] == dead.number + 1].iloc[0]
    assert f'"C":{dead.params["linear.C"]}' in after


def test_a_database_that_goes_away_loses_nothing(tmp_path: Path, con: str, postgres: Postgres) -> None:
    search, told = search_by(tmp_path, con), []

    def cut(line: str) -> None:
        told.append(line)
        if len(told) == 2:
            postgres.run("drop database studies with (force)")

    search = replace(search, read=_stepping())
    search.listen(cut)
    found = tune(task(), search, Budget("trials", 6))
    assert len(told) >= 2
    words = [word for word in found.history["word"] if "kept in memory only" in word]
    assert len(words) == 1
    is_dead = found.history["word"] == "Its process ended before it did."
    assert len(found.history) - is_dead.sum() == 6


def _stepping() -> Any:
    seconds = iter(range(10**6))
    return lambda: Cost(float(next(seconds)), 0.0)
