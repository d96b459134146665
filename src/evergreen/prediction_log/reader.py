"""A log as a pipeline reads it: opened only while it is read, and never made."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from evergreen.prediction_log.terms import WindowTerms

if TYPE_CHECKING:
    from pandas import DataFrame

    from evergreen.prediction_log.log import PredictionLog

_FILE = "sqlite:///"


@dataclass(frozen=True)
class LogReader:
    """The log of a case, for reading alone. Where there is none yet, nothing was answered.

    Attributes:
        url: its address, as ``open_log`` takes it.
        case: the case.
    """

    url: str = field(repr=False)
    case: str

    def is_there(self) -> bool:
        """Say whether there is a log; where a file is missing, no library of databases is loaded to find out.

        Returns:
            Whether it can be read.

        Raises:
            LogError: where there is something that cannot be read.
        """
        with self._opened() as log:
            return log is not None

    def read(self, *, columns: Sequence[str] | None = None, **terms: Unpack[WindowTerms]) -> "DataFrame":
        """Read the answers of a time; nothing before it is read.

        Args:
            columns: the raw cells to keep; all that occur where not said.
            terms: which answers.

        Returns:
            One row an answer, see ``PredictionLog.read``.

        Raises:
            LogError: where the log cannot be read.
        """
        from evergreen.prediction_log.frames import to_frame

        with self._opened() as log:
            return to_frame([], columns) if log is None else log.read(columns=columns, **terms)

    def read_parts(
        self, *, n_rows: int, columns: Sequence[str] | None = None, **terms: Unpack[WindowTerms]
    ) -> Iterator["DataFrame"]:
        """Read the same in parts; no more than one of them is in memory.

        Args:
            n_rows: the most that a part holds, >= 1.
            columns: the raw cells to keep; where not said, all that occur in the part.
            terms: which answers.

        Yields:
            The parts, none of them empty.

        Raises:
            LogError: where the log cannot be read.
        """
        with self._opened() as log:
            if log is not None:
                yield from log.read_parts(n_rows=n_rows, columns=columns, **terms)

    def count(self, **terms: Unpack[WindowTerms]) -> dict[tuple[str, str], int]:
        """Count the answers of a time by who gave them; no cell is read.

        Args:
            terms: which answers.

        Returns:
            (role, release) -> how many.

        Raises:
            LogError: where the log cannot be read.
        """
        with self._opened() as log:
            return {} if log is None else log.count(**terms)

    def find_sizes(self, request_ids: Sequence[str]) -> dict[str, int]:
        """Find how many rows requests have had, whichever release answered them; no cell is read.

        Args:
            request_ids: the requests.

        Returns:
            Request -> its number of rows; requests that the log does not hold are left out.

        Raises:
            LogError: where the log cannot be read.
        """
        with self._opened() as log:
            return {} if log is None else log.find_sizes(request_ids)

    def find_outcomes(self, keys: Sequence[str], *, known_until: str | None = None) -> dict[str, Any]:
        """Find the outcomes of keys; no answer is read.

        Args:
            keys: as the log writes them, see ``cells.key_text``.
            known_until: outcomes known later are left out.

        Returns:
            Key -> class or quantity, where it is known.

        Raises:
            LogError: where the log cannot be read.
        """
        with self._opened() as log:
            return {} if log is None else log.find_outcomes(keys, known_until=known_until)

    @contextmanager
    def _opened(self) -> Iterator["PredictionLog | None"]:
        """Open the log for reading; None where there is none."""
        if self.url.startswith(_FILE) and "?" not in self.url and not Path(self.url.removeprefix(_FILE)).exists():
            yield None
            return
        from evergreen.prediction_log.log import AbsentLogError, open_log

        try:
            log = open_log(self.url, case=self.case, is_read_only=True)
        except AbsentLogError:
            yield None
            return
        with log:
            yield log
