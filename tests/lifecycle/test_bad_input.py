"""Each fault stops the run before anything is written, and says thing, finding and way out."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from kedro.io import DatasetError
from kedro.runner import ParallelRunner
from kedro.validation.exceptions import ParameterValidationError

from evergreen.errors import CaseError, DataError
from evergreen.tables import settle
from evergreen.tables.engines import count
from tests.lifecycle.world import DEMO_FILES, World

Spoil = Callable[[World], None]


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A small demonstration that a test may spoil: nine months of contacts."""
    raw = tmp_path / "raw"
    shutil.copytree(DEMO_FILES, raw)
    for file in sorted((raw / "contacts").glob("*.parquet"))[9:]:
        file.unlink()
    return World.make(tmp_path, raw_dir=raw)


def assert_refused(world: World, error: type[Exception], match: str, **params: Any) -> None:
    kept = {"06_models/demo/champion.json": b"{}", "08_reporting/demo/verdict.json": b"{}"}
    for name, content in kept.items():
        (world.data / name).parent.mkdir(parents=True, exist_ok=True)
        (world.data / name).write_bytes(content)
    with pytest.raises(error, match=match):
        world.run(params={"as_of": "2007-09-30", **params})
    assert world.files() == kept


def change_contacts(change: Callable[[pd.DataFrame], pd.DataFrame]) -> Spoil:
    def spoil(world: World) -> None:
        for file in (world.raw_dir / "contacts").glob("*.parquet"):
            change(pd.read_parquet(file)).to_parquet(file, index=False)

    return spoil


def remove(name: str) -> Spoil:
    def spoil(world: World) -> None:
        path = world.raw_dir / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    return spoil


def empty_indicators(world: World) -> None:
    (world.raw_dir / "indicators.json").write_text(json.dumps({"series": "x", "records": []}))


FAULTS: dict[str, tuple[Spoil, str]] = {
    "missing file": (
        remove("indicators.json"),
        r"Dataset 'indicators' is read by this run, but there is nothing at .*raw_dir=PATH",
    ),
    "missing folder": (remove("contacts"), r"Dataset 'contacts' is read by this run, but there is nothing at"),
    "missing column": (
        change_contacts(lambda frame: frame.drop(columns="channel")),
        r"Source 'contacts' lacks 'channel' \(it has .*\)\. Mend the source, or the column's raw_name",
    ),
    "missing target": (
        change_contacts(lambda frame: frame.assign(subscribed=None)),
        r"Target 'subscribed' has no value in any of the \d+ usable rows\. Choose a later as_of",
    ),
    "one class": (
        change_contacts(lambda frame: frame.assign(subscribed="no")),
        r"Target 'subscribed' is always 'no'\. There is nothing to learn",
    ),
    "wrong type": (
        change_contacts(lambda frame: frame.assign(contacted_at="some day")),
        r"as_of 2007-09-30 meets no readable event time\. Choose a later as_of or check 'contacted_at'",
    ),
    "all rows quarantined": (
        change_contacts(lambda frame: frame.assign(contact_id=-1)),
        r"rows of 'contacts' are all unusable \(contact_id is below 1: \d+ rows.*\)\. Mend the data contract",
    ),
    "empty table": (
        change_contacts(lambda frame: frame.head(0)),
        r"Source 'contacts' has no rows\. Check the file or the query behind it",
    ),
    "empty records": (empty_indicators, r"Source 'indicators' has no rows"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_the_data_is_refused(fault: str, world: World) -> None:
    spoil, match = FAULTS[fault]
    spoil(world)
    assert_refused(world, DataError, match)


def test_an_as_of_before_the_first_row_is_refused(world: World) -> None:
    match = r"as_of 1999-12-31 is before the first decision \(2007-01-01 .*\)\. Choose a later as_of"
    assert_refused(world, DataError, match, as_of="1999-12-31")


CASE_FAULTS: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "unknown key": (
        lambda case: case.update(colums={}),
        r"Unknown key 'colums' in Problem\. Did you mean 'columns'\?",
    ),
    "unknown metric": (
        lambda case: case["criteria"].append({"metric": "roc_uac", "at_least": 0.5}),
        r"criterion names 'roc_uac', which does not exist\. Did you mean 'roc_auc'\?",
    ),
    "wrong side": (
        lambda case: case["criteria"].append({"metric": "log_loss", "at_least": 0.5}),
        r"criterion on log_loss must give at_most and nothing else",
    ),
    "target known at the decision": (
        lambda case: case["columns"]["subscribed"].update(known_at="decision"),
        r"target 'subscribed' is known_at: decision\. A target is known_at: outcome",
    ),
}


@pytest.mark.parametrize("fault", CASE_FAULTS)
def test_a_fault_in_the_case_is_refused(fault: str, world: World) -> None:
    change, match = CASE_FAULTS[fault]
    case = world.parameter("problem")
    change(case)
    world.set_parameter("problem", case)
    assert_refused(world, ParameterValidationError, match)


def test_an_unknown_parameter_of_a_stage_is_refused(world: World) -> None:
    assert_refused(world, ParameterValidationError, r"Unknown key 'n_resample'", evaluation={"n_resample": 10})


def test_a_damaged_release_is_refused_and_its_former_predictions_stay(demo_line: World, tmp_path: Path) -> None:
    world = World.copy(demo_line, tmp_path)
    model = world.path("06_models", f"releases/{world.champion_id}/model.skops")
    model.write_bytes(model.read_bytes()[:-100])
    before = world.files()
    with pytest.raises(
        DatasetError, match=r"was changed after it was made: 'model\.skops' .*\. Restore it from a copy"
    ):
        world.run("scoring", params={"as_of": "2009-01-31"})
    assert world.files() == before


def test_a_stage_without_its_inputs_names_the_stage_that_makes_them(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"Dataset 'bias_plan_check' .*kedro run --pipelines data_processing"):
        World.make(tmp_path).run("evaluation")


def test_on_hold_the_former_champion_stays(demo_line: World, tmp_path: Path) -> None:
    world = World.copy(demo_line, tmp_path)
    case = world.parameter("problem")
    case["criteria"].append({"metric": "roc_auc", "at_least": 0.99})
    world.set_parameter("problem", case)
    champion, history = world.champion_id, world.path("06_models", "history.jsonl").read_bytes()
    world.run("evaluation")
    world.run("deployment")
    assert world.verdict["verdict"] == "hold"
    assert world.verdict["release_id"] is None
    assert "roc_auc at least 0.99: failed" in world.verdict["reasons"][0]
    assert world.champion_id == champion
    assert world.path("06_models", "history.jsonl").read_bytes() == history


def test_a_row_lost_on_the_way_is_noticed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = settle.drop_duplicates

    def forgetful(rows: Any, problem: Any, **told: Any) -> Any:
        found = honest(rows, problem, **told)
        return replace(found, rows=found.rows.head(count(found.rows) - 1))

    monkeypatch.setattr(settle, "drop_duplicates", forgetful)
    with pytest.raises(DataError, match=r"Stage 'repaired' took \d+ rows but accounts for \d+"):
        world.run("data_processing", params={"as_of": "2007-09-30"})


def test_an_unknown_parameter_or_global_is_refused(world: World) -> None:
    assert_refused(world, CaseError, r"The parameter 'as_off' is read by nothing\. Did you mean 'as_of'\?", as_off=1)
    settings = world.folder / "conf" / "test" / "globals.yml"
    settings.write_text(settings.read_text() + "writable_rooot: x\n")
    assert_refused(world, CaseError, r"key of globals\.yml 'writable_rooot' .* Did you mean 'writable_root'\?")


def test_a_case_under_the_name_of_another_is_refused(world: World) -> None:
    case = world.parameter("problem")
    world.set_parameter("problem", {**case, "name": "shop"})
    assert_refused(world, CaseError, r"is of case 'shop', but globals\.yml names the case 'demo'\. Write case: shop")


def test_the_demonstration_is_not_fabricated_over_a_real_case(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "own.csv").write_text("kept")
    world = World.make(tmp_path, case="bank_marketing", raw_dir=tmp_path / "raw")
    with pytest.raises(CaseError, match=r"Pipeline 'demo' would overwrite the raw files of case 'bank_marketing'"):
        world.run("demo")
    assert [path.name for path in (tmp_path / "raw").iterdir()] == ["own.csv"]


def test_a_case_that_was_not_moved_to_the_engine_is_refused(world: World) -> None:
    entries = yaml.safe_load((world.folder / "conf" / "polars" / "catalog.yml").read_text())
    entries.pop("contacts")
    (world.folder / "conf" / "polars" / "catalog.yml").write_text(yaml.safe_dump(entries))
    with pytest.raises(CaseError, match=r"Source 'contacts' is read by pandas .* while Polars keeps the tables"):
        world.run("data_processing", env="test,polars")
    assert world.files() == {}


def test_a_runner_that_cannot_share_memory_is_refused(world: World) -> None:
    with pytest.raises(CaseError, match=r"The ParallelRunner cannot hand over .*ThreadRunner"):
        world.run("evaluation", runner=ParallelRunner())


def test_a_model_is_not_judged_on_a_holdout_of_another_date(demo_line: World, tmp_path: Path) -> None:
    world = World.copy(demo_line, tmp_path)
    champion = world.champion_id
    world.run("data_processing", params={"as_of": "2008-05-31"})
    with pytest.raises(DataError, match="The challenger has learnt from other rows than the holdout was kept from"):
        world.run("evaluation", params={"as_of": "2008-05-31"})
    with pytest.raises(DataError, match="was made as of 2008-05-31, but this run is as of 2008-12-31"):
        world.run("evaluation")
    assert world.champion_id == champion


def test_a_champion_does_not_score_rows_it_has_learnt_from(demo_line: World, tmp_path: Path) -> None:
    world = World.copy(demo_line, tmp_path)
    before = world.files()
    with pytest.raises(DataError, match=r"has learnt from or been judged on rows up to 2008-1\d-\d\d, and new rows"):
        world.run("scoring", params={"as_of": "2008-05-15"})
    assert world.files() == before


def test_a_step_that_reads_from_memory_is_told_where_to_begin(demo_line: World, tmp_path: Path) -> None:
    world = World.copy(demo_line, tmp_path)
    with pytest.raises(
        DataError, match=r"lives in memory only: begin earlier, with --from-nodes evaluation\.meet_champion"
    ):
        world.run("evaluation", from_nodes=["evaluation.judge_criteria"])
