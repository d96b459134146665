"""The log of predictions as the service uses it: opened when it can be, and told apart whether it works."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from evergreen.errors import EvergreenError
from evergreen.prediction_log import Outcome, Prediction, PredictionLog, Receipt

OpenLog = Callable[[], PredictionLog]
_Done = TypeVar("_Done")


class LogKeeper:
    """Keeps one log open; all calls come from one thread.

    Args:
        open_it: opens the log.
    """

    def __init__(self, open_it: OpenLog) -> None:
        self._open_it = open_it
        self._log: PredictionLog | None = None
        self.fault = "has not been opened yet"

    @property
    def is_working(self) -> bool:
        """Whether the last that was tried of it went well."""
        return not self.fault

    def append(self, predictions: Sequence[Prediction]) -> None:
        """Write predictions.

        Args:
            predictions: in one commit.

        Raises:
            EvergreenError: where they cannot be written.
        """
        self._tried(lambda log: log.append(predictions))

    def add_outcomes(self, outcomes: Sequence[Outcome]) -> Receipt:
        """Write outcomes.

        Args:
            outcomes: in one commit.

        Returns:
            What became of them.

        Raises:
            EvergreenError: where they cannot be written.
        """
        return self._tried(lambda log: log.add_outcomes(outcomes))

    def purge(self, before: str) -> int:
        """Delete what is older.

        Args:
            before: ISO time.

        Returns:
            How many predictions.

        Raises:
            EvergreenError: where it cannot be done.
        """
        return self._tried(lambda log: log.purge(before=before))

    def probe(self) -> None:
        """Try whether a log that failed works again; it is opened anew, which needs the right to write."""
        if self.is_working:
            return
        self.close()
        try:
            self._tried(lambda log: log.append([]))
        except EvergreenError:
            return

    def close(self) -> None:
        """Let go of the log."""
        if self._log is not None:
            self._log.close()
            self._log = None

    def _tried(self, work: Callable[[PredictionLog], _Done]) -> _Done:
        try:
            if self._log is None:
                self._log = self._open_it()
            done = work(self._log)
        except Exception as error:
            self.fault = str(error) if isinstance(error, EvergreenError) else type(error).__name__
            raise
        self.fault = ""
        return done
