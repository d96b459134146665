from typing import Any

import pandas as pd
import pytest

from evergreen.watching import AlarmBudget, LiveWindow, ReferenceWindows, fold_incidents, follow_life
from evergreen.watching.distance import tell_shares
from evergreen.watching.freshness import DueOutcomes, watch_late
from evergreen.watching.life import VOLUME, Promised
from evergreen.watching.periods import last_day, n_days, name_windows, whole_windows, windows_between
from evergreen.watching.profile import WindowRecord
from evergreen.watching.service import ServiceRecord, watch_service
from evergreen.watching.signals import Signal, cause_of
from tests.watching.small import World

BUDGET = AlarmBudget()


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def told_by(world: World) -> ReferenceWindows:
    return ReferenceWindows(bins=world.bins, record=world.watch.reference, volumes={"day": ((1010, 1),) * 10})


def day(record: WindowRecord, number: int, **changes: Any) -> LiveWindow:
    named = record.model_copy(update={"window": f"2020-01-{number:02d}"})
    return LiveWindow.model_validate({"width": "day", "is_whole": True, "record": named, **changes})


@pytest.fixture(scope="module")
def windows(world: World) -> list[LiveWindow]:
    shifts = [0.0, 0.0, 0.5, 0.5, 0.0, 0.0, 0.0, 0.0]
    return [day(world.window("x", has_outcomes=True, shift=shift), i + 1) for i, shift in enumerate(shifts)]


def test_a_life_told_day_by_day_ends_as_one_told_at_once(world: World, windows: list[LiveWindow]) -> None:
    at_once = follow_life(world.watch, told_by(world), {}, windows)
    heard: tuple[Any, ...] = ()
    for n in range(1, len(windows) + 1):
        heard = follow_life(world.watch, told_by(world), {}, windows[:n], heard)
    assert heard == at_once
    (incident,) = [one for one in fold_incidents(at_once, n_quiet=3) if one.cause == "age"]
    assert (incident.opened, incident.last_seen, incident.closed) == ("2020-01-03", "2020-01-04", "2020-01-07")


def test_what_was_heard_before_the_first_change_is_not_asked_again(world: World, windows: list[LiveWindow]) -> None:
    heard = list(follow_life(world.watch, told_by(world), {}, windows))
    heard[2] = heard[2].model_copy(update={"alarms": ()})
    assert follow_life(world.watch, told_by(world), {}, windows, heard)[2].alarms == ()
    changed = [day(world.window("x", has_outcomes=True), 1), *windows[1:]]
    assert follow_life(world.watch, told_by(world), {}, changed, heard)[2].alarms != ()


def test_a_day_without_rows_is_an_incident_of_the_volume_until_rows_come(world: World) -> None:
    empty = world.window("x", n_rows=0, n_quarantined=0)
    days = [day(world.window("x"), 1), day(empty, 2), *(day(world.window("x"), n) for n in (3, 4, 5))]
    (incident,) = fold_incidents(follow_life(world.watch, told_by(world), {}, days), n_quiet=3)
    assert (incident.cause, incident.opened, incident.closed) == ("volume", "2020-01-02", "2020-01-05")
    assert incident.first.finding.startswith("0 rows came where 1010 were usual, since 2020-01-02.")
    partial = [one.model_copy(update={"is_whole": False}) for one in days]
    assert fold_incidents(follow_life(world.watch, told_by(world), {}, partial), n_quiet=3) == ()


def month(record: WindowRecord, number: int, n_days: int | None) -> LiveWindow:
    named = record.model_copy(update={"window": f"2020-{number:02d}"})
    return LiveWindow(width="month", is_whole=True, n_days_seen=n_days, record=named)


def heard_of(world: World, *windows: LiveWindow) -> dict[str, list[str]]:
    """Cause -> the windows with an alarm."""
    found: dict[str, list[str]] = {}
    for one in follow_life(world.watch, told_by(world), {}, windows):
        for alarm in one.alarms:
            found.setdefault(alarm.cause, []).append(one.window)
    return found


@pytest.mark.parametrize(("n_days", "is_heard"), [(5, False), (18, False), (19, True), (31, True), (None, True)])
def test_which_values_a_few_days_of_a_month_hold_opens_no_incident(
    world: World, n_days: int | None, *, is_heard: bool
) -> None:
    shifted = world.window("x", shift=0.5)
    assert ("age" in heard_of(world, month(shifted, 1, n_days))) == is_heard
    # What is open already goes on.
    told = heard_of(world, month(shifted, 1, 31), month(shifted, 2, n_days))
    assert told["age"] == ["2020-01", "2020-02"]


def test_cells_that_are_lost_are_heard_in_a_few_days_too(world: World) -> None:
    (heard,) = follow_life(world.watch, told_by(world), {}, [month(world.window("x", shift=0.5, missing=0.2), 1, 3)])
    assert [(one.cause, one.kind) for one in heard.alarms] == [("age", "missing")]
    assert heard.alarms[0].also == ()


@pytest.mark.parametrize(("value", "is_far"), [(4.0, False), (4.4, False), (4.6, True), (2.4, True)])
def test_a_value_that_a_period_shares_must_lie_far_outside(world: World, value: float, *, is_far: bool) -> None:
    one = day(world.window("x"), 1, ranges={"rate": (value, value)})
    (heard,) = follow_life(world.watch, told_by(world), {"rate": (3.0, 4.0)}, [one])
    assert ("rate" in {alarm.cause for alarm in heard.alarms}) == is_far


def test_a_column_that_is_called_like_what_else_is_watched_is_an_incident_of_its_own(world: World) -> None:
    slow = ServiceRecord(n_answers=100, n_requests=100, p50_ms=1.0, p99_ms=9.0)
    one = day(world.window("x", n_rows=0), 1, ranges={"latency": (9.0, 9.0), "volume": (9.0, 9.0)}, service=slow)
    known = {"latency": (3.0, 4.0), "volume": (3.0, 4.0)}
    heard = follow_life(world.watch, told_by(world), known, [one], promised=Promised(max_latency_ms=2.0))
    found = {one.cause: one.latest.kind for one in fold_incidents(heard, n_quiet=3)}
    assert found == {
        "volume": "volume",
        "latency": "latency",
        "column 'volume'": "range",
        "column 'latency'": "range",
    }


def test_every_cause_that_belongs_to_no_column_is_kept_for_it(world: World) -> None:
    service = ServiceRecord(n_answers=99, n_requests=99, p50_ms=1.0, p99_ms=9.0, n_asked_again=9, n_differing=9)
    late = watch_late("x", "x", DueOutcomes(n_due=9, n_missing=9), [DueOutcomes(n_due=9, n_missing=0)] * 9, BUDGET)
    of_all_rows = [VOLUME, *(one.cause for one in (*watch_service("x", service, 2.0), *late))]
    signals = [Signal("quarantined"), Signal("loss"), Signal("excess", "job")]
    assert [cause_of(name) for name in of_all_rows] == [f"column '{name}'" for name in of_all_rows]
    assert len(set(of_all_rows)) == 4
    for name in (*of_all_rows, *(one.cause for one in signals)):
        assert Signal("level", name).cause == f"column '{name}'"
    assert Signal("level", "age").cause == "age"
    records = [world.window("x").model_copy(update={"columns": {"skew": world.window("x").columns["age"]}})]
    assert set(tell_shares(records)["column"]) == {"rows", "column 'skew'"}


def test_windows_are_named_in_the_order_of_time() -> None:
    times = pd.Series(pd.to_datetime(["2008-12-31 23:59", "2009-01-01 00:00", "2009-01-05 08:00"]))
    assert list(name_windows(times, "day")) == ["2008-12-31", "2009-01-01", "2009-01-05"]
    assert list(name_windows(times, "week")) == ["2008-12-29", "2008-12-29", "2009-01-05"]
    assert list(name_windows(times, "month")) == ["2008-12", "2009-01", "2009-01"]
    first, last = times.min().date(), times.max().date()
    assert windows_between(first, last, "month") == ["2008-12", "2009-01"]
    assert whole_windows(first, last, "week") == []
    assert (last_day("2009-02", "month").day, n_days("2009-02", "month"), n_days("2008-12-29", "week")) == (28, 28, 7)
