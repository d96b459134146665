"""Fire drills on a small release: what is broken, what the watch hears of it, and what it is deaf to."""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from evergreen.errors import DataError
from evergreen.problem import Kind
from evergreen.tables.outliers import NO_LIMITS
from evergreen.watching import AlarmBudget
from evergreen.watching.alarms import find_alarms
from evergreen.watching.drills import Course, Cut, Fault, Ground, drill, hold_drills, lay_ground
from evergreen.watching.drills.drill import ANY, MONITORS, Life, Run, monitor_of
from evergreen.watching.drills.ground import record_faults
from evergreen.watching.drills.results import tabulate_runs, tell_lives, tell_runs
from evergreen.watching.panel import make_watch
from evergreen.watching.profile import ColumnRecord, add
from evergreen.watching.signals import Signal
from evergreen.watching.volume import is_loud
from tests.models.small import small_case, small_rows, trained

CUT = Cut("month", 200, 4000)
COURSE = Course(n_worlds=4, n_before=4, n_after=6, n_quiet=20, random_state=3)


@cache
def ground(kind: Kind = "binary") -> Ground:
    return lay_ground(small_case(kind), trained(kind).model, NO_LIMITS, small_rows(kind, 1400, seed=5), CUT)


def held(*faults: Fault, kind: Kind = "binary") -> list[Run]:
    return hold_drills(ground(kind), faults, COURSE)[0]


def share(runs: list[Run], monitor: str) -> float:
    return sum(monitor in run.delays for run in runs) / len(runs)


def test_the_ground_is_whole_months_in_order() -> None:
    assert list(ground().windows) == [f"2020-{month:02d}" for month in range(1, 12)]
    assert ground().days == (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30)
    # Four rows a day; the first of January has three.
    assert [record.n_rows for record in ground().records] == [
        4 * n - (n == 31 and i == 0) for i, n in enumerate(ground().days)
    ]


def test_too_many_rows_leave_the_oldest_windows_out() -> None:
    case, rows = small_case("binary"), small_rows("binary", 1400, seed=5)
    found = lay_ground(case, trained("binary").model, NO_LIMITS, rows, Cut("month", 200, 700))
    assert len(found.rows) == 4 * (31 + 31 + 30 + 31 + 30)
    assert found.windows == ground().windows[-5:]


def test_without_time_batches_are_windows_and_volume_is_not_heard() -> None:
    case, rows = small_case("binary", split="random"), small_rows("binary", 1050, seed=5)
    found = lay_ground(case, trained("binary").model, NO_LIMITS, rows, Cut("week", 100, 4000))
    assert [record.n_rows for record in found.records] == [100] * 10
    runs, _ = hold_drills(found, [Fault("twice", "duplicated")], COURSE)
    assert share(runs, "volume") == 0


def test_too_few_windows_are_refused() -> None:
    with pytest.raises(DataError, match="have rows of 4 windows"):
        lay_ground(small_case("binary"), trained("binary").model, NO_LIMITS, ground().rows, Cut("month", 200, 500))


def test_where_there_are_too_few_windows_of_monitoring_finer_ones_are_taken() -> None:
    case, model = small_case("binary"), trained("binary").model
    many = small_rows("binary", 1400, seed=5)
    # Twice as many rows a day, so that a week has more than thirty.
    twice = pd.concat([many, many.assign(row_id=many["row_id"] + 10_000)])
    found = lay_ground(case, model, NO_LIMITS, twice[twice["decided_at"] < "2020-05-01"], Cut("month", 200, 4000))
    assert found.width == "week"
    assert (len(found.windows), set(found.days)) == (16, {7})
    # Days have eight rows: windows that are never tested alone are no finer ones.
    assert lay_ground(case, model, NO_LIMITS, many, Cut("month", 200, 4000)).width == "month"
    assert {one.n_rows for one in found.records} == {56}


def test_what_the_contract_refuses_is_set_aside_and_counted() -> None:
    case = small_case("binary")
    columns = case.model_dump(mode="json")["columns"]
    columns["strength"] |= {"range": [-10, 10], "when_invalid": "quarantine"}
    case = small_case("binary", columns=columns)
    here = lay_ground(case, trained("binary").model, NO_LIMITS, small_rows("binary", 1400, seed=5), CUT)
    (records,) = record_faults(here, [Fault("", "unit", "strength", 100)], np.random.default_rng(1))
    expected = (here.rows["strength"].abs() > 0.1).groupby(here.places).sum()
    assert [record.n_quarantined for record in records] == expected.tolist()
    assert sum(record.n_quarantined + record.n_rows for record in records) == len(here.rows)


def test_a_fault_of_cells_is_answered_as_if_it_came_alone() -> None:
    shift, lost = Fault("", "shift", "strength", 1.0), Fault("", "lost", "colour")
    both = list(record_faults(ground(), [shift, Fault("", "labels_late"), lost], np.random.default_rng(1)))
    alone = list(record_faults(ground(), [lost], np.random.default_rng(1)))
    assert both[2] == alone[0]
    assert both[1][0].outcomes is None
    assert both[1][0].columns == ground().records[0].columns


def test_gross_faults_are_seen_at_once_by_the_monitor_they_belong_to() -> None:
    runs = held(
        Fault("lost", "lost", "strength"),
        Fault("twice", "duplicated"),
        Fault("flip", "concept_flip", "colour"),
        Fault("late", "labels_late"),
    )
    of = {name: [run for run in runs if run.fault.drill == name] for name in ("lost", "twice", "flip", "late")}
    assert share(of["lost"], "quality") == 1
    assert all(run.named for run in of["lost"])
    assert share(of["twice"], "volume") == 1
    assert share(of["flip"], "outcomes") == 1
    assert share(of["late"], "outcomes") == share(of["late"], "money") == 0
    assert share(of["late"], "freshness") == 1
    assert share(of["flip"], "freshness") == share(of["lost"], "freshness") == 0


def test_a_larger_shift_is_seen_more_often_and_not_later() -> None:
    runs = held(Fault("small", "shift", "strength", 0.05), Fault("large", "shift", "strength", 1.5))
    small, large = runs[: COURSE.n_worlds], runs[COURSE.n_worlds :]
    assert share(large, "drift") == 1
    assert share(small, ANY) < 0.5
    assert all(run.delays[ANY] == min(n for name, n in run.delays.items() if name != ANY) for run in large)


def test_drills_ring_when_the_live_watch_rings() -> None:
    """The first window that ``find_alarms`` names is the delay that a drill reports."""
    here, n = ground(), len(ground().records)
    fault = Fault("shift", "shift", "strength", 0.8)
    draw = np.random.default_rng(COURSE.random_state)
    before, after = draw.integers(0, n, COURSE.n_before), draw.integers(0, n, COURSE.n_after)
    draw.integers(0, n, COURSE.n_quiet)
    known = [here.records[place] for place in draw.integers(0, n, n)]
    total = known[0]
    for one in known[1:]:
        total = add(total, one)
    watch = make_watch(here.bins, total, known)
    (records,) = record_faults(here, [fault], np.random.default_rng(1))
    stream = [here.records[place] for place in before] + [records[place] for place in after]
    named = [one.model_copy(update={"window": f"{place:03d}"}) for place, one in enumerate(stream)]
    heard = [bool(find_alarms(watch, named[: COURSE.n_before + end])) for end in range(1, COURSE.n_after + 1)]
    (run,) = hold_drills(here, [fault], Course(1, 4, 6, 20, COURSE.random_state))[0]
    assert run.delays[ANY] == heard.index(True) + 1


def test_what_rings_anyway_is_not_put_down_to_the_fault() -> None:
    """A column that is another one in every window opens an incident in quiet, too; the lost one opens its own."""
    here = ground()
    restless = tuple(
        record.model_copy(update={"columns": record.columns | {"noise": _one_bin(record.columns["noise"], place)}})
        for place, record in enumerate(here.records)
    )
    world = drill._World(replace(here, records=restless), COURSE, np.random.default_rng(1))
    assert world.live().alarms["drift"] == 1
    assert world.drill(Fault("nothing", "shift", "noise"), restless).delays == {}
    lost = tuple(
        record.model_copy(update={"columns": record.columns | {"strength": _lost(record.columns["strength"])}})
        for record in restless
    )
    run = world.drill(Fault("lost", "lost", "strength"), lost)
    assert (run.delays, run.named) == ({"quality": 1, ANY: 1}, True)


def _lost(column: ColumnRecord) -> ColumnRecord:
    n_rows = column.n_known + column.n_missing
    return column.model_copy(update={"counts": (0,) * len(column.counts), "n_missing": n_rows, "n_out_of_range": 0})


def _one_bin(column: ColumnRecord, place: int) -> ColumnRecord:
    """All rows in one bin, another one in every window."""
    counts = [0] * len(column.counts)
    counts[place % len(counts)] = column.n_known
    return column.model_copy(update={"counts": tuple(counts)})


def test_quiet_lives_are_quiet() -> None:
    _, lives = hold_drills(ground(), [], Course(8, 0, 1, 40, 1))
    told = tell_lives(lives)
    assert told[ANY]["n_windows"] >= 200
    assert told[ANY]["n_alarms"] <= 2


def test_a_lax_budget_rings_for_nothing_more_often() -> None:
    lax = AlarmBudget(per_window=0.49, per_life=0.99, life_windows=1)
    lives, usual = (hold_drills(ground(), [], Course(8, 0, 1, 40, 1, one))[1] for one in (lax, AlarmBudget()))
    assert tell_lives(lives)[ANY]["n_alarms"] > tell_lives(usual)[ANY]["n_alarms"]


@pytest.mark.parametrize("kind", ["multiclass", "regression"])
def test_every_kind_of_problem_can_be_drilled(kind: Kind) -> None:
    runs = held(
        Fault("flip", "concept_flip", "colour"),
        Fault("up", "label_shift"),
        Fault("lost", "lost", "strength"),
        kind=kind,
    )
    assert share(runs[-COURSE.n_worlds :], "quality") == 1
    assert len(runs) == 3 * COURSE.n_worlds


def test_volume_rings_as_in_a_life() -> None:
    from evergreen.watching import life
    from evergreen.watching.drills import drill

    assert drill.is_loud is life.is_loud
    assert (is_loud(None, AlarmBudget()), is_loud(1.0, AlarmBudget()), is_loud(-9.0, AlarmBudget())) == (0, 0, 1)


def test_signals_belong_to_one_monitor_each() -> None:
    told = [Signal("level", "a"), Signal("level", "prediction: score"), Signal("missing", "a"), Signal("bias")]
    assert [monitor_of(one) for one in (*told, Signal("payoff"))] == ["drift", "score", "quality", "outcomes", "money"]
    assert set(map(monitor_of, told)) <= set(MONITORS)


def test_what_is_told_adds_up() -> None:
    fault, other = Fault("d", "lost", "a"), Fault("d", "lost", "b")
    runs = [
        Run(fault, {"drift": 2, ANY: 2}, named=True),
        Run(fault, {"drift": 4, ANY: 4}, named=False),
        Run(other, {}, named=False),
        Run(other, {}, named=False),
    ]
    table, told = tabulate_runs(runs), tell_runs(runs)["d"]
    drift = table[table["monitor"] == "drift"].set_index("column")
    assert drift["n_seen"].to_dict() == {"a": 2, "b": 0}
    assert drift.loc["a", "delay_windows"] == 3
    assert np.isnan(drift.loc["b", "delay_windows"])
    assert (told["monitors"]["drift"]["seen"]["value"], told["columns"], told["named_share"]) == (0.5, ["a", "b"], 0.25)
    # Wilson's interval of two in four.
    assert told["monitors"][ANY]["seen"]["low"] == pytest.approx(0.1500, abs=1e-4)
    assert not told["is_blind"]
    assert tell_runs(runs[2:])["d"]["is_blind"]
    quiet = tell_lives([Life({}, 60), Life({"drift": 30, ANY: 30}, 60)])
    assert quiet[ANY]["per_100_windows"] == pytest.approx(100 / 90)


def test_a_scarce_action_is_given_out_in_each_feed_by_itself() -> None:
    payoff = small_case("binary").model_dump(mode="json")["payoff"]
    case = small_case("binary", payoff=payoff | {"capacity": {"action": "call", "at_most": 50, "per": "batch"}})
    here = lay_ground(case, trained("binary").model, NO_LIMITS, small_rows("binary", 1400, seed=5), CUT)
    faults = [Fault("", "missing", "noise", 0.1), Fault("", "lost", "note")]
    for records in record_faults(here, faults, np.random.default_rng(1)):
        called = [
            record.columns["prediction: decision"].counts[
                here.bins.columns["prediction: decision"].labels.index("call")
            ]
            for record in records
        ]
        assert sum(called) == 50
