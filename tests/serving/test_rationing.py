"""A scarce action is rationed among the rows of one request, and strangers who ask meanwhile change nothing."""

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

from evergreen.answering import Answer, PlainAnswerer
from evergreen.releases import LoadedRelease, Release, assemble_release, load_release
from evergreen.serving.desk import Job, answer_jobs
from evergreen.serving.params import ServingParams
from evergreen.serving.router import Duty
from evergreen.serving.served import ServedRelease, serve_release
from tests.models.small import small_case, trained
from tests.releases.small import small_release
from tests.serving.world import Quick, rows, wait_for, world

CALLS = {
    "unit": "EUR",
    "actions": {"call": {"no": 1, "yes": 5}, "skip": {"no": 0, "yes": 0}},
    "capacity": {"action": "call", "at_most": 1, "per": "day"},
}


@cache
def scarce_release() -> Release:
    return assemble_release(small_case("binary", payoff=CALLS), trained("binary").model, {})


def served(release: Release) -> ServedRelease:
    def plain(loaded: LoadedRelease) -> PlainAnswerer:
        return PlainAnswerer(loaded.model, loaded.problem, loaded.outlier_limits)

    return serve_release(load_release(release.release_id, release.files), ServingParams(), plain)


def job(made: ServedRelease, name: str, n_rows: int, strength: float) -> Job:
    asked = rows(n_rows, strength=strength)
    return Job(name, asked, [{}] * n_rows, Duty(made), [made] * n_rows, 0.0)


def actions(answers: list[Answer]) -> list[str | float | None]:
    return [one.action for one in answers]


def test_a_request_gets_the_same_answer_whoever_asks_meanwhile() -> None:
    made = served(scarce_release())
    mine, other = job(made, "mine", 2, 0.1), job(made, "other", 2, 3.0)
    (alone,) = answer_jobs([mine])
    together, others = answer_jobs([mine, other])
    assert actions([*together.answers]) == actions([*alone.answers]) == ["call", "skip"]
    assert actions([*others.answers]) == ["call", "skip"]


def test_requests_about_what_is_scarce_are_answered_one_by_one_in_one_commit(tmp_path: Path) -> None:
    for folder, release, batches in (("scarce", scarce_release(), [1, 2, 2, 2]), ("free", small_release(), [1, 6])):
        with world(tmp_path / folder, release=release) as made, ThreadPoolExecutor(4) as clients:
            quick: Quick = next(iter(made.answerers.values()))
            quick.batches.clear()
            quick.gate = threading.Event()
            first = clients.submit(made.predict, rows(1))
            wait_for(lambda made=made, quick=quick: made.service.n_in_flight == 1 and quick.batches == [1])
            others = [clients.submit(made.predict, rows(2)) for _ in range(3)]
            wait_for(lambda made=made: made.service.n_in_flight == 4)
            quick.gate.set()
            assert {one.result().status for one in (first, *others)} == {200}
            assert quick.batches == batches
            assert made.log.n_commits == 2
