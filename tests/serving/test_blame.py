"""A release fails on some rows of a request: the others are answered as if these had never come."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from evergreen.answering import Answer
from evergreen.prediction_log import FAILED
from evergreen.releases import Release, load_release
from evergreen.serving.blame import MOST_FAILURES, answer_requests, answer_rows
from evergreen.serving.params import ServingParams
from evergreen.serving.served import ServedRelease, serve_release
from tests.releases.small import small_release
from tests.serving.test_rationing import scarce_release
from tests.serving.world import Quick, rows

Row = Mapping[str, Any]
CALL, SKIP = (Answer((0.5,), action, 1.0, ()) for action in ("call", "skip"))
LOST = Answer((), None, None, (), FAILED)


@dataclass
class Frail:
    """Calls the first of the rows that it is asked about together, and fails on some."""

    fails: Callable[[Sequence[Row]], bool]
    n_asked: int = 0
    is_compiled: bool = False
    note: str = ""

    def answer(self, asked: Sequence[Row]) -> list[Answer]:
        self.n_asked += 1
        if self.fails(asked):
            raise ValueError("secret cell")
        return [CALL, *[SKIP] * (len(asked) - 1)]


def one_breaks(asked: Sequence[Row]) -> bool:
    return any(row.get("note") == "break" for row in asked)


def _served(release: Release) -> ServedRelease:
    return serve_release(load_release(release.release_id, release.files), ServingParams(), Quick)


@pytest.fixture(scope="module")
def scarce() -> ServedRelease:
    """May call one row a day."""
    return _served(scarce_release())


@pytest.fixture(scope="module")
def free() -> ServedRelease:
    """May call whom it likes."""
    return _served(small_release())


@pytest.mark.parametrize("broken", [(3,), (0, 7), (0, 1, 2, 3, 4, 6, 7), range(8)])
def test_a_scarce_action_is_handed_out_once_whatever_row_fails(scarce: ServedRelease, broken: Sequence[int]) -> None:
    asked = [{**row, "note": "break"} if place in broken else row for place, row in enumerate(rows(8))]
    told = answer_rows(replace(scarce, answerer=Frail(one_breaks)), asked)
    assert [place for place, one in enumerate(told) if one == LOST] == [*broken]
    assert [one for one in told if one != LOST] == [CALL, *[SKIP] * 7][: 8 - len(broken)]


def test_rows_that_fail_only_together_get_nothing_that_is_scarce(scarce: ServedRelease) -> None:
    told = answer_rows(replace(scarce, answerer=Frail(lambda asked: len(asked) > 1)), rows(4))
    assert told == [LOST] * 4


def test_a_release_that_fails_on_all_is_asked_some_times_and_told_of_once(
    free: ServedRelease, caplog: pytest.LogCaptureFixture
) -> None:
    frail = Frail(lambda _: True)
    with caplog.at_level(logging.ERROR, "evergreen.serving"):
        assert answer_rows(replace(free, answerer=frail), rows(1000)) == [LOST] * 1000
    assert frail.n_asked == MOST_FAILURES
    assert [one.message for one in caplog.records] == ["A row failed", "Rows were given up after many that failed"]
    failed, given_up = (vars(one)["told"] for one in caplog.records)
    assert failed["kind"] == "ValueError"
    assert 0 < failed["n_rows"] == 1000 - given_up["n_rows"]
    assert "secret" not in str([vars(one) for one in caplog.records])


def test_a_request_full_of_faults_takes_no_row_of_another_with_it(free: ServedRelease) -> None:
    requests = [rows(2), rows(900, note="break"), rows(1), [*rows(2), *rows(1, note="break")]]
    first, _, third, last = answer_requests(replace(free, answerer=Frail(one_breaks)), requests)
    assert (first, third, last[2]) == ([CALL, SKIP], [CALL], LOST)
    assert LOST not in last[:2]


def test_requests_are_answered_at_once_but_for_what_is_scarce(free: ServedRelease, scarce: ServedRelease) -> None:
    requests = [rows(2), rows(3), rows(1)]
    for served, n_asked, n_calls in ((free, 1, 1), (scarce, 3, 3)):
        frail = Frail(one_breaks)
        told = answer_requests(replace(served, answerer=frail), requests)
        assert list(map(len, told)) == [2, 3, 1]
        assert (frail.n_asked, sum(one.count(CALL) for one in told)) == (n_asked, n_calls)
