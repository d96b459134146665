"""Answers of a time, part by part, each with the outcome that counts for it."""

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, func, select, tuple_

from evergreen.prediction_log.database import Database
from evergreen.prediction_log.schema import OUTCOMES, PREDICTIONS
from evergreen.prediction_log.terms import Clock

Place = tuple[str, int]
# Far below the number of values that SQLite takes in one statement.
_N_ASKED = 500


@dataclass(frozen=True)
class Window:
    """Which answers are read.

    Attributes:
        since: the first moment, written as the log writes its times; from the beginning where not said.
        until: the first moment no longer; to the end where not said.
        roles: of the releases that answered.
        by: which time counts. By ``event_time``, answers without one are left out.
        known_until: the last moment at which an outcome may have been known; the newest where not said.
        release_id: the release that answered; any where not said.
    """

    since: str | None = None
    until: str | None = None
    roles: Collection[str] = ("champion",)
    by: Clock = "answered_at"
    known_until: str | None = None
    release_id: str | None = None


def read_rows(database: Database, window: Window, *, n_rows: int) -> Iterator[Sequence[RowMapping]]:
    """Read answers in the order of their time.

    No transaction is held between two parts, so a slow reader keeps nobody from clearing up.

    Args:
        database: the log.
        window: which answers.
        n_rows: the most that a part holds, >= 1.

    Yields:
        The columns of predictions, then ``outcome`` and ``outcome_known_at``, both null where there is none.
    """
    after: Place | None = None
    while True:
        with database.reading() as connection:
            rows = connection.execute(select_part(window, after, n_rows)).mappings().all()
        if rows:
            yield rows
        if len(rows) < n_rows:
            return
        after = rows[-1][window.by], rows[-1]["id"]


def newest_rows(database: Database, *, n_rows: int) -> Sequence[RowMapping]:
    """Read the answers that came last.

    Args:
        database: the log.
        n_rows: how many.

    Returns:
        As ``read_rows``, of all roles, the newest last.
    """
    newest = select(PREDICTIONS).order_by(PREDICTIONS.c.answered_at.desc(), PREDICTIONS.c.id.desc()).limit(n_rows)
    with database.reading() as connection:
        return connection.execute(_with_outcomes(newest, Window())).mappings().all()


def select_part(window: Window, after: Place | None, n_rows: int) -> Select[Any]:
    """Write the query of one part; an index leads it to its first row, and nothing older is read.

    Args:
        window: which answers.
        after: time and id of the last row of the part before.
        n_rows: the most that it gives.

    Returns:
        The query.
    """
    place = (PREDICTIONS.c[window.by], PREDICTIONS.c.id)
    # A later part lies in the window as its first row does.
    wanted = _wanted(window, since=window.since if after is None else None)
    if after is not None:
        wanted.append(tuple_(*place) > after)
    return _with_outcomes(select(PREDICTIONS).where(*wanted).order_by(*place).limit(n_rows), window)


def count_rows(database: Database, window: Window) -> dict[tuple[str, str], int]:
    """Count answers by who gave them; no cell is read.

    Args:
        database: the log.
        window: which answers.

    Returns:
        (role, release) -> how many.
    """
    who = (PREDICTIONS.c.role, PREDICTIONS.c.release_id)
    query = select(*who, func.count()).where(*_wanted(window, since=window.since)).group_by(*who).order_by(*who)
    with database.reading() as connection:
        return {(role, release_id): int(n) for role, release_id, n in connection.execute(query)}


def find_sizes(database: Database, request_ids: Sequence[str]) -> dict[str, int]:
    """Find how many rows requests have had, whichever release answered them; no cell is read.

    Args:
        database: the log.
        request_ids: the requests.

    Returns:
        Request -> its number of rows; requests that the log does not hold are left out.
    """
    columns, found = PREDICTIONS.c, dict[str, int]()
    query = select(columns.request_id, func.max(columns.row) + 1).group_by(columns.request_id)
    with database.reading() as connection:
        for start in range(0, len(request_ids), _N_ASKED):
            part = query.where(columns.request_id.in_(request_ids[start : start + _N_ASKED]))
            found.update({request_id: int(n_rows) for request_id, n_rows in connection.execute(part)})
    return found


def find_outcomes(database: Database, keys: Sequence[str], known_until: str | None) -> dict[str, Any]:
    """Find what counts for keys; no answer is read.

    Args:
        database: the log.
        keys: as the log writes them.
        known_until: the last moment at which an outcome may have been known; the newest where not said.

    Returns:
        Key -> class or quantity; keys of which nothing is known, or not any more, are left out.
    """
    columns, newest = OUTCOMES.c, dict[str, tuple[str, int, str]]()
    query = select(columns.key, columns.confirmed_at, columns.id, columns.value)
    if known_until is not None:
        query = query.where(columns.known_at <= known_until)
    with database.reading() as connection:
        is_empty = connection.execute(select(columns.id).limit(1)).first() is None
        for start in range(0, 0 if is_empty else len(keys), _N_ASKED):
            part = query.where(columns.key.in_(keys[start : start + _N_ASKED]))
            for key, *told in connection.execute(part):
                newest[key] = max(newest.get(key, ("", 0, "")), (told[0], told[1], told[2]))
    known = {key: json.loads(value) for key, (_, _, value) in newest.items()}
    return {key: value for key, value in known.items() if value is not None}


def _wanted(window: Window, *, since: str | None) -> list[ColumnElement[bool]]:
    clock = PREDICTIONS.c[window.by]
    wanted: list[ColumnElement[bool]] = [PREDICTIONS.c.role.in_(window.roles), clock.is_not(None)]
    if since is not None:
        wanted.append(clock >= since)
    if window.until is not None:
        wanted.append(clock < window.until)
    if window.release_id is not None:
        wanted.append(PREDICTIONS.c.release_id == window.release_id)
    return wanted


def _with_outcomes(chosen: Select[Any], window: Window) -> Select[Any]:
    """Join the outcome that counts to each answer, after these were chosen."""
    part, told = chosen.subquery("part"), OUTCOMES.alias("told")
    known = select(told.c.id).where(told.c.key == part.c.key)
    if window.known_until is not None:
        # Of what was known by then nothing lies within the time of anything else: see ``settle``.
        known = known.where(told.c.known_at <= window.known_until)
    counts = known.order_by(told.c.confirmed_at.desc(), told.c.id.desc()).limit(1).correlate(part).scalar_subquery()
    joined = part.outerjoin(OUTCOMES, OUTCOMES.c.id == counts)
    columns = (OUTCOMES.c.value.label("outcome"), OUTCOMES.c.known_at.label("outcome_known_at"))
    return select(part, *columns).select_from(joined).order_by(part.c[window.by], part.c.id)
