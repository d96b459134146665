"""Lives with gaps: a first run on a long past, a former release that comes back, outcomes that are taken back."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evergreen.pipelines.monitoring.tallies import tally_windows
from tests.pipelines.monitoring.served import (
    ENDS,
    LIVE,
    MONTHLY,
    Service,
    WatchedLife,
    april_to_july,
    of_month,
    raw_of,
    reader,
    with_case,
)

ROWS = april_to_july()
KNOWN = ROWS[["row_id", "outcome"]]
Tallies = tuple[pd.DataFrame, pd.DataFrame]


def came_late() -> "pd.Series[Any]":
    """When each outcome is known: half of them in time, the others after the ten days that they may take."""
    draw = np.random.default_rng(0)
    days = np.where(draw.random(len(ROWS)) < 0.5, 8, 10 + draw.exponential(7, len(ROWS)))
    return ROWS["decided_at"] + pd.to_timedelta(days, unit="D")


def test_a_first_run_on_a_long_past_does_not_take_what_came_since_as_in_time(tmp_path: Path) -> None:
    life = WatchedLife(reader(tmp_path), params=MONTHLY.model_copy(update={"window": "week"}))
    first, known_at = date(2020, 7, 5), came_late()
    for day in pd.date_range(first, "2020-08-02", freq="7D"):
        is_new = (ROWS["decided_at"] < day + pd.Timedelta(days=1)) & (
            (ROWS["decided_at"] >= day - pd.Timedelta(days=6)) | (day.date() == first)
        )
        life.run(day.date(), batch=ROWS[is_new], known=KNOWN[known_at < day + pd.Timedelta(days=1)])
    assert "outcomes late" not in life.causes
    shares = [one.due.missing_share for one in life.windows.values() if one.due is not None]
    # Runs from the start on find such shares, too.
    assert len(shares) == 5
    assert np.mean(shares) == pytest.approx(0.16, abs=0.06)
    assert min(shares) > 0


@pytest.mark.parametrize(("day", "n_due"), [(10, 0), (12, 2), (14, 4), (19, 2), (21, 0)])
def test_days_that_are_told_weekly_are_due_within_a_week(day: int, n_due: int, tmp_path: Path) -> None:
    life = WatchedLife(reader(tmp_path), params=MONTHLY.model_copy(update={"window": "day"}))
    life.run(date(2020, 4, day), batch=ROWS[ROWS["decided_at"] < "2020-04-05"])
    assert sum(one.due is not None for one in life.windows.values()) == n_due


def test_rows_dated_after_the_run_have_not_happened(tmp_path: Path) -> None:
    life = WatchedLife(reader(tmp_path)).run(ENDS[4], batch=pd.concat([of_month(ROWS, 4), of_month(ROWS, 6)]))
    assert set(life.windows) == {"2020-04"}


def test_what_the_service_told_of_a_window_stays_when_its_log_is_purged(tmp_path: Path) -> None:
    log = reader(tmp_path)
    Service(log.url).ask(raw_of(of_month(ROWS, 4)), "2020-04-29")
    life = WatchedLife(log).run(ENDS[4])
    told = life.windows["2020-04"].service
    life.log = reader(tmp_path / "empty")
    del life.kept["answers"]
    life.run(ENDS[5], batch=of_month(ROWS, 5), known=KNOWN)
    assert life.windows["2020-04"].record.outcomes.n_outcomes == told.n_answers > 0
    assert life.windows["2020-04"].service == told


def test_outcomes_that_were_due_long_before_the_run_are_never_told_as_due(tmp_path: Path) -> None:
    life = WatchedLife(reader(tmp_path)).run(ENDS[7], batch=ROWS)
    assert {name for name, one in life.windows.items() if one.due} == {"2020-06"}


@pytest.mark.parametrize(("days", "is_due"), [(9, False), (10, True), (14, True), (40, True), (41, False)])
def test_where_a_run_is_a_window_the_next_run_after_the_due_day_tells(days: int, is_due: bool, tmp_path: Path) -> None:
    live = with_case(LIVE, split={"by": "random", "new_rows_share": 0.2})
    life = WatchedLife(reader(tmp_path), live=live).run(ENDS[4], batch=of_month(ROWS, 4))
    life.run(ENDS[4] + timedelta(days=days))
    assert (life.windows["2020-04-30"].due is not None) == is_due


def test_late_outcomes_are_asked_after_once_however_long_no_rows_follow(tmp_path: Path) -> None:
    life, early = WatchedLife(reader(tmp_path)), KNOWN[ROWS["decided_at"].dt.month == 4]
    for month in (4, 5):
        life.run(ENDS[month], batch=of_month(ROWS, month), known=early)
    for end in pd.date_range("2020-06-30", periods=6, freq="ME"):
        life.run(end.date(), known=early if end.month == 6 else KNOWN)
    (incident,) = [one for one in life.incidents if one["cause"] == "outcomes late"]
    assert (incident["opened"], incident["n_alarms"], incident["closed"]) == ("2020-06", 1, "2020-09")


@pytest.fixture(scope="module")
def back(tmp_path_factory: pytest.TempPathFactory) -> tuple[WatchedLife, WatchedLife]:
    """A life whose release answered April, and the same after another release was live in May; with April's tallies."""
    april, log = of_month(ROWS, 4), reader(tmp_path_factory.mktemp("log"))
    Service(log.url).ask(raw_of(april.head(20)), "2020-04-29")
    before = WatchedLife(log).run(ENDS[4], batch=april, known=KNOWN)
    after = replace(before, live=replace(LIVE, release_id="next"), kept=dict(before.kept))
    after.run(ENDS[5], batch=of_month(ROWS, 5))
    after.live = LIVE
    Service(log.url).ask(raw_of(april.tail(5)), "2020-06-20", name="again")
    after.run(ENDS[6], batch=of_month(ROWS, 6), known=KNOWN)
    return before, after


def test_a_release_that_comes_back_keeps_its_windows(back: tuple[WatchedLife, WatchedLife]) -> None:
    before, after = back
    april = before.windows["2020-04"]
    assert (after.kept["rows"]["_window"] == "2020-04").sum() < april.record.n_rows
    assert after.windows["2020-04"].record == april.record
    assert after.windows["2020-04"].due is None
    assert after.windows["2020-06"].record.n_rows == len(of_month(ROWS, 6))
    # What the service tells goes on.
    assert (april.service.n_answers, after.windows["2020-04"].service.n_answers) == (20, 25)


def test_a_release_that_comes_back_keeps_its_tallies(back: tuple[WatchedLife, WatchedLife]) -> None:
    before, after = back
    rules, groups = tallied(before, KNOWN)
    again, of_groups = tallied(after, KNOWN, (rules, groups))
    assert set(again["window"]) == {"2020-04", "2020-06"}
    pd.testing.assert_frame_equal(again[again["window"] == "2020-04"], rules)
    pd.testing.assert_frame_equal(of_groups[of_groups["window"] == "2020-04"], groups)


def tallied(life: WatchedLife, known: pd.DataFrame, earlier: Tallies | None = None) -> Tallies:
    rules, groups = earlier or (None, None)
    rows, profiles = life.kept["rows"], life.kept["profiles"]
    return tally_windows(MONTHLY, life.live, rows, known, profiles, lambda: rules, lambda: groups)


def test_a_row_whose_time_is_corrected_leaves_its_window(tmp_path: Path) -> None:
    april = of_month(ROWS, 4)
    life = WatchedLife(reader(tmp_path)).run(ENDS[4], batch=april)
    moved = april.tail(1).assign(decided_at=pd.Timestamp("2020-05-01 09:00"))
    life.run(ENDS[5], batch=moved, known=KNOWN)
    counted = {name: (one.record.n_rows, one.record.outcomes.n_outcomes) for name, one in life.windows.items()}
    assert counted == {"2020-04": (len(april) - 1,) * 2, "2020-05": (1, 1)}


def test_where_all_outcomes_are_taken_back_no_rule_has_earned_anything(back: tuple[WatchedLife, WatchedLife]) -> None:
    before, _ = back
    known = tallied(before, KNOWN)
    assert set(known[0]["window"]) == {"2020-04"}
    rules, groups = tallied(before, KNOWN.head(0), known)
    assert rules.empty
    assert set(groups["n_outcomes"]) <= {0}


def test_tallies_of_another_release_stay_where_it_has_answered_the_same_window(
    back: tuple[WatchedLife, WatchedLife],
) -> None:
    before, _ = back
    rules, groups = (one.assign(release_id="former") for one in tallied(before, KNOWN))
    both, _ = tallied(before, KNOWN, (rules, groups))
    assert both["release_id"].value_counts().to_dict() == {"former": len(rules), LIVE.release_id: len(rules)}
