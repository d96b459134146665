"""Retraining of the demonstration through Kedro: nothing due, one at a time, and a challenger that is judged."""

import os
from pathlib import Path
from socket import gethostname

import pytest

from evergreen.errors import BusyError
from evergreen.hooks.run_lock import Holder, RunLock
from tests.lifecycle.world import World

pytestmark = pytest.mark.slow


def changed(before: dict[str, bytes], after: dict[str, bytes]) -> set[str]:
    return {Path(name).name for name in after if after[name] != before.get(name)}


def test_the_demonstration_is_retrained_when_the_calendar_says_so_and_not_twice(
    tmp_path: Path, demo_line: World
) -> None:
    world = World.copy(demo_line, tmp_path)
    before, live = world.files(), world.champion_id
    lock = RunLock(world.data / ".demo.lock")
    lock.take(Holder("demo", "retraining", "test", os.getpid(), gethostname(), "2009-01-01T00:00:00.000+00:00"))
    with pytest.raises(BusyError):
        world.run("retraining")
    lock.free()
    assert world.files() == before

    world.run("retraining")
    decision = world.json("08_reporting", "retraining_decision.json")
    assert (decision["is_due"], decision["champion_id"]) == (False, live)
    assert changed(before, world.files()) == {"retraining_decision.json", "retraining.json"}

    later = {"as_of": "2009-03-31"}
    world.run("retraining", params=later)
    told, log = world.json("08_reporting", "retraining.json"), "holdout_log.csv"
    assert told["attempt"]["causes"] == ["schedule"]
    assert (told["done"], world.champion_id) == ("kept", live)
    assert told["attempt"]["promotion"]["n_rows"] > 200
    after = world.files()
    assert changed(before, after) == {"retraining_decision.json", "retraining.json", log}

    world.run("retraining", params=later)
    assert world.json("08_reporting", "retraining.json")["done"] == "nothing"
    assert changed(after, world.files()) == {"retraining_decision.json", "retraining.json"}
