"""A world that has turned: what a challenger learns from, and what it is judged on."""

import json
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evergreen.models.recipe import Recipe
from evergreen.pipelines.retraining.facts import changed_since
from evergreen.pipelines.retraining.prepare import Fresh, prepare_fresh_rows
from evergreen.pipelines.retraining.train import choose_past
from evergreen.problem import AsOf
from evergreen.releases import LoadedRelease
from tests.models.small import small_case
from tests.pipelines.retraining.line import LATER, PREPARING, RECIPE, Place, case, params, release, rows

TURNED_ON = "2020-07-01"
# Labelled rows end 30 days before LATER.
NEWEST = pd.Timestamp("2020-09-27 18:00")


@cache
def turned() -> pd.DataFrame:
    """The rows, but what spoke for a yes speaks against it from a day on."""
    told = rows()
    is_after = told["decided_at"] >= TURNED_ON
    other = told["outcome"].map({"no": "yes", "yes": "no"})
    return told.assign(outcome=told["outcome"].where(~is_after, other))


def incident(release_id: str, since: str, *, is_open: bool = True) -> dict[str, Any]:
    return {"release_id": release_id, "since": since, "is_open": is_open}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def warn(place: Place, *incidents: dict[str, Any]) -> None:
    (place.folder / "incidents.json").write_text(json.dumps(incidents))


def since_of(place: Place) -> Any:
    return place.decide()["figures"]["changed_since"]


def test_the_oldest_open_incident_of_the_champion_dates_the_change(place: Place) -> None:
    live = place.promote(release(is_good=True))
    assert since_of(place) is None
    warn(place, incident("other", "2020-01"), incident(live, "2020-02", is_open=False))
    assert since_of(place) is None
    warn(place, incident(live, "2020-08"), incident(live, "2020-07-13"), incident("other", "2020-01"))
    assert since_of(place) == "2020-07-13"


def fresh(changed: str | None, **limits: int) -> Fresh:
    problem = small_case("binary", limits={"min_training_rows": 20, "min_holdout_rows": 20, **limits})
    decision = {"is_due": True, "is_review_due": False, "reasons": [], "figures": {"changed_since": changed}}
    found = prepare_fresh_rows(problem, AsOf(date.fromisoformat(LATER)), PREPARING, decision, turned())
    assert isinstance(found, Fresh)
    return found


def n_labelled_since(day: str) -> int:
    times = turned()["decided_at"]
    return int(((times >= day) & (times <= NEWEST)).sum())


@pytest.mark.parametrize(
    ("changed", "limits", "n_held_out"),
    [
        (None, {}, 216),
        (TURNED_ON, {}, n_labelled_since(TURNED_ON) // 3),
        ("2020-01-01", {}, 216),
        (TURNED_ON, {"min_holdout_rows": 120}, 216),
    ],
    ids=["nothing changed", "a third since", "long ago", "too few since"],
)
def test_no_more_than_a_third_of_the_rows_since_the_change_is_held_out(
    changed: str | None, limits: dict[str, int], n_held_out: int
) -> None:
    found = fresh(changed, **limits)
    assert abs(len(found.holdout) - n_held_out) <= 1
    assert found.holdout["decided_at"].max() == NEWEST


def past_of(source: pd.DataFrame, changed: str | None, **limits: int) -> date | None:
    problem = small_case("binary", limits={"min_training_rows": 20, "min_holdout_rows": 20, **limits})
    return choose_past(problem, params(), Recipe.model_validate(RECIPE), source.head(1000), changed)


def test_the_old_world_is_forgotten_where_it_misleads_and_only_there() -> None:
    assert past_of(turned(), TURNED_ON) == date.fromisoformat(TURNED_ON)
    # An alarm that was false: 270 rows teach less than 1,000.
    assert past_of(rows(), TURNED_ON) is None
    assert past_of(turned(), None) is None
    assert past_of(turned(), TURNED_ON, min_training_rows=280) is None


def test_a_challenger_of_the_turned_world_learns_from_it_alone_and_goes_live(place: Place) -> None:
    live = place.promote(release(is_good=True))
    blind = place.work_out(source=turned())
    assert blind.told["done"] == "kept"

    warn(place, incident(live, "2020-07"))
    outcome = place.work_out(source=turned())
    assert outcome.told["done"] == "promoted"
    place.save(outcome)
    champion = place.store.champion()
    assert isinstance(champion, LoadedRelease)
    told = champion.documents
    assert told["learnt_since"]["since"] == TURNED_ON
    assert "It has learnt from rows since 2020-07-01 alone" in str(champion.card)
    assert told["refit"]["n_rows"] == n_labelled_since(TURNED_ON)
    assert told["refit"]["n_rows_judged"] < n_labelled_since(TURNED_ON)
    assert told["split_card"]["training_id"] == champion.model.training_id

    # Its challengers learn since then too, though no incident of its own is open.
    assert since_of(place) == TURNED_ON
    assert changed_since(champion, lambda: None) == date.fromisoformat(TURNED_ON)


def test_a_review_of_too_few_rows_spends_nothing(place: Place) -> None:
    place.promote(release(is_good=True))
    place.promote(release(is_good=False, as_of="2020-06-01", judged_until="2020-10-14"), "2020-06-01")
    told = place.run(every_days=None)["review"]
    assert (told["number"], told["is_worse"]) == (0, False)
    assert told["word"].startswith("12 rows were labelled since")
    assert np.isclose(told["level"], 0.05 * 6 / np.pi**2)
    assert case().limits.min_holdout_rows > 12
