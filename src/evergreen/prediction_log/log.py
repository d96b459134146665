"""The log of a case: answers go in, outcomes follow, frames come out."""

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Self, Unpack

from evergreen.errors import LogError, bounded
from evergreen.prediction_log.cells import utc_text
from evergreen.prediction_log.database import Database, Durability, Terms, find_database
from evergreen.prediction_log.encode import encode_predictions
from evergreen.prediction_log.faults import log_faults
from evergreen.prediction_log.outcomes import encode_outcomes, put_outcomes
from evergreen.prediction_log.purging import clear_file, purge_outcomes, purge_predictions
from evergreen.prediction_log.reading import Window, count_rows, find_outcomes, find_sizes, newest_rows, read_rows
from evergreen.prediction_log.records import Outcome, Prediction, Receipt
from evergreen.prediction_log.schema import check_facts, is_made, make_tables
from evergreen.prediction_log.terms import WindowTerms
from evergreen.prediction_log.writing import Writer, writer_for

if TYPE_CHECKING:
    from pandas import DataFrame

_N_ROWS = 20_000


class AbsentLogError(LogError):
    """There is no log to read yet."""


class PredictionLog:
    """The open log of one case. Threads may share it; after a fork, each process opens its own.

    Args:
        database: where it is; its tables are there.
        hidden_columns: columns whose cells are never written.
    """

    def __init__(self, database: Database, hidden_columns: Collection[str]) -> None:
        self.place = database.place
        self._database, self._hidden = database, frozenset(hidden_columns)
        self._writer: Writer | None = None if database.terms.is_read_only else writer_for(database)

    def append(self, predictions: Sequence[Prediction]) -> None:
        """Write answers, all in one commit: when it returns they are kept, when it raises none of them is.

        Args:
            predictions: one that is there already (request, row, role) is left as it was. None at all is a question
                whether there is the right to write.

        Raises:
            LogError: where they cannot be written.
        """
        rows = encode_predictions(predictions, self._hidden)
        writer = self._writing()
        with log_faults(self.place, "written"):
            writer.write(rows)

    def add_outcomes(self, outcomes: Sequence[Outcome]) -> Receipt:
        """Write outcomes, all in one commit; the same ones again change nothing.

        Args:
            outcomes: any number, in any order, of rows that were answered or will be.

        Returns:
            What they did.

        Raises:
            LogError: where one has no whole key or no time, or they cannot be written.
        """
        told = encode_outcomes(outcomes)
        self._writing()
        with log_faults(self.place, "written"), self._database.writing() as connection:
            return put_outcomes(connection, told)

    def read(self, *, columns: Sequence[str] | None = None, **terms: Unpack[WindowTerms]) -> "DataFrame":
        """Read the answers of a time.

        Args:
            columns: the raw cells to keep; all that occur where not said.
            terms: which answers.

        Returns:
            One row an answer, in the order of time; its columns are those of ``frames.to_frame``.

        Raises:
            LogError: where the log cannot be read, or a moment is none.
        """
        import pandas as pd

        from evergreen.prediction_log.frames import to_frame

        parts = list(self._parts(_window(**terms), _N_ROWS, columns))
        return pd.concat(parts, ignore_index=True) if parts else to_frame([], columns)

    def read_parts(
        self, *, n_rows: int, columns: Sequence[str] | None = None, **terms: Unpack[WindowTerms]
    ) -> Iterator["DataFrame"]:
        """Read the same in parts; no more than one of them is in memory.

        Args:
            n_rows: the most that a part holds, >= 1.
            columns: the raw cells to keep; where not said, all that occur in the part.
            terms: which answers.

        Returns:
            The parts, none of them empty. Answers that are written meanwhile may be among them.

        Raises:
            LogError: where the log cannot be read, or a moment is none.
        """
        return self._parts(_window(**terms), n_rows, columns)

    def count(self, **terms: Unpack[WindowTerms]) -> dict[tuple[str, str], int]:
        """Count the answers of a time by who gave them; no cell is read.

        Args:
            terms: which answers.

        Returns:
            (role, release) -> how many.

        Raises:
            LogError: where the log cannot be read, or a moment is none.
        """
        window = _window(**terms)
        with log_faults(self.place, "read"):
            return count_rows(self._database, window)

    def find_sizes(self, request_ids: Sequence[str]) -> dict[str, int]:
        """Find how many rows requests have had, whichever release answered them; no cell is read.

        Args:
            request_ids: the requests.

        Returns:
            Request -> its number of rows; requests that the log does not hold are left out.

        Raises:
            LogError: where the log cannot be read.
        """
        with log_faults(self.place, "read"):
            return find_sizes(self._database, request_ids)

    def find_outcomes(self, keys: Sequence[str], *, known_until: str | None = None) -> dict[str, Any]:
        """Find the outcomes of keys; no answer is read.

        Args:
            keys: as the log writes them, see ``cells.key_text``.
            known_until: outcomes known later are left out.

        Returns:
            Key -> class or quantity, where it is known.

        Raises:
            LogError: where the log cannot be read, or the moment is none.
        """
        last = None if known_until is None else _moment(known_until)
        with log_faults(self.place, "read"):
            return find_outcomes(self._database, keys, last)

    def newest(self, n_rows: int) -> "DataFrame":
        """Read the answers that came last, of all roles.

        Args:
            n_rows: how many, >= 1.

        Returns:
            As ``read``, the newest last.

        Raises:
            LogError: where the log cannot be read.
        """
        from evergreen.prediction_log.frames import to_frame

        with log_faults(self.place, "read"):
            rows = newest_rows(self._database, n_rows=n_rows)
        return to_frame(rows)

    def purge(self, *, before: str) -> int:
        """Delete the answers before a moment, and the outcomes before it that no answer is left for.

        Args:
            before: the first moment that stays, ISO, in UTC where it has no zone.

        Returns:
            How many answers were deleted.

        Raises:
            LogError: where they cannot be deleted, or the moment is none; part of them may be gone.
        """
        first = _moment(before)
        self._writing()
        with log_faults(self.place, "written"):
            n_deleted = purge_predictions(self._database, first)
            purge_outcomes(self._database, first)
            clear_file(self._database)
        return n_deleted

    def close(self) -> None:
        """Let go of the database; a second time does nothing."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        self._database.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _writing(self) -> Writer:
        if self._writer is None:
            raise LogError(self.place, "is closed, or open for reading alone", "Open it for writing.")
        return self._writer

    def _parts(self, window: Window, n_rows: int, columns: Sequence[str] | None) -> Iterator["DataFrame"]:
        from evergreen.prediction_log.frames import to_frame

        with log_faults(self.place, "read"):
            for rows in read_rows(self._database, window, n_rows=n_rows):
                yield to_frame(rows, columns)


def open_log(
    url: str,
    *,
    case: str,
    hidden_columns: Collection[str] = (),
    durability: Durability = "full",
    wait_seconds: float = 5.0,
    is_read_only: bool = False,
) -> PredictionLog:
    """Open the log of a case; make it where it does not exist.

    Args:
        url: ``sqlite:///folder/log.db``, or ``postgresql+psycopg://user:password@host/database``.
        case: the case.
        hidden_columns: columns whose cells are never written; none of the key.
        durability: "full": what was appended survives a power cut; "normal": the kill of any process, while a power
            cut may take the last moments. Of a file only; a server has settings of its own.
        wait_seconds: how long a write waits for another process, > 0.
        is_read_only: whether nothing may be written or made.

    Returns:
        The log; close it in the end.

    Raises:
        LogError: where it cannot be opened, or is that of another version or case, or something else.
        AbsentLogError: where there is none, and nothing may be made.
    """
    terms = Terms(durability, wait_seconds, is_read_only)
    with log_faults("The log", "opened"):
        database = find_database(url, terms)
    try:
        with log_faults(database.place, "opened"):
            _prepare(database, case)
            return PredictionLog(database, hidden_columns)
    except BaseException:
        database.engine.dispose()
        raise


def _prepare(database: Database, case: str) -> None:
    is_read_only = database.terms.is_read_only
    if database.path is not None:
        if is_read_only and not database.path.exists():
            raise AbsentLogError(database.place, "does not exist yet", "It is made when it is first written to.")
        if not is_read_only:
            database.path.parent.mkdir(parents=True, exist_ok=True)
    with database.reading() as connection:
        is_there = is_made(connection)
    if is_read_only and not is_there:
        raise AbsentLogError(database.place, "holds no log yet", "It is made when it is first written to.")
    if not is_there:
        with database.writing() as connection:
            make_tables(connection, case=case, place=database.place)
    with database.reading() as connection:
        check_facts(connection, case=case, place=database.place)


def _window(**terms: Unpack[WindowTerms]) -> Window:
    by = terms.get("by", "answered_at")
    told = (terms.get("since"), terms.get("until"), terms.get("known_until"))
    first, last, known = (None if one is None else _moment(one) for one in told)
    if by == "event_time":
        # The times of decisions are written without a zone.
        first, last = (None if one is None else one.partition("+")[0] for one in (first, last))
    return Window(first, last, tuple(terms.get("roles", ("champion",))), by, known, terms.get("release_id"))


def _moment(told: str) -> str:
    try:
        return utc_text(told)
    except (ValueError, OverflowError) as error:
        raise LogError(f"The moment '{bounded(told)}'", "cannot be read", "Write it as 2024-02-29.") from error
