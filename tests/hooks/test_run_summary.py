"""What a run came to: facts in, lines out."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergreen.hooks.progress_hooks import release_id_of, retraining_line, step_text
from evergreen.hooks.summary import (
    Facts,
    Page,
    drills_line,
    rehearsal_line,
    seconds_text,
    summary_lines,
    time_line,
)
from tests.ledger.records import a_run, a_step

_VERDICT = {
    "case": "demo",
    "as_of": "2010-06-30",
    "verdict": "hold",
    "reasons": [f"Reason {number}." for number in range(5)],
    "release_id": None,
}
_DONE = a_run(status="done", wall_seconds=10.0, startup_seconds=2.0)


def test_a_run_that_is_done_says_what_was_concluded_and_where_to_look() -> None:
    facts = Facts(
        run=_DONE,
        steps=(a_step(status="done", wall_seconds=9.0, load_seconds=0.9, save_seconds=0.3),),
        verdict={**_VERDICT, "release_id": "demo-1"},
        is_new_verdict=True,
        champion_id="demo-0",
        pages=(Page("Report", "data/report.html", is_new=True), Page("Monitoring", "data/m.html", is_new=False)),
        notes=("A note.",),
    )
    assert summary_lines(facts) == [
        "Verdict on case 'demo' as of 2010-06-30: hold",
        "  - Reason 0.",
        "  - Reason 1.",
        "  - Reason 2.",
        "  and 2 more in the report.",
        "Release: demo-1",
        "Champion: demo-0",
        "Report: data/report.html",
        "Monitoring: data/m.html (from an earlier run)",
        "A note.",
        "Took 12.0 s: steps 75 %, reading and writing 10 %, start-up and the rest 15 %. Outside the steps: 25 %.",
    ]


def test_a_run_without_a_verdict_says_its_time_alone() -> None:
    assert summary_lines(Facts(run=_DONE)) == ["Took 12.0 s."]


def test_an_old_verdict_is_told_as_such() -> None:
    first = summary_lines(Facts(run=_DONE, verdict={**_VERDICT, "reasons": None}))[0]
    assert first == "Verdict on case 'demo' as of 2010-06-30: hold (from an earlier run)"


def test_a_failed_run_says_what_failed_and_what_is_kept_and_no_verdict() -> None:
    facts = Facts(
        run=a_run(status="failed", error="DataError: Column 'age' is empty.", wall_seconds=1.0, n_steps=27),
        steps=(a_step(status="done"), a_step(step="fit", position=17, status="failed")),
        verdict=_VERDICT,
    )
    assert summary_lines(facts)[:2] == [
        "FAILED in step 'fit' (17 of 27): DataError: Column 'age' is empty.",
        "Finished stages are kept; of the others nothing was replaced.",
    ]
    assert "hold" not in " ".join(summary_lines(facts))


@pytest.mark.parametrize(
    ("steps", "keeps"),
    [((), True), ((a_step(status="failed"),), False)],
    ids=["steps of other processes", "the first step"],
)
def test_a_failed_run_promises_only_what_there_is(steps: Any, keeps: bool) -> None:
    lines = summary_lines(Facts(run=a_run(status="failed", error="ValueError: no", wall_seconds=1.0), steps=steps))
    assert lines[0].endswith(": ValueError: no")
    assert any("are kept" in line for line in lines) is keeps


def test_a_long_reason_is_cut() -> None:
    lines = summary_lines(Facts(run=_DONE, verdict={**_VERDICT, "reasons": ["x" * 10_000]}))
    assert max(map(len, lines)) < 320


def test_steps_side_by_side_leave_the_time_alone() -> None:
    steps = (a_step(wall_seconds=8.0), a_step(step="beside", wall_seconds=8.0))
    assert time_line(_DONE, steps) == "Took 12.0 s."


@given(
    wall=st.floats(0.01, 1e5),
    startup=st.one_of(st.none(), st.floats(0, 100)),
    parts=st.lists(st.tuples(*[st.floats(0, 1e4)] * 3), min_size=1, max_size=5),
)
def test_the_shares_of_time_add_up(wall: float, startup: float | None, parts: list[tuple[float, ...]]) -> None:
    steps = tuple(a_step(wall_seconds=f, load_seconds=r, save_seconds=w) for f, r, w in parts)
    line = time_line(a_run(wall_seconds=wall, startup_seconds=startup), steps)
    shares = [int(share) for share in re.findall(r"(\d+) %", line)]
    if shares:
        assert abs(sum(shares[:3]) - 100) <= 2
        assert abs(shares[0] + shares[3] - 100) <= 1


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0, "0.0 s"), (1.24, "1.2 s"), (59.94, "59.9 s"), (59.96, "1 min 00 s"), (185.4, "3 min 05 s")],
)
def test_a_duration_in_words(seconds: float, text: str) -> None:
    assert seconds_text(seconds) == text


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        pytest.param({"rows_in": 9600, "rows_out": 9512}, " 1.2 s  9,600 rows in, 9,512 out", id="rows"),
        pytest.param({"rows_in": 9600}, " 1.2 s  9,600 rows in", id="in alone"),
        pytest.param({"rows_out": 9512}, " 1.2 s  9,512 rows out", id="out alone"),
        pytest.param({"rows_in": 0, "rows_out": 0}, " 1.2 s  0 rows in, 0 out", id="empty tables"),
        pytest.param({}, " 1.2 s", id="no tables"),
        pytest.param({"status": "failed", "rows_in": 5}, "FAILED after 1.2 s", id="failed"),
    ],
)
def test_a_step_in_words(changes: dict[str, Any], text: str) -> None:
    given = {"status": "done", "wall_seconds": 1.0, "load_seconds": 0.1, "save_seconds": 0.1, **changes}
    assert step_text(a_step(**given)) == text


class _Release:
    release_id = "demo-1"


@pytest.mark.parametrize(
    ("champion", "release_id"),
    [({"release_id": "demo-1"}, "demo-1"), (_Release(), "demo-1"), ({}, None), (None, None), ("text", None)],
)
def test_a_champion_is_named(champion: Any, release_id: str | None) -> None:
    assert release_id_of(champion) == release_id


@pytest.mark.parametrize(
    ("done", "release_id", "line"),
    [
        ("promoted", "abc", "Retraining: a new model is live, abc. It is better."),
        ("rolled back", "abc", "Retraining: the model before is live again, abc. It is better."),
        ("kept", None, "Retraining: a new model was tried, and the live one stays. It is better."),
        ("nothing", None, "Retraining: nothing was due. It is better."),
    ],
)
def test_retraining_is_told_in_a_line(done: str, release_id: str | None, line: str) -> None:
    told = {"done": done, "release_id": release_id, "reasons": ["It is better.", "It is small."]}
    assert retraining_line(told) == line


@pytest.mark.parametrize(
    ("is_blind", "line"),
    [
        ([False], "Drills: 1 fault was put into real windows, and the watch is blind to none."),
        ([False, True], "Drills: 2 faults were put into real windows, and the watch is blind to 'fault 1'."),
    ],
)
def test_drills_are_told_in_a_line(is_blind: list[bool], line: str) -> None:
    drills = {f"fault {number}": {"is_blind": one} for number, one in enumerate(is_blind)}
    assert drills_line({"drills": drills}) == line


def test_a_rehearsal_is_told_in_a_line() -> None:
    told = {"recommended": "every_second", "why": "It fits fewest models: 16."}
    assert rehearsal_line(told) == "Rehearsal: recommended is 'every_second'. It fits fewest models: 16."
