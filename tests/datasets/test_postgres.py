"""A real PostgreSQL server read through the catalog, and every way in which it can let a run down."""

from collections.abc import Iterator
from threading import Thread
from typing import Any

import pandas as pd
import pytest
from kedro.io import DataCatalog, DatasetError
from kedro_datasets.pandas import SQLQueryDataset, SQLTableDataset

from evergreen.errors import DataError
from evergreen.hooks.plain_errors import mendable_fault
from tests.postgres import PASSWORD, Postgres, running_server

pytestmark = pytest.mark.postgres

POLICIES = pd.DataFrame(
    {
        "policy_id": [1, 2, 3],
        "holder": ["Zoë", 'O"Neill; drop table', None],
        "premium_eur": [120.5, 99.0, None],
        "valid_from": pd.to_datetime(["2024-01-01", "2024-02-29 12:30:00", "2024-03-01"], format="ISO8601"),
        "is_paid": [True, False, True],
    }
)
# Sends rows, and has its own connection cut in the middle: no other program has to be quick enough.
CUT_MIDWAY = """
    select n, case when n = 50000 then pg_terminate_backend(pg_backend_pid()) end as gone
    from generate_series(1, 100000) as n
"""


@pytest.fixture(autouse=True)
def _no_connection_is_left() -> Iterator[None]:
    """Kedro keeps connections for the whole process."""
    yield
    for kind in (SQLQueryDataset, SQLTableDataset):
        for engine in kind.engines.values():
            engine.dispose()
        kind.engines.clear()


@pytest.fixture
def server(postgres: Postgres) -> Postgres:
    postgres.write("policies", POLICIES)
    return postgres


def catalog(con: str, **entry: Any) -> DataCatalog:
    """A catalog with one source, its credentials by name as a case has them."""
    kind = "pandas.SQLTableDataset" if "table_name" in entry else "pandas.SQLQueryDataset"
    config = {"policies": {"type": kind, "credentials": "policy_db", **entry}}
    return DataCatalog.from_config(config, credentials={"policy_db": {"con": con}})


def refusal(made: DataCatalog) -> str:
    """What a user reads when loading fails; nothing on the way shows the password."""
    with pytest.raises(DatasetError) as caught:
        made.load("policies")
    fault = mendable_fault(caught.value)
    assert isinstance(fault, DataError)
    assert PASSWORD not in f"{caught.value} {fault} {made!r} {made['policies']!r}"
    assert len(str(fault)) < 400
    return str(fault)


def test_a_table_arrives_with_its_types(server: Postgres) -> None:
    found = catalog(server.con(), table_name="policies").load("policies")
    pd.testing.assert_frame_equal(found, POLICIES, check_dtype=False)
    assert found["valid_from"].dtype.kind == "M"
    assert found["premium_eur"].dtype == "float64"


def test_a_query_takes_its_parameters(server: Postgres) -> None:
    sql = "select policy_id from policies where valid_from < %(day)s order by policy_id"
    found = catalog(server.con(), sql=sql, load_args={"params": {"day": "2024-03-01"}}).load("policies")
    assert found["policy_id"].tolist() == [1, 2]


def test_a_view_is_a_table_too(server: Postgres) -> None:
    server.run("create or replace view paid as select policy_id from policies where is_paid")
    made = catalog(server.con(), table_name="paid")
    assert made.exists("policies")
    assert made.load("policies")["policy_id"].tolist() == [1, 3]


def test_exact_and_zoned_types_arrive_as_something_a_table_can_hold(server: Postgres) -> None:
    sql = "select 12.50::numeric as premium, timestamptz '2024-01-01 00:00+02' as at, '7'::bigint as n"
    found = catalog(server.con(), sql=sql).load("policies")
    assert float(found["premium"][0]) == 12.5
    assert found["at"].dt.tz_convert("UTC")[0] == pd.Timestamp("2023-12-31 22:00", tz="UTC")


@pytest.mark.parametrize("entry", [{"table_name": "policies"}, {"sql": "select 1"}], ids=["table", "query"])
def test_a_wrong_password_is_told(entry: dict[str, Any], server: Postgres) -> None:
    assert refusal(catalog(server.con("not " + PASSWORD), **entry)) == (
        "Dataset 'policies' cannot be reached (password authentication failed for user \"evergreen\"). "
        "Check host, port, user and password of its credentials, and whether the server runs."
    )


def test_a_database_that_does_not_exist_is_told(server: Postgres) -> None:
    found = refusal(catalog(server.con(database="nowhere"), sql="select 1"))
    assert "Dataset 'policies' cannot be reached (database \"nowhere\" does not exist). Check host" in found


def test_a_missing_table_is_told(server: Postgres) -> None:
    found = refusal(catalog(server.con(), sql="select * from claims"))
    assert "Dataset 'policies' cannot be read (relation \"claims\" does not exist). Mend table_name or sql" in found
    assert not catalog(server.con(), table_name="claims").exists("policies")


def test_a_table_one_may_not_read_is_told(server: Postgres) -> None:
    server.run("do $$ begin create role guest login password 'guest'; exception when duplicate_object then end $$")
    found = refusal(catalog(server.con("guest", user="guest"), sql="select * from policies"))
    assert "cannot be read (permission denied for table policies). Ask for the right to read it" in found


def test_a_query_that_takes_too_long_is_told(server: Postgres) -> None:
    made = catalog(f"{server.con()}?options=-c%20statement_timeout%3D50", sql="select pg_sleep(30)")
    assert "cannot be read (canceling statement due to statement timeout). Narrow the query" in refusal(made)


def test_a_connection_cut_between_two_rows_is_told(server: Postgres) -> None:
    found = refusal(catalog(server.con(), sql=CUT_MIDWAY))
    assert "Dataset 'policies' lost its connection while it was read (terminating connection due to" in found
    assert found.endswith("Run again when the server is back.")


def test_a_slow_query_whose_connection_is_cut_is_told(server: Postgres) -> None:
    cut: list[int] = []

    def cut_it() -> None:
        # It asks until the slow query is there; pg_sleep is only the pause between two questions.
        sql = "select pg_sleep(0.02), pg_terminate_backend(pid) from pg_stat_activity where query like '%slow one%' "
        while not cut:
            cut.extend(len(row) for row in server.run(sql + "and state = 'active' and pid <> pg_backend_pid()"))

    killer = Thread(target=cut_it)
    killer.start()
    try:
        found = refusal(catalog(server.con(), sql="select 'slow one', pg_sleep(60)"))
    finally:
        cut.append(0)
        killer.join()
    assert "lost its connection while it was read (terminating connection due to administrator command)" in found


@pytest.mark.parametrize(
    "entry", [{"table_name": "policies"}, {"sql": "select * from policies"}], ids=["table", "query"]
)
def test_a_server_that_went_down_is_told_first_as_lost_then_as_out_of_reach(entry: dict[str, Any]) -> None:
    with running_server() as brief:
        brief.write("policies", POLICIES)
        made = catalog(brief.con(), **entry)
        assert len(made.load("policies")) == 3
    assert "Dataset 'policies' lost its connection while it was read" in refusal(made)
    assert "Dataset 'policies' cannot be reached (Connection refused)" in refusal(made)
