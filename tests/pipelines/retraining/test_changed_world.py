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
from evergreen.pipelines.retraining.judge import Judged
from evergreen.pipelines.retraining.past import choose_past
from evergreen.pipelines.retraining.prepare import Fresh, prepare_fresh_rows
from evergreen.problem import AsOf
from evergreen.releases import LoadedRelease, Promotion
from evergreen.watching import REFERENCE_WINDOWS, ReferenceWindows
from evergreen.watching.signals import outcome_signals
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


def incident(release_id: str, since: str, *, is_open: bool = True, kind: str = "share") -> dict[str, Any]:
    return {"release_id": release_id, "since": since, "is_open": is_open, "latest": {"kind": kind}}


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


@pytest.mark.parametrize("kind", ["latency", "skew", "late", "volume", "quarantined"])
def test_what_no_model_could_mend_dates_no_change(place: Place, kind: str) -> None:
    live = place.promote(release(is_good=True))
    warn(place, incident(live, "2020-02", kind=kind))
    assert since_of(place) is None
    warn(place, incident(live, "2020-02", kind=kind), incident(live, "2020-08"))
    assert since_of(place) == "2020-08-01"


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


def past_of(source: pd.DataFrame, *days: str, recipe: dict[str, Any] = RECIPE, **limits: int) -> str | None:
    problem = small_case("binary", limits={"min_training_rows": 20, "min_holdout_rows": 20, **limits})
    told = [date.fromisoformat(day) for day in days]
    found = choose_past(problem, params(), Recipe.model_validate(recipe), source.head(1000), told)
    return None if found is None else found.isoformat()


def test_the_old_world_is_forgotten_where_it_misleads_and_only_there() -> None:
    assert past_of(turned(), TURNED_ON) == TURNED_ON
    # An alarm that was false: 270 rows teach less than 1,000.
    assert past_of(rows(), TURNED_ON) is None
    assert past_of(turned()) is None
    assert past_of(turned(), TURNED_ON, min_training_rows=280) is None


def test_a_newer_day_of_too_few_rows_does_not_bring_the_forgotten_world_back() -> None:
    assert past_of(turned(), "2020-09-01", min_training_rows=100) is None
    assert past_of(turned(), "2020-09-01", TURNED_ON, min_training_rows=100) == TURNED_ON
    # With rows enough it is tried beside the older day, which has more of the same world.
    assert past_of(turned(), "2020-08-15", TURNED_ON) == TURNED_ON


@pytest.mark.parametrize("candidate", ["linear", "lightgbm"])
def test_a_day_after_which_one_class_has_come_is_passed_over(candidate: str) -> None:
    times = turned()["decided_at"]
    is_poor = (times >= TURNED_ON) & (times < "2020-08-25")
    poor = turned().assign(outcome=turned()["outcome"].mask(is_poor, "no"))
    recipe = {"members": [{"settings": {"candidate": candidate}, "weight": 1.0}]}
    assert past_of(poor, TURNED_ON, recipe=recipe) is None


@pytest.mark.parametrize(
    ("moments", "found"),
    [
        (["07-01", "07-24", "08-16"], TURNED_ON),
        # Two thirds lie before the newest moment but one, and the newest has a handful of rows.
        (["07-01", "08-12", "09-06"], TURNED_ON),
        (["07-01"], None),
        (["07-01", "07-06"], None),
        (["07-01", "09-06"], None),
    ],
    ids=["thirds", "a few at last", "one moment", "a few at first", "all but a few"],
)
def test_rows_of_one_moment_are_not_parted(moments: list[str], found: str | None) -> None:
    times, starts = turned()["decided_at"], pd.to_datetime([f"2020-{day}" for day in moments])
    place = starts.searchsorted(times, side="right") - 1
    stamped = times.mask(times >= TURNED_ON, pd.Series(starts[place.clip(min=0)], index=times.index))
    assert past_of(turned().assign(decided_at=stamped), TURNED_ON) == found


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


def test_a_champion_that_has_forgotten_a_world_is_challenged_by_one_that_may_forget_it_too(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = place.promote(release(is_good=True))
    warn(place, incident(live, "2020-07"))
    outcome = place.work_out(source=turned())
    place.save(outcome)
    warn(place, incident(outcome.told["release_id"], "2020-10"))
    asked: list[list[date]] = []

    def choose(*told: Any) -> None:
        asked.append(told[-1])

    monkeypatch.setattr("evergreen.pipelines.retraining.train.choose_past", choose)
    place.work_out("2020-12-27", source=turned())
    assert asked == [[date(2020, 10, 1), date(2020, 7, 1)]]


def test_a_model_that_is_refitted_is_watched_against_outcomes_it_had_not_learnt(place: Place) -> None:
    live = place.promote(release(is_good=True))
    warn(place, incident(live, "2020-07"))
    outcome = place.work_out(source=turned())
    assert isinstance(outcome.judged, Judged)
    assert isinstance(outcome.moved, Promotion)
    judged = ReferenceWindows.model_validate(outcome.judged.evidence[REFERENCE_WINDOWS])
    place.save(outcome)
    champion = place.store.champion()
    assert isinstance(champion, LoadedRelease)
    kept = ReferenceWindows.model_validate(champion.documents[REFERENCE_WINDOWS])
    assert kept.record.outcomes is not None
    assert judged.record.outcomes is not None
    assert kept.record.outcomes.loss == judged.record.outcomes.loss
    assert kept.record.columns != judged.record.columns
    for width, scatter in kept.scatter.items():
        assert len(scatter.outcomes) == len(outcome_signals(kept.bins, kept.record.outcomes))
        assert scatter.n_windows == judged.scatter[width].n_windows


def test_a_champion_is_not_challenged_by_itself(place: Place) -> None:
    """A model of the rows since a day, without one row more to learn from, is the champion again."""
    live = place.promote(release(is_good=True))
    warn(place, incident(live, "2020-07"))
    source = turned()[turned()["decided_at"] <= NEWEST]
    first = place.run(source=source, refit=False)
    assert first["done"] == "promoted"
    (place.folder / "incidents.json").unlink()
    place.watch(first["release_id"], n_outcomes=300)
    again = place.run("2020-10-28", source=source, refit=False, new_outcomes=100, rest_days=1)
    assert again["done"] == "nothing"
    assert "There are no other rows to learn from" in again["reasons"][0]


def test_a_review_of_too_few_rows_spends_nothing(place: Place) -> None:
    place.promote(release(is_good=True))
    place.promote(release(is_good=False, as_of="2020-06-01", judged_until="2020-10-14"), "2020-06-01")
    told = place.run(every_days=None)["review"]
    assert (told["number"], told["is_worse"]) == (0, False)
    assert told["word"].startswith("12 rows were labelled since")
    assert np.isclose(told["level"], 0.05 * 6 / np.pi**2)
    assert case().limits.min_holdout_rows > 12
