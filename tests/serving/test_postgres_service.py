"""The service with its log on a real PostgreSQL server: answers are there, and lost connections are made anew."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from evergreen.prediction_log import open_log
from evergreen.releases import ReleaseStore
from evergreen.serving.params import ServingParams
from evergreen.serving.service import Surroundings
from tests.postgres import PASSWORD, Postgres
from tests.releases.small import entry, small_release
from tests.serving.world import ROW, MemoryLog, Quick, World, rows, running, wait_for

pytestmark = pytest.mark.postgres

CUT = "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and usename = user"
TABLES = ("evergreen_predictions", "evergreen_outcomes", "evergreen_log")


@pytest.fixture
def made(postgres: Postgres, tmp_path: Path) -> Iterator[World]:
    store, params = ReleaseStore(str(tmp_path)), ServingParams(port=0, poll_seconds=0.05, drain_seconds=0.0)
    store.add(small_release())
    store.promote(entry(small_release()))
    open_it = partial(open_log, postgres.con(), case="small", wait_seconds=0.2)
    with running(Surroundings("small", store, params, open_it, make=Quick)) as (server, port):
        found = World(store, tmp_path, MemoryLog(), {}, server, port)
        wait_for(lambda: found.ask("GET", "/health/ready").status == 200)
        yield found
    for table in TABLES:
        postgres.run(f"drop table if exists {table}")


def n_logged(postgres: Postgres) -> object:
    return postgres.run("select count(*) from evergreen_predictions")[0][0]


def test_what_is_answered_is_in_the_log_and_meets_its_outcome(made: World, postgres: Postgres) -> None:
    assert made.predict(rows(3, note="a\0b")).status == 200
    outcomes = [{"row_id": 2, "outcome": "yes"}, {"row_id": 9, "outcome": "no"}]
    told = made.ask("POST", "/outcomes", {"outcomes": outcomes})
    assert (told.json["new"], told.json["unknown"]) == (2, 1)
    with open_log(postgres.con(), case="small") as log:
        found = log.read()
    assert found["_outcome"].tolist() == [None, "yes", None]
    assert found["note"].tolist() == ["a\0b"] * 3


def test_connections_that_are_cut_cost_no_request(made: World, postgres: Postgres) -> None:
    for _ in range(3):
        assert made.predict([ROW]).status == 200
        postgres.run(CUT)
    assert made.predict([ROW]).status == 200
    assert n_logged(postgres) == 4


def test_without_its_tables_nothing_is_answered_until_they_are_back(made: World, postgres: Postgres) -> None:
    postgres.run("alter table evergreen_predictions rename to elsewhere")
    told = made.predict([ROW])
    assert told.status == 503
    ready = made.ask("GET", "/health/ready").json
    assert PASSWORD not in str(ready)
    postgres.run("alter table elsewhere rename to evergreen_predictions")
    wait_for(lambda: made.ask("GET", "/health/ready").status == 200)
    assert made.predict([ROW]).status == 200
    assert n_logged(postgres) == 1
