"""Faults that other libraries find, as the catalog raises them and as a user reads them."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from kedro.io import DataCatalog
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from evergreen.errors import CaseError, DataError
from evergreen.hooks.foreign_faults import foreign_fault
from evergreen.hooks.plain_errors import mendable_fault
from tests.hooks.tiny_project import TinyProject

PASSWORD = "kept-secret"  # noqa: S105 - of no server
TABLE = {"type": "pandas.SQLTableDataset", "table_name": "clients"}
QUERY = {"type": "pandas.SQLQueryDataset", "sql": "select id from clients"}


def told(act: Callable[[], object]) -> str:
    """What a user reads of the exception that an act raises."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 - which one is the question
        act()
    fault = mendable_fault(caught.value)
    assert isinstance(fault, CaseError | DataError)
    assert PASSWORD not in str(fault)
    return str(fault)


def reading(entry: dict[str, object], con: str) -> Callable[[], object]:
    return lambda: DataCatalog.from_config({"clients": {**entry, "credentials": {"con": con}}}).load("clients")


def test_a_query_for_what_is_not_there_names_dataset_and_way_out(tmp_path: Path) -> None:
    found = told(reading(QUERY, f"sqlite:///{tmp_path / 'new.db'}"))
    assert found == (
        "Dataset 'clients' cannot be read (no such table: clients). "
        "Mend table_name or sql in the catalog, or the database."
    )


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    file = tmp_path / "clients.db"
    file.write_text("id,name\n1,Ada\n" * 100)
    assert "Dataset 'clients' cannot be read (file is not a database)" in told(reading(QUERY, f"sqlite:///{file}"))


def test_a_folder_that_is_not_there_cannot_be_reached(tmp_path: Path) -> None:
    found = told(reading(QUERY, f"sqlite:///{tmp_path / 'no' / 'clients.db'}"))
    assert found == (
        "Dataset 'clients' cannot be reached (unable to open database file). "
        "Make the folder of its file, let it be written to, or mend its path."
    )


@pytest.mark.parametrize("entry", [TABLE, QUERY], ids=["table", "query"])
def test_a_server_that_is_not_there_cannot_be_reached(entry: dict[str, object]) -> None:
    pytest.importorskip("psycopg")
    found = told(reading(entry, f"postgresql+psycopg://ada:{PASSWORD}@127.0.0.1:1/shop"))
    assert found == (
        "Dataset 'clients' cannot be reached (Connection refused). "
        "Check host, port, user and password of its credentials, and whether the server runs."
    )


@pytest.mark.parametrize(
    ("con", "match"),
    [
        (f"nosuch://ada:{PASSWORD}@host/shop", "has a connection string that cannot be used (Can't load plugin"),
        (f"ada:{PASSWORD}", "has a connection string that cannot be used (Could not parse SQLAlchemy URL"),
        (f"mysql+mysqldb://ada:{PASSWORD}@host/shop", "needs a driver that is not installed ('MySQLdb'). Install it"),
    ],
    ids=["dialect", "form", "driver"],
)
def test_a_connection_string_that_leads_nowhere_is_told(con: str, match: str) -> None:
    assert match in told(reading(QUERY, con))


class _ServerError(Exception):
    def __init__(self, told: str, sqlstate: str | None) -> None:
        super().__init__(told)
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("sqlstate", "message", "is_gone", "finding", "cure"),
    [
        ("42501", "permission denied for table t", False, "cannot be read (permission denied", "Ask for the right"),
        ("42703", 'column "x" does not exist', False, "cannot be read (column", "Mend table_name or sql"),
        (
            "57014",
            "canceling statement due to statement timeout",
            False,
            "cannot be read (canceling",
            "Narrow the query",
        ),
        ("57P01", "terminating connection", False, "lost its connection while it was read (terminating", "Run again"),
        ("08006", "connection failure", False, "lost its connection while it was read", "Run again when the server"),
        (None, "server closed the connection unexpectedly", True, "lost its connection while it was read", "Run again"),
        (None, "connection failed: FATAL:  no such user", False, "cannot be reached (no such user)", "Check host"),
        ("22012", "division by zero", False, "cannot be read (division by zero)", "Mend table_name or sql"),
    ],
)
def test_each_kind_of_fault_has_its_way_out(
    sqlstate: str | None, message: str, is_gone: bool, finding: str, cure: str
) -> None:
    error = OperationalError("select 1", None, _ServerError(message, sqlstate), connection_invalidated=is_gone)
    found = foreign_fault([error])
    assert isinstance(found, DataError)
    assert found.finding.startswith(finding)
    assert found.cure.startswith(cure)


def test_a_message_is_one_bounded_line_without_secrets() -> None:
    raw = f"bad dsn postgresql://ada:{PASSWORD}@host/x password={PASSWORD} {'x' * 9000}\nLINE 1: select"
    found = str(foreign_fault([OperationalError("select 1", None, _ServerError(raw, "42601"))]))
    assert PASSWORD not in found
    assert "\n" not in found
    assert len(found) < 400


def test_what_is_no_known_fault_is_left_alone() -> None:
    assert foreign_fault([ValueError("x"), KeyError("y"), ModuleNotFoundError("No module named 'z'")]) is None


def test_without_a_database_nothing_of_it_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "sqlalchemy.exc")
    assert foreign_fault([ValueError("x")]) is None
    assert "sqlalchemy.exc" not in sys.modules


def test_a_check_whether_a_table_exists_names_it_too(tmp_path: Path) -> None:
    con = f"sqlite:///{tmp_path / 'no' / 'clients.db'}"
    catalog = DataCatalog.from_config({"clients": {**TABLE, "credentials": {"con": con}}})
    assert "Table 'clients' cannot be reached" in told(lambda: catalog.exists("clients"))


def test_credentials_that_nobody_gave_are_named(project: TinyProject) -> None:
    project.write(
        "conf/base/catalog_shop.yml", "x: {type: pandas.SQLTableDataset, table_name: x, credentials: shop_db}"
    )
    found = told(lambda: project.context().catalog)
    assert found.startswith(
        "Credentials 'shop_db' are asked for by the catalog and given nowhere. Write them into conf/"
    )


def test_a_variable_that_is_not_set_is_named(project: TinyProject, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHOP_DB", raising=False)
    project.write("conf/local/credentials.yml", "shop_db: {con: '${oc.env:SHOP_DB}'}")
    found = told(lambda: project.context().catalog)
    assert found.startswith("The environment variable 'SHOP_DB' is read by the credentials and not set. Set it")


def test_a_real_table_is_read(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'shop.db'}")
    with engine.begin() as connection:
        connection.execute(text("create table clients (id integer)"))
        connection.execute(text("insert into clients values (7)"))
    engine.dispose()
    assert reading(QUERY, f"sqlite:///{tmp_path / 'shop.db'}")()["id"].tolist() == [7]  # type: ignore[index]
