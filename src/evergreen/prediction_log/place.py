"""Where the log of a case is, unless it is told otherwise."""

from pathlib import Path

FILE = "prediction_log.db"


def log_url(told: str | None, *, data: Path, case: str) -> str:
    """Find the address of a log.

    Args:
        told: what the case says (``serving.log``).
        data: the folder of all data.
        case: the case.

    Returns:
        What is told; else the file beside the case's predictions.
    """
    return told or f"sqlite:///{data / '07_model_output' / case / FILE}"
