"""Whole runs of retraining are killed with their group, and two run at once: one champion, whole, promoted once."""

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from evergreen.releases import ReleaseStore
from tests.lifecycle.run_nursery import Run, RunNursery, run_nursery
from tests.lifecycle.world import ROOT
from tests.pipelines.retraining.line import LATER, Place, case, release, rows

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")]
# One step is drawn from each stretch, and the run is killed once it has ended; 0 is before the first. Step 7 is the
# last but the one that concludes.
STRETCHES = ((0, 1), (2, 3), (4, 5), (6, 7))
N_STEPS, SEED = 8, 11


@dataclass(frozen=True)
class Project:
    """A project whose champion is poor, and whose challenger will be surely better."""

    root: Path
    nursery: RunNursery
    old_id: str

    @property
    def store(self) -> ReleaseStore:
        return ReleaseStore(str(self.root / "data" / "06_models" / "small"))

    def retrain(self) -> Run:
        return self.nursery.start("run", "--pipelines", "retraining", "--env", "small")

    def told(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.root / "data/08_reporting/small/retraining.json").read_text())
        return found

    def live(self) -> str:
        """The name of the champion; its release and all others are read and checked whole, and so is the history."""
        names, live = self.store.release_ids(), self.store.champion_id()
        assert all(self.store.load(name).model is not None for name in names)
        assert live in names
        # An entry is written before the champion changes.
        assert live in [one.release_id for one in self.store.history()][-2:]
        return live

    def promotions(self) -> list[str]:
        """Which release was made live, one after the other."""
        assert {one.kind for one in self.store.history()} == {"promote"}
        return [one.release_id for one in self.store.history()]


@pytest.fixture(scope="module")
def nurse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, RunNursery]]:
    root = tmp_path_factory.mktemp("project")
    for name in ("src", "conf/base"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", ".telemetry", "conf/logging.yml"):
        shutil.copy(ROOT / name, root / name)
    rows().to_parquet(root / "rows.parquet")
    told = {
        "globals": {"case": "small"},
        "catalog_rows": {"rows": {"type": "pandas.ParquetDataset", "filepath": "rows.parquet"}},
        "parameters_problem": {"problem": case().model_dump(mode="json", exclude_unset=True)},
        "parameters": {"as_of": LATER},
    }
    (root / "conf" / "small").mkdir()
    for name, content in told.items():
        (root / "conf" / "small" / f"{name}.yml").write_text(yaml.safe_dump(content))
    with run_nursery(root, tmp_path_factory.mktemp("printed")) as made:
        yield root, made


@pytest.fixture
def project(nurse: tuple[Path, RunNursery], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The project before any run."""
    root, made = nurse
    monkeypatch.setattr("evergreen.releases.changes.try_in_fresh_process", lambda _: None)
    old_id = Place(tmp_path).promote(release(is_good=False))
    shutil.rmtree(root / "data", ignore_errors=True)
    shutil.copytree(tmp_path / "models", root / "data" / "06_models" / "small")
    return Project(root, made, old_id)


def has_ended(run: Run, step: int) -> bool:
    """Whether a step of a run has ended; all have begun with step 0."""
    return (f"[{step}/{N_STEPS}]" if step else "Run ") in run.text()


def test_a_run_that_is_killed_at_any_step_leaves_one_champion_and_the_next_one_promotes_once(project: Project) -> None:
    draw = np.random.default_rng(SEED)
    for step in [int(draw.choice(stretch)) for stretch in STRETCHES]:
        run = project.retrain()
        run.wait_until(lambda run=run, step=step: has_ended(run, step))
        run.kill()
        assert project.live() == project.old_id
        assert project.promotions() == [project.old_id]
    # The fifth is killed while the new release, stored already, is tried.
    run = project.retrain()
    run.wait_until(lambda: len(project.store.release_ids()) > 1)
    run.kill()
    assert project.live() == project.old_id

    last = project.retrain()
    assert last.wait() == 0, last.text()
    new_id = project.live()
    assert new_id != project.old_id
    assert project.promotions() == [project.old_id, new_id]
    assert (project.told()["done"], project.told()["release_id"]) == ("promoted", new_id)
    assert list((project.root / "data").rglob(".staged-*")) == []
    assert not (project.root / "data" / ".small.lock").exists()


def test_of_two_runs_at_once_one_is_refused_and_one_promotes(project: Project) -> None:
    first = project.retrain()
    first.wait_until(lambda: has_ended(first, 0))
    second = project.retrain()
    assert second.wait() != 0
    assert f"Case 'small' is being run by process {first.process_id} on host" in second.text()
    assert not has_ended(second, 1)
    assert first.wait() == 0, first.text()
    assert project.promotions() == [project.old_id, project.live()]
    third = project.retrain()
    assert third.wait() == 0, third.text()
    assert project.told()["done"] == "nothing"
    assert project.promotions() == [project.old_id, project.live()]
