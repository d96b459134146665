import numpy as np
import pytest

from evergreen.watching import AlarmBudget, choose_bins, count_window, find_alarms, make_watch, update
from evergreen.watching.profile import add
from tests.watching.small import World, columns_of, draw_rows


@pytest.fixture(scope="module")
def world():
    return World()


@pytest.fixture(scope="module")
def quiet(world):
    return world.quiet(8, has_outcomes=True)


def alarms_after(world, quiet, **changes):
    return {alarm.cause: alarm for alarm in find_alarms(world.watch, [*quiet, world.window("b", **changes)])}


def live(world, records):
    incidents, heard = (), []
    for i, record in enumerate(records):
        alarms = find_alarms(world.watch, records[: i + 1], incidents)
        incidents = update(incidents, alarms, record.window)
        heard.append([alarm.cause for alarm in alarms])
    return incidents, heard


def test_nothing_is_said_of_nothing(world):
    assert find_alarms(world.watch, []) == ()


def test_quiet_windows_are_quiet(world, quiet):
    incidents, heard = live(world, quiet)
    assert incidents == ()
    assert heard == [[]] * len(quiet)


@pytest.mark.parametrize(
    ("changes", "cause", "kind", "told"),
    [
        ({"shift": 0.4}, "age", "level", "The level of 'age' has risen by 0."),
        ({"shift": -0.4}, "age", "level", "The level of 'age' has fallen by 0."),
        ({"missing": 0.08}, "age", "missing", "The missing share of 'age' has risen from 1.9% to 7."),
        ({"shares": (0.4, 0.3, 0.1, 0.2)}, "job", "share", "The share of 'pilot' in 'job' has risen from 9.8% to "),
        ({"n_quarantined": 60}, "quarantine", "quarantined", "could not be used has risen from 1.0% to 5."),
    ],
    ids=["level up", "level down", "missing", "word", "quarantine"],
)
def test_an_alarm_says_what_and_how_much(world, quiet, changes, cause, kind, told):
    found = alarms_after(world, quiet, **changes)
    assert list(found) == [cause]
    alarm = found[cause]
    assert (alarm.kind, alarm.since, alarm.n_windows) == (kind, "b", 1)
    assert alarm.direction == ("down" if "fallen" in told else "up")
    assert told in alarm.finding
    assert "since b." in alarm.finding
    assert alarm.advice.startswith("Look at")


def test_the_size_is_told_in_the_units_of_the_column(world, quiet):
    alarm = alarms_after(world, quiet, shift=0.4)["age"]
    assert alarm.effect == pytest.approx(0.4, abs=0.1)
    assert alarm.before == pytest.approx(40, abs=0.3)
    assert alarm.now == pytest.approx(44, abs=1)


def test_a_changed_segment_is_named_with_its_money(world, quiet):
    alarm = alarms_after(world, quiet, has_outcomes=True, flipped="nurse")["outcomes"]
    assert (alarm.column, alarm.place, alarm.kind) == ("job", "'nurse'", "excess")
    assert alarm.is_harmful is not None
    assert alarm.money_basis == "realised"
    assert "where 'job' is 'nurse'" in alarm.finding


def test_what_hurts_is_said_to_hurt(world, quiet):
    worse = alarms_after(world, quiet, has_outcomes=True, base=-0.14)["outcomes"]
    assert worse.is_harmful
    # Half of the rows are called; each pays 10 x 0.14 less.
    assert worse.money == pytest.approx(-1000 / 2 * 1.4, rel=0.5)
    assert "paid" in worse.finding
    better = alarms_after(world, quiet, has_outcomes=True, base=0.14)["outcomes"]
    assert better.money > 0
    assert better.is_harmful is False


def test_money_that_nobody_knows_is_not_known(world, quiet):
    bare = alarms_after(world, quiet, shift=0.4)["age"]
    assert (bare.money, bare.money_basis, bare.is_harmful) == (None, "unknown", None)
    assert "What it costs is not known." in bare.finding


def test_money_that_the_model_expects_is_told_as_such():
    world = World(is_priced=False)
    reference = world.watch.reference.model_copy(update={"expected": {"payoff": 20_000.0}})
    watch = type(world.watch)(world.bins, reference, world.watch.budget, world.watch.inputs, world.watch.outcomes)
    newest = world.window("b", shift=0.5, expected={"payoff": 1500.0})
    alarm = find_alarms(watch, [newest])[0]
    assert (alarm.money, alarm.money_basis) == (pytest.approx(-500), "expected")
    assert "if it is still right" in alarm.finding


def test_a_loss_beyond_expectation_is_harmful_without_prices():
    world = World(is_priced=False)
    alarm = find_alarms(world.watch, [world.window("b", has_outcomes=True, flipped="nurse")])[0]
    assert (alarm.kind, alarm.is_harmful) == ("excess", True)


def test_a_small_shift_that_lasts_is_seen_in_stretches(world, quiet):
    moved = [world.window(f"b{i:02d}", shift=0.08) for i in range(12)]
    incidents, heard = live(world, [*quiet, *moved])
    assert [one.cause for one in incidents] == ["age"]
    assert incidents[0].first.n_windows > 1
    assert not any(heard[: len(quiet)])
    opened = int(incidents[0].opened[1:])
    assert incidents[0].n_alarms == 12 - opened > 2


def test_the_beginning_is_dated(world, quiet):
    moved = [world.window(f"b{i}", shift=0.11) for i in range(4)]
    alarm = next(one for one in find_alarms(world.watch, [*quiet, *moved]) if one.cause == "age")
    assert alarm.n_windows > 1
    assert alarm.since in {"a007", "b0", "b1"}


def test_one_bad_day_does_not_ring_for_a_month(world, quiet):
    later = [world.window(f"c{i:02d}") for i in range(12)]
    incidents, heard = live(world, [*quiet, world.window("b", missing=0.3), *later])
    assert heard[len(quiet)] == ["age"]
    assert not any(heard[len(quiet) + 1 :])
    assert [(one.cause, one.n_alarms, one.closed) for one in incidents] == [("age", 1, "c02")]


def test_what_lasts_is_one_incident_and_keeps_its_date(world, quiet):
    moved = [world.window(f"b{i}", shift=0.4) for i in range(5)]
    records = [*quiet, *moved]
    incidents, _ = live(world, records)
    assert [(one.cause, one.opened, one.last_seen, one.n_alarms) for one in incidents] == [("age", "b0", "b4", 5)]
    again = find_alarms(world.watch, [*records, world.window("b5", shift=0.4)], incidents)[0]
    assert again.since == "b0"
    assert "since b0." in again.finding


def test_late_outcomes_are_heard_when_they_come(world, quiet):
    flipped = world.window("b", has_outcomes=True, flipped="nurse")
    bare = [world.window("c"), world.window("d")]
    unknown = flipped.model_copy(update={"outcomes": None})
    assert find_alarms(world.watch, [*quiet, unknown, *bare]) == ()
    (alarm,) = find_alarms(world.watch, [*quiet, flipped, *bare])
    assert (alarm.cause, alarm.window) == ("outcomes", "b")


def test_windows_beyond_the_longest_stretch_are_not_read():
    world = World(3, budget=AlarmBudget(stretches=(2, 4)))
    old = [world.window(f"a{i}", shift=3.0, has_outcomes=True) for i in range(5)]
    later = [world.window(f"b{i}", has_outcomes=True) for i in range(4)]
    assert find_alarms(world.watch, [*old, *later]) == find_alarms(world.watch, later) == ()
    assert find_alarms(world.watch, old)[0].since == "a1"


def test_a_release_without_known_windows_or_outcomes_is_watched_too():
    world = World(4)
    reference = world.watch.reference.model_copy(update={"outcomes": None})
    watch = make_watch(world.bins, reference)
    assert watch.outcomes is None
    assert [one.cause for one in find_alarms(watch, [world.window("b", shift=0.4, has_outcomes=True)])] == ["age"]


# One life of 30 windows in ten may be loud: more than 4 of 8 are in 0.04 % of all draws.
def test_quiet_lives_are_quiet_as_promised():
    n_loud = 0
    for seed in range(8):
        world = World(100 + seed)
        incidents, _ = live(world, world.quiet(30, has_outcomes=seed % 2 == 0))
        n_loud += bool(incidents)
    assert n_loud <= 4


def test_days_that_differ_by_themselves_do_not_ring():
    draw = np.random.default_rng(11)
    bins = choose_bins(columns_of(draw_rows(draw, 10_000)))
    days = [
        count_window(bins, columns_of(draw_rows(draw, shift=draw.normal(0, 0.15))), window=f"r{i:02d}")
        for i in range(45)
    ]
    reference = days[0]
    for one in days[1:20]:
        reference = add(reference, one)
    naive, fair = make_watch(bins, reference), make_watch(bins, reference, days[:20])
    heard = {watch is fair: sum(bool(find_alarms(watch, [day])) for day in days[20:]) for watch in (naive, fair)}
    assert heard[False] > 5
    assert heard[True] == 0
