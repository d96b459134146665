"""The log of predictions in the catalog."""

from typing import Any

from evergreen.errors import CaseError, WriteRefusedError
from evergreen.prediction_log import LogReader
from evergreen.read_only import ReadOnlyDataset


class PredictionLogDataset(ReadOnlyDataset[LogReader]):
    """What a release has answered, and what came of it. Loading gives a reader, so that only what is asked for is read.

    Args:
        case: the case whose log it is.
        filepath: the file of the log; this or credentials.
        credentials: ``con``, the address of a log on a server, as in ``postgresql+psycopg://...``.
        metadata: free text for other tools.

    Raises:
        CaseError: where neither a file nor credentials are given, or both.
    """

    keeps_own_store = True

    def __init__(
        self,
        *,
        case: str,
        filepath: str | None = None,
        credentials: dict[str, str] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        if (filepath is None) == (credentials is None):
            finding = f"has {'neither' if filepath is None else 'both'} filepath and credentials"
            raise CaseError("The log of predictions in the catalog", finding, "Give one of the two.")
        self._filepath = filepath
        self._reader = LogReader(f"sqlite:///{filepath}" if credentials is None else credentials["con"], case)
        self.metadata = metadata

    def load(self) -> LogReader:
        """Give the reader.

        Returns:
            What reads the log by windows of time.
        """
        return self._reader

    def refusal(self) -> WriteRefusedError:
        """Answers are logged where they are given."""
        thing = f"The log of predictions of case '{self._reader.case}'"
        return WriteRefusedError(thing, "is only read by the catalog", "Let the service write it.")

    def _exists(self) -> bool:
        return self._reader.is_there()

    def _describe(self) -> dict[str, Any]:
        return {"case": self._reader.case, "filepath": self._filepath}
