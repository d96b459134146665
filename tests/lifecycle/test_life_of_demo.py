"""The demonstration's time, window by window: its shock is an incident when it happens, its quiet year has none."""

import re
from pathlib import Path

import pandas as pd
import pytest

from evergreen.models.decide import predict_rows
from evergreen.models.fit_recipe import fit_recipe
from evergreen.models.recipe import Recipe
from evergreen.releases import LoadedRelease, ReleaseStore
from evergreen.watching import (
    AlarmBudget,
    LiveWindow,
    ReferenceWindows,
    Watch,
    fold_incidents,
    follow_life,
    make_reference_windows,
    watch_release,
)
from evergreen.watching.periods import name_windows
from evergreen.watching.scored import record_rows
from tests.lifecycle.world import World
from tests.reporting.test_life_page import before_runs


@pytest.fixture(scope="module")
def live(demo_line: World) -> LoadedRelease:
    found = ReleaseStore(str(demo_line.data / "06_models" / "demo")).champion()
    assert isinstance(found, LoadedRelease)
    return found


def test_the_shock_is_an_incident_in_the_window_it_happens(demo_line: World, tmp_path: Path) -> None:
    world = World.copy(demo_line, tmp_path)
    assert world.json("08_reporting", "incidents.json") == []
    for as_of in ("2009-01-31", "2009-02-28"):
        world.run("scoring", "monitoring", params={"as_of": as_of})
        incidents = {one["cause"]: one for one in world.json("08_reporting", "incidents.json")}
        assert incidents["channel"]["opened"] == incidents["channel"]["since"] == "2009-01"
    # Indicators are published in the month after.
    assert {"euribor_3m_pct", "consumer_confidence"} <= set(incidents)
    assert incidents["euribor_3m_pct"]["opened"] == "2009-02"
    assert incidents.keys().isdisjoint({"age_years", "sex", "job", "marital", "education", "balance_eur", "volume"})
    monitoring = world.table("08_reporting", "monitoring.parquet")
    found = set(monitoring.loc[monitoring["severity"] != "ok", "subject"])
    assert {"channel", "euribor_3m_pct", "consumer_confidence"} <= found
    assert found.isdisjoint({"age_years", "sex", "job", "marital", "education", "balance_eur"})
    figures = world.table("08_reporting", "window_figures.parquet").set_index("window")
    assert list(figures.index) == ["2008-11", "2008-12", "2009-01", "2009-02"]
    assert figures.loc["2009-01", "n_outcomes"] > 300
    assert [one["state"] for one in world.json("08_reporting", "notices.json")["log"].values()].count("open") >= 3
    told = before_runs(world.path("08_reporting", "life.html").read_text())
    assert re.search(r"</span> \d open incidents", told)
    assert "2008-11 to 2009-02, by month" in re.sub("<[^>]+>", "", told)
    before = {name: content for name, content in world.files().items() if not name.endswith("life.html")}
    world.run("monitoring", params={"as_of": "2009-02-28"})
    assert before_runs(world.path("08_reporting", "life.html").read_text()) == told
    assert {name: content for name, content in world.files().items() if not name.endswith("life.html")} == before


def test_the_quiet_year_has_no_incident(demo_line: World, live: LoadedRelease) -> None:
    rows = demo_line.table("03_primary", "repaired.parquet").sort_values("contacted_at", ignore_index=True)
    times, problem = rows["contacted_at"], live.problem
    recipe = Recipe.model_validate(live.documents["recipe"])
    model = fit_recipe(recipe, rows[times < "2007-08-15"], problem, random_state=1)
    judged = rows[(times >= "2007-09-15") & (times < "2008-01-01")].reset_index(drop=True)
    told = make_reference_windows(judged, predict_rows(model, judged, problem), problem)
    year = rows[times >= "2008-01-01"].reset_index(drop=True)
    watched = _life(told, year, predict_rows(model, year, problem), live)
    incidents = fold_incidents(follow_life(*watched), n_quiet=3)
    assert [(one.cause, one.opened, one.first.finding) for one in incidents] == []


def _life(
    told: ReferenceWindows, rows: pd.DataFrame, predictions: pd.DataFrame, live: LoadedRelease
) -> tuple[Watch, ReferenceWindows, dict[str, tuple[float, float]], list[LiveWindow]]:
    places = name_windows(rows["contacted_at"], "month")
    windows = [
        LiveWindow(
            width="month",
            is_whole=True,
            record=record_rows(told.bins, rows.iloc[at], predictions.iloc[at], live.problem, window=str(name)),
        )
        for name, at in sorted(places.groupby(places).indices.items())
    ]
    assert len(windows) == 12
    watch = watch_release(told, AlarmBudget(), width="month", quarantined_share=0.004)
    return watch, told, {}, windows
