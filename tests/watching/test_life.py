from typing import Any

import pandas as pd
import pytest

from evergreen.watching import LiveWindow, ReferenceWindows, fold_incidents, follow_life
from evergreen.watching.periods import last_day, n_days, name_windows, whole_windows, windows_between
from evergreen.watching.profile import WindowRecord
from tests.watching.small import World


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


@pytest.mark.parametrize(("value", "is_far"), [(4.0, False), (4.4, False), (4.6, True), (2.4, True)])
def test_a_value_that_a_period_shares_must_lie_far_outside(world: World, value: float, *, is_far: bool) -> None:
    one = day(world.window("x"), 1, ranges={"rate": (value, value)})
    (heard,) = follow_life(world.watch, told_by(world), {"rate": (3.0, 4.0)}, [one])
    assert ("rate" in {alarm.cause for alarm in heard.alarms}) == is_far


def test_windows_are_named_in_the_order_of_time() -> None:
    times = pd.Series(pd.to_datetime(["2008-12-31 23:59", "2009-01-01 00:00", "2009-01-05 08:00"]))
    assert list(name_windows(times, "day")) == ["2008-12-31", "2009-01-01", "2009-01-05"]
    assert list(name_windows(times, "week")) == ["2008-12-29", "2008-12-29", "2009-01-05"]
    assert list(name_windows(times, "month")) == ["2008-12", "2009-01", "2009-01"]
    first, last = times.min().date(), times.max().date()
    assert windows_between(first, last, "month") == ["2008-12", "2009-01"]
    assert whole_windows(first, last, "week") == []
    assert (last_day("2009-02", "month").day, n_days("2009-02", "month"), n_days("2008-12-29", "week")) == (28, 28, 7)
