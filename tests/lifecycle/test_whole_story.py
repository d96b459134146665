"""The story of a champion, told by real runs: a quiet year, the shock, retraining, and the money that comes back.

The world is the demonstration's with a year more before its shock. What its truth allows is asked of truth.json alone.
"""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from tests.lifecycle.run_nursery import RunNursery, run_nursery
from tests.lifecycle.world import ROOT

pytestmark = pytest.mark.slow
QUIET = ("2008-02-29", "2008-04-30", "2008-06-30", "2008-08-31", "2008-10-31", "2008-12-31")
MOVED = {"channel", "euribor_3m_pct", "consumer_confidence"}
# What follows from them: the model's own scores and decisions, and what came of these.
FOLLOWS = {"prediction: score", "prediction: decision", "outcomes"}
# One candidate as it starts: the story is about time, not about the best model.
QUICKER: dict[str, dict[str, Any]] = {
    "modelling": {"candidates": ["linear"], "budget_trials": 1},
    "evaluation": {"n_resamples": 400, "explain": {"max_rows": 200, "n_repeats": 1, "n_effects": 2}},
    "monitoring": {"n_resamples": 200},
}
# A call costs 20 EUR, and a deposit brings 100.
PRICE, GAIN = 20, 100


@dataclass(frozen=True)
class Story:
    """A project whose runs are told one after the other."""

    root: Path
    nursery: RunNursery

    def run(self, pipelines: str | None, **params: Any) -> str:
        told = ",".join(f"{name}={value}" for name, value in params.items())
        names = [] if pipelines is None else ["--pipelines", pipelines]
        done = self.nursery.start("run", *names, "--params", told)
        assert done.wait() == 0, done.text()
        return done.text()

    def watch(self, as_of: str) -> list[dict[str, Any]]:
        self.run("scoring,monitoring", as_of=as_of)
        found: list[dict[str, Any]] = self.json("incidents")
        return found

    def json(self, name: str) -> Any:
        return json.loads((self.root / "data" / "08_reporting" / "demo" / f"{name}.json").read_text())

    def history(self) -> list[dict[str, Any]]:
        lines = (self.root / "data" / "06_models" / "demo" / "history.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]

    def paid(self, *, since: str, until: str) -> tuple[float, int]:
        """What a decision of the champion paid in these months, and how many outcomes tell."""
        figures = pd.read_parquet(self.root / "data" / "08_reporting" / "demo" / "window_figures.parquet")
        # A month of which a few outcomes are known tells of its first days.
        asked = figures[(figures["window"] >= since) & (figures["window"] <= until) & (figures["n_outcomes"] > 300)]
        return float(np.average(asked["payoff"], weights=asked["n_outcomes"])), int(asked["n_outcomes"].sum())

    def allowed(self, *, since: str, until: str) -> float:
        """What a decision pays on average where every client's chance of a recorded yes is known."""
        raw = self.root / "data" / "01_raw" / "demo"
        truth = json.loads((raw / "truth.json").read_text())
        contacts = pd.concat(map(pd.read_parquet, sorted((raw / "contacts").glob("*.parquet"))))
        months = contacts["contacted_at"].dt.strftime("%Y-%m")
        asked = contacts[(months >= since) & (months <= until)].drop_duplicates("contact_id")
        with closing(sqlite3.connect(raw / "clients.db")) as database:
            clients = pd.read_sql("select client_id, sex from clients", database).set_index("client_id")["sex"]
        said = asked["contact_id"].map(dict(zip(*truth["probabilities"].values(), strict=True)))
        is_mistreated = asked["client_id"].map(clients) == truth["mistreated"]["group"]
        recorded = said * np.where(is_mistreated, 1 - truth["mistreated"]["asked_share"], 1)
        return float((GAIN * recorded - PRICE).clip(lower=0).mean())


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    root = tmp_path_factory.mktemp("story")
    for name in ("src", "conf/base"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", ".telemetry", "conf/logging.yml"):
        shutil.copy(ROOT / name, root / name)
    (root / "conf" / "local").mkdir()
    (root / "data" / "01_raw" / "demo").mkdir(parents=True)
    for stage, changes in QUICKER.items():
        known = yaml.safe_load((root / "conf" / "base" / f"parameters_{stage}.yml").read_text())
        known[stage] |= changes
        (root / "conf" / "local" / f"parameters_{stage}.yml").write_text(yaml.safe_dump(known))
    with run_nursery(root, tmp_path_factory.mktemp("printed")) as made:
        yield Story(root, made)


def test_a_champion_lives_quietly_meets_the_shock_and_is_followed_by_one_that_earns_again(story: Story) -> None:
    story.run("demo", **{"demo.first_month": "2006-01-01", "demo.n_months": 54})
    assert "release" in story.run(None, as_of="2007-12-31")
    (first,) = story.history()

    for as_of in QUIET:
        assert story.watch(as_of) == [], as_of
    story.run("retraining", **{"as_of": "2008-12-31", "retraining.every_days": 1000})
    assert (story.json("retraining")["done"], story.json("retraining_decision")["causes"]) == ("nothing", [])
    before, n_before = story.paid(since="2008-01", until="2008-12")
    assert n_before > 4000

    found = {one["cause"]: one for one in story.watch("2009-01-31")}
    assert found.keys() == {"channel"}
    assert (found["channel"]["opened"], found["channel"]["since"]) == ("2009-01", "2009-01")
    # Indicators are published in the month after; outcomes come after thirty days.
    found = {one["cause"]: one for one in story.watch("2009-03-31")}
    assert MOVED | {"outcomes"} <= found.keys() <= MOVED | FOLLOWS
    assert {found[name]["opened"] for name in ("euribor_3m_pct", "consumer_confidence")} == {"2009-02"}
    assert found["outcomes"]["since"] == "2009-01"

    story.watch("2009-12-31")
    between, n_between = story.paid(since="2009-01", until="2009-12")
    printed = story.run("retraining", **{"as_of": "2009-12-31", "retraining.every_days": 1000})
    decision, done = story.json("retraining_decision"), story.json("retraining")
    assert (decision["is_due"], decision["causes"]) == (True, ["bias"])
    assert decision["reasons"][0].startswith("Predictions are biased: ")
    assert decision["figures"]["changed_since"] == "2009-01-01"
    assert f"a new model is live, {done['release_id']}" in printed
    assert [one["release_id"] for one in story.history()] == [first["release_id"], done["release_id"]]
    assert story.history()[-1]["why"].startswith("Retraining: payoff_per_decision better than the champion's. Gain ")

    story.watch("2010-02-28")
    own = [one for one in story.watch("2010-04-30") if one["release_id"] == done["release_id"]]
    assert own == []
    after, n_after = story.paid(since="2010-01", until="2010-04")
    assert n_after > 1000
    told = f"before {before:.2f} ({n_before}), between {between:.2f} ({n_between}), after {after:.2f} ({n_after})"
    best = {
        name: story.allowed(since=since, until=until)
        for name, since, until in (("before", "2008-01", "2008-12"), ("after", "2010-01", "2010-03"))
    }
    told += f", allowed {best['before']:.2f} and {best['after']:.2f}"
    assert between < 0, told
    assert after > between + 1.5, told
    # Half of what is to be earned at all, and no more than that and chance: a decision's payoff varies by some 20 EUR.
    assert before > best["before"] / 2, told
    assert best["after"] / 2 < after < best["after"] + 3 * 20 / np.sqrt(n_after), told
