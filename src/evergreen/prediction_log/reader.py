"""A log as a pipeline reads it: opened only while it is read, and never made."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Unpack

from evergreen.prediction_log.log import AbsentLogError, open_log
from evergreen.prediction_log.reading import WindowTerms

if TYPE_CHECKING:
    from pandas import DataFrame


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
        """Say whether there is a log.

        Returns:
            Whether it can be read.

        Raises:
            LogError: where there is something that cannot be read.
        """
        try:
            open_log(self.url, case=self.case, is_read_only=True).close()
        except AbsentLogError:
            return False
        return True

    def read(self, *, columns: Sequence[str] | None = None, **terms: Unpack[WindowTerms]) -> "DataFrame":
        """Read the answers of a time; nothing before it is read.

        Args:
            columns: the raw cells to keep; all that occur where not said.
            terms: the others that ``PredictionLog.read`` takes.

        Returns:
            One row an answer, see ``PredictionLog.read``.

        Raises:
            LogError: where the log cannot be read.
        """
        from evergreen.prediction_log.frames import to_frame

        try:
            with open_log(self.url, case=self.case, is_read_only=True) as log:
                return log.read(columns=columns, **terms)
        except AbsentLogError:
            return to_frame([], columns)

    def read_parts(
        self, *, n_rows: int, columns: Sequence[str] | None = None, **terms: Unpack[WindowTerms]
    ) -> Iterator["DataFrame"]:
        """Read the same in parts; no more than one of them is in memory.

        Args:
            n_rows: the most that a part holds, >= 1.
            columns: the raw cells to keep; where not said, all that occur in the part.
            terms: the others that ``PredictionLog.read`` takes.

        Yields:
            The parts, none of them empty.

        Raises:
            LogError: where the log cannot be read.
        """
        try:
            with open_log(self.url, case=self.case, is_read_only=True) as log:
                yield from log.read_parts(n_rows=n_rows, columns=columns, **terms)
        except AbsentLogError:
            return
