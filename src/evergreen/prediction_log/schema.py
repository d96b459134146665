"""The tables of the log, and whose log it is."""

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Double,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    func,
    inspect,
    select,
)

from evergreen.errors import LogError

VERSION = "1"

_METADATA = MetaData()
_ID = BigInteger().with_variant(Integer(), "sqlite")

FACTS = Table("evergreen_log", _METADATA, Column("name", Text, primary_key=True), Column("value", Text, nullable=False))

# Times are text in UTC, all written alike, so that their order is that of their letters.
PREDICTIONS = Table(
    "evergreen_predictions",
    _METADATA,
    Column("id", _ID, primary_key=True),
    Column("request_id", Text, nullable=False),
    Column("row", Integer, nullable=False),
    Column("role", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("event_time", Text),
    Column("cells", Text, nullable=False),
    Column("repairs", Text, nullable=False),
    Column("reasons", Text, nullable=False),
    Column("scores", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("expected_payoff", Double),
    Column("release_id", Text, nullable=False),
    Column("answered_at", Text, nullable=False),
    Column("latency_ms", Double, nullable=False),
    UniqueConstraint("request_id", "row", "role"),
)
Index("evergreen_predictions_answered", PREDICTIONS.c.answered_at, PREDICTIONS.c.id)
Index("evergreen_predictions_key", PREDICTIONS.c.key)
Index(
    "evergreen_predictions_event",
    PREDICTIONS.c.event_time,
    PREDICTIONS.c.id,
    sqlite_where=PREDICTIONS.c.event_time.is_not(None),
    postgresql_where=PREDICTIONS.c.event_time.is_not(None),
)

# A row holds from known_at to confirmed_at, the last time that the same was said again.
OUTCOMES = Table(
    "evergreen_outcomes",
    _METADATA,
    Column("id", _ID, primary_key=True),
    Column("key", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("known_at", Text, nullable=False),
    Column("confirmed_at", Text, nullable=False),
)
Index("evergreen_outcomes_key", OUTCOMES.c.key, OUTCOMES.c.known_at)

# Any number that no other program takes for a lock on the same server.
_LOCK = 0x6576_6572_6C6F_67


def lock_writers(connection: Connection) -> None:
    """Let one process at a time read and then write; SQLite does so by itself.

    Args:
        connection: within a transaction, which ends the lock.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def is_made(connection: Connection) -> bool:
    """Say whether the tables are there.

    Args:
        connection: to the database.

    Returns:
        Whether some version of evergreen has made them.
    """
    return inspect(connection).has_table(FACTS.name)


def make_tables(connection: Connection, *, case: str, place: str) -> None:
    """Make the tables where they are not there yet.

    Args:
        connection: within a transaction.
        case: the case whose log it becomes.
        place: the database, as a message names it.

    Raises:
        LogError: where an SQLite file holds something else.
    """
    lock_writers(connection)
    if is_made(connection):
        return
    if connection.dialect.name == "sqlite" and inspect(connection).get_table_names():
        raise LogError(place, "holds tables of something else", "Name another file.")
    _METADATA.create_all(connection)
    connection.execute(FACTS.insert(), [{"name": "version", "value": VERSION}, {"name": "case", "value": case}])


def check_facts(connection: Connection, *, case: str, place: str) -> None:
    """Refuse the log of another version or case.

    Args:
        connection: to a database with the tables.
        case: the case that is to be logged.
        place: the database, as a message names it.

    Raises:
        LogError: where it is another's.
    """
    rows = connection.execute(select(FACTS.c.name, FACTS.c.value))
    facts = {str(name): str(value) for name, value in rows}
    version, owner = facts.get("version"), facts.get("case")
    if version != VERSION:
        cure = "Move it away: a new one begins; or use the evergreen that made it."
        raise LogError(place, f"has version {version}, and this installation knows {VERSION}", cure)
    if owner != case:
        raise LogError(place, f"is that of case '{owner}', not of '{case}'", "Give each case a log of its own.")
