"""Another champion takes over between two requests; one that is damaged does not."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from evergreen.releases import ReleaseStore
from evergreen.serving.params import ServingParams
from evergreen.serving.service import Surroundings
from tests.releases.small import small_release
from tests.serving.world import ROW, MemoryLog, Quick, Reply, World, rows, running, wait_for, world

OTHER = small_release(note="second")


def test_before_the_first_promotion_it_is_not_ready_and_says_why(tmp_path: Path) -> None:
    store, log = ReleaseStore(str(tmp_path)), MemoryLog()
    told = ServingParams(port=0, poll_seconds=0.05, drain_seconds=0.0)
    with running(Surroundings("small", store, told, lambda: log, make=Quick)) as (server, port):
        made = World(store, tmp_path, log, {}, server, port)
        wait_for(lambda: "nothing has been released yet" in made.ask("GET", "/health/ready").json["reason"])
        assert made.ask("GET", "/health/live").status == 200
        assert made.predict([ROW]).status == 503
        assert made.ask("GET", "/v2/models/small/ready").status == 503
        assert "/predict" not in made.ask("GET", "/openapi.json").json["paths"]
        made.promote(small_release())
        wait_for(lambda: made.ask("GET", "/health/ready").status == 200)
        assert made.predict([ROW]).status == 200


def test_under_load_each_answer_is_from_one_release_and_none_is_lost(tmp_path: Path) -> None:
    with world(tmp_path) as made:
        first = made.champion()

        def ask(number: int) -> Reply:
            return made.predict(rows(1 + number % 3, strength=number / 1000))

        with ThreadPoolExecutor(8) as clients:
            asked = [clients.submit(ask, number) for number in range(300)]
            wait_for(asked[60].done)
            made.promote(OTHER)
            wait_for(lambda: made.champion() == OTHER.release_id)
            told = [one.result() for one in asked]
        assert {one.status for one in told} == {200}
        assert {one.json["release_id"] for one in told} == {first, OTHER.release_id}
        marks = {name: quick.mark for name, quick in made.answerers.items()}
        for number, one in enumerate(told):
            assert {p["expected_payoff"] for p in one.json["predictions"]} == {marks[one.json["release_id"]]}
            assert {p["score"] for p in one.json["predictions"]} == {number / 1000}
        assert made.predict([ROW]).json["release_id"] == OTHER.release_id
        logged = {(one.request_id, one.row): one.release_id for one in made.log.predictions}
        assert len(logged) == 1 + sum(1 + number % 3 for number in range(300))
        for one in told:
            assert logged[one.json["request_id"], 0] == one.json["release_id"]


def test_a_request_that_waits_is_answered_by_the_release_it_came_to(tmp_path: Path) -> None:
    with world(tmp_path) as made, ThreadPoolExecutor(2) as clients:
        first = str(made.champion())
        made.answerers[first].gate = gate = threading.Event()
        waiting = [clients.submit(made.predict, [ROW]) for _ in range(2)]
        wait_for(lambda: made.service.n_in_flight == 2)
        made.promote(OTHER)
        wait_for(lambda: made.champion() == OTHER.release_id)
        gate.set()
        assert [one.result().json["release_id"] for one in waiting] == [first, first]


def test_a_damaged_release_is_refused_and_the_old_one_goes_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with world(tmp_path) as made:
        first = made.champion()
        made.store.add(OTHER)
        path = made.folder / "releases" / OTHER.release_id / "metrics.json"
        path.write_bytes(path.read_bytes() + b" ")
        with caplog.at_level("ERROR", "evergreen.serving"):
            (made.folder / "champion.json").write_text(json.dumps({"release_id": OTHER.release_id}))
            wait_for(lambda: made.figure("evergreen_release_refusals_total"))
        assert made.ask("GET", "/health/ready").status == 200
        assert made.predict([ROW]).json["release_id"] == first
        shown = made.ask("GET", "/metrics").body.decode()
        assert f'evergreen_refused_release{{release_id="{OTHER.release_id}",why="Release' in shown
        assert "was changed after it was made: 'metrics.json'" in str([vars(one) for one in caplog.records])
        path.write_bytes(path.read_bytes()[:-1])
        made.look()
        wait_for(lambda: made.champion() == OTHER.release_id)
        assert "evergreen_refused_release{" not in made.ask("GET", "/metrics").body.decode()


def test_a_refusal_is_told_once(tmp_path: Path) -> None:
    with world(tmp_path, poll_seconds=0.01) as made:
        (made.folder / "champion.json").write_text(json.dumps({"release_id": "abc"}))
        wait_for(lambda: made.figure("evergreen_release_refusals_total"))
        for _ in range(5):
            made.look()
            made.predict([ROW])
        assert made.figure("evergreen_release_refusals_total") == 1
        assert made.ask("GET", "/health/ready").status == 200


def test_a_damaged_pointer_leaves_the_old_one(tmp_path: Path) -> None:
    with world(tmp_path) as made:
        first = made.champion()
        (made.folder / "champion.json").write_text("{")
        made.look()
        wait_for(lambda: made.figure("evergreen_release_refusals_total"))
        assert made.predict([ROW]).json["release_id"] == first


def test_a_canary_answers_its_share_of_the_keys_and_always_the_same(tmp_path: Path) -> None:
    store = ReleaseStore(str(tmp_path))
    store.add(OTHER)
    with world(tmp_path, canary={"release_id": OTHER.release_id, "share": 0.25}) as made:
        wait_for(lambda: made.service.router.duty and made.service.router.duty.canary)
        told = made.predict(rows(1000)).json
        by_canary = [place for place, one in enumerate(told["predictions"]) if "release_id" in one]
        assert 190 < len(by_canary) < 310
        mark = made.answerers[OTHER.release_id].mark
        assert {told["predictions"][place]["expected_payoff"] for place in by_canary} == {mark}
        again = [one for row in rows(30) for one in made.predict([{**row, "strength": 0.1}]).json["predictions"]]
        assert [place for place, one in enumerate(again) if "release_id" in one] == [p for p in by_canary if p < 30]
        roles = {one.key["row_id"] - 1: one.role for one in made.log.predictions[:1000]}
        assert [place for place in range(1000) if roles[place] == "canary"] == by_canary
        assert made.figure(f'evergreen_rows_total{{release_id="{OTHER.release_id}",role="canary"}}') >= len(by_canary)


def test_a_shadow_answers_unseen_and_is_logged(tmp_path: Path) -> None:
    ReleaseStore(str(tmp_path)).add(OTHER)
    with world(tmp_path, shadow=OTHER.release_id) as made:
        wait_for(lambda: made.service.router.duty and made.service.router.duty.shadow)
        first = made.champion()
        told = made.predict(rows(3))
        assert OTHER.release_id not in told.body.decode()
        wait_for(lambda: len(made.log.predictions) == 6)
        by_role = {(one.role, one.release_id, one.row) for one in made.log.predictions}
        assert by_role == {
            (role, name, row) for role, name in (("champion", first), ("shadow", OTHER.release_id)) for row in range(3)
        }
        assert {one.expected_payoff for one in made.log.predictions if one.role == "shadow"} == {
            made.answerers[OTHER.release_id].mark
        }


def test_a_shadow_that_is_slow_or_fails_holds_nobody_up(tmp_path: Path) -> None:
    ReleaseStore(str(tmp_path)).add(OTHER)
    with world(tmp_path, shadow=OTHER.release_id, max_rows=1, max_batch_rows=1) as made:
        wait_for(lambda: made.service.router.duty and made.service.router.duty.shadow)
        quick = made.answerers[OTHER.release_id]
        quick.gate = threading.Event()
        assert [made.predict([ROW]).status for _ in range(20)] == [200] * 20
        assert made.figure("evergreen_shadow_dropped_total") == 3
        quick.is_broken = True
        quick.gate.set()
        wait_for(lambda: sum(one.role == "shadow" for one in made.log.predictions) == 17)
        assert {one.reasons for one in made.log.predictions if one.role == "shadow"} == {
            "the release failed on this row"
        }
        assert made.predict([ROW]).status == 200


def test_a_canary_that_cannot_be_loaded_leaves_the_champion_alone(tmp_path: Path) -> None:
    with world(tmp_path, canary={"release_id": "abcd", "share": 0.5}) as made:
        wait_for(lambda: made.figure("evergreen_release_refusals_total"))
        assert 'release_id="abcd"' in made.ask("GET", "/metrics").body.decode()
        assert made.predict([ROW]).status == 200
