"""Runs of the demonstration that break: what an earlier run left stays, byte for byte, stage by stage."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from kedro.io import DatasetError

from evergreen.datasets import skops_dataset
from evergreen.errors import EvergreenError
from evergreen.judging import measure
from evergreen.releases import ReleaseStore
from tests.lifecycle.world import DEMO_FILES, World

pytestmark = pytest.mark.slow

Spoil = Callable[[Path], None]


@pytest.fixture
def world(demo_line: World, tmp_path: Path) -> World:
    """The demonstration after one run, with raw files that a test may spoil."""
    raw = tmp_path / "raw"
    shutil.copytree(DEMO_FILES, raw)
    copied = World.copy(demo_line, tmp_path / "world")
    return World(copied.folder, copied.case, raw)


def change_contacts(change: Callable[[pd.DataFrame], pd.DataFrame]) -> Spoil:
    def spoil(raw: Path) -> None:
        for file in (raw / "contacts").glob("*.parquet"):
            change(pd.read_parquet(file)).to_parquet(file, index=False)

    return spoil


def cut_a_month_short(raw: Path) -> None:
    file = sorted((raw / "contacts").glob("*.parquet"))[3]
    file.write_bytes(file.read_bytes()[:-200])


def take_the_clients_away(raw: Path) -> None:
    (raw / "clients.db").write_bytes(b"no database at all " * 100)


def break_the_indicators(raw: Path) -> None:
    (raw / "indicators.json").write_text('{"records": [{"month": ')


FAULTS: dict[str, Spoil] = {
    "a file that ends too early": cut_a_month_short,
    "a file that is no database": take_the_clients_away,
    "a file that is no JSON": break_the_indicators,
    "a column that is gone": change_contacts(lambda frame: frame.drop(columns="channel")),
    "rows that are all unusable": change_contacts(lambda frame: frame.assign(contact_id=-1)),
    "a target that is always the same": change_contacts(lambda frame: frame.assign(subscribed="no")),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_raw_file_that_breaks_changes_no_output(world: World, fault: str) -> None:
    before = world.files()
    FAULTS[fault](world.raw_dir)
    # A later date would change every output of the stage.
    with pytest.raises((EvergreenError, DatasetError)):
        world.run("data_processing", params={"as_of": "2008-11-30"})
    assert world.files() == before
    assert not list(world.data.rglob(".staged-*"))


def changed(before: dict[str, bytes], after: dict[str, bytes]) -> set[str]:
    assert set(before) <= set(after)
    return {name.replace("/demo/", "/") for name in after if after[name] != before.get(name)}


def test_a_model_that_cannot_be_written_leaves_the_stage_before_it_new_and_its_own_old(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Any) -> bytes:
        raise OSError("No space left on device")

    monkeypatch.setattr(skops_dataset, "model_to_bytes", fail)
    before = world.files()
    with pytest.raises(Exception, match="No space left on device"):
        world.run("data_processing", "modelling", params={"as_of": "2008-11-30"})
    differing = changed(before, world.files())
    assert {"05_model_input/training.parquet", "05_model_input/split_card.json"} <= differing
    # The search keeps its trials whatever becomes of the run.
    assert not [name for name in differing if name.startswith("06_models") and "/search/" not in name]


def test_a_release_that_cannot_be_promoted_leaves_its_verdict_and_the_former_predictions(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(ReleaseStore, "promote", fail)
    before, champion = world.files(), world.champion_id
    with pytest.raises(Exception, match="No space left on device"):
        world.run(params={"as_of": "2008-11-30"})
    differing = changed(before, world.files())
    assert {"05_model_input/training.parquet", "06_models/challenger.skops", "08_reporting/verdict.json"} <= differing
    kept = {"07_model_output/predictions.parquet", "05_model_input/new_rows.parquet", "08_reporting/monitoring.parquet"}
    assert not kept & differing
    assert world.champion_id == champion
    assert world.verdict["as_of"] == "2008-11-30"


def test_a_holdout_that_was_opened_stays_opened_though_the_run_fails(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("no scores")

    monkeypatch.setattr(measure, "predict_rows", fail)
    log = world.data / "08_reporting" / world.case / "holdout_log.csv"
    opened, before = log.read_bytes(), world.files()
    log.unlink()
    for _ in range(2):
        with pytest.raises(Exception, match="no scores"):
            world.run("evaluation")
        # The same challenger on the same rows is the same look.
        assert log.read_bytes() == opened
        assert world.files() == before
