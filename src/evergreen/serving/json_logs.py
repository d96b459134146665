"""Log lines as JSON objects: what happened, never a cell and never a secret."""

import json
import logging
from datetime import UTC, datetime

_WRITER = json.JSONEncoder(default=str)


class JsonLines(logging.Formatter):
    """Writes a record as one line of ASCII; of an exception its kind alone, since its words may hold cells."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record.

        Args:
            record: its ``told``, if it has one, becomes fields of the line.

        Returns:
            The line.
        """
        line = {
            "at": datetime.fromtimestamp(record.created, tz=UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, "told", {}),
        }
        if record.exc_info and record.exc_info[0] is not None:
            line["kind"] = record.exc_info[0].__name__
        return _WRITER.encode(line)


def log_as_json() -> None:
    """Have the service and its server write JSON lines to stderr, and nobody else."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    for name, level in (("evergreen.serving", logging.INFO), ("uvicorn.error", logging.INFO)):
        logger = logging.getLogger(name)
        logger.handlers[:] = [handler]
        logger.setLevel(level)
        logger.propagate = False
    access = logging.getLogger("uvicorn.access")
    access.handlers[:], access.propagate = [], False
