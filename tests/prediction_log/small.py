"""Small predictions and logs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evergreen.prediction_log import Outcome, Prediction, PredictionLog, open_log

CASE = "calls"


def prediction(row: int = 0, **changed: Any) -> Prediction:
    """The answer to client ``row``, one second after that to the client before."""
    told: dict[str, Any] = {
        "request_id": "r1",
        "row": row,
        "key": {"client_id": row},
        "event_time": f"2024-01-{1 + row % 28:02}T10:00:00",
        "cells": {"client_id": row, "age_years": "41", "job": "teacher"},
        "repairs": (("age_years", "canonical_text"),),
        "reasons": "",
        "scores": (0.25, 0.75),
        "action": "call",
        "expected_payoff": 1.5,
        "release_id": "ab12",
        "role": "champion",
        "answered_at": f"2024-02-01T00:{row // 60:02}:{row % 60:02}+00:00",
        "latency_ms": 0.5,
    }
    return Prediction(**{**told, **changed})


def outcome(client: Any, value: Any = "yes", known_at: str = "2024-03-01") -> Outcome:
    """What became of a client."""
    key: Mapping[str, Any] = {"client_id": client}
    return Outcome(key, value, known_at)


def address(folder: Path) -> str:
    """Where a test's log is."""
    return f"sqlite:///{folder / 'log.db'}"


def opened(folder: Path, **terms: Any) -> PredictionLog:
    """A log in a folder; no test waits for the disk without being asked to."""
    return open_log(address(folder), **{"case": CASE, "durability": "normal", **terms})
