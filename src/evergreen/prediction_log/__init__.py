"""What was answered, and what came of it: every answered request in one log."""

from evergreen.prediction_log.log import Durability, PredictionLog, open_log
from evergreen.prediction_log.records import Outcome, Prediction, Receipt

__all__ = ["Durability", "Outcome", "Prediction", "PredictionLog", "Receipt", "open_log"]
