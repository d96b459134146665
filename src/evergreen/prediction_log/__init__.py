"""What was answered, and what came of it: every answered request in one log."""

from evergreen.prediction_log.database import Durability
from evergreen.prediction_log.log import AbsentLogError, PredictionLog, open_log
from evergreen.prediction_log.reader import LogReader
from evergreen.prediction_log.records import Outcome, Prediction, Receipt

__all__ = [
    "AbsentLogError",
    "Durability",
    "LogReader",
    "Outcome",
    "Prediction",
    "PredictionLog",
    "Receipt",
    "open_log",
]
