"""What was answered, and what came of it: every answered request in one log."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from evergreen.prediction_log.reader import LogReader
from evergreen.prediction_log.records import FAILED, Outcome, Prediction, Receipt

if TYPE_CHECKING:
    from evergreen.prediction_log.database import Durability
    from evergreen.prediction_log.log import AbsentLogError, PredictionLog, open_log

__all__ = [
    "FAILED",
    "AbsentLogError",
    "Durability",
    "LogReader",
    "Outcome",
    "Prediction",
    "PredictionLog",
    "Receipt",
    "open_log",
]


def __getattr__(name: str) -> Any:
    """Load the library of databases only for who opens a log: a case without one does not pay for it."""
    if name in __all__:
        return getattr(import_module(f"{__name__}.{'database' if name == 'Durability' else 'log'}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
