"""Retraining of a small case whose world has turned, by the nodes and datasets themselves."""

import json
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evergreen.datasets.champion_dataset import ChampionDataset
from evergreen.datasets.earlier_document import EarlierDocument
from evergreen.datasets.earlier_table import EarlierTable
from evergreen.datasets.look_log_dataset import LookLogDataset
from evergreen.datasets.succession_dataset import SuccessionDataset
from evergreen.datasets.whole_file import replace_file
from evergreen.models.decide import Model
from evergreen.models.fit_recipe import fit_recipe
from evergreen.models.recipe import Recipe
from evergreen.pipelines.retraining.decide import NotDue, decide_retraining
from evergreen.pipelines.retraining.judge import Judged, judge_again, open_for_challenger
from evergreen.pipelines.retraining.params import RetrainingParams
from evergreen.pipelines.retraining.prepare import prepare_fresh_rows
from evergreen.pipelines.retraining.refit import refit_winner
from evergreen.pipelines.retraining.review import review_champion
from evergreen.pipelines.retraining.settle import settle_retraining
from evergreen.pipelines.retraining.train import train_again
from evergreen.preparing.params import DataProcessingParams
from evergreen.problem import AsOf, Problem
from evergreen.releases import Promotion, Release, ReleaseStore, Rollback, assemble_release
from evergreen.tables.outliers import NO_LIMITS
from tests.models.small import small_case, small_rows
from tests.pipelines.evaluation.line import PARAMS as EVALUATION
from tests.watching.drilling import drills, monitoring

RECIPE = {"members": [{"settings": {"candidate": "linear"}, "weight": 1.0}]}
PREPARING = DataProcessingParams(confidence=0.95, random_state=1)
# The champion is made with rows up to here: 240 rows, one a quarter of a day.
MADE_ON, LEARNT_UNTIL, JUDGED_UNTIL = "2020-05-31", "2020-03-01T00:00:00", "2020-04-30"
LATER = "2020-10-27"


def params(**changes: Any) -> RetrainingParams:
    return RetrainingParams.model_validate({"every_days": 30, "random_state": 1} | changes)


@cache
def case() -> Problem:
    return small_case("binary")


@cache
def rows() -> pd.DataFrame:
    """300 days of raw rows."""
    return small_rows("binary", 1200)


@cache
def fitted(*, is_good: bool, n_rows: int = 240) -> Model:
    """A model by the recipe; a bad one has learnt from rows whose strength tells nothing."""
    known = rows().head(n_rows)
    if not is_good:
        known = known.assign(strength=np.random.default_rng(2).permutation(known["strength"].to_numpy()))
    return fit_recipe(Recipe.model_validate(RECIPE), known, case(), random_state=1)


def release(*, is_good: bool, n_rows: int = 240, problem: Problem | None = None, **card: str) -> Release:
    """A release of that model, which tells when it was made and by which recipe."""
    model = fitted(is_good=is_good, n_rows=n_rows)
    split = {
        "as_of": MADE_ON,
        "training_id": model.training_id,
        "holdout_id": "another",
        "learnt_until": LEARNT_UNTIL,
        "judged_until": JUDGED_UNTIL,
    }
    documents = {
        "split_card": split | card,
        "recipe": RECIPE,
        "outlier_limits": NO_LIMITS.model_dump(mode="json"),
        "money": {"model": {"value": 1.0, "low": 0.5, "high": 1.5}},
    }
    return assemble_release(problem or case(), model, documents)


@dataclass(frozen=True)
class Place:
    """A folder with the releases and documents of the case."""

    folder: Path

    @property
    def store(self) -> ReleaseStore:
        return ReleaseStore(str(self.folder / "models"))

    def promote(self, one: Release, as_of: str = MADE_ON) -> str:
        ChampionDataset(path=str(self.folder / "models")).save(Promotion(one, as_of, "It pays."))
        return one.release_id

    def watch(self, release_id: str, *findings: tuple[str, str, str], **realised: Any) -> None:
        """Write what monitoring would: (check, severity, finding), beside 300 scored rows."""
        pd.DataFrame({"release_id": [release_id]}).to_parquet(self.folder / "predictions.parquet")
        told = [("volume", "ok", 300.0, ""), *((check, severity, 1.0, said) for check, severity, said in findings)]
        table = pd.DataFrame(told, columns=["check", "severity", "value", "finding"]).assign(subject="outcomes")
        table.to_parquet(self.folder / "monitoring.parquet")
        (self.folder / "realised.json").write_text(json.dumps({"n_outcomes": 0} | realised))

    @property
    def told(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "retraining.json").read_text())
        return found

    def decide(self, as_of: str = LATER, *, problem: Problem | None = None, **changes: Any) -> dict[str, Any]:
        """Run the first node."""
        place = self.folder
        return decide_retraining(
            problem or case(),
            params(**changes),
            AsOf(date.fromisoformat(as_of)),
            SuccessionDataset(path=str(place / "models")).load(),
            EarlierTable(filepath=str(place / "predictions.parquet")).load(),
            EarlierTable(filepath=str(place / "monitoring.parquet")).load(),
            EarlierDocument(filepath=str(place / "realised.json")).load(),
            EarlierTable(filepath=str(place / "costs.parquet")).load(),
            EarlierDocument(filepath=str(place / "retraining.json")).load(),
            EarlierDocument(filepath=str(place / "incidents.json")).load(),
        )

    def work_out(self, as_of: str = LATER, *, source: pd.DataFrame | None = None, **changes: Any) -> "Outcome":
        """Run all nodes."""
        problem, wanted, day = case(), params(**changes), AsOf(date.fromisoformat(as_of))
        succession = SuccessionDataset(path=str(self.folder / "models")).load()
        earlier = EarlierDocument(filepath=str(self.folder / "retraining.json")).load()
        decision = self.decide(as_of, **changes)
        fresh = prepare_fresh_rows(problem, day, PREPARING, decision, rows() if source is None else source)
        review = review_champion(problem, wanted, day, decision, succession, earlier, fresh)
        again = train_again(problem, wanted, decision, succession, review, fresh, lambda: 0.0)
        looks, look = open_for_challenger(problem, EVALUATION, day, fresh, again, self._log.load())
        judged = judge_again(
            problem, wanted, EVALUATION, day, succession, fresh, again, looks, look, drills(), monitoring()
        )
        winner = refit_winner(problem, wanted, fresh, again, judged)
        moved, told = settle_retraining(problem, day, decision, succession, earlier, review, again, judged, winner)
        return Outcome(looks, moved, told, judged)

    def save(self, outcome: "Outcome") -> None:
        """Save what the nodes made, as the catalog would."""
        self._log.save(outcome.looks)
        ChampionDataset(path=str(self.folder / "models")).save(outcome.moved)
        replace_file(str(self.folder / "retraining.json"), json.dumps(outcome.told).encode())

    def run(self, as_of: str = LATER, *, source: pd.DataFrame | None = None, **changes: Any) -> dict[str, Any]:
        """Run all nodes and save what they make."""
        outcome = self.work_out(as_of, source=source, **changes)
        self.save(outcome)
        return outcome.told

    @property
    def _log(self) -> LookLogDataset:
        return LookLogDataset(filepath=str(self.folder / "looks.csv"))


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a run of retraining makes."""

    looks: pd.DataFrame
    moved: Promotion | Rollback
    told: dict[str, Any]
    judged: Judged | NotDue
