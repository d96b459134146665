"""Retention: what is old is deleted, a little at a time, so that nobody who writes has to wait long."""

from sqlalchemy import Connection, delete, exists, select

from evergreen.prediction_log.database import Database
from evergreen.prediction_log.schema import OUTCOMES, PREDICTIONS

_N_ROWS = 2_000


def purge_predictions(database: Database, before: str) -> int:
    """Delete old answers of every role.

    Args:
        database: the log.
        before: the first moment that stays, written as the log writes its times.

    Returns:
        How many were deleted.
    """
    old = select(PREDICTIONS.c.id).where(PREDICTIONS.c.answered_at < before)
    n_deleted = 0
    while True:
        with database.writing() as connection:
            ids = list(connection.scalars(old.order_by(PREDICTIONS.c.answered_at).limit(_N_ROWS)))
            connection.execute(delete(PREDICTIONS).where(PREDICTIONS.c.id.in_(ids)))
        n_deleted += len(ids)
        if len(ids) < _N_ROWS:
            return n_deleted


def purge_outcomes(database: Database, before: str) -> None:
    """Delete old outcomes that no answer is left for.

    Args:
        database: the log.
        before: outcomes last confirmed earlier are old.
    """
    last = 0
    while True:
        with database.writing() as connection:
            ids = _old_outcomes(connection, before, last)
            connection.execute(delete(OUTCOMES).where(OUTCOMES.c.id.in_(ids)))
        if len(ids) < _N_ROWS:
            return
        last = ids[-1]


def clear_file(database: Database) -> None:
    """Have an SQLite file forget what was deleted: it may stand in the file's own journal.

    Args:
        database: the log; with a server nothing is done.
    """
    if database.path is None:
        return
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _old_outcomes(connection: Connection, before: str, last: int) -> list[int]:
    is_answered = exists().where(PREDICTIONS.c.key == OUTCOMES.c.key)
    old = select(OUTCOMES.c.id).where(OUTCOMES.c.id > last, OUTCOMES.c.confirmed_at < before, ~is_answered)
    return list(connection.scalars(old.order_by(OUTCOMES.c.id).limit(_N_ROWS)))
