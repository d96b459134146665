"""Answers of a time, part by part, each with the outcome that counts for it."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypedDict

from sqlalchemy import ColumnElement, RowMapping, Select, select, tuple_

from evergreen.prediction_log.database import Database
from evergreen.prediction_log.schema import OUTCOMES, PREDICTIONS

Clock = Literal["answered_at", "event_time"]
Place = tuple[str, int]


class WindowTerms(TypedDict, total=False):
    """What a reader of the log may ask for; see ``PredictionLog.read``."""

    since: str | None
    until: str | None
    roles: Collection[str]
    by: Clock
    known_until: str | None


@dataclass(frozen=True)
class Window:
    """Which answers are read.

    Attributes:
        since: the first moment, written as the log writes its times; from the beginning where not said.
        until: the first moment no longer; to the end where not said.
        roles: of the releases that answered.
        by: which time counts. By ``event_time``, answers without one are left out.
        known_until: the last moment at which an outcome may have been known; the newest where not said.
    """

    since: str | None = None
    until: str | None = None
    roles: Collection[str] = ("champion",)
    by: Clock = "answered_at"
    known_until: str | None = None


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
    clock, place = PREDICTIONS.c[window.by], (PREDICTIONS.c[window.by], PREDICTIONS.c.id)
    wanted: list[ColumnElement[bool]] = [PREDICTIONS.c.role.in_(window.roles), clock.is_not(None)]
    # A later part lies in the window as its first row does.
    if after is not None:
        wanted.append(tuple_(*place) > after)
    elif window.since is not None:
        wanted.append(clock >= window.since)
    if window.until is not None:
        wanted.append(clock < window.until)
    return _with_outcomes(select(PREDICTIONS).where(*wanted).order_by(*place).limit(n_rows), window)


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
