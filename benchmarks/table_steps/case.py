"""The case of the measurement."""

from datetime import date
from typing import Any

from evergreen.problem import Problem

AS_OF = date(2022, 12, 31)
_WHY = "It is measured."


def measured_case() -> Problem:
    """The case, with 20 columns from three sources.

    Returns:
        The case.
    """
    return Problem.model_validate(
        {
            "name": "orders",
            "goal": "Measure.",
            "decision": "None.",
            "entity": "an order",
            "kind": "binary",
            "key": ["order_id"],
            "event_time": "ordered_at",
            "target": {"column": "was_returned", "classes": ["no", "yes"], "delay_days": 14},
            "sources": {
                "orders": {"is_spine": True},
                "clients": {"join_on": ["client_id"]},
                "rates": {"known_since": "published_on"},
            },
            "columns": {name: {"why": _WHY, **column} for name, column in _COLUMNS.items()},
            "criteria": [{"metric": "roc_auc", "at_least": 0.5}],
            "split": {"by": "time", "holdout_share": 0.2, "new_rows_days": 30},
        }
    )


_COLUMNS: dict[str, dict[str, Any]] = {
    "order_id": {"type": "integer", "range": [0, None]},
    "client_id": {"type": "integer", "is_feature": False},
    "ordered_at": {"type": "timestamp"},
    "price": {"type": "number", "range": [0, 10000], "sentinels": [99999], "when_invalid": "blank"},
    "n_items": {"type": "integer", "range": [0, 100]},
    "discount": {"type": "number", "range": [0, 1], "when_invalid": "blank"},
    "weight_kg": {"type": "number", "range": [0, None], "when_invalid": "blank"},
    "distance_km": {"type": "number", "range": [0, 20000], "when_invalid": "blank"},
    "n_visits": {"type": "integer", "range": [0, 1000], "when_invalid": "blank"},
    "channel": {
        "type": "category",
        "values": ["web", "phone", "shop", "agent", "mail"],
        "synonyms": {"e-mail": "mail"},
        "when_invalid": "blank",
    },
    "region": {"type": "category"},
    "product": {"type": "category"},
    "is_gift": {"type": "boolean", "when_invalid": "blank"},
    "was_returned": {"type": "category", "values": ["no", "yes"], "known_at": "outcome"},
    "age_years": {"type": "integer", "source": "clients", "range": [18, 100]},
    "sex": {
        "type": "category",
        "source": "clients",
        "values": ["female", "male"],
        "synonyms": {"f": "female"},
        "sentinels": ["unknown"],
        "when_invalid": "blank",
        "is_sensitive": True,
    },
    "job": {
        "type": "category",
        "source": "clients",
        "values": ["nurse", "clerk", "teacher", "driver", "cook"],
        "synonyms": {"office worker": "clerk"},
        "sentinels": ["unknown"],
        "when_invalid": "blank",
    },
    "balance_eur": {
        "type": "number",
        "source": "clients",
        "range": [-100000, None],
        "sentinels": [-999999],
        "when_invalid": "blank",
    },
    "rate_pct": {"type": "number", "source": "rates", "range": [-5, 25], "when_invalid": "blank"},
    "confidence": {"type": "number", "source": "rates", "range": [-100, 100], "when_invalid": "blank"},
}
