"""Read a table of a database for a new case, and keep its address out of the configuration."""

from collections.abc import Set as AbstractSet
from pathlib import Path

import pandas as pd
from sqlalchemy import create_engine, inspect
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from evergreen.drafting import database_origin, sqlite_origin
from evergreen.errors import DataError, named
from evergreen.new_case.files import ReadTable, source_name

BETWEEN = "::"
_MAX_TOLD = 200


def read_table(address: str, case: str, *, taken: AbstractSet[str]) -> ReadTable:
    """Read a table of a database.

    Args:
        address: an SQLAlchemy address and a table, ``sqlite:///file.db::table``; a schema may stand before the table.
        case: the name of the case; the environment variable of the address is called after it.
        taken: names that its catalog entry must not have.

    Returns:
        The table.

    Raises:
        DataError: where the database or the table cannot be reached; no password is told.
    """
    where, _, told = address.rpartition(BETWEEN)
    if not where or not told:
        raise DataError(f"The address '{_hidden(address)}'", "names no table", f"Put it behind: ADDRESS{BETWEEN}TABLE.")
    url = _url(where)
    is_sqlite = url.get_backend_name() == "sqlite"
    schema, _, table = told.rpartition(".") if not is_sqlite else ("", "", told)
    if is_sqlite:
        _refuse_absent_file(url)
    rows = _read(url, table, schema or None)
    source = source_name(table, taken)
    if is_sqlite and url.database is not None:
        file = Path(url.database)
        return ReadTable(rows, sqlite_origin(source, file.name, table), file)
    secret = (f"{case}_database", f"{case.upper()}_DATABASE")
    return ReadTable(rows, database_origin(source, table, schema=schema or None, secret=secret))


def _url(where: str) -> URL:
    try:
        return make_url(where)
    except (ArgumentError, ValueError) as error:
        cure = "Write it as postgresql+psycopg://user:password@host:port/database, or sqlite:///file.db."
        raise DataError(f"The address '{_hidden(where)}'", "cannot be read", cure) from error


def _hidden(address: str) -> str:
    """An address without what stands between its scheme and its host: that may be a password."""
    scheme, between, rest = address.partition("://")
    return f"{scheme}{between}***@{rest.rpartition('@')[2]}" if "@" in rest else address


def _refuse_absent_file(url: URL) -> None:
    if url.database is None or not Path(url.database).is_file():
        found = "names no file" if url.database in (None, "", ":memory:") else "does not exist"
        raise DataError(
            f"The database '{url.database or 'sqlite://'}'", found, "Name a file: sqlite:///file.db::table."
        )


def _read(url: URL, table: str, schema: str | None) -> pd.DataFrame:
    thing = f"The database '{url.render_as_string(hide_password=True)}'"
    try:
        engine = create_engine(url)
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        cure = f"Install the driver of {url.drivername}, such as psycopg for postgresql+psycopg."
        raise DataError(thing, f"has no driver here ({str(error)[:_MAX_TOLD]})", cure) from error
    try:
        found = [*inspect(engine).get_table_names(schema), *inspect(engine).get_view_names(schema)]
        if table not in found:
            raise DataError(thing, f"has no table '{table}'", f"It has {named(sorted(found))}.")
        return pd.read_sql_table(table, engine, schema=schema)
    except SQLAlchemyError as error:
        told = str(getattr(error, "orig", None) or error).split("\n")[0].replace(url.password or "\0", "***")
        raise DataError(thing, f"cannot be read ({told[:_MAX_TOLD]})", "Check host, user and password.") from error
    finally:
        engine.dispose()
